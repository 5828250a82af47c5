"""Follow-ups: what must happen by a date; opened, moved, done or no longer needed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, fields
from datetime import date, datetime
from functools import partial
from typing import Annotated, Any, Literal
from uuid import UUID

from fastapi import APIRouter, Query, Response
from pydantic import Field, model_validator
from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from alerts.facts import Level, Tier
from alerts.follow_up_kinds import kind_named
from service.api.access import Caller, Reader, Writer
from service.api.cases import case_for
from service.api.paging import Page, WindowDep
from service.api.reading import found, found_for_change, note_reading
from service.api.shapes import Given, Kind, Line, OpenTier, Shown, Text, example
from service.api.versions import IfMatch, require_version, show_version
from service.commands.follow_ups import cancel, complete, move, open_follow_up, waive
from service.errors import InvalidInput, Problem
from service.queries.in_hand import InHand, in_hand
from service.queries.visible import follow_ups_of, persons_of
from service.records import FollowUp, Person
from service.records.cases import case_person
from service.security.encryption import Vault
from service.security.policy import Action
from service.vocabulary import DatePrecision, FollowUpState
from service.web import Now, PartsDep, Writing

router = APIRouter(prefix="/follow-ups", tags=["Follow-ups"])

_LONGEST_RECURRENCE = 3_660


class FollowUpShown(Shown):
    """A follow-up; `due_on` is a calendar day in `time_zone`, the thresholds are days from it.

    Members are named; `owner` is the follow-up's own, else the case's. `snoozed_until` is null where it is not quiet, and
    `acknowledged_by` says who is on the level that was announced last.
    """

    model_config = example(
        id="01932a10-7a3e-7c11-8f4e-5f1d2c3b4a62", case_id="01932a10-7a3e-7c11-8f4e-5f1d2c3b4a59", person_id=None,
        kind="complaint_reply", title="Reply to the complaint about the cell", basis="Mandela Rules, rule 57",
        tier="public", due_on="2030-03-09", due_precision="day", due_revision=1, time_zone="Asia/Almaty",
        upcoming_days=7, overdue_days=1, very_overdue_days=15, critical_days=30, recurrence_days=None, state="open",
        level="overdue", next_level_at="2030-03-23T19:00:00Z", completed_on=None, evidence=None, waiver_reason=None,
        created_at="2030-02-07T10:00:00Z", updated_at="2030-03-09T19:00:05Z", version=4, owner="alice", backup="bob",
        snoozed_until=None, snoozed_by=None, snooze_reason=None, acknowledged_by="alice",
        acknowledged_at="2030-03-10T08:00:00Z",
    )  # fmt: skip

    id: UUID
    case_id: UUID
    person_id: UUID | None
    kind: str
    title: str
    basis: str
    tier: Tier
    due_on: date
    due_precision: DatePrecision
    due_revision: int
    time_zone: str
    upcoming_days: int
    overdue_days: int
    very_overdue_days: int
    critical_days: int
    recurrence_days: int | None
    state: FollowUpState
    level: Level | None
    next_level_at: datetime | None
    completed_on: date | None
    evidence: str | None
    waiver_reason: str | None
    created_at: datetime
    updated_at: datetime
    version: int
    owner: str | None
    backup: str | None
    snoozed_until: date | None
    snoozed_by: str | None
    snooze_reason: str | None
    acknowledged_by: str | None
    acknowledged_at: datetime | None


class FollowUpGiven(Given):
    """A follow-up to open; its thresholds come from its kind, and its basis too unless one is named."""

    model_config = example(
        case_id="01932a10-7a3e-7c11-8f4e-5f1d2c3b4a59", kind="complaint_reply",
        title="Reply to the complaint about the cell", due_on="2030-03-09",
    )  # fmt: skip

    case_id: UUID
    kind: Kind
    title: Line
    due_on: date
    due_precision: DatePrecision = DatePrecision.DAY
    basis: Text | None = None
    person_id: UUID | None = None
    tier: OpenTier | None = None
    recurrence_days: Annotated[int, Field(ge=1, le=_LONGEST_RECURRENCE)] | None = None


class FollowUpChange(Given):
    """One step: another `due_on` with its `reason`; or a `state`: `done` with `evidence`, the others with a `reason`."""

    model_config = example(due_on="2030-04-09", reason="The ministry announced its answer for April.")

    due_on: date | None = None
    state: Literal["done", "waived", "cancelled"] | None = None
    evidence: Text | None = None
    reason: Text | None = None

    @model_validator(mode="after")
    def _one_step(self) -> FollowUpChange:
        if (self.due_on is None) == (self.state is None):
            raise ValueError("Name either `due_on` or `state`.")
        words = ("evidence", "reason") if self.state == "done" else ("reason", "evidence")
        if getattr(self, words[0]) is None or getattr(self, words[1]) is not None:
            raise ValueError("`done` goes with `evidence`; everything else goes with `reason`.")
        return self


@router.get("", summary="List follow-ups")
def list_follow_ups(
    session: Writing,
    caller: Reader,
    window: WindowDep,
    parts: PartsDep,
    now: Now,
    case_id: Annotated[UUID | None, Query(description="Only those of this case")] = None,
    state: Annotated[FollowUpState | None, Query(description="What became of them")] = None,
    level: Annotated[Level | None, Query(description="How late they are")] = None,
) -> Page[FollowUpShown]:
    """Follow-ups of the granted cases; titles are confidential, so the reading is noted in the audit."""
    statement = select(FollowUp).where(follow_ups_of(caller.actor))
    for column, wanted in ((FollowUp.case_id, case_id), (FollowUp.state, state), (FollowUp.level, level)):
        if wanted is not None:
            statement = statement.where(column == wanted)
    page = window.page_of(session, statement, FollowUp.id, lambda rows: all_shown(session, rows, now=now))
    note_reading(session, caller, "follow_up", (item.id for item in page.items), now=now, vault=parts.vault)
    return page


@router.post("", status_code=201, summary="Open a follow-up")
def create_follow_up(
    given: FollowUpGiven, session: Writing, caller: Writer, parts: PartsDep, now: Now, response: Response
) -> FollowUpShown:
    """From now on the scheduled check watches it."""
    case = case_for(session, caller.actor, given.case_id)
    caller.require(Action.WRITE_CASE, case.id)
    _require_person(session, caller, given)
    follow_up = open_follow_up(
        session, case, kind=given.kind, title=given.title, basis=given.basis or kind_named(given.kind).basis,
        due_on=given.due_on, due_precision=given.due_precision, person_id=given.person_id, tier=given.tier,
        recurrence_days=given.recurrence_days, now=now, by=caller.name, vault=parts.vault,
    )  # fmt: skip
    session.flush()
    show_version(response, follow_up.version)
    return shown(session, follow_up, now=now)


@router.get("/{follow_up_id}", summary="Read one follow-up")
def read_follow_up(
    follow_up_id: UUID, session: Writing, caller: Reader, parts: PartsDep, now: Now, response: Response
) -> FollowUpShown:
    """The reading is noted in the audit."""
    follow_up = found(session, one(caller, follow_up_id))
    show_version(response, follow_up.version)
    return read(session, caller, follow_up, now=now, vault=parts.vault)


@router.patch("/{follow_up_id}", summary="Move, complete, waive or cancel a follow-up")
def change_follow_up(
    follow_up_id: UUID, step: FollowUpChange, session: Writing, caller: Writer, parts: PartsDep, now: Now,
    response: Response, if_match: IfMatch = None,
) -> FollowUpShown:  # fmt: skip
    """A recurring follow-up that is done stays open for its next date; whatever was queued about the old one is not sent."""
    follow_up = found_for_change(session, one(caller, follow_up_id))
    caller.require(Action.WRITE_CASE, follow_up.case_id)
    now_shown = partial(read, session, caller, follow_up, now=now, vault=parts.vault)
    require_version(follow_up.version, if_match, shown=now_shown, wanted=step)
    _take(session, follow_up, step, now=now, by=caller.name, vault=parts.vault)
    session.flush()
    show_version(response, follow_up.version)
    return shown(session, follow_up, now=now)


def read(session: Session, caller: Caller, follow_up: FollowUp, *, now: datetime, vault: Vault) -> FollowUpShown:
    """The follow-up as it is shown; the reading is noted in the audit."""
    note_reading(session, caller, "follow_up", [follow_up.id], now=now, vault=vault)
    return shown(session, follow_up, now=now)


def shown(session: Session, follow_up: FollowUp, *, now: datetime) -> FollowUpShown:
    """The follow-up with who has it in hand at `now` (UTC)."""
    return all_shown(session, [follow_up], now=now)[0]


def all_shown(session: Session, follow_ups: Sequence[FollowUp], *, now: datetime) -> list[FollowUpShown]:
    """The same for many, in as many statements as for one."""
    hands = in_hand(session, [one.id for one in follow_ups], now=now)
    return [FollowUpShown(**_own(one), **asdict(hands[one.id])) for one in follow_ups]


def one(caller: Caller, follow_up_id: UUID) -> Select[FollowUp]:
    """Asks for the follow-up, if the caller may know of it."""
    return select(FollowUp).where(FollowUp.id == follow_up_id, follow_ups_of(caller.actor))


def _own(follow_up: FollowUp) -> dict[str, Any]:
    of_others = {field.name for field in fields(InHand)}
    return {name: getattr(follow_up, name) for name in FollowUpShown.model_fields if name not in of_others}


def _take(session: Session, follow_up: FollowUp, step: FollowUpChange, *, now: datetime, by: str, vault: Vault) -> None:
    words = step.reason or step.evidence or ""
    if step.due_on is not None:
        move(session, follow_up, due_on=step.due_on, reason=words, now=now, by=by, vault=vault)
    elif step.state == "done":
        complete(session, follow_up, evidence=words, now=now, by=by, vault=vault)
    elif step.state == "waived":
        waive(session, follow_up, reason=words, now=now, by=by, vault=vault)
    else:
        cancel(session, follow_up, reason=words, now=now, by=by, vault=vault)


def _require_person(session: Session, caller: Caller, given: FollowUpGiven) -> None:
    if given.person_id is None:
        return
    of_case = select(case_person.c.person_id).where(case_person.c.case_id == given.case_id)
    known = select(Person.id).where(Person.id == given.person_id, Person.id.in_(of_case), persons_of(caller.actor))
    if session.scalar(known) is None:
        raise InvalidInput([Problem("person_id", "The case is not about this person.")])
