"""The public summary of a case in other languages."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter
from pydantic import StringConstraints, model_validator
from sqlalchemy import Select, select

from service.api.cases import case_for
from service.api.desk import Desk, OfCase, ReadingDesk, WritingDesk
from service.api.paging import Page, WindowDep
from service.api.reading import found, found_for_change
from service.api.shapes import OF, Given, Shown, example, not_null
from service.api.versions import IfMatch, require_version, show_version
from service.commands.case_texts import LONGEST_NAME, remove_case_text, set_case_text
from service.errors import Conflict
from service.queries.visible import case_ids_of
from service.records import Case, CaseText
from service.security.policy import Action
from service.translations import LONGEST_SUMMARY, sum_of

router = APIRouter(prefix="/case-texts", tags=["Cases"])

Summary = Annotated[str, StringConstraints(min_length=1, max_length=LONGEST_SUMMARY)]
Translator = Annotated[str, StringConstraints(min_length=1, max_length=LONGEST_NAME)]
_TEXT = {"summary": "Дана Сэмпл, учительница.", "translated_by": "Alice", "as_of": "2030-01-06"}


class CaseTextShown(Shown):
    """A translation; `is_shown` is false once the original says something else."""

    model_config = example(
        id="01932a10-7a3e-7c11-8f4e-5f1d2c3b4a75", case_id=OF["case_id"], language="ru", **_TEXT, is_shown=True,
        created_at="2030-01-06T12:00:00Z", version=1,
    )  # fmt: skip

    id: UUID
    case_id: UUID
    language: str
    summary: str
    translated_by: str | None
    as_of: date
    is_shown: bool
    created_at: datetime
    version: int


class CaseTextGiven(Given):
    """A translation of the summary as it is published now."""

    model_config = example(case_id=OF["case_id"], language="ru", **_TEXT)

    case_id: UUID
    language: Annotated[str, StringConstraints(min_length=2, max_length=16)]
    summary: Summary
    as_of: date
    translated_by: Translator | None = None


class CaseTextChanges(Given):
    """What is to change; the translation then is of the summary as it is published now."""

    model_config = example(summary="Дана Сэмпл на свободе.", as_of="2030-03-01")

    summary: Summary | None = None
    as_of: date | None = None
    translated_by: Translator | None = None

    @model_validator(mode="after")
    def _no_empty_columns(self) -> CaseTextChanges:
        not_null(self, "summary", "as_of")
        return self


@router.get("", summary="List the translations of summaries")
def list_case_texts(desk: ReadingDesk, window: WindowDep, case_id: OfCase = None) -> Page[CaseTextShown]:
    """Those of the granted cases; the reading is noted in the audit, because it says who translated."""
    statement = select(CaseText).where(CaseText.case_id.in_(case_ids_of(desk.caller.actor)))
    if case_id is not None:
        statement = statement.where(CaseText.case_id == case_id)
    page = window.page(desk.session, statement, CaseText.id, lambda text: _shown(desk, text))
    desk.note("case_text", *(text.id for text in page.items))
    return page


@router.post("", status_code=201, summary="Put a summary into another language")
def create_case_text(given: CaseTextGiven, desk: WritingDesk) -> CaseTextShown:
    """One for each language; it is shown while the original stands as it is now."""
    case = case_for(desk.session, desk.caller.actor, given.case_id)
    desk.caller.require(Action.WRITE_CASE, case.id)
    known = select(CaseText.id).where(CaseText.case_id == case.id, CaseText.language == given.language)
    if desk.session.scalar(known) is not None:
        raise Conflict("There is a text in this language already: change that one.")
    text = set_case_text(
        desk.session, case, language=given.language, summary=given.summary, original=case.summary,
        translated_by=given.translated_by, as_of=given.as_of, now=desk.now, by=desk.caller.name, vault=desk.vault,
    )  # fmt: skip
    return _answer(desk, text)


@router.get("/{text_id}", summary="Read one translation of a summary")
def read_case_text(text_id: UUID, desk: ReadingDesk) -> CaseTextShown:
    """The reading is noted in the audit."""
    text = found(desk.session, _one(desk, text_id))
    desk.note("case_text", text.id)
    return _answer(desk, text)


@router.patch("/{text_id}", summary="Change one translation of a summary")
def change_case_text(
    text_id: UUID, changes: CaseTextChanges, desk: WritingDesk, if_match: IfMatch = None
) -> CaseTextShown:
    """Whatever changes, the text then counts as a translation of the original as it is now."""
    text = found_for_change(desk.session, _one(desk, text_id))
    _require(desk, text, if_match, changes)
    named = {"summary": text.summary, "as_of": text.as_of, "translated_by": text.translated_by, **changes.named()}
    case = desk.session.get_one(Case, text.case_id)
    set_case_text(
        desk.session, case, language=text.language, original=case.summary, now=desk.now, by=desk.caller.name,
        vault=desk.vault, **named,
    )  # fmt: skip
    return _answer(desk, text)


@router.delete("/{text_id}", status_code=204, summary="Remove one translation of a summary")
def delete_case_text(text_id: UUID, desk: WritingDesk, if_match: IfMatch = None) -> None:
    """Readers of this language are shown the original again."""
    text = found_for_change(desk.session, _one(desk, text_id))
    _require(desk, text, if_match)
    case = desk.session.get_one(Case, text.case_id)
    remove_case_text(desk.session, case, language=text.language, now=desk.now, by=desk.caller.name, vault=desk.vault)


def _require(desk: Desk, text: CaseText, if_match: str | None, wanted: CaseTextChanges | None = None) -> None:
    desk.caller.require(Action.WRITE_CASE, text.case_id)

    def now_shown() -> CaseTextShown:
        desk.note("case_text", text.id)
        return _shown(desk, text)

    require_version(text.version, if_match, shown=now_shown, wanted=wanted)


def _answer(desk: Desk, text: CaseText) -> CaseTextShown:
    show_version(desk.response, text.version)
    return _shown(desk, text)


def _shown(desk: Desk, text: CaseText) -> CaseTextShown:
    """With whether it still speaks of what is published."""
    columns = {name: getattr(text, name) for name in CaseTextShown.model_fields if name != "is_shown"}
    original = desk.session.get_one(Case, text.case_id).summary
    return CaseTextShown(**columns, is_shown=text.made_from == sum_of(original))


def _one(desk: Desk, text_id: UUID) -> Select[CaseText]:
    return select(CaseText).where(CaseText.id == text_id, CaseText.case_id.in_(case_ids_of(desk.caller.actor)))
