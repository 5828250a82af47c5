"""What every shape at this door shares: frozen, and deaf to fields that are not its own."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated, Any, Literal
from zoneinfo import available_timezones

from pydantic import AfterValidator, AwareDatetime, BaseModel, ConfigDict, StringConstraints

from alerts.facts import Tier
from alerts.follow_up_kinds import FOLLOW_UP_KINDS


class Shown(BaseModel):
    """Something that is read; made from a record's attributes, and never more than its own fields."""

    model_config = ConfigDict(frozen=True, from_attributes=True)


class Given(BaseModel):
    """Something that is written; an unknown field refuses the whole."""

    model_config = ConfigDict(frozen=True, extra="forbid", str_strip_whitespace=True)

    def named(self) -> dict[str, Any]:
        """The fields that the caller named, null ones too."""
        return {name: getattr(self, name) for name in self.model_fields_set}

    def stated(self) -> dict[str, Any]:
        """All fields, those that were left out too."""
        return {name: getattr(self, name) for name in type(self).model_fields}


# Whom and what the examples are about.
OF = {
    "case_id": "01932a10-7a3e-7c11-8f4e-5f1d2c3b4a59",
    "person_id": "01932a10-7a3e-7c11-8f4e-5f1d2c3b4a60",
}


def example(**fields: Any) -> ConfigDict:
    """The example that the description of the operations shows for a shape."""
    return ConfigDict(json_schema_extra={"examples": [fields]})


def not_null(changes: Given, *names: str) -> None:
    """Refuse null where a record cannot be without a value."""
    for name in names:
        if name in changes.model_fields_set and getattr(changes, name) is None:
            raise ValueError(f"`{name}` cannot be null.")


def _known_zone(name: str) -> str:
    if name not in available_timezones():
        raise ValueError("This is not a time zone of the IANA database, such as Asia/Almaty.")
    return name


def _known_kind(name: str) -> str:
    if name not in FOLLOW_UP_KINDS:
        raise ValueError(f"Use one of: {', '.join(sorted(FOLLOW_UP_KINDS))}.")
    return name


def _in_utc(instant: datetime) -> datetime:
    return instant.astimezone(UTC)


# No control characters: neither database nor message takes them alike.
Line = Annotated[str, StringConstraints(min_length=1, max_length=200, pattern=r"^[^\x00-\x1f\x7f-\x9f\u2028\u2029]+$")]
Label = Annotated[str, StringConstraints(min_length=1, max_length=100, pattern=r"^[^\x00-\x1f\x7f-\x9f\u2028\u2029]+$")]
Text = Annotated[str, StringConstraints(min_length=1, max_length=5_000, pattern=r"^[^\x00-\x08\x0b-\x1f\x7f-\x9f]+$")]
Country = Annotated[str, StringConstraints(pattern=r"^[A-Z]{2}$")]
Reference = Annotated[str, StringConstraints(pattern=r"^[A-Z]{3}-\d{4}-\d{3}$")]
Language = Annotated[str, StringConstraints(pattern=r"^[a-z]{2,3}(-[A-Za-z0-9]{2,8})*$", max_length=16)]
# What a member may give; nothing is made sealed, or read where it is, at this door.
OpenTier = Literal[Tier.PUBLIC, Tier.RESTRICTED, Tier.CONFIDENTIAL]
TimeZone = Annotated[str, AfterValidator(_known_zone)]
Kind = Annotated[str, AfterValidator(_known_kind)]
Instant = Annotated[AwareDatetime, AfterValidator(_in_utc)]
