"""What somebody wants to hear of, and the subscriptions that say the same."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING
from uuid import UUID

from alerts.facts import Level
from alerts.follow_up_kinds import FOLLOW_UP_KINDS
from service.errors import InvalidInput
from service.records import Subscription
from service.vocabulary import Cadence, Detail

if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

    from sqlalchemy import ColumnElement


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """What a destination is to hear of: exactly one of a case, a country and a kind of follow-up."""

    case_id: UUID | None = None
    country: str | None = None
    follow_up_kind: str | None = None
    least_level: Level = Level.UPCOMING
    cadence: Cadence = Cadence.IMMEDIATE
    detail: Detail = Detail.FULL

    def require_one_subject(self) -> None:
        """Raises InvalidInput unless exactly one of the three is named, and the kind is one of the table's."""
        if [self.case_id, self.country, self.follow_up_kind].count(None) != 2:
            raise InvalidInput("Name exactly one of a case, a country and a kind of follow-up.")
        if self.follow_up_kind is not None and self.follow_up_kind not in FOLLOW_UP_KINDS:
            raise InvalidInput("There is no such kind of follow-up.")

    def same_subject(self) -> tuple[ColumnElement[bool], ...]:
        """True of the subscriptions about the same."""
        return (
            Subscription.case_id.is_not_distinct_from(self.case_id),
            Subscription.country.is_not_distinct_from(self.country),
            Subscription.follow_up_kind.is_not_distinct_from(self.follow_up_kind),
        )

    def as_plain(self) -> dict[str, str | None]:
        """The same as JSON can hold it."""
        return {
            "case_id": str(self.case_id) if self.case_id else None,
            "country": self.country,
            "follow_up_kind": self.follow_up_kind,
            "least_level": self.least_level.value,
            "cadence": self.cadence.value,
            "detail": self.detail.value,
        }


def wish_from_plain(plain: Mapping[str, Any]) -> Wish:
    """What `Wish.as_plain` made."""
    return Wish(
        case_id=UUID(plain["case_id"]) if plain["case_id"] else None,
        country=plain["country"],
        follow_up_kind=plain["follow_up_kind"],
        least_level=Level(plain["least_level"]),
        cadence=Cadence(plain["cadence"]),
        detail=Detail(plain["detail"]),
    )
