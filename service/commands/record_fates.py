"""A death or a release is recorded: in one transaction all that was queued about the person stops."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy import and_, func, or_, select

from service.commands.audit import audit
from service.commands.follow_ups import cancel
from service.commands.later_versions import UNSENT, stop_action_once
from service.commands.stop_queued import cancel_deliveries
from service.commands.urgent_actions import suspend
from service.errors import InvalidInput, Problem
from service.records import Alert, Case, Delivery, FollowUp, UrgentAction
from service.records.cases import case_person
from service.records.urgent_actions import urgent_action_person
from service.rules.lost_objects import OWED_IN_CUSTODY
from service.vocabulary import RELEASES, DetentionStatus, FollowUpState, UrgentActionKind, UrgentActionOutcome

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date, datetime
    from uuid import UUID

    from sqlalchemy import ColumnElement, Select
    from sqlalchemy.orm import Session

    from service.commands.acting import Acting
    from service.records import Person
    from service.security.encryption import Vault


@dataclass(frozen=True, slots=True)
class Stopped:
    """What an event stopped: deliveries cancelled, follow-ups closed, versions suspended, and the stop actions drafted."""

    deliveries: int
    follow_ups: int
    suspended: tuple[UUID, ...]
    stop_actions: tuple[UUID, ...]


def record_death(
    session: Session, person: Person, *, on: date, in_custody: bool, now: datetime, by: Acting, vault: Vault
) -> Stopped:
    """The person died on this day: cancel what is queued, close what lost its object, draft the stop action.

    Run again, it corrects the day and finds nothing more to stop. Raises InvalidInput for a day still to come.
    """
    if on > now.date():
        raise InvalidInput([Problem("on", "This day is still to come.")])
    person.deceased_on = on
    status = DetentionStatus.DIED_IN_CUSTODY if in_custody else DetentionStatus.DIED_AFTER_RELEASE
    return _record(
        session, person, status=status, outcome=UrgentActionOutcome.DIED, verb="record_death", on=on,
        why="We have learned of a death.", now=now, by=by, vault=vault,
    )  # fmt: skip


def record_release(
    session: Session, person: Person, *, on: date, status: DetentionStatus, now: datetime, by: Acting, vault: Vault
) -> Stopped:
    """The person was set free on this day, in this way; the rest as for a death.

    Raises InvalidInput for a day still to come and for a status that is no release.
    """
    problems = []
    if on > now.date():
        problems.append(Problem("on", "This day is still to come."))
    if status not in RELEASES:
        problems.append(Problem("status", f"Use one of: {', '.join(RELEASES)}."))
    if problems:
        raise InvalidInput(problems)
    return _record(
        session, person, status=status, outcome=UrgentActionOutcome.RELEASED, verb="record_release", on=on,
        why="We have learned of a release.", now=now, by=by, vault=vault,
    )  # fmt: skip


def _record(
    session: Session, person: Person, *, status: DetentionStatus, outcome: UrgentActionOutcome, verb: str, on: date,
    why: str, now: datetime, by: Acting, vault: Vault,
) -> Stopped:  # fmt: skip
    for case in session.scalars(select(Case).where(Case.id.in_(_cases_alone(person)))):
        case.detention_status = status
    session.flush()
    # In this order: whoever announces or issues at this moment is waited for, and then what they queued is cancelled.
    closed = _close_follow_ups(session, person, why=why, now=now, by=by.name, vault=vault)
    suspended, stops = stop_calls(session, _calls_about(person), outcome=outcome, why=why, now=now, by=by, vault=vault)
    cancelled = cancel_deliveries(session, _queued_about(person), reason=why)
    stopped = Stopped(cancelled, closed, suspended, stops)
    audit(
        session, at=now, actor=by.name, action=verb, record="person", record_id=str(person.id),
        detail={"on": str(on), "deliveries": cancelled, "follow_ups": closed}, key=vault.audit_key,
    )  # fmt: skip
    return stopped


def stop_calls(
    session: Session, which: ColumnElement[bool], *, outcome: UrgentActionOutcome, why: str, now: datetime, by: Acting,
    vault: Vault,
) -> tuple[tuple[UUID, ...], tuple[UUID, ...]]:  # fmt: skip
    """Suspend what is unsent of these urgent actions and draft one stop action for each that is out; the ids of both."""
    calls = session.scalars(select(UrgentAction).where(which).order_by(UrgentAction.id).with_for_update()).all()
    suspended = [one for one in calls if one.status in UNSENT and one.kind is not UrgentActionKind.STOP_ACTION]
    for one in suspended:
        suspend(session, one, reason=why, now=now, by=by.name, vault=vault)
    stops = []
    for one in {(call.year, call.given): call for call in calls}.values():
        stop = stop_action_once(session, one, outcome=outcome, why=why, now=now, by=by, vault=vault)
        stops += [stop.id] if stop else []
    return tuple(one.id for one in suspended), tuple(stops)


def _close_follow_ups(session: Session, person: Person, *, why: str, now: datetime, by: str, vault: Vault) -> int:
    lost: Sequence[FollowUp] = session.scalars(
        select(FollowUp)
        .where(FollowUp.state == FollowUpState.OPEN, FollowUp.kind.in_(OWED_IN_CUSTODY), _follow_ups_about(person))
        .order_by(FollowUp.id)
        .with_for_update()
    ).all()
    for follow_up in lost:
        cancel(session, follow_up, reason=why, now=now, by=by, vault=vault)
    return len(lost)


def _cases_alone(person: Person) -> Select[UUID]:
    """The cases that are about nobody else."""
    theirs = select(case_person.c.case_id).where(case_person.c.person_id == person.id)
    return (
        select(case_person.c.case_id)
        .where(case_person.c.case_id.in_(theirs))
        .group_by(case_person.c.case_id)
        .having(func.count() == 1)
    )


def _follow_ups_about(person: Person) -> ColumnElement[bool]:
    whole_case = and_(FollowUp.person_id.is_(None), FollowUp.case_id.in_(_cases_alone(person)))
    return or_(FollowUp.person_id == person.id, whole_case)


def _queued_about(person: Person) -> ColumnElement[bool]:
    follow_ups = select(FollowUp.id).where(_follow_ups_about(person))
    calls = select(UrgentAction.alert_id).where(_calls_about(person), UrgentAction.alert_id.is_not(None))
    calls = calls.where(UrgentAction.kind != UrgentActionKind.STOP_ACTION)
    alerts = select(Alert.id).where(or_(Alert.follow_up_id.in_(follow_ups), Alert.id.in_(calls)))
    return Delivery.alert_id.in_(alerts)


def _calls_about(person: Person) -> ColumnElement[bool]:
    """Urgent actions that name the person, and those of cases that are about nobody else."""
    naming = select(urgent_action_person.c.urgent_action_id).where(urgent_action_person.c.person_id == person.id)
    return or_(UrgentAction.id.in_(naming), UrgentAction.case_id.in_(_cases_alone(person)))
