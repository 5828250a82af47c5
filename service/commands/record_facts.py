"""What happened to somebody is written down: where they are held, what courts did, what was asked of whom."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar

from sqlalchemy import select

from alerts.facts import Tier
from service.commands.change import CHANGEABLE, change
from service.commands.fact_checks import PRECISIONS, require_sound, with_precisions
from service.commands.written import written
from service.errors import Conflict, InvalidInput, Problem
from service.records import (
    Assertion,
    CareEvent,
    ClockPause,
    DetentionEpisode,
    HealthCondition,
    IsolationPlacement,
    ParoleReview,
    Petition,
    Proceeding,
    Sentence,
    Source,
)
from service.records.base import new_id
from service.records.cases import case_person

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import date, datetime
    from uuid import UUID

    from sqlalchemy.orm import Session

    from service.records import Case
    from service.security.encryption import Vault
    from service.vocabulary import Regime

Fact = TypeVar(
    "Fact", HealthCondition, CareEvent, DetentionEpisode, IsolationPlacement, Proceeding, Sentence, ParoleReview,
    Petition, Assertion,
)  # fmt: skip
# Said once: a fact about somebody else, or of another kind, is another fact.
FIXED: Mapping[type[object], frozenset[str]] = {
    Assertion: frozenset({"source_id", "tier", "attribute", "value", "disputed_by"}),
    CareEvent: frozenset({"person_id", "kind"}),
    Proceeding: frozenset({"person_id", "kind"}),
    Petition: frozenset({"person_id", "mechanism"}),
}
_PERSON = frozenset({"person_id"})


def add_fact(
    session: Session, case: Case, kind: type[Fact], stated: Mapping[str, Any], *, now: datetime, by: str, vault: Vault
) -> Fact:
    """Write a fact of this case; a date that is stated without its precision is known to the day.

    Raises InvalidInput for a person whom the case is not about, a source that is not on record and dates that cannot be,
    ValueError for a column that is nobody's to state.
    """
    _require_own(kind, stated, CHANGEABLE[kind] | FIXED.get(kind, _PERSON))
    _require_person(session, case, stated.get("person_id"))
    _require_source(session, stated.get("source_id"))
    without_dates = dict.fromkeys(day for day, _ in PRECISIONS.get(kind, ()))
    columns = with_precisions(kind, without_dates | dict(stated))
    fact = kind(id=new_id(), case_id=case.id, created_at=now, **columns)
    require_sound(fact, columns)
    session.add(fact)
    written(session, fact, action="add", detail={"case_id": str(case.id)}, now=now, by=by, vault=vault)
    return fact


def add_pause(
    session: Session, petition: Petition, stated: Mapping[str, Any], *, now: datetime, by: str, vault: Vault
) -> ClockPause:
    """Let the petition's clock stand still from a day on. Raises InvalidInput for dates that cannot be."""
    _require_own(ClockPause, stated, CHANGEABLE[ClockPause])
    pause = ClockPause(id=new_id(), petition=petition, created_at=now, **stated)
    require_sound(pause, stated)
    session.add(pause)
    written(session, pause, action="add", detail={"petition_id": str(petition.id)}, now=now, by=by, vault=vault)
    return pause


def transfer(
    session: Session,
    case: Case,
    episode: DetentionEpisode,
    *,
    on: date,
    facility: str,
    as_of: date,
    place: str | None = None,
    regime: Regime | None = None,
    reason: str | None = None,
    locator: str | None = None,
    now: datetime,
    by: str,
    vault: Vault,
) -> DetentionEpisode:
    """End this stay and begin another elsewhere on the same day, which is returned.

    Raises Conflict when the stay has ended already, InvalidInput when it had not begun on that day.
    """
    if episode.until_on is not None:
        raise Conflict("This stay has ended already.")
    try:
        change(session, episode, {"until_on": on}, now=now, by=by, vault=vault)
    except InvalidInput:
        raise InvalidInput([Problem("on", "This lies before from_on of the stay that it ends.")]) from None
    stated = {
        "person_id": episode.person_id, "facility": facility, "place": place, "regime": regime, "from_on": on,
        "reason": reason, "as_of": as_of, "locator": locator,
    }  # fmt: skip
    return add_fact(session, case, DetentionEpisode, stated, now=now, by=by, vault=vault)


def _require_own(kind: type[object], stated: Mapping[str, Any], own: frozenset[str]) -> None:
    if foreign := set(stated) - own:
        raise ValueError(f"{kind.__name__} does not let these be stated: {sorted(foreign)}")


def _require_person(session: Session, case: Case, person_id: UUID | None) -> None:
    if person_id is None:
        return
    known = select(case_person.c.person_id).where(
        case_person.c.case_id == case.id, case_person.c.person_id == person_id
    )
    if session.scalar(known) is None:
        raise InvalidInput([Problem("person_id", "The case is not about this person.")])


def _require_source(session: Session, source_id: UUID | None) -> None:
    known = select(Source.id).where(Source.id == source_id, Source.tier != Tier.SEALED)
    if source_id is not None and session.scalar(known) is None:
        raise InvalidInput([Problem("source_id", "There is no such source.")])
