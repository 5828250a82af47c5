"""An urgent action as anybody may read it on its page: what was told of it, and where it stands by now."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy import func, select

from alerts.facts import Tier
from service.errors import NotFound
from service.facts.urgent_actions import call_from_json, calls_that_say_too_much
from service.records import Alert, LetterReport, UrgentAction
from service.vocabulary import CallStanding, Monitoring, UrgentActionKind, UrgentActionStatus

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import datetime
    from uuid import UUID

    from sqlalchemy.orm import Session

    from alerts.urgent_action_facts import UrgentActionAlert
    from service.vocabulary import UrgentActionOutcome


@dataclass(frozen=True, slots=True, kw_only=True)
class PublicCall:
    """One issued version, word for word as it was told, and where it stands.

    `later` is the version that took its place: its number and its slug. `letters` counts those reported for all versions.
    """

    call: UrgentActionAlert
    slug: str
    standing: CallStanding
    later: tuple[str, str] | None
    outcome: UrgentActionOutcome | None
    letters: int

    @property
    def may_be_written_for(self) -> bool:
        """Whether its page says to whom to write: not where somebody might write although it harms or is in vain."""
        return self.standing in (CallStanding.OPEN, CallStanding.EXPIRED)


def public_call(session: Session, action: UrgentAction, *, now: datetime) -> PublicCall:
    """The version as the public may see it at `now` (UTC).

    Raises NotFound by the gates that a message passes before it leaves: what was not told to the public, and what needs a
    consent that is not live any more.
    """
    for one in public_calls(session, [action], now=now):
        return one
    raise NotFound("No public urgent action has this address.")


def public_calls(session: Session, actions: Sequence[UrgentAction], *, now: datetime) -> Iterator[PublicCall]:
    """Those of these issued versions that the public may see at `now` (UTC), in their order."""
    alert_ids = [action.alert_id for action in actions if action.alert_id is not None]
    alerts = session.execute(select(Alert.id, Alert.facts).where(Alert.id.in_(alert_ids)))
    told = {alert_id: facts.get(Tier.PUBLIC.value) for alert_id, facts in alerts}
    closed_again = calls_that_say_too_much(session, alert_ids, now=now)
    for action in actions:
        words = told.get(action.alert_id) if action.alert_id is not None else None
        if words is None or action.case.tier is not Tier.PUBLIC or (action.alert_id, Tier.PUBLIC) in closed_again:
            continue
        call = call_from_json(words)
        # Somebody of whom there is no record any more cannot be asked.
        if len(call.persons) != len(action.persons):
            continue
        versions = _versions(session, action)
        later = max((one for one in versions if _follows(one, action)), key=lambda one: one.edition, default=None)
        yield PublicCall(
            call=call,
            slug=action.slug,
            standing=_standing(action, versions, later, now),
            later=(later.number, later.slug) if later else None,
            outcome=action.outcome,
            letters=_letters(session, [one.id for one in versions]),
        )


def _follows(one: UrgentAction, action: UrgentAction) -> bool:
    return one.issued_at is not None and one.edition > action.edition


def _standing(
    action: UrgentAction, versions: Sequence[UrgentAction], later: UrgentAction | None, now: datetime
) -> CallStanding:
    if action.kind is UrgentActionKind.STOP_ACTION:
        return CallStanding.STOP
    stops = [one for one in versions if one.kind is UrgentActionKind.STOP_ACTION]
    if stops:
        # Stop beats start: while a second member still looks at the stop action, nobody is sent to write.
        return CallStanding.STOPPED if any(one.issued_at for one in stops) else CallStanding.PAUSED
    if later is not None:
        return CallStanding.SUPERSEDED
    if action.status is UrgentActionStatus.CLOSED or action.case.monitoring is not Monitoring.ACTIVE:
        return CallStanding.CLOSED
    is_over = action.expires_at is not None and action.expires_at <= now
    return CallStanding.EXPIRED if is_over or action.status is UrgentActionStatus.EXPIRED else CallStanding.OPEN


def _versions(session: Session, action: UrgentAction) -> Sequence[UrgentAction]:
    same = (UrgentAction.year == action.year, UrgentAction.given == action.given)
    return session.scalars(select(UrgentAction).where(*same)).all()


def _letters(session: Session, action_ids: Sequence[UUID]) -> int:
    counted = select(func.coalesce(func.sum(LetterReport.letters), 0))
    return int(session.scalar(counted.where(LetterReport.urgent_action_id.in_(action_ids))) or 0)
