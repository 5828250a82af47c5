"""One record is changed in the columns that its kind allows, and the audit says who did it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import inspect

from service.commands.close_case import close_subscriptions
from service.commands.fact_checks import require_sound, with_precisions
from service.commands.written import written
from service.records import (
    Assertion,
    CareEvent,
    Case,
    ClockPause,
    Destination,
    DetentionEpisode,
    Document,
    HealthCondition,
    IsolationPlacement,
    ParoleReview,
    Person,
    Petition,
    Proceeding,
    Sentence,
    Subscription,
    TargetOfficial,
)
from service.vocabulary import Monitoring

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from sqlalchemy.orm import Session

    from service.commands.written import Versioned
    from service.security.encryption import Vault


# The day for which a fact speaks, and where its source says so.
_CITED = frozenset({"as_of", "locator"})
_HEALTH = frozenset(
    {"label", "severity", "certainty", "made_by", "care_access", "official_position", "official_assessment", "as_of"}
)
# What is not here is decided once, or by a verb of its own.
CHANGEABLE: Mapping[type[object], frozenset[str]] = {
    Assertion: _CITED
    | {"quote", "connection", "reliability", "verification", "occurred_on", "occurred_precision"},
    Case: frozenset({"title", "facility", "detention_status", "summary", "monitoring", "last_verified_on"}),
    Person: frozenset({"born_on", "sex", "pronoun", "nationality", "occupation", "deceased_on"}),
    HealthCondition: _HEALTH | {"locator"},
    CareEvent: frozenset(
        {"urgency", "requested_on", "occurred_on", "occurred_precision", "outcome", "as_of", "locator"}
    ),
    Document: frozenset({"title", "tier", "source_id", "language", "dated_on"}),
    DetentionEpisode: _CITED
    | {"facility", "place", "regime", "from_on", "from_precision", "until_on", "until_precision", "reason"},
    IsolationPlacement: _CITED | {"from_on", "from_precision", "until_on", "reason"},
    Proceeding: _CITED | {"body", "occurred_on", "occurred_precision", "charge", "outcome"},
    Sentence: _CITED | {"pronounced_on", "pronounced_precision", "months", "confiscation", "offences", "ends_on"},
    ParoleReview: _CITED
    | {
        "eligible_on", "hearing_on", "decided_on", "decision", "prosecutor_position", "administration_position",
        "appeal_by",
    },
    Petition: _CITED
    | {
        "addressee", "subject", "reference", "sent_on", "sent_precision", "reply_within_days", "reply_basis",
        "counts_working_days", "decided_on", "decision", "answered_on", "answer", "withdrawn_on",
    },
    ClockPause: frozenset({"from_on", "until_on", "reason", "basis"}),
    Subscription: frozenset({"cadence", "detail", "least_level", "paused_until"}),
    Destination: frozenset({"label"}),
    TargetOfficial: frozenset({"office", "last_verified_on", "name", "address", "mailbox", "salutations"}),
}  # fmt: skip


def change(
    session: Session, record: Versioned, changes: Mapping[str, object], *, now: datetime, by: str, vault: Vault
) -> None:
    """Write the changes; the audit names the columns and keeps no value.

    A date that is named without its precision is known to the day. Raises InvalidInput for dates that cannot be,
    ValueError for a column that may not be changed so, and StaleDataError when somebody else was quicker.
    """
    foreign = set(changes) - CHANGEABLE[type(record)]
    if foreign:
        raise ValueError(f"{type(record).__name__} does not let these be changed: {sorted(foreign)}")
    changes = with_precisions(type(record), changes)
    for column, value in changes.items():
        setattr(record, column, value)
    altered = sorted(column for column in changes if inspect(record).attrs[column].history.has_changes())
    if not altered:
        return
    with session.no_autoflush:  # what is refused was never sent to the database
        require_sound(record, changes)
    if isinstance(record, Subscription):
        record.changed_at = now
    elif isinstance(record, Case) and "monitoring" in altered and record.monitoring is Monitoring.ACTIVE:
        record.resumed_at = now
    elif isinstance(record, Case) and "monitoring" in altered and record.monitoring is Monitoring.CLOSED:
        close_subscriptions(session, record, now=now)
    written(session, record, action="change", detail={"columns": altered}, now=now, by=by, vault=vault)
