"""A case told in another language: shown while the original stands, and no longer."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select

from service.commands.case_texts import remove_case_text, set_case_text
from service.errors import InvalidInput, NotFound
from service.facts import public_case
from service.records import AuditEntry, Case, CaseText
from service.translations import LONGEST_SUMMARY, sum_of
from tests.factories import make_case, make_consent, make_footing, make_person

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from service.links import Links
    from service.security.encryption import Vault

NOW = datetime(2014, 11, 20, 9, tzinfo=UTC)
RUSSIAN = "Учительница, которая отбывает наказание далеко от дома."


class Desk:
    """A public case whose person may be named, and whoever translates it."""

    def __init__(self, session: Session, vault: Vault, links: Links) -> None:
        self.session, self._vault, self._links = session, vault, links
        self.person = make_person(session)
        make_consent(session, self.person)
        self.case: Case = make_case(session, persons=(self.person,))
        make_footing(session, self.case, self.case.summary, "She is free.")

    def put(self, language: str = "ru", summary: str = RUSSIAN, translated_by: str | None = "Alice") -> CaseText:
        return set_case_text(
            self.session, self.case, language=language, summary=summary, original=self.case.summary,
            translated_by=translated_by, as_of=date(2014, 11, 20), now=NOW, by="alice", vault=self._vault,
        )  # fmt: skip

    def remove(self, language: str = "ru") -> None:
        remove_case_text(self.session, self.case, language=language, now=NOW, by="alice", vault=self._vault)

    def told(self, language: str) -> tuple[str | None, str]:
        shown = public_case(self.session, self.case, now=NOW, links=self._links, language=language)
        return shown.summary, shown.summary_language

    def noted(self) -> list[str]:
        entries = select(AuditEntry.action).where(AuditEntry.record == "case_text").order_by(AuditEntry.seq)
        return list(self.session.scalars(entries))


@pytest.fixture
def desk(session: Session, vault: Vault, links: Links) -> Desk:
    return Desk(session, vault, links)


def test_a_translation_is_told_in_its_language_alone(desk: Desk) -> None:
    original = desk.case.summary
    desk.put()
    assert desk.told("ru") == (RUSSIAN, "ru")
    assert desk.told("en") == (original, "en")
    assert desk.told("kk") == (original, "en")


def test_a_translation_of_what_has_changed_since_is_not_told(desk: Desk) -> None:
    desk.put()
    desk.case.summary = "She is free."
    assert desk.told("ru") == ("She is free.", "en")
    desk.put(summary="Она на свободе.")
    assert desk.told("ru") == ("Она на свободе.", "ru")


def test_it_is_told_again_when_the_original_says_again_what_it_said(desk: Desk) -> None:
    before = desk.case.summary
    desk.put()
    desk.case.summary = "She is free."
    desk.case.summary = f"  {before}\n"
    assert desk.told("ru") == (RUSSIAN, "ru")


def test_no_language_says_what_nobody_agreed_to(desk: Desk, session: Session) -> None:
    desk.put()
    for consent in session.scalars(select(make_consent(session, desk.person).__class__)):
        consent.withdrawn_at = NOW
    session.flush()
    assert desk.told("ru") == (None, "en")


def test_a_second_translation_takes_the_place_of_the_first_and_both_are_noted(desk: Desk) -> None:
    first = desk.put()
    assert desk.put(summary="Другие слова.").id == first.id
    assert first.version == 2
    desk.remove()
    assert desk.told("ru")[1] == "en"
    assert desk.noted() == ["add", "change", "remove"]


def test_the_ends_of_lines_are_those_of_every_text(desk: Desk) -> None:
    assert desk.put(summary="Учительница.\r\nОна далеко от дома.\r\n").summary == "Учительница.\nОна далеко от дома."


def test_what_is_not_there_cannot_be_removed(desk: Desk) -> None:
    with pytest.raises(NotFound):
        desk.remove("kk")


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"language": "en"}, "language"),
        ({"language": "nonsense"}, "language"),
        ({"language": ""}, "language"),
        ({"summary": " \n"}, "summary"),
        ({"summary": "a bell \x07"}, "summary"),
        ({"summary": "ж" * (LONGEST_SUMMARY + 1)}, "summary"),
        ({"translated_by": "a" * 201}, "translated_by"),
    ],
)
def test_what_is_no_translation_is_refused_and_nothing_is_written(
    desk: Desk, session: Session, wrong: dict[str, str], field: str
) -> None:
    with pytest.raises(InvalidInput, match=field):
        desk.put(**wrong)
    assert session.scalars(select(CaseText)).all() == []
    assert desk.noted() == []


@given(st.text(), st.text())
def test_only_the_same_words_have_the_same_sum(one: str, other: str) -> None:
    assert (sum_of(one) == sum_of(other)) == (one.split() == other.split())
