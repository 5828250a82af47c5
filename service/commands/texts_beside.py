"""Translations that an import brings, beside those that are here: a case has one for each language."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import or_, select

from service.commands.case_texts import remove_case_text
from service.commands.take_rows import in_batches
from service.errors import Problem
from service.records import Case, CaseText, ImportedRow
from service.records.imports import BUNDLES

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import datetime
    from uuid import UUID

    from sqlalchemy.orm import Session

    from service.commands.file_rows import FileRow
    from service.security.encryption import Vault


def foreign_texts(session: Session, rows: Sequence[FileRow]) -> Iterator[Problem]:
    """The rows of a bundle whose language is taken by a text that did not come in one, or that are another text here."""
    for row, text, case_file in texts_beside(session, rows):
        where = f"case_texts {row.key}"
        if text.id == row.id:
            yield Problem(where, f"is a text of case {text.case_id} in {text.language} here")
        elif case_file != BUNDLES:
            yield Problem(where, f"a text in {text.language} is here already and did not come in a bundle")


def give_way(session: Session, rows: Sequence[FileRow], *, now: datetime, by: str, vault: Vault) -> None:
    """Take out what came in an earlier bundle where this one has another text of that case in that language.

    At home the one was removed and the other written; `foreign_texts` must have found nothing.
    """
    for _, text, _ in list(texts_beside(session, rows)):
        case = session.get_one(Case, text.case_id)
        session.delete(session.get_one(ImportedRow, text.id))
        remove_case_text(session, case, language=text.language, now=now, by=by, vault=vault)


def texts_beside(session: Session, rows: Sequence[FileRow]) -> Iterator[tuple[FileRow, CaseText, str | None]]:
    """Each row with a text here that is not the same one of the same case in the same language, and how that came."""
    for batch in in_batches(rows):
        by_id = {row.id: row for row in batch}
        by_language: dict[tuple[UUID, str], FileRow] = {
            (row.fields["case_id"], row.fields["language"]): row for row in batch
        }
        query = (
            select(CaseText, ImportedRow.case_file)
            .outerjoin(ImportedRow, ImportedRow.id == CaseText.id)
            .where(or_(CaseText.case_id.in_({case_id for case_id, _ in by_language}), CaseText.id.in_(by_id)))
        )
        for text, case_file in session.execute(query):
            same_language, same_id = by_language.get((text.case_id, text.language)), by_id.get(text.id)
            if same_language is not same_id:
                yield from ((row, text, case_file) for row in (same_language, same_id) if row is not None)
