"""Why each date of a case is what it is."""

from __future__ import annotations

from datetime import date, datetime
from uuid import UUID

from fastapi import APIRouter

from alerts.facts import Level
from service.api.access import Reader
from service.api.cases import case_for
from service.api.reading import note_reading
from service.api.shapes import Shown, example
from service.queries.explaining import explained
from service.rules.reading import rule_book
from service.vocabulary import FollowUpState
from service.web import Now, PartsDep, Writing

router = APIRouter(prefix="/cases", tags=["Cases"])

_LIMIT = {
    "kind": "isolation_day_limit", "title": "End of solitary confinement", "rule": "isolation-day-limit",
    "basis": "Nelson Mandela Rules, rules 43 to 45: no more than 15 days in a row",
    "working": "1 March 2030 + 14 days = 15 March 2030 (1 March 2030 is day 1 of 15 days).", "due_on": "2030-03-15",
    "levels": {"upcoming": "2030-03-09T19:00:00Z", "due": "2030-03-14T19:00:00Z"}, "state": "open", "due_revision": 1,
    "why_not": None, "is_owed": True,
}  # fmt: skip


class ExplainedShown(Shown):
    """One follow-up, on record or not, and why; `levels` are the instants at which each level begins.

    `state` null: the rules opened nothing, and `why_not` says why. `is_owed`: it is open, or would be.
    """

    model_config = example(**_LIMIT)

    kind: str
    title: str
    rule: str | None
    basis: str
    working: str
    due_on: date | None
    levels: dict[Level, datetime]
    state: FollowUpState | None
    due_revision: int | None
    why_not: str | None = None
    is_owed: bool


class CaseRulesShown(Shown):
    """The dates of one case, counted in days in `time_zone`."""

    model_config = example(case_id="01932a10-7a3e-7c11-8f4e-5f1d2c3b4a59", time_zone="Asia/Almaty", follow_ups=[_LIMIT])

    case_id: UUID
    time_zone: str
    follow_ups: tuple[ExplainedShown, ...]


@router.get("/{case_id}/rules", summary="Explain the dates of a case")
def explain_case(case_id: UUID, session: Writing, caller: Reader, parts: PartsDep, now: Now) -> CaseRulesShown:
    """Each follow-up with its rule, the article and the sum, then what the rules ask for beside them.

    Titles are confidential, so the reading is noted in the audit.
    """
    case = case_for(session, caller.actor, case_id)
    found = explained(session, case, book=rule_book(parts.settings.rules_file), now=now)
    note_reading(session, caller, "case_rules", [case.id], now=now, vault=parts.vault)
    return CaseRulesShown(
        case_id=case.id,
        time_zone=case.time_zone,
        follow_ups=tuple(ExplainedShown.model_validate(one) for one in found),
    )
