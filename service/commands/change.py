"""One record is changed in the columns that its kind allows, and the audit says who did it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

from sqlalchemy import inspect

from service.commands.audit import audit
from service.records import Case, Destination, HealthCondition, Person, Subscription, TargetOfficial
from service.records.health import CareEvent
from service.vocabulary import Monitoring

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from sqlalchemy.orm import Session

    from service.security.encryption import Vault


class Versioned(Protocol):
    """A record whose changes are counted."""

    version: Any
    __tablename__: Any


_HEALTH = frozenset(
    {"label", "severity", "certainty", "made_by", "care_access", "official_position", "official_assessment", "as_of"}
)
# What is not here is decided once, or by a verb of its own.
CHANGEABLE: Mapping[type[object], frozenset[str]] = {
    Case: frozenset({"title", "facility", "detention_status", "summary", "monitoring", "last_verified_on"}),
    Person: frozenset({"born_on", "sex", "nationality", "occupation", "deceased_on"}),
    HealthCondition: _HEALTH | {"locator"},
    CareEvent: frozenset(
        {"urgency", "requested_on", "occurred_on", "occurred_precision", "outcome", "as_of", "locator"}
    ),
    Subscription: frozenset({"cadence", "least_level", "paused_until"}),
    Destination: frozenset({"label"}),
    TargetOfficial: frozenset({"office", "last_verified_on", "name", "address", "mailbox", "salutations"}),
}


def change(
    session: Session, record: Versioned, changes: Mapping[str, object], *, now: datetime, by: str, vault: Vault
) -> None:
    """Write the changes; the audit names the columns and keeps no value.

    Raises ValueError for a column that may not be changed so, and StaleDataError when somebody else was quicker.
    """
    foreign = set(changes) - CHANGEABLE[type(record)]
    if foreign:
        raise ValueError(f"{type(record).__name__} does not let these be changed: {sorted(foreign)}")
    for column, value in changes.items():
        setattr(record, column, value)
    altered = sorted(column for column in changes if inspect(record).attrs[column].history.has_changes())
    if not altered:
        return
    if isinstance(record, Subscription):
        record.changed_at = now
    elif isinstance(record, Case) and "monitoring" in altered and record.monitoring is Monitoring.ACTIVE:
        record.resumed_at = now
    session.flush()
    identity = inspect(record).identity
    audit(
        session, at=now, actor=by, action="change", record=record.__tablename__,
        record_id=str(identity[0] if identity else ""), detail={"columns": altered}, key=vault.audit_key,
    )  # fmt: skip
