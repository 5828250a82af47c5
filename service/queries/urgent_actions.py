"""Urgent actions as staff read them: every version of a case's calls, and those that wait for somebody."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy import and_, func, or_, select
from sqlalchemy.orm import aliased, selectinload

from alerts.facts import Tier
from service.queries.members import granted
from service.records import Case, LetterReport, Member, UrgentAction, UrgentActionSource
from service.vocabulary import UrgentActionStatus

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from sqlalchemy import ColumnElement
    from sqlalchemy.orm import Session

    from service.security.policy import Actor

MOST_ROWS = 100

_Author, _Approver = aliased(Member), aliased(Member)
_LETTERS = (
    select(func.coalesce(func.sum(LetterReport.letters), 0))
    .where(LetterReport.urgent_action_id == UrgentAction.id)
    .correlate(UrgentAction)
    .scalar_subquery()
)
# A second member must look, or somebody must say what now.
_WAITS = or_(
    UrgentAction.status.in_((UrgentActionStatus.IN_REVIEW, UrgentActionStatus.SUSPENDED)),
    and_(UrgentAction.status == UrgentActionStatus.DRAFT, UrgentAction.kind == "stop_action"),
)


@dataclass(frozen=True, slots=True)
class Call:
    """One version with the names of those who wrote and approved it, and the letters reported for it."""

    action: UrgentAction
    reference: str
    author: str | None
    approver: str | None
    letters: int

    @property
    def leaves_at(self) -> datetime | None:
        """The end of the hold-back, while it is in it."""
        return self.action.leaves_at if self.action.status is UrgentActionStatus.APPROVED else None


def calls_of(session: Session, case: Case) -> Sequence[Call]:
    """Every version of the case's urgent actions, the newest number first and each number's last version first."""
    return _calls(session, UrgentAction.case_id == case.id)


def waiting_calls(session: Session, actor: Actor) -> Sequence[Call]:
    """Versions that wait for a second member, were suspended, or are stop actions in draft, in cases of this actor."""
    return _calls(session, _WAITS, UrgentAction.issued_at.is_(None), granted(actor), Case.tier != Tier.SEALED)


def _calls(session: Session, *which: ColumnElement[bool]) -> Sequence[Call]:
    rows = session.execute(
        select(UrgentAction, Case.reference, _Author.name, _Approver.name, _LETTERS)
        .join(Case, Case.id == UrgentAction.case_id)
        .outerjoin(_Author, _Author.id == UrgentAction.author_id)
        .outerjoin(_Approver, _Approver.id == UrgentAction.approver_id)
        .where(*which)
        .order_by(UrgentAction.year.desc(), UrgentAction.given.desc(), UrgentAction.edition.desc())
        .limit(MOST_ROWS)
        .options(
            selectinload(UrgentAction.demands),
            selectinload(UrgentAction.targets),
            selectinload(UrgentAction.letters),
            selectinload(UrgentAction.copies),
            selectinload(UrgentAction.previous),
            selectinload(UrgentAction.persons),
            selectinload(UrgentAction.sources).joinedload(UrgentActionSource.source),
        )
    )
    return [Call(*row) for row in rows]
