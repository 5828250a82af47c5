"""What is known of somebody's health is written down."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, TypeVar

from sqlalchemy import select

from service.commands.audit import audit
from service.errors import InvalidInput, Problem
from service.records import CareEvent, HealthCondition
from service.records.base import new_id
from service.records.cases import case_person
from service.vocabulary import CareAccess, CareKind, Certainty, DatePrecision, OfficialPosition, Severity, Urgency

if TYPE_CHECKING:
    from datetime import date, datetime
    from uuid import UUID

    from sqlalchemy.orm import Session

    from service.records import Case
    from service.security.encryption import Vault

Row = TypeVar("Row", HealthCondition, CareEvent)


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
    occurred_precision: DatePrecision = DatePrecision.UNKNOWN
    locator: str | None = None


def add_condition(
    session: Session, case: Case, given: NewCondition, *, now: datetime, by: str, vault: Vault
) -> HealthCondition:
    """Write a condition of one of the case's persons. Raises InvalidInput when the case is not about that person."""
    _require_person(session, case, given.person_id)
    return _written(
        session, HealthCondition(id=new_id(), case_id=case.id, created_at=now, **asdict(given)), now, by, vault
    )


def add_care_event(
    session: Session, case: Case, given: NewCareEvent, *, now: datetime, by: str, vault: Vault
) -> CareEvent:
    """Write a care event of one of the case's persons. Raises InvalidInput when the case is not about that person."""
    _require_person(session, case, given.person_id)
    return _written(session, CareEvent(id=new_id(), case_id=case.id, created_at=now, **asdict(given)), now, by, vault)


def _written(session: Session, row: Row, now: datetime, by: str, vault: Vault) -> Row:
    session.add(row)
    session.flush()
    audit(
        session, at=now, actor=by, action="add", record=row.__tablename__, record_id=str(row.id),
        detail={"case_id": str(row.case_id)}, key=vault.audit_key,
    )  # fmt: skip
    return row


def _require_person(session: Session, case: Case, person_id: UUID) -> None:
    known = select(case_person.c.person_id).where(
        case_person.c.case_id == case.id, case_person.c.person_id == person_id
    )
    if session.scalar(known) is None:
        raise InvalidInput([Problem("person_id", "The case is not about this person.")])
