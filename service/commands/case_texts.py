"""A case's public summary is put into another language, or taken out of it again."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import select

from service.commands.audit import audit
from service.commands.written import written
from service.errors import InvalidInput, NotFound, Problem
from service.records import CaseText
from service.records.base import new_id
from service.translations import faults_of, sum_of

if TYPE_CHECKING:
    from datetime import date, datetime

    from sqlalchemy import Select
    from sqlalchemy.orm import Session

    from service.records import Case
    from service.security.encryption import Vault

LONGEST_NAME = 200


def set_case_text(
    session: Session,
    case: Case,
    *,
    language: str,
    summary: str,
    original: str,
    translated_by: str | None,
    as_of: date,
    now: datetime,
    by: str,
    vault: Vault,
) -> CaseText:
    """Keep this as the case's summary in this language (BCP 47), made from `original` as it is published now.

    Replaces the one that is there. Raises InvalidInput for a language that nobody writes or the original's own, and for
    an empty or endless text.
    """
    # whatever wrote the file ended its lines
    summary = summary.replace("\r\n", "\n").replace("\r", "\n").strip()
    problems = _problems(language, summary, translated_by)
    if problems:
        raise InvalidInput(problems)
    text = session.scalar(_of(case, language).with_for_update())
    action = "change"
    if text is None:
        action = "add"
        text = CaseText(id=new_id(), case_id=case.id, language=language, created_at=now)
        session.add(text)
    text.summary, text.made_from = summary, sum_of(original)
    text.translated_by, text.as_of = translated_by, as_of
    detail = {"case_id": str(case.id), "language": language}
    written(session, text, action=action, detail=detail, now=now, by=by, vault=vault)
    return text


def remove_case_text(session: Session, case: Case, *, language: str, now: datetime, by: str, vault: Vault) -> None:
    """Show the original again. Raises NotFound."""
    text = session.scalar(_of(case, language).with_for_update())
    if text is None:
        raise NotFound(f"case {case.reference} has no text in {language}")
    session.delete(text)
    session.flush()
    audit(
        session, at=now, actor=by, action="remove", record="case_text", record_id=str(text.id),
        detail={"case_id": str(case.id), "language": language}, key=vault.audit_key,
    )  # fmt: skip


def _of(case: Case, language: str) -> Select[CaseText]:
    return select(CaseText).where(CaseText.case_id == case.id, CaseText.language == language)


def _problems(language: str, summary: str, translated_by: str | None) -> list[Problem]:
    problems = [Problem(name, reason) for name, reason in faults_of(language, summary)]
    if translated_by is not None and len(translated_by) > LONGEST_NAME:
        problems.append(Problem("translated_by", f"The name is longer than {LONGEST_NAME} characters."))
    return problems
