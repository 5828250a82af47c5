"""A table changes what it speaks of, leaves the rest, and is refused whole."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import func, select

from alerts.facts import Tier
from service.commands.follow_ups import complete
from service.commands.import_case_file import import_case_file
from service.commands.import_table import TableReport, import_table
from service.errors import InvalidInput, InvalidTable, NotFound
from service.queries.section_rows import section_rows
from service.records import AuditEntry, Case, Demand, FollowUp, HealthCondition, ImportedRow, Person, Source
from service.tables.columns import TableMapping, columns_of, joined
from service.tables.csv_text import read_csv
from service.tables.rows import rows_of, written_rows
from service.tables.sections import SECTIONS
from service.vocabulary import Pronoun
from tests.factories import make_case
from tests.service.casefile.samples import CASE_FILE, read

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from service.commands.taken import Changed
    from service.security.encryption import Vault

NOW = datetime(2014, 10, 24, 6, 0, tzinfo=UTC)
NEW = "case,key,kind,title,due,basis\n"


class Take:
    """Imports CSV texts into one session."""

    def __init__(self, session: Session, vault: Vault) -> None:
        self.session, self.vault = session, vault
        self.changes: list[Changed] = []

    def __call__(
        self,
        text: str,
        section: str = "follow_ups",
        *,
        case_file: str = "sample-2014",
        new: bool = False,
        **mapping: Any,
    ) -> TableReport:
        sheet = read_csv(text.encode())
        columns = columns_of(sheet, SECTIONS[section], joined(TableMapping(), **mapping))
        self.changes.clear()
        report = import_table(
            self.session, rows_of(sheet, SECTIONS[section], columns), case_file=case_file, section=SECTIONS[section],
            columns=columns, now=NOW, by="tests", vault=self.vault, may_begin=new, heard=self.changes.append,
        )  # fmt: skip
        self.session.expire_all()
        return report

    def counts(self, text: str, section: str = "follow_ups", **given: Any) -> tuple[int, int, int]:
        taken = self(text, section, **given).taken
        return taken.created, taken.updated, taken.unchanged


@pytest.fixture
def take(session: Session, vault: Vault) -> Take:
    """After the sample case file was imported."""
    import_case_file(session, read(), now=NOW, by="tests", vault=vault)
    return Take(session, vault)


def follow_up(session: Session, kind: str = "complaint_reply") -> FollowUp:
    return session.scalars(select(FollowUp).where(FollowUp.kind == kind)).one()


def refusal(take: Take, text: str, section: str = "follow_ups", **given: Any) -> str:
    with pytest.raises(InvalidInput) as refused:
        take(text, section, **given)
    return str(refused.value)


def test_a_new_row_is_created_as_a_case_file_would(take: Take, session: Session) -> None:
    row = 'KAZ-2099-002,002-court,court_hearing,"=Hearing, =really",2014-12-01,Order of the court\n'
    assert take.counts(NEW + row) == (1, 0, 0)
    made = follow_up(session, "court_hearing")
    assert (made.title, made.due_on, made.due_revision) == ("=Hearing, =really", date(2014, 12, 1), 1)
    assert (made.time_zone, made.critical_days) == ("Asia/Aqtau", 30)
    assert made.next_level_at is not None
    assert take.counts(NEW + row) == (0, 0, 1)
    noted = session.scalars(select(AuditEntry).where(AuditEntry.action == "import_table")).all()
    assert [entry.detail for entry in noted] == [{"created_and_updated": {"follow_ups": [1, 0]}}]


def test_what_no_column_speaks_of_stays(take: Take, session: Session) -> None:
    before = follow_up(session)
    title, basis = before.title, before.basis
    assert take.counts("key,due\n002-reply,2014-12-24\n") == (0, 1, 0)
    after = follow_up(session)
    assert (after.due_on, after.due_revision, after.title, after.basis) == (date(2014, 12, 24), 2, title, basis)
    assert take.changes[0].fields == (("due_on", date(2014, 11, 10), date(2014, 12, 24)),)
    assert session.scalar(select(func.count()).select_from(FollowUp)) == 2


def test_another_kind_brings_its_own_tier(take: Take, session: Session) -> None:
    take("key,tier\n002-reply,public\n")
    take("key,kind\n002-reply,complaint_reply\n")
    assert follow_up(session).tier is Tier.PUBLIC
    take("key,kind\n002-reply,ua_review\n")
    assert follow_up(session, "ua_review").tier is Tier.RESTRICTED


def test_what_staff_changed_stands_unless_the_table_says_something_else(take: Take, session: Session) -> None:
    take("key,title\n002-reply,From the table\n")
    follow_up(session).title = "By an officer"
    session.flush()
    assert take.counts("key,title\n002-reply,From the table\n") == (0, 0, 1)
    assert follow_up(session).title == "By an officer"


def test_a_table_says_how_a_person_is_written_of(take: Take, session: Session) -> None:
    of_arman = select(Person.pronoun).where(Person.sex.is_(None))
    assert take.counts("key,pronoun\narman,they\n", "persons") == (0, 1, 0)
    assert session.scalars(of_arman).all() == [Pronoun.THEY]
    assert take.counts("key,pronoun\narman,\n", "persons") == (0, 1, 0)
    assert session.scalars(of_arman).all() == [None]
    assert "'pronoun': 'her' must be one of: she, he, they" in refusal(take, "key,pronoun\narman,her\n", "persons")


def test_a_closed_follow_up_is_left_alone(take: Take, session: Session, vault: Vault) -> None:
    complete(session, follow_up(session), evidence="A letter", now=NOW, by="tests", vault=vault)
    report = take("key,due\n002-reply,2015-01-01\n")
    assert report.left_alone == ("follow_ups 002-reply",)
    assert [change.what for change in take.changes] == ["left alone"]


@pytest.mark.parametrize("section", SECTIONS)
def test_every_section_comes_back_unchanged(section: str, take: Take, session: Session) -> None:
    wanted = SECTIONS[section]
    rows = list(written_rows(wanted, section_rows(session, "sample-2014", wanted)))
    text = "\n".join(
        ",".join(f'"{cell.replace(chr(34), chr(34) * 2)}"' for cell in row) for row in [list(wanted.fields), *rows]
    )
    assert rows
    assert take.counts(text, section) == (0, 0, len(rows))
    assert take.changes == []


def test_a_table_alone_can_begin_a_case_file(take: Take, session: Session) -> None:
    given: dict[str, Any] = {"case_file": "from-tables", "new": True}
    take("key,title\nregister,A register\n", "sources", **given)
    take("key,names\nann,Ann Sample | legal | Latn | en\n", "persons", **given)
    values: dict[str, Any] = {"values": ["country=KZ", "time_zone=Asia/Almaty"]}
    row = "KAZ-2098-001,Ann Sample,A case.,unknown,ann\n"
    take("reference,title,summary,status,persons\n" + row, "cases", case_file="from-tables", **values)
    take(
        "case,key,person,label,locator\nKAZ-2098-001,c1,ann,Asthma,p. 1\n", "health_conditions",
        case_file="from-tables", values=["source=register", "as_of=2014-10-01"],
    )  # fmt: skip
    case = session.scalars(select(Case).where(Case.reference == "KAZ-2098-001")).one()
    assert [person.name for person in case.persons] == ["Ann Sample"]
    condition = session.scalars(select(HealthCondition).where(HealthCondition.case_id == case.id)).one()
    assert (condition.label, condition.as_of) == ("Asthma", date(2014, 10, 1))


def test_headings_are_mapped_and_columns_passed_over(take: Take, session: Session) -> None:
    text = "Ref,Frist bis,Notes\n002-reply,24.12.2014,x\n"
    given: dict[str, Any] = {"columns": ["Ref=key", "Frist bis=due"], "ignore": ["Notes"], "dates": "DD.MM.YYYY"}
    assert take.counts(text, **given) == (0, 1, 0)
    assert follow_up(session).due_on == date(2014, 12, 24)


@pytest.mark.parametrize(
    ("text", "given", "words"),
    [
        ("key,titel\na,b\n", {}, "column 'titel': is no field of follow_ups (did you mean title?)"),
        ("key,Title,title\na,b,c\n", {}, "column 'title': is title, and so is 'Title'"),
        ("title\na\n", {}, "no column is key, which names the row"),
        ("key\na\n", {"columns": ["Due=due"]}, "the table has no column 'Due'"),
        ("key,due\na,2014-12-24\n", {"values": ["due=2014-12-24"]}, "value due: has a column too"),
        ("key,due\na,24.12.2014\n", {}, "row 2, column 'due': '24.12.2014': is not a day written YYYY-MM-DD"),
        ("key,due\na,2014-02-30\n", {}, "is not a day of the calendar"),
        ("key,due\na,\n", {}, "row 2, column 'due': is missing"),
        ("key,kind\na,nope\n", {}, "no follow-up kind is called 'nope'"),
        ("key,tier\na,secret\n", {}, "'secret' must be one of: public, restricted, confidential, sealed"),
        ("key,recurrence_days\na,1.5\n", {}, "must be a whole number"),
        ("key,title\nA Key,x\n", {}, "small letters, digits and hyphens"),
        ("key,title\na,x\na,y\n", {}, "row 3: the key 'a' stands twice, first in row 2"),
        ("key,title\na,x\x07\n", {}, "has the character U+0007"),
        ("key,title\nnew,x\n", {}, "new is new here, and no column is case"),
        (NEW + "KAZ-2099-009,a,court_hearing,x,2014-12-01,y\n", {}, "no case of sample-2014 is called 'KAZ-2099-009'"),
        ("key,person\n002-reply,nobody\n", {}, "no person of sample-2014 is called 'nobody'"),
        ("case,key,person\nKAZ-2099-002,002-reply,dana\n", {}, "'dana' is not one of the persons of KAZ-2099-002"),
        ("key,title\n002-reply,x\n", {"case_file": "nope"}, "no case file here is called nope; there are: sample-2014"),
    ],
)
def test_a_refusal_names_place_value_and_reason(take: Take, text: str, given: dict[str, Any], words: str) -> None:
    assert words in refusal(take, text, **given)


def test_all_problems_are_told_at_once_up_to_a_limit(take: Take) -> None:
    said = refusal(take, "key,due\n" + "".join(f"a{n},never\n" for n in range(120)))
    assert said.count("is not a day written") == 50
    assert said.endswith("and 70 more")


def test_one_bad_row_among_many_keeps_all_of_them_out(take: Take, session: Session) -> None:
    rows = "".join(f"KAZ-2099-001,n{n},court_hearing,x,2014-12-01,y\n" for n in range(1_200))
    bad = "KAZ-2099-009,last,court_hearing,x,2014-12-01,y\n"
    session.commit()
    refusal(take, NEW + rows + bad)
    session.rollback()
    assert session.scalar(select(func.count()).select_from(FollowUp)) == 2


def test_a_reference_of_somebody_else_is_refused(take: Take, session: Session) -> None:
    make_case(session, reference="KAZ-2097-001")
    said = refusal(
        take, "reference,title,summary,status\nKAZ-2097-001,x,y,unknown\n", "cases",
        values=["country=KZ", "time_zone=Asia/Almaty"],
    )  # fmt: skip
    assert "the reference 'KAZ-2097-001' exists already and did not come from this file" in said


def test_whoever_is_sealed_is_in_no_table_and_stays_in_the_case(session: Session, vault: Vault) -> None:
    text = CASE_FILE.replace("persons: [dana]", "persons: [dana, arman]").replace(
        "- key: arman\n", "- key: arman\n    tier: sealed\n"
    )
    import_case_file(session, read(text), now=NOW, by="tests", vault=vault)
    take, wanted = Take(session, vault), SECTIONS["cases"]
    rows = list(section_rows(session, "sample-2014", wanted))
    assert [row["persons"] for row in rows] == [["dana"], []]
    assert [row["key"] for row in section_rows(session, "sample-2014", SECTIONS["persons"])] == ["dana"]
    take("reference,persons,title\nKAZ-2099-001,dana,Another title\n", "cases")
    case = session.scalars(select(Case).where(Case.reference == "KAZ-2099-001")).one()
    assert (case.title, {person.name for person in case.persons}) == ("Another title", {"Dana Sample", "Arman Example"})


def test_an_unknown_case_file_has_no_tables(session: Session) -> None:
    with pytest.raises(NotFound):
        list(section_rows(session, "nope", SECTIONS["cases"]))


def test_a_demand_cannot_repeat_nothing(take: Take, session: Session) -> None:
    assert "'9G9' is no other demand of sample-2014" in refusal(take, "code,duplicate_of\n1G1,9G9\n", "demands")
    assert take.counts("code,duplicate_of,state_response\n1S1,1G1,noted\n", "demands") == (0, 1, 0)
    again = session.scalars(select(Demand).where(Demand.code == "1S1")).one()
    assert again.duplicate_of_id == session.scalars(select(Demand.id).where(Demand.code == "1G1")).one()


def test_marks_of_other_fields_stay(take: Take, session: Session, vault: Vault) -> None:
    take("key,title\n002-reply,From the table\n")
    report = import_case_file(session, read(), now=NOW, by="tests", vault=vault)
    assert report.taken["follow_ups"].updated == 1
    assert session.scalar(select(func.count()).select_from(ImportedRow)) == 24
    assert session.scalar(select(func.count()).select_from(Person)) == 2
    assert session.scalar(select(func.count()).select_from(Source)) == 2


def test_a_value_is_shortened_in_a_refusal(take: Take) -> None:
    with pytest.raises(InvalidTable, match="…': is not a day"):
        take(f"key,due\na,{'x' * 500}\n")
