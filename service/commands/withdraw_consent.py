"""Somebody withdraws a consent: in the same transaction nothing more leaves that rests on it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from sqlalchemy import and_, select, tuple_

from service.commands.audit import audit
from service.commands.record_fates import Stopped, stop_calls
from service.commands.stop_queued import cancel_deliveries
from service.errors import Conflict
from service.records import Alert, Consent, Delivery, UrgentAction
from service.records.cases import case_person
from service.records.urgent_actions import urgent_action_person
from service.vocabulary import ConsentScope, UrgentActionOutcome

if TYPE_CHECKING:
    from collections.abc import Collection
    from datetime import datetime
    from uuid import UUID

    from sqlalchemy import ColumnElement
    from sqlalchemy.orm import Session

    from alerts.facts import Tier
    from service.commands.acting import Acting
    from service.records import Person
    from service.security.encryption import Vault

WITHDRAWN = "It says what somebody no longer agrees to have said."
_WHY = "This urgent action has ended."


class SaysTooMuch(Protocol):
    """Finds alerts whose words need a consent that is not live; `service.facts.says_too_much` does."""

    def __call__(self, session: Session, alert_ids: Collection[UUID], *, now: datetime) -> set[tuple[UUID, Tier]]:
        """Those of these alerts, each with the tiers."""
        ...


def withdraw_consent(
    session: Session, person: Person, scope: ConsentScope, *, now: datetime, by: Acting, says_too_much: SaysTooMuch,
    vault: Vault,
) -> Stopped:  # fmt: skip
    """End every consent of this scope at `now` (UTC), cancel what is queued and rests on it, and draft stop actions.

    A stop action is drafted for each call that names the person, where it is the name, or that speaks of their health,
    where it is the health. Raises Conflict when no such consent is in force.
    """
    consents = session.scalars(
        select(Consent).where(Consent.person_id == person.id, Consent.scope == scope, Consent.withdrawn_at.is_(None))
    ).all()
    if not consents:
        raise Conflict("No such consent is in force.")
    for consent in consents:
        consent.withdrawn_at = now
    session.flush()
    # In this order: whoever issues at this moment is waited for, and then what they queued is cancelled.
    suspended, stops = _stop_calls(session, person, scope, now=now, by=by, vault=vault)
    cancelled = _cancel_queued(session, person, now, says_too_much)
    audit(
        session, at=now, actor=by.name, action="withdraw_consent", record="person", record_id=str(person.id),
        detail={"scope": scope.value, "consents": len(consents), "deliveries": cancelled}, key=vault.audit_key,
    )  # fmt: skip
    return Stopped(cancelled, 0, suspended, stops)


def _cancel_queued(session: Session, person: Person, now: datetime, says_too_much: SaysTooMuch) -> int:
    theirs = select(case_person.c.case_id).where(case_person.c.person_id == person.id)
    # As many as there are alerts with something still to send, however many are owed each of them.
    queued = session.scalars(
        select(Alert.id).where(
            Alert.case_id.in_(theirs),
            select(Delivery.id).where(Delivery.alert_id == Alert.id, Delivery.open).correlate(Alert).exists(),
        )
    ).all()
    said = sorted(says_too_much(session, queued, now=now), key=str)
    if not said:
        return cancel_deliveries(session, Delivery.alert_id.in_([]), reason=WITHDRAWN)
    return cancel_deliveries(session, tuple_(Delivery.alert_id, Delivery.tier).in_(said), reason=WITHDRAWN)


def _stop_calls(
    session: Session, person: Person, scope: ConsentScope, *, now: datetime, by: Acting, vault: Vault
) -> tuple[tuple[UUID, ...], tuple[UUID, ...]]:
    naming: ColumnElement[bool] = UrgentAction.id.in_(
        select(urgent_action_person.c.urgent_action_id).where(urgent_action_person.c.person_id == person.id)
    )
    match scope:
        case ConsentScope.NAME_PUBLICLY:
            which = naming
        case ConsentScope.PUBLISH_HEALTH:
            which = and_(naming, UrgentAction.speaks_of_health)
        case _:
            return (), ()
    return stop_calls(session, which, outcome=UrgentActionOutcome.UNKNOWN, why=_WHY, now=now, by=by, vault=vault)
