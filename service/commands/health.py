"""What is known of somebody's health is written down."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING

from service.commands.record_facts import add_fact
from service.records import CareEvent, HealthCondition

if TYPE_CHECKING:
    from datetime import date, datetime
    from uuid import UUID

    from sqlalchemy.orm import Session

    from service.records import Case
    from service.security.encryption import Vault
    from service.vocabulary import CareAccess, CareKind, Certainty, DatePrecision, OfficialPosition, Severity, Urgency


@dataclass(frozen=True, slots=True, kw_only=True)
class NewCondition:
    """A diagnosis or complaint as stated, true as of a day."""

    person_id: UUID
    label: str
    severity: Severity
    certainty: Certainty
    care_access: CareAccess
    as_of: date
    made_by: str | None = None
    official_position: OfficialPosition | None = None
    official_assessment: str | None = None
    locator: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class NewCareEvent:
    """An examination, treatment or refusal, and what came of it."""

    person_id: UUID
    kind: CareKind
    outcome: str
    as_of: date
    urgency: Urgency | None = None
    requested_on: date | None = None
    occurred_on: date | None = None
    occurred_precision: DatePrecision | None = None
    locator: str | None = None


def add_condition(
    session: Session, case: Case, given: NewCondition, *, now: datetime, by: str, vault: Vault
) -> HealthCondition:
    """Write a condition of one of the case's persons. Raises InvalidInput when the case is not about that person."""
    return add_fact(session, case, HealthCondition, asdict(given), now=now, by=by, vault=vault)


def add_care_event(
    session: Session, case: Case, given: NewCareEvent, *, now: datetime, by: str, vault: Vault
) -> CareEvent:
    """Write a care event of one of the case's persons.

    Raises InvalidInput when the case is not about that person, or for dates that cannot be.
    """
    return add_fact(session, case, CareEvent, asdict(given), now=now, by=by, vault=vault)
