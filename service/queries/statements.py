"""What is said of a case in public, sentence by sentence, and on which assertions each rests."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy import select

from service.records import Assertion, Footing, UrgentAction
from service.records.evidence import carried
from service.records.urgent_actions import RESTING
from service.statements import mark_of, statements_of
from service.vocabulary import UrgentActionKind, UrgentActionStatus

if TYPE_CHECKING:
    from collections.abc import Iterator
    from uuid import UUID

    from sqlalchemy.orm import Session

    from service.records import Case

_OVER = (UrgentActionStatus.EXPIRED, UrgentActionStatus.CLOSED)


@dataclass(frozen=True, slots=True)
class StatementLine:
    """One sentence and where it stands first: in the `summary`, or in a field of an urgent action by its number.

    Without `assertion_ids` it rests on nothing: a summary is published without it, and an urgent action not at all.
    """

    text: str
    where: str
    assertion_ids: tuple[UUID, ...]


def statements_in(session: Session, case: Case) -> list[StatementLine]:
    """Every sentence of the summary, and of the urgent actions that are not over, each once."""
    resting: dict[str, list[UUID]] = defaultdict(list)
    rows = carried(Footing.statement_mark, Assertion.id, case_ids=[case.id]).distinct().order_by(Assertion.id)
    for mark, assertion_id in session.execute(rows):
        resting[mark].append(assertion_id)
    found: dict[str, StatementLine] = {}
    for where, text in _texts(session, case):
        for statement in statements_of(text):
            mark = mark_of(statement)
            found.setdefault(mark, StatementLine(statement, where, tuple(resting.get(mark, ()))))
    return list(found.values())


def _texts(session: Session, case: Case) -> Iterator[tuple[str, str]]:
    yield "summary", case.summary
    calls = session.scalars(
        select(UrgentAction)
        .where(
            UrgentAction.case_id == case.id,
            UrgentAction.status.not_in(_OVER),
            UrgentAction.kind != UrgentActionKind.STOP_ACTION,
        )
        .order_by(UrgentAction.year, UrgentAction.given, UrgentAction.edition)
    )
    for call in calls:
        for field in RESTING:
            yield f"{call.number}, {field}", getattr(call, field) or ""
