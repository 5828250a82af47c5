"""What is written about a case in other languages, and how a person is written of, goes with the case to a partner."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import select

from service.bundles.document import parsed, written
from service.commands.case_texts import remove_case_text, set_case_text
from service.database import open_engine, sessions
from service.errors import InvalidBundle
from service.facts.case_texts import in_language
from service.records import AuditEntry, Case, CaseText, Person
from service.translations import LONGEST_SUMMARY
from service.vocabulary import Pronoun
from tests.bundling import SHARED, bundle_of, consent, take_bundle
from tests.factories import make_case

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from sqlalchemy.orm import Session

    from service.security.encryption import Vault

NOW = datetime(2014, 11, 20, 9, tzinfo=UTC)
RUSSIAN = "Учительница, которая отбывает наказание далеко от дома."
KAZAKH = "Үйінен алыста жазасын өтеп жүрген мұғалім."


@pytest.fixture
def partner(session: Session, request: pytest.FixtureRequest) -> Iterator[Session]:
    """Another installation, on the other engine."""
    here = session.get_bind().dialect.name
    engine = open_engine(request.getfixturevalue("postgresql_url" if here == "sqlite" else "sqlite_url"))
    with sessions(engine)() as opened:
        yield opened
        opened.rollback()
    engine.dispose()


class Home:
    """The installation that gives: a case of one person who agreed to everything, told in Russian too."""

    def __init__(self, session: Session, vault: Vault) -> None:
        self.session, self.vault = session, vault
        self.case: Case = make_case(session)
        self.person: Person = self.case.persons[0]
        self.person.pronoun = Pronoun.THEY
        consent(session, self.person.id, *SHARED)
        self.put(session, "ru", RUSSIAN)

    def put(self, session: Session, language: str, summary: str) -> CaseText:
        """Whoever answers for it; at home or, with another session, at the partner's."""
        case = session.get_one(Case, self.case.id)
        return set_case_text(
            session, case, language=language, summary=summary, original=case.summary, translated_by="Alice Qtranslator",
            as_of=date(2014, 11, 20), now=NOW, by="alice", vault=self.vault,
        )  # fmt: skip

    def remove(self, session: Session, language: str) -> None:
        case = session.get_one(Case, self.case.id)
        remove_case_text(session, case, language=language, now=NOW, by="alice", vault=self.vault)

    def bundle(self, session: Session | None = None) -> bytes:
        return bundle_of(session or self.session, [self.case.reference], now=NOW).content


@pytest.fixture
def home(session: Session, vault: Vault) -> Home:
    return Home(session, vault)


def told(session: Session, home: Home, language: str) -> tuple[str, str]:
    found = in_language(session, home.case.id, session.get_one(Case, home.case.id).summary, language)
    return found.text, found.language


def content_of(made: bytes) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(made)["content"]
    return found


def test_the_partner_tells_the_case_and_the_person_in_the_same_words(home: Home, partner: Session) -> None:
    made = home.bundle()
    take_bundle(partner, made, now=NOW)
    assert told(partner, home, "ru") == (RUSSIAN, "ru")
    assert partner.get_one(Person, home.person.id).pronoun is Pronoun.THEY
    assert home.bundle(partner) == made


def test_a_text_that_is_outdated_at_home_is_outdated_there(home: Home, partner: Session) -> None:
    home.case.summary = "She is free."
    home.session.flush()
    take_bundle(partner, home.bundle(), now=NOW)
    assert told(partner, home, "ru") == ("She is free.", "en")
    assert partner.scalars(select(CaseText.summary)).one() == RUSSIAN


def test_who_translated_stays_at_home(home: Home, partner: Session) -> None:
    made = home.bundle()
    assert b"Qtranslator" not in made
    take_bundle(partner, made, now=NOW)
    assert partner.scalars(select(CaseText.translated_by)).one() is None


def test_no_text_leaves_of_a_case_somebody_in_which_did_not_agree(session: Session, vault: Vault) -> None:
    home = Home(session, vault)
    home.case.persons.append(make_case(session).persons[0])
    session.flush()
    made = bundle_of(session, [home.case.reference], now=NOW)
    assert content_of(made.content)["case_texts"] == []
    assert RUSSIAN not in made.content.decode()
    assert f"{home.case.reference}: 1 case texts, for which the consents do not suffice" in made.left_out


def test_a_text_that_staff_wrote_at_the_partner_s_is_not_overwritten(home: Home, partner: Session) -> None:
    home.remove(home.session, "ru")
    take_bundle(partner, home.bundle(), now=NOW)
    own = home.put(partner, "ru", "Свои слова.")
    theirs = home.put(home.session, "ru", RUSSIAN)
    words = f"case_texts {theirs.id}: a text in ru is here already and did not come in a bundle"
    with pytest.raises(InvalidBundle, match=words):
        take_bundle(partner, home.bundle(), now=NOW)
    assert partner.scalars(select(CaseText.id)).all() == [own.id]


def test_a_text_that_was_written_anew_at_home_takes_the_place_of_the_one_that_came(
    home: Home, partner: Session
) -> None:
    take_bundle(partner, home.bundle(), now=NOW)
    home.remove(home.session, "ru")
    home.put(home.session, "ru", "Другие слова.")
    newer = home.bundle()
    assert take_bundle(partner, newer, now=NOW).removed == ()
    assert told(partner, home, "ru") == ("Другие слова.", "ru")
    assert home.bundle(partner) == newer
    noted = select(AuditEntry.action).where(AuditEntry.record == "case_text")
    assert partner.scalars(noted).all() == ["remove"]


def test_what_the_partner_made_of_a_text_stays_until_the_bundle_says_something_new(
    home: Home, partner: Session
) -> None:
    take_bundle(partner, home.bundle(), now=NOW)
    partner.get_one(Case, home.case.id).summary = "She is far away."
    home.put(partner, "ru", "Она далеко.")
    take_bundle(partner, home.bundle(), now=NOW)
    assert told(partner, home, "ru") == ("Она далеко.", "ru")
    # a slip of the pen is mended at home: that is no translation of what the partner publishes
    home.put(home.session, "ru", RUSSIAN.replace("дома", "дома своего"))
    take_bundle(partner, home.bundle(), now=NOW)
    assert told(partner, home, "ru") == ("She is far away.", "en")


def _another(content: Any, **fields: Any) -> None:
    other = "00000000-0000-4000-8000-000000000000"
    content["case_texts"].append({**content["case_texts"][0], "id": other, **fields})


WRONG: dict[str, tuple[Callable[[Any], object], str]] = {
    "no language": (lambda c: c["case_texts"][0].update(language="nonsense"), "language: This is no language tag"),
    "the original's": (lambda c: c["case_texts"][0].update(language="en"), "language: The original is in this"),
    "empty": (lambda c: c["case_texts"][0].update(summary=" \n"), "summary: The text is empty"),
    "endless": (lambda c: c["case_texts"][0].update(summary="ж" * (LONGEST_SUMMARY + 1)), "at most 20000 characters"),
    "a sum that is none": (lambda c: c["case_texts"][0].update(made_from="beef"), r"case_texts\[0\].made_from"),
    "two of one language": (_another, "has two texts in ru"),
    "of another case": (lambda c: _another(c, language="kk", case_id=c["persons"][0]["id"]), "is foreign"),
    "whose it is": (lambda c: c["case_texts"][0].update(translated_by="Alice"), "is not a field"),
    "a pronoun of nobody": (lambda c: c["persons"][0].update(pronoun="it"), "must be one of"),
}


def test_what_staff_could_not_have_written_is_refused_by_its_row(home: Home) -> None:
    made = home.bundle()
    for change, words in WRONG.values():
        content = content_of(made)
        change(content)
        with pytest.raises(InvalidBundle, match=words):
            parsed(written(content))


def test_a_text_does_not_change_its_language(home: Home, partner: Session) -> None:
    take_bundle(partner, home.bundle(), now=NOW)
    content = content_of(home.bundle())
    content["case_texts"][0].update(language="kk", summary=KAZAKH)
    _another(content, language="ru")
    with pytest.raises(InvalidBundle, match=r"is a text of case .* in ru here"):
        take_bundle(partner, written(content), now=NOW)
