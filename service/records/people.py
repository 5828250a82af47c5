"""Persons in detention and the names under which sources know them."""

from __future__ import annotations

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import Date, ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column, relationship

from alerts.facts import Tier
from service.records.base import ABOUT_PERSON, PUBLIC, Base, UtcDateTime, Versioned, new_id, word
from service.vocabulary import NameKind, Pronoun


class Person(Versioned, Base):
    """Someone in detention, or pursued; never a flag "political prisoner": that is an assertion with a source."""

    __tablename__ = "person"

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id, info=PUBLIC)
    tier: Mapped[Tier] = mapped_column(word(Tier), default=Tier.RESTRICTED, info=PUBLIC)
    born_on: Mapped[date | None] = mapped_column(Date, info=ABOUT_PERSON)
    sex: Mapped[str | None] = mapped_column(String(16), info=ABOUT_PERSON)
    pronoun: Mapped[Pronoun | None] = mapped_column(word(Pronoun), info=ABOUT_PERSON)
    nationality: Mapped[str | None] = mapped_column(String(2), info=ABOUT_PERSON)
    occupation: Mapped[str | None] = mapped_column(String(200), info=ABOUT_PERSON)
    deceased_on: Mapped[date | None] = mapped_column(Date, info=ABOUT_PERSON)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime, info=ABOUT_PERSON)

    names: Mapped[list[NameVariant]] = relationship(
        order_by="NameVariant.position", cascade="all, delete-orphan", lazy="selectin"
    )

    @property
    def name(self) -> str:
        """The first of the name variants: the one by which the organisation calls the person."""
        return self.names[0].text


class NameVariant(Base):
    """One way in which a person's name is written: text, language and script (BCP 47 tags), kind."""

    __tablename__ = "name_variant"

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id, info=PUBLIC)
    person_id: Mapped[UUID] = mapped_column(ForeignKey("person.id", ondelete="CASCADE"), index=True, info=PUBLIC)
    position: Mapped[int] = mapped_column(info=PUBLIC)
    text: Mapped[str] = mapped_column(String(200), info=ABOUT_PERSON)
    script: Mapped[str | None] = mapped_column(String(8), info=ABOUT_PERSON)
    language: Mapped[str | None] = mapped_column(String(16), info=ABOUT_PERSON)
    kind: Mapped[NameKind] = mapped_column(word(NameKind), info=ABOUT_PERSON)
