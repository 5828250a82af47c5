"""What must hold before a version of an urgent action goes out; each failure with its reason."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Protocol
from zoneinfo import ZoneInfo

from sqlalchemy import exists, select

from alerts.facts import Tier
from service.commands.footings import unfounded
from service.commands.naming import names_one_of
from service.errors import Problem
from service.records import UrgentAction
from service.records.urgent_actions import RESTING
from service.vocabulary import Monitoring, UrgentActionKind, UrgentActionStatus

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator
    from datetime import date, datetime
    from uuid import UUID

    from sqlalchemy.orm import Session

# Project default: an office changes hands, and a letter to the wrong person helps nobody.
VERIFIED_WITHIN = timedelta(days=90)


class Consents(Protocol):
    """The persons who may be named in public, and those of whose health one may speak there."""

    @property
    def named(self) -> frozenset[UUID]:
        """Those who may be named."""
        ...

    @property
    def health(self) -> frozenset[UUID]:
        """Those of whose health one may speak."""
        ...


class ConsentsOf(Protocol):
    """Finds them; `service.facts.gates_for` does."""

    def __call__(self, session: Session, person_ids: Collection[UUID], *, now: datetime) -> Consents:
        """The consents of these persons that are live at `now` (UTC)."""
        ...


def why_not_issued(session: Session, action: UrgentAction, *, now: datetime, consents_of: ConsentsOf) -> list[Problem]:
    """Everything that keeps this version from going out at `now` (UTC); days are days in its time zone."""
    today = now.astimezone(ZoneInfo(action.time_zone)).date()
    problems = [*_of_case(action), *_of_consents(session, action, now, consents_of), *_of_others(session, action)]
    if action.kind is UrgentActionKind.STOP_ACTION:
        if action.outcome is None:
            problems.append(Problem("outcome", "Say what became of the person; `unknown` where nobody knows."))
        return problems
    return [
        *problems,
        *_of_footing(session, action),
        *_of_targets(action, today),
        *_of_asking(action, today),
        *_of_sources(action, today),
    ]


def _of_case(action: UrgentAction) -> Iterator[Problem]:
    if action.case.tier is Tier.SEALED:
        yield Problem("case_id", "The case is sealed: nothing of it is told.")
    if action.kind is not UrgentActionKind.STOP_ACTION and action.case.monitoring is not Monitoring.ACTIVE:
        yield Problem("case_id", "The case is not watched any more.")


def _of_consents(session: Session, action: UrgentAction, now: datetime, consents_of: ConsentsOf) -> Iterator[Problem]:
    named = {person.id for person in action.persons}
    consents = consents_of(session, named, now=now)
    if named - consents.named:
        yield Problem("person_ids", "Somebody whom it names has no live consent to be named in public.")
    if action.speaks_of_health and not (named and named <= consents.health):
        yield Problem("speaks_of_health", "There is no live consent to speak of this person's health in public.")
    others = [person for person in action.case.persons if person.id not in named]
    if names_one_of(others, _texts(action)):
        yield Problem("person_ids", "The text names somebody of the case who is not among `person_ids`.")


def _texts(action: UrgentAction) -> str:
    parts = [action.headline, action.summary, action.what_changed or "", action.background or ""]
    parts.append(action.index_number or "")
    parts += [one.text for one in action.demands] + [*action.guidance.values()]
    parts += [f"{one.subject or ''}\n{one.text}" for one in action.letters]
    return "\n".join(parts)


def _of_others(session: Session, action: UrgentAction) -> Iterator[Problem]:
    same = (UrgentAction.year == action.year, UrgentAction.given == action.given, UrgentAction.id != action.id)
    stopped = exists().where(
        *same, UrgentAction.kind == UrgentActionKind.STOP_ACTION, UrgentAction.status == UrgentActionStatus.ISSUED
    )
    if session.scalar(select(stopped)):
        yield Problem("", "A stop action is out: nothing follows it.")


def _of_footing(session: Session, action: UrgentAction) -> Iterator[Problem]:
    for field in RESTING:
        for statement in unfounded(session, action.case_id, getattr(action, field) or ""):
            yield Problem(field, f"No assertion carries this sentence: “{statement}”")


def _of_targets(action: UrgentAction, today: date) -> Iterator[Problem]:
    if not action.targets:
        yield Problem("target_ids", "Name at least one official to write to.")
    for where, officials in (("target_ids", action.targets), ("copy_ids", action.copies)):
        for official in officials:
            if today - official.last_verified_on > VERIFIED_WITHIN:
                verified_on = official.last_verified_on
                yield Problem(where, f"{official.office} was last verified on {verified_on}, more than 90 days ago.")


def _of_asking(action: UrgentAction, today: date) -> Iterator[Problem]:
    if not action.demands:
        yield Problem("demands", "Say at least one thing that the letters ask for.")
    if action.act_by is None:
        yield Problem("act_by", "Say by which day to act.")
    elif action.act_by <= today:
        yield Problem("act_by", f"The last day to act, {action.act_by}, is not in the future.")
    if action.kind is UrgentActionKind.FURTHER_INFORMATION and not action.what_changed:
        yield Problem("what_changed", "Say what has changed.")


def _of_sources(action: UrgentAction, today: date) -> Iterator[Problem]:
    if action.background and not action.sources:
        yield Problem("sources", "Name at least one source of the background.")
    for one in action.sources:
        if one.source.tier is not Tier.PUBLIC:
            yield Problem("sources", "One of the sources is not public any more.")
        if one.as_of > today:
            yield Problem("sources", f"The day for which a source speaks, {one.as_of}, is still to come.")
