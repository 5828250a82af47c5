"""What every table shares: identifiers, instants in UTC, closed words, and the classification of columns."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import uuid_utils.compat
from sqlalchemy import BigInteger, DateTime, Enum, Integer, MetaData
from sqlalchemy.orm import DeclarativeBase, Mapped, declared_attr, mapped_column
from sqlalchemy.types import TypeDecorator

from alerts.facts import Tier

if TYPE_CHECKING:
    from enum import StrEnum
    from uuid import UUID

    from sqlalchemy import Dialect

# An id that counts up: SQLite counts only in columns declared INTEGER.
SERIAL = BigInteger().with_variant(Integer, "sqlite")


class Base(DeclarativeBase):
    """The root of all tables; constraints are named, so that a migration can find them on both engines."""

    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(table_name)s_%(column_0_N_name)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "ck": "ck_%(table_name)s_%(constraint_name)s",
            "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
            "pk": "pk_%(table_name)s",
        }
    )


class Versioned:
    """A row whose changes are counted, so that two writers cannot overwrite each other unseen."""

    version: Mapped[int] = mapped_column(info={"tier": Tier.PUBLIC})

    @declared_attr.directive
    def __mapper_args__(cls) -> dict[str, Any]:  # noqa: N805 - SQLAlchemy calls it with the class
        return {"version_id_col": cls.__table__.c.version}  # type: ignore[attr-defined] # the mixin has no table of its own


class UtcDateTime(TypeDecorator[datetime]):
    """An instant: refuses naive values, stores UTC, returns aware UTC on both engines."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Turn an aware instant into UTC; SQLite keeps it without the zone."""
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError(f"naive datetime {value!r}: instants carry their time zone")
        in_utc = value.astimezone(UTC)
        return in_utc.replace(tzinfo=None) if dialect.name == "sqlite" else in_utc

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:  # noqa: ARG002 - the library's signature
        """Give the instant back as aware UTC."""
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


def word(words: type[StrEnum]) -> Enum:
    """A column type for one of a closed list of words, stored as the word itself."""
    return Enum(
        words,
        native_enum=False,
        create_constraint=False,
        length=32,
        values_callable=lambda members: [member.value for member in members],
    )


def new_id() -> UUID:
    """A fresh identifier that sorts by time of making (UUID version 7, RFC 9562)."""
    return uuid_utils.compat.uuid7()


def classified(tier: Tier, *, about: str | None = None, credential: bool = False) -> dict[str, Any]:
    """The classification that every column carries.

    `about` (person, source, subscriber, member) drives export and erasure;
    `credential` marks hashes, seeds, tokens and keys, which enter no projection.
    """
    return {"tier": tier, "about": about, "credential": credential}


PUBLIC = classified(Tier.PUBLIC)
RESTRICTED = classified(Tier.RESTRICTED)
CONFIDENTIAL = classified(Tier.CONFIDENTIAL)
ABOUT_PERSON = classified(Tier.RESTRICTED, about="person")
HEALTH = classified(Tier.CONFIDENTIAL, about="person")
ABOUT_SUBSCRIBER = classified(Tier.CONFIDENTIAL, about="subscriber")
ABOUT_MEMBER = classified(Tier.CONFIDENTIAL, about="member")
SECRET = classified(Tier.SEALED, credential=True)
