"""A case file enters whole, and a second time changes nothing."""

from __future__ import annotations

from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import event, func, select

from alerts.facts import Level, Tier
from service.commands.case_texts import set_case_text
from service.commands.follow_ups import complete, move
from service.commands.import_case_file import ImportReport, import_case_file
from service.errors import InvalidCaseFile
from service.facts.case_texts import in_language
from service.records import (
    Assertion,
    AuditEntry,
    Base,
    Case,
    CaseText,
    Consent,
    Demand,
    Finding,
    FollowUp,
    HealthCondition,
    ImportedRow,
    NameVariant,
    Person,
    Petition,
    Source,
)
from service.vocabulary import DetentionStatus, FollowUpState, Pronoun
from tests.factories import make_case, make_source
from tests.service.casefile.samples import CASE_FILE, line_of, read, spoiled

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sqlalchemy.orm import Session

    from service.security.encryption import Vault

NOW = datetime(2014, 10, 24, 6, 0, tzinfo=UTC)
LATER = NOW + timedelta(days=1)


@pytest.fixture
def take(session: Session, vault: Vault) -> Take:
    """Imports a text into this test's session."""
    return Take(session, vault)


class Take:
    """Imports a text into one session."""

    def __init__(self, session: Session, vault: Vault) -> None:
        self.session, self.vault = session, vault

    def __call__(self, text: str = CASE_FILE, *, now: datetime = NOW) -> ImportReport:
        report = import_case_file(self.session, read(text), now=now, by="Test Officer", vault=self.vault)
        self.session.expire_all()
        return report

    @contextmanager
    def writes(self) -> Iterator[list[str]]:
        """Every statement sent meanwhile that is not a SELECT."""
        sent: list[str] = []

        def note(_: object, __: object, statement: str, *___: object) -> None:
            if not statement.lstrip().upper().startswith("SELECT"):
                sent.append(statement)

        engine = self.session.get_bind()
        event.listen(engine, "before_cursor_execute", note)
        yield sent
        event.remove(engine, "before_cursor_execute", note)


def counts(session: Session) -> dict[str, int]:
    return {
        name: session.scalar(select(func.count()).select_from(table)) or 0
        for name, table in Base.metadata.tables.items()
    }


def follow_up(session: Session, title: str = "Review of the heart condition") -> FollowUp:
    return session.scalars(select(FollowUp).where(FollowUp.title == title)).one()


def case(session: Session, reference: str = "KAZ-2099-001") -> Case:
    return session.scalars(select(Case).where(Case.reference == reference)).one()


def test_everything_in_the_file_is_there_afterwards(session: Session, take: Take) -> None:
    report = take()
    assert {kind: count.created for kind, count in report.taken.items()} == {
        "sources": 2, "persons": 2, "consents": 1, "cases": 2, "case_texts": 1, "assertions": 2, "health_conditions": 1,
        "care_events": 1, "detention_episodes": 1, "isolation_placements": 1, "proceedings": 1, "sentences": 1,
        "parole_reviews": 1, "petitions": 1, "clock_pauses": 1, "footings": 1, "follow_ups": 2, "demands": 2,
    }  # fmt: skip
    first = case(session)
    assert (first.slug, first.tier, first.detention_status) == (
        "kaz-2099-001", Tier.PUBLIC, DetentionStatus.SENTENCED,
    )  # fmt: skip
    assert [person.name for person in first.persons] == ["Dana Sample"]
    assert [name.text for name in first.persons[0].names] == ["Dana Sample", "Дана Сэмпл"]
    assert case(session, "KAZ-2099-002").time_zone == "Asia/Aqtau"
    assert session.scalars(select(HealthCondition.as_of)).one() == date(2014, 10, 24)
    demand = session.scalars(select(Demand).where(Demand.code == "1G1")).one()
    assert (demand.scope, [c.reference for c in demand.cases]) == ("general", ["KAZ-2099-001"])
    assert [person.name for person in demand.persons] == ["Dana Sample"]


def test_a_petition_comes_with_its_pauses(session: Session, take: Take) -> None:
    take()
    petition = session.scalars(select(Petition)).one()
    assert (petition.mechanism, petition.sent_on, petition.reply_within_days, petition.version) == (
        "domestic_complaint", date(2014, 9, 1), 15, 1,
    )  # fmt: skip
    assert [(pause.from_on, pause.until_on) for pause in petition.pauses] == [(date(2014, 9, 5), date(2014, 9, 12))]
    take(spoiled(", until: 2014-09-12", ""), now=LATER)
    assert [(pause.until_on, pause.version) for pause in session.scalars(select(Petition)).one().pauses] == [(None, 2)]


def test_follow_ups_wait_for_their_first_level_in_their_own_time_zone(session: Session, take: Take) -> None:
    take()
    review, reply = follow_up(session), follow_up(session, "Reply to the complaint")
    assert (review.due_on, review.recurrence_days, review.tier) == (date(2014, 11, 23), 30, Tier.PUBLIC)
    assert review.next_level_at == datetime(2014, 11, 15, 18, tzinfo=UTC)
    assert (reply.time_zone, reply.next_level_at) == ("Asia/Aqtau", datetime(2014, 11, 2, 19, tzinfo=UTC))


def test_a_second_import_changes_nothing(session: Session, take: Take) -> None:
    take()
    before, versions = counts(session), session.execute(select(Case.id, Case.version)).all()
    with take.writes() as written:
        report = take(now=LATER)
    assert [sql for sql in written if "ADVISORY" not in sql.upper()] == []
    assert not report.changed_something
    assert all(count.created == count.updated == 0 for count in report.taken.values())
    assert counts(session) == before
    assert session.execute(select(Case.id, Case.version)).all() == versions


def test_the_same_file_gets_the_same_identifiers_in_another_database(session: Session, take: Take) -> None:
    take()
    assert str(case(session).id) == "bcf4937c-28fc-520e-b42c-a299ca9db9ce"


def test_only_what_the_file_changed_is_changed(session: Session, take: Take) -> None:
    take()
    text = spoiled("Six years", "Seven years").replace("Arman Example, driver", "Arman Example, lorry driver")
    report = take(text, now=LATER)
    assert (report.taken["assertions"].updated, report.taken["assertions"].unchanged) == (1, 1)
    assert (report.taken["cases"].updated, report.taken["cases"].unchanged) == (1, 1)
    assert report.taken["persons"].updated == 0
    assert session.scalars(select(Assertion.value).where(Assertion.attribute == "term")).one() == "Seven years"
    assert [case(session).version, case(session, "KAZ-2099-002").version] == [1, 2]


def test_a_case_that_the_file_has_watched_again_says_since_when(session: Session, take: Take) -> None:
    asleep = CASE_FILE.replace("    status: sentenced\n", "    status: sentenced\n    monitoring: dormant\n", 1)
    take(asleep)
    assert set(session.scalars(select(Case.resumed_at))) == {None}
    take(CASE_FILE, now=LATER)
    resumed = session.scalars(select(Case).where(Case.resumed_at.is_not(None))).one()
    assert (resumed.reference, resumed.resumed_at) == ("KAZ-2099-001", LATER)


def test_what_staff_changed_stands_where_the_file_says_the_same_as_before(session: Session, take: Take) -> None:
    take()
    case(session).summary = "Staff wrote this."
    session.flush()
    take(spoiled("title: Dana Sample, teacher", "title: Dana Sample, poet"), now=LATER)
    assert (case(session).title, case(session).summary) == ("Dana Sample, poet", "Staff wrote this.")


def test_a_field_that_the_last_import_did_not_know_clears_nothing(session: Session, take: Take) -> None:
    take()
    arman = session.scalars(select(Person).where(Person.sex.is_(None))).one()
    known = session.get_one(ImportedRow, arman.id)
    known.marks = {name: mark for name, mark in known.marks.items() if name != "pronoun"}
    arman.pronoun = Pronoun.HE
    session.flush()
    assert take().taken["persons"].updated == 0
    of_arman = select(Person.pronoun).where(Person.id == arman.id)
    assert session.scalars(of_arman).all() == [Pronoun.HE]
    take(spoiled("{text: Arman Example, kind: legal}\n", "{text: Arman Example, kind: legal}\n    pronoun: they\n"))
    assert session.scalars(of_arman).all() == [Pronoun.THEY]


def test_a_summary_in_another_language_is_of_the_one_beside_it(session: Session, take: Take, vault: Vault) -> None:
    take()
    case, text = session.scalars(select(Case).order_by(Case.reference)).first(), session.scalars(select(CaseText)).one()
    assert case is not None
    assert in_language(session, case.id, case.summary, "ru").text == text.summary
    assert (text.as_of, text.translated_by) == (date(2014, 10, 20), None)
    own = "Своими словами."
    set_case_text(
        session, case, language="ru", summary=own, original=case.summary, translated_by="Alice", as_of=NOW.date(),
        now=NOW, by="alice", vault=vault,
    )  # fmt: skip
    take()
    assert in_language(session, case.id, case.summary, "ru").text == own
    take(spoiled("A teacher who serves a sentence far from home.", "A teacher who is free."))
    assert session.scalars(select(CaseText.summary)).one() != own
    assert in_language(session, case.id, "A teacher who is free.", "ru").language == "ru"


def test_a_text_that_staff_wrote_is_not_overwritten_by_a_file(session: Session, take: Take, vault: Vault) -> None:
    without = CASE_FILE.replace("    texts:\n", "").replace(f"{line('language: ru, summary')}\n", "")
    take(without)
    case = session.scalars(select(Case).order_by(Case.reference)).first()
    assert case is not None
    set_case_text(
        session, case, language="ru", summary="Своими словами.", original=case.summary, translated_by=None,
        as_of=NOW.date(), now=NOW, by="alice", vault=vault,
    )  # fmt: skip
    with pytest.raises(InvalidCaseFile) as refused:
        take()
    (problem,) = refused.value.problems
    assert (problem.where, problem.line) == ("cases[0].texts[0]", line_of("language: ru, summary"))
    assert problem.reason == "a text in ru is here already and did not come from this file"


def line(part: str) -> str:
    """The line of the sample in which this stands first."""
    return CASE_FILE.splitlines()[line_of(part) - 1]


def test_a_changed_due_date_begins_a_new_revision(session: Session, take: Take) -> None:
    take()
    follow_up(session).level = Level.UPCOMING
    session.flush()
    take(spoiled("due: 2014-11-23", "due: 2014-12-23"), now=LATER)
    review = follow_up(session)
    assert (review.due_on, review.due_revision, review.level) == (date(2014, 12, 23), 2, None)
    assert review.next_level_at == datetime(2014, 12, 15, 18, tzinfo=UTC)


def test_a_date_that_staff_moved_is_not_moved_back(session: Session, take: Take, vault: Vault) -> None:
    take()
    move(session, follow_up(session), due_on=date(2015, 1, 1), reason="Asked", now=NOW, by="x", vault=vault)
    take(spoiled("basis: Rule 31;", "basis: Rules 24 and 31;"), now=LATER)
    review = follow_up(session)
    assert review.basis.startswith("Rules 24 and 31")
    assert (review.due_on, review.due_revision) == (date(2015, 1, 1), 2)


def test_a_follow_up_that_is_done_is_not_opened_again(session: Session, take: Take, vault: Vault) -> None:
    take()
    reply = follow_up(session, "Reply to the complaint")
    complete(session, reply, evidence="It came", now=NOW, by="x", vault=vault)
    report = take(spoiled("due: 2014-11-10", "due: 2014-12-10"), now=LATER)
    reply = follow_up(session, "Reply to the complaint")
    assert (reply.state, reply.due_on, reply.next_level_at) == (FollowUpState.DONE, date(2014, 11, 10), None)
    assert report.left_alone == ("follow_ups 002-reply",)


def test_another_kind_brings_its_own_thresholds(session: Session, take: Take) -> None:
    take()
    take(spoiled("kind: complaint_reply", "kind: urgent_care"), now=LATER)
    reply = follow_up(session, "Reply to the complaint")
    assert (reply.kind, reply.upcoming_days, reply.critical_days) == ("urgent_care", 0, 3)


def test_what_left_the_file_is_told_and_kept(session: Session, take: Take) -> None:
    take()
    report = take(CASE_FILE[: CASE_FILE.index("  - {code: 1S1")], now=LATER)
    assert report.removed == ("demands 1S1",)
    assert session.scalar(select(func.count()).select_from(Demand)) == 2


def test_names_are_rewritten_in_place(session: Session, take: Take) -> None:
    take()
    line = "      - {text: Дана Сэмпл, kind: transliteration, script: Cyrl, language: ru}\n"
    take(spoiled(line, "").replace("text: Dana Sample", "text: Dana A. Sample"), now=LATER)
    assert [name.text for name in case(session).persons[0].names] == ["Dana A. Sample"]
    take(now=LATER)
    assert [name.text for name in case(session).persons[0].names] == ["Dana Sample", "Дана Сэмпл"]
    assert session.scalar(select(func.count()).select_from(NameVariant)) == 3


def test_a_duplicate_demand_is_linked_to_one_that_stands_after_it(session: Session, take: Take) -> None:
    take(spoiled("{code: 1G1,", "{code: 1G1, duplicate_of: 1S1,"))
    codes = {demand.code: demand for demand in session.scalars(select(Demand))}
    assert codes["1G1"].duplicate_of_id == codes["1S1"].id


def test_findings_are_kept_and_go_when_the_file_is_mended(session: Session, take: Take) -> None:
    text = spoiled("attribute: arrest", "attribute: term")
    take(text)
    finding = session.scalars(select(Finding)).one()
    assert (finding.code, finding.case_id) == ("contradiction", case(session).id)
    take(now=LATER)
    assert session.scalars(select(Finding)).all() == []


def test_one_entry_of_the_audit_speaks_of_an_import_that_changed_something(session: Session, take: Take) -> None:
    take()
    take(now=LATER)
    entry = session.scalars(select(AuditEntry)).one()
    assert (entry.actor, entry.action, entry.record_id) == ("Test Officer", "import", "sample-2014")


def test_a_reference_that_came_from_elsewhere_is_refused(session: Session, take: Take) -> None:
    make_case(session, reference="KAZ-2099-002")
    before = counts(session)
    with pytest.raises(InvalidCaseFile) as refused:
        take()
    [problem] = refused.value.problems
    assert problem.line == line_of("reference: KAZ-2099-002")
    assert problem.reason == "'KAZ-2099-002' exists already and did not come from this file"
    assert counts(session) == before


def test_a_source_key_that_came_from_elsewhere_is_refused(session: Session, take: Take) -> None:
    make_source(session).key = "letter"
    session.flush()
    with pytest.raises(InvalidCaseFile, match="'letter' exists already"):
        take()


def test_who_was_erased_here_does_not_come_back(session: Session, take: Take) -> None:
    take()
    session.delete(case(session, "KAZ-2099-002").persons[0])
    session.flush()
    session.expire_all()
    with pytest.raises(InvalidCaseFile, match="persons arman: was deleted here since the last import"):
        take(now=LATER)


def test_a_withdrawn_consent_stays_withdrawn(session: Session, take: Take) -> None:
    take()
    session.scalars(select(Consent)).one().withdrawn_at = NOW
    session.flush()
    take(spoiled("since: 2014-10-24", "since: 2014-10-01"), now=LATER)
    consent = session.scalars(select(Consent)).one()
    assert (consent.since_on, consent.withdrawn_at) == (date(2014, 10, 1), NOW)


def test_marks_do_not_betray_what_they_mark(session: Session, take: Take, vault: Vault) -> None:
    take()
    rows = session.connection().exec_driver_sql("SELECT marks, key FROM imported_row").all()
    said = "".join(f"{marks}{key}" for marks, key in rows)
    assert rows
    assert "heart" not in said.replace("001-heart", "")


def test_progress_is_told_row_by_row(session: Session, vault: Vault) -> None:
    heard: list[tuple[int, int]] = []
    import_case_file(
        session, read(), now=NOW, by="x", vault=vault, progress=lambda done, total: heard.append((done, total))
    )
    assert heard[0] == (1, 24)
    assert heard[-1] == (24, 24)


def test_sources_and_persons_are_counted_once(session: Session, take: Take) -> None:
    take()
    assert session.scalar(select(func.count()).select_from(Source)) == 2
    assert session.scalar(select(func.count()).select_from(Person)) == 2
