"""A statement for the public is made to rest on assertions of its case."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import delete, select

from service.commands.audit import audit
from service.errors import InvalidInput, Problem
from service.records import Assertion, Footing, Source
from service.records.base import new_id
from service.records.evidence import CARRIES, carried
from service.statements import mark_of, statements_of

if TYPE_CHECKING:
    from collections.abc import Collection
    from datetime import datetime
    from uuid import UUID

    from sqlalchemy.orm import Session

    from service.records import Case
    from service.security.encryption import Vault


def rest_on(
    session: Session, case: Case, statement: str, assertion_ids: Collection[UUID], *, now: datetime, by: str,
    vault: Vault,
) -> None:  # fmt: skip
    """Let the statement rest on these assertions and on no others; on none: it is not published any more.

    Raises InvalidInput for what is not one sentence, and for assertions that can carry nothing: those of another case,
    refuted, replaced or sealed.
    """
    if len(statements_of(statement)) != 1:
        raise InvalidInput([Problem("statement", "Give one sentence, as it stands in the text.")])
    wanted = set(assertion_ids)
    of_case = (Assertion.id.in_(wanted), Assertion.case_id == case.id, CARRIES)
    able = set(session.scalars(select(Assertion.id).join(Source, Source.id == Assertion.source_id).where(*of_case)))
    if wanted - able:
        reason = "One of these is no assertion of this case, or it is refuted, replaced or sealed and carries nothing."
        raise InvalidInput([Problem("assertion_ids", reason)])
    mark = mark_of(statement)
    same = (Footing.case_id == case.id, Footing.statement_mark == mark)
    session.execute(delete(Footing).where(*same, Footing.assertion_id.not_in(wanted)))
    there = set(session.scalars(select(Footing.assertion_id).where(*same)))
    session.add_all(
        Footing(id=new_id(), case_id=case.id, statement_mark=mark, assertion_id=one, created_at=now)
        for one in sorted(wanted - there)
    )
    session.flush()
    audit(
        session, at=now, actor=by, action="rest_statement", record="case", record_id=str(case.id),
        detail={"mark": mark, "assertion_ids": sorted(str(one) for one in wanted)}, key=vault.audit_key,
    )  # fmt: skip


def unfounded(session: Session, case_id: UUID, text: str) -> tuple[str, ...]:
    """The statements of the text that rest on nothing, in their order."""
    marks = set(session.scalars(carried(Footing.statement_mark, case_ids=[case_id])))
    return tuple(one for one in statements_of(text) if mark_of(one) not in marks)
