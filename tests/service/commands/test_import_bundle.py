"""A bundle carries what persons agreed to share, comes back as it was, and is refused when it was touched."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import func, select

from alerts.facts import Tier
from service.bundles.document import written
from service.commands.follow_ups import complete
from service.commands.import_case_file import import_case_file
from service.database import open_engine, sessions
from service.errors import InvalidBundle, NotFound
from service.exports.bundles import NOT_SHARED
from service.migrating import migrate
from service.records import AuditEntry, Base, Case, Consent, FollowUp, Person, Source
from service.vocabulary import ConsentScope, FollowUpState, GivenBy
from tests.bundling import SHARED, bundle_of, consent, take_bundle
from tests.service.casefile.samples import CASE_FILE, read

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from sqlalchemy.orm import Session

    from service.commands.import_bundle import BundleReport
    from service.security.encryption import Vault

NOW = datetime(2014, 10, 24, 6, 0, tzinfo=UTC)
BOTH = ("KAZ-2099-001", "KAZ-2099-002")


def agree(session: Session, name: str, *scopes: ConsentScope) -> None:
    person = next(one for one in session.scalars(select(Person)) if one.name == name)
    consent(session, person.id, *scopes)


@pytest.fixture
def home(session: Session, vault: Vault) -> Session:
    """The installation that gives: the sample, in which Dana and Arman agreed to everything."""
    import_case_file(session, read(), now=NOW, by="tests", vault=vault)
    agree(session, "Dana Sample", *SHARED)
    agree(session, "Arman Example", *SHARED)
    return session


@pytest.fixture
def partner(tmp_path: Path) -> Iterator[Session]:
    """Another installation."""
    engine = open_engine(f"sqlite:///{tmp_path / 'partner.db'}")
    migrate(engine)
    with sessions(engine)() as opened:
        yield opened
        opened.rollback()
    engine.dispose()


def take(session: Session, content: bytes) -> BundleReport:
    return take_bundle(session, content, now=NOW)


def rows(session: Session) -> dict[str, int]:
    return {
        name: session.scalar(select(func.count()).select_from(table)) or 0
        for name, table in Base.metadata.tables.items()
    }


def content_of(made: bytes) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(made)["content"]
    return found


def test_a_bundle_comes_back_byte_for_byte(home: Session, partner: Session) -> None:
    made = bundle_of(home, BOTH, now=NOW)
    assert made.left_out == ()
    assert bundle_of(home, reversed(BOTH), now=NOW).content == made.content  # type: ignore[arg-type] # any order
    report = take(partner, made.content)
    assert (report.taken["follow_ups"].created, report.taken["case_texts"].created) == (2, 1)
    assert bundle_of(partner, BOTH, now=NOW).content == made.content


def test_the_same_bundle_again_changes_nothing(home: Session, partner: Session) -> None:
    made = bundle_of(home, BOTH, now=NOW).content
    take(partner, made)
    before = rows(partner)
    report = take(partner, made)
    assert all((one.created, one.updated) == (0, 0) for one in report.taken.values())
    assert rows(partner) == before


def test_a_newer_bundle_brings_state_and_revision(home: Session, partner: Session, vault: Vault) -> None:
    take(partner, bundle_of(home, BOTH, now=NOW).content)
    done = home.scalars(select(FollowUp).where(FollowUp.kind == "complaint_reply")).one()
    complete(home, done, now=NOW, by="tests", vault=vault, evidence="A letter")
    moved = home.scalars(select(FollowUp).where(FollowUp.kind == "chronic_review")).one()
    moved.due_on, moved.due_revision = date(2014, 12, 24), 2
    home.flush()
    newer = bundle_of(home, BOTH, now=NOW).content
    take(partner, newer)
    there = partner.get_one(FollowUp, done.id)
    assert (there.state, there.completed_on, there.evidence) == (FollowUpState.DONE, NOW.date(), "A letter")
    assert there.next_level_at is None
    assert partner.get_one(FollowUp, moved.id).due_revision == 2
    assert partner.get_one(FollowUp, moved.id).next_level_at is not None
    assert bundle_of(partner, BOTH, now=NOW).content == newer


def test_two_bundles_may_share_a_demand(home: Session, partner: Session, vault: Vault) -> None:
    text = CASE_FILE.replace("cases: [KAZ-2099-002]}", "cases: [KAZ-2099-001, KAZ-2099-002]}")
    import_case_file(home, read(text), now=NOW, by="tests", vault=vault)
    one, other = (bundle_of(home, [reference], now=NOW).content for reference in BOTH)
    take(partner, one)
    take(partner, other)
    assert bundle_of(partner, BOTH[:1], now=NOW).content == one
    assert bundle_of(partner, BOTH[1:], now=NOW).content == other
    assert all(count.updated == 0 for count in take(partner, one).taken.values())


def test_without_a_consent_nothing_about_a_person_leaves(session: Session, vault: Vault) -> None:
    import_case_file(session, read(), now=NOW, by="tests", vault=vault)
    made = bundle_of(session, BOTH, now=NOW)
    content = content_of(made.content)
    assert content["persons"] == content["assertions"] == content["health_conditions"] == content["sentences"] == []
    assert {case["title"] for case in content["cases"]} == set(BOTH)
    assert {case["summary"] for case in content["cases"]} == {NOT_SHARED}
    said = made.content.decode()
    for word in ("Dana", "Arman", "heart", "Colony", "Учительница", "teacher", "driver", "Six years"):
        assert word not in said, word
    assert "KAZ-2099-001: 1 persons, who have not agreed to be shared with partners" in made.left_out


def test_health_needs_a_consent_of_its_own(session: Session, vault: Vault) -> None:
    import_case_file(session, read(), now=NOW, by="tests", vault=vault)
    agree(session, "Dana Sample", ConsentScope.SHARE_PARTNERS)
    made = bundle_of(session, BOTH[:1], now=NOW)
    content = content_of(made.content)
    assert [person["names"][0]["text"] for person in content["persons"]] == ["Dana Sample"]
    assert content["health_conditions"] == content["care_events"] == content["follow_ups"] == []
    assert content["petitions"] == content["clock_pauses"] == []
    assert len(content["sentences"]) == 1
    assert "heart" not in made.content.decode()


def test_what_stands_in_for_a_consent_does_not_share(session: Session, vault: Vault) -> None:
    import_case_file(session, read(), now=NOW, by="tests", vault=vault)
    person = next(one for one in session.scalars(select(Person)) if one.name == "Dana Sample")
    session.add(
        Consent(
            person_id=person.id, scope=ConsentScope.SHARE_PARTNERS, given_by=GivenBy.MANIFESTLY_PUBLIC,
            since_on=date(2014, 1, 1),
        )
    )  # fmt: skip
    session.flush()
    assert content_of(bundle_of(session, BOTH[:1], now=NOW).content)["persons"] == []


@pytest.mark.parametrize("record", [Case, Person, FollowUp, Source])
def test_what_is_sealed_never_leaves(record: type[Any], home: Session) -> None:
    for row in home.scalars(select(record)):
        row.tier = Tier.SEALED
    home.flush()
    if record is Case:
        with pytest.raises(NotFound):
            bundle_of(home, BOTH, now=NOW)
        return
    content = content_of(bundle_of(home, BOTH, now=NOW).content)
    section = {Person: "persons", FollowUp: "follow_ups", Source: "sources"}[record]
    assert content[section] == []
    if record is Person:
        assert content["follow_ups"] == content["health_conditions"] == content["assertions"] == []
        assert content["petitions"] == content["clock_pauses"] == []
    if record is Source:
        assert content["assertions"] == content["demands"] == []


def altered(made: bytes, change: Any) -> bytes:
    """The bundle with one thing changed, and a checksum that fits."""
    content = content_of(made)
    change(content)
    return written(content)


def _all_of_one_rule(content: Any) -> None:
    case = content["cases"][0]["id"]
    for row in content["follow_ups"]:
        row.update(case_id=case, rule="information-old", trigger=f"case:{case}")


FOREIGN = "00000000-0000-4000-8000-000000000000"
TOUCHED = {
    "a part of another case": (lambda c: c["follow_ups"][0].update(case_id=FOREIGN), "is foreign"),
    "a person of nowhere": (lambda c: c["cases"][0].update(persons=[FOREIGN]), "is foreign"),
    "a sealed part": (lambda c: c["assertions"][0].update(tier="sealed"), "is sealed"),
    "an unknown field": (lambda c: c["cases"][0].update(owner="me"), "is not a field"),
    "a field too few": (lambda c: c["cases"][0].pop("title"), "is missing"),
    "an unknown kind": (lambda c: c["follow_ups"][0].update(kind="nope"), "no kind of follow-up"),
    "a day that is none": (lambda c: c["follow_ups"][0].update(due_on="2014-02-31"), "not a day"),
    "a link that runs": (lambda c: c["sources"][0].update(url="javascript:alert(1)"), "link"),
    "a part twice": (lambda c: c["cases"].append(c["cases"][0]), "stands twice"),
    "a rule without its fact": (lambda c: c["follow_ups"][0].update(rule="chronic-review-severe"), "stand together"),
    "a fact of nowhere": (
        lambda c: c["follow_ups"][0].update(rule="chronic-review-severe", trigger=f"health_condition:{FOREIGN}"),
        "is foreign",
    ),
    "a trigger that is none": (lambda c: c["follow_ups"][0].update(rule="a-rule", trigger="nonsense"), "trigger"),
    "two follow-ups of one rule": (_all_of_one_rule, "opened two follow-ups"),
    "a pause of nowhere": (lambda c: c["clock_pauses"][0].update(petition_id=FOREIGN), "is foreign"),
    "a review of nowhere": (lambda c: c["demands"][0].update(follow_ups=[FOREIGN]), "is foreign"),
    "a huge number": (lambda c: c["follow_ups"][0].update(due_revision=10**12), "less than or equal"),
}


@pytest.mark.parametrize("name", TOUCHED)
def test_a_foreign_part_is_refused(name: str, home: Session, partner: Session) -> None:
    change, words = TOUCHED[name]
    content = altered(bundle_of(home, BOTH, now=NOW).content, change)
    with pytest.raises(InvalidBundle, match=words):
        take(partner, content)
    assert partner.scalar(select(func.count()).select_from(Case)) == 0


@pytest.mark.parametrize("older", [b"vigil-bundle/1", b"vigil-bundle/2"])
def test_a_bundle_of_an_older_version_is_refused_with_what_to_do(older: bytes, home: Session, partner: Session) -> None:
    made = bundle_of(home, BOTH, now=NOW).content
    with pytest.raises(InvalidBundle, match=f"{older.decode()}: ask for one that is vigil-bundle/3"):
        take(partner, made.replace(b"vigil-bundle/3", older))


def test_an_edited_bundle_is_refused(home: Session, partner: Session) -> None:
    made = bundle_of(home, BOTH, now=NOW).content
    with pytest.raises(InvalidBundle, match="edited or damaged"):
        take(partner, made.replace(b"Dana Sample", b"Dana Simple"))


def test_a_bundle_takes_nothing_that_came_another_way(home: Session) -> None:
    made = bundle_of(home, BOTH, now=NOW).content
    with pytest.raises(InvalidBundle, match="came here with the case file sample-2014"):
        take(home, made)


def test_an_import_is_noted_once(home: Session, partner: Session) -> None:
    made = bundle_of(home, BOTH, now=NOW).content
    take(partner, made)
    take(partner, made)
    noted = partner.scalars(select(AuditEntry)).all()
    assert [(entry.action, entry.detail["references"]) for entry in noted] == [("import_bundle", list(BOTH))]
