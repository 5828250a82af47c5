"""The whole document of an urgent action: what may stand in it, and what keeps it from going out."""

from __future__ import annotations

from datetime import date, timedelta
from typing import TYPE_CHECKING, Any
from uuid import uuid4

import pytest

from alerts.facts import Tier
from alerts.urgent_action_facts import CitedSource, NamedPerson
from service.commands.later_versions import further_information, stop_action
from service.commands.urgent_action_words import MOST_CHARACTERS, Cited, words_of
from service.commands.urgent_actions import redraft
from service.errors import InvalidInput
from service.facts.urgent_actions import call_from_json, call_to_json
from service.records import Alert
from service.vocabulary import Pronoun, UrgentActionOutcome
from tests import factories
from tests.alerts.samples import CALLS
from tests.urgent import cited, desk_at, named_case

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy.orm import Session

    from alerts.urgent_action_facts import UrgentActionAlert
    from service.links import Links
    from service.records import Case, UrgentAction
    from service.security.encryption import Vault
    from tests.urgent import Desk

AS_OF = date(2014, 10, 24)


@pytest.fixture
def desk(session: Session, vault: Vault, links: Links, now: datetime) -> Desk:
    """Alice writes and Dora approves."""
    return desk_at(session, vault, links, now)


@pytest.fixture
def case(session: Session) -> Case:
    """A case whose person may be named."""
    return named_case(session)


def whole(desk: Desk, case: Case, **changed: Any) -> dict[str, Any]:
    """Everything that a document may say beside what it must."""
    source = factories.make_source(desk.session, title="Report", url="https://reports.example.org/7")
    return {
        "index_number": "CA 7/2014", "background": "Closed since 2012.\nTwo letters were not answered.",
        "sources": cited(source, as_of=AS_OF), "copy_ids": (desk.official(office="Embassy").id,),
        "guidance": {"en": "Say how you heard of it."}, "letter_subjects": {"en": "Observers"},
        "report_to": "letters@example.org", **changed,
    }  # fmt: skip


def told(desk: Desk, action: UrgentAction, tier: Tier = Tier.PUBLIC) -> UrgentActionAlert:
    return call_from_json(desk.session.get_one(Alert, action.alert_id).facts[tier.value])


def test_all_of_it_is_told_as_it_was_issued(desk: Desk, case: Case) -> None:
    case.persons[0].pronoun = Pronoun.SHE
    action = desk.issued(case, **whole(desk, case))
    call = told(desk, action)
    assert (call.number, call.index_number, call.previous) == ("UA 1/14", "CA 7/2014", None)
    assert call.issued_on == date(2014, 11, 20)
    assert call.page_url == "https://vigil.example.org/ua/1-2014"
    assert call.background == ("Closed since 2012.", "Two letters were not answered.")
    assert call.sources == (CitedSource("Report", "https://reports.example.org/7", AS_OF),)
    assert [(one.office, one.salutations) for one in call.copies] == [("Embassy", ())]
    assert [one.office for one in call.addressees] == ["Minister of Internal Affairs"]
    assert [one.language for one in call.addressees[0].salutations] == ["ru", "en"]  # as `write_in` lists them
    assert (call.guidance[0].paragraphs, call.letters[0].subject) == (("Say how you heard of it.",), "Observers")
    assert call.persons == (NamedPerson("Dana Sample", "she"),)
    assert (call.report_mailbox, call.report_url) == ("letters@example.org", None)


def test_the_day_of_issue_is_the_day_where_the_person_is_held(desk: Desk, session: Session) -> None:
    case = named_case(session, time_zone="Asia/Almaty")
    evening = desk.at(hours=12)
    assert evening.now.date() == date(2014, 11, 20)
    assert told(evening, evening.issued(case)).issued_on == date(2014, 11, 21)


def test_a_later_version_names_the_one_before(desk: Desk, case: Case) -> None:
    first = desk.issued(case, **whole(desk, case))
    words = desk.words(case, what_changed="Moved.", report_to="https://letters.example.org/ua")
    second = further_information(desk.session, first, words, now=desk.now, by=desk.alice, vault=desk.vault)
    desk.submit(second)
    desk.approve(second)
    desk.at(minutes=2).issue(second)
    call = told(desk, second)
    assert (call.number, call.previous) == ("UA 1/14-1", "UA 1/14")
    assert (call.report_mailbox, call.report_url) == (None, "https://letters.example.org/ua")


def test_a_case_that_is_not_public_has_no_page(desk: Desk, case: Case) -> None:
    case.tier = Tier.RESTRICTED
    assert told(desk, desk.issued(case), Tier.RESTRICTED).page_url is None


def test_a_change_in_part_keeps_the_rest(desk: Desk, case: Case) -> None:
    action = desk.draft(case, **whole(desk, case))
    before = words_of(action)
    redraft(desk.session, action, before, now=desk.now, by=desk.alice, vault=desk.vault)
    desk.session.expire_all()
    assert words_of(action) == before
    assert before.index_number == "CA 7/2014"


@pytest.mark.parametrize("call", CALLS, ids=lambda call: call.kind)
def test_what_is_kept_reads_back_as_it_was(call: UrgentActionAlert) -> None:
    assert call_from_json(call_to_json(call)) == call


def test_what_an_earlier_release_kept_is_read_too() -> None:
    kept = call_to_json(CALLS[0])
    new = (
        "page_url", "index_number", "issued_on", "previous", "copies", "guidance", "background", "sources", "persons",
        "report_mailbox", "report_url",
    )  # fmt: skip
    old = {name: value for name, value in kept.items() if name not in new}
    old["letters"] = [{"language": "en", "paragraphs": ["Please."]}]
    call = call_from_json(old)
    assert (call.copies, call.issued_on, call.letters[0].subject) == ((), None, None)


def test_nobody_is_told_a_name_without_consent_although_it_stands_on_the_record(desk: Desk, session: Session) -> None:
    case = named_case(session)
    action = desk.approved(case, person_ids=(), headline="No observers", letters={}, report_to=None)
    unnamed = factories.make_person(session, "Aru Hidden")
    action.persons = [unnamed]
    with pytest.raises(InvalidInput, match="no live consent"):
        desk.at(minutes=2).issue(action)


@pytest.mark.parametrize(
    ("changed", "where"),
    [
        ({"report_to": "nowhere"}, "report_to"),
        ({"report_to": "http://letters.example.org"}, "report_to"),
        ({"report_to": "a@example.org\r\nBcc: b@example.org"}, "report_to"),
        ({"letter_subjects": {"fr": "Observateurs"}}, "letter_subjects"),
        ({"background": "x" * MOST_CHARACTERS}, ""),
        ({"copy_ids": (uuid4(),)}, "copy_ids"),
    ],
    ids=["nowhere", "plain-http", "header", "no-such-letter", "too-long", "unknown-copy"],
)
def test_what_means_nothing_is_refused_with_its_place(
    desk: Desk, case: Case, changed: dict[str, Any], where: str
) -> None:
    with pytest.raises(InvalidInput) as raised:
        desk.draft(case, **whole(desk, case, **changed))
    assert [problem.where for problem in raised.value.problems] == [where]


def test_whoever_is_written_to_gets_no_copy(desk: Desk, case: Case) -> None:
    official = desk.official()
    with pytest.raises(InvalidInput, match="needs no copy"):
        desk.draft(case, target_ids=(official.id,), copy_ids=(official.id,))


def test_a_source_that_is_held_closely_is_answered_like_a_missing_one(desk: Desk, case: Case) -> None:
    hidden = factories.make_source(desk.session, tier=Tier.RESTRICTED)
    said = []
    for sources in (cited(hidden, as_of=AS_OF), (Cited(source_id=uuid4(), as_of=AS_OF),)):
        with pytest.raises(InvalidInput) as raised:
            desk.draft(case, background="x", sources=sources)
        said.append(str(raised.value))
    assert said[0] == said[1]


def test_what_the_document_lacks_keeps_it_back(desk: Desk, case: Case) -> None:
    reasons = {}
    source = factories.make_source(desk.session)
    stale = desk.official(office="Embassy", verified_on=desk.now.date() - timedelta(days=91))
    lacking: dict[str, dict[str, Any]] = {
        "no source": {"background": "Closed."},
        "a day to come": {"background": "Closed.", "sources": cited(source, as_of=date(2014, 11, 21))},
        "a stale copy": {"copy_ids": (stale.id,)},
    }
    for name, changed in lacking.items():
        action = desk.draft(case, **changed)
        desk.submit(action)
        with pytest.raises(InvalidInput) as raised:
            desk.approve(action)
        [problem] = raised.value.problems
        reasons[name] = (problem.where, problem.reason)
    assert reasons["no source"] == ("sources", "Name at least one source of the background.")
    assert reasons["a day to come"][0] == "sources"
    assert reasons["a stale copy"][0] == "copy_ids"
    assert "more than 90 days ago" in reasons["a stale copy"][1]


def test_a_source_that_is_held_closely_meanwhile_keeps_it_back(desk: Desk, case: Case) -> None:
    action = desk.approved(case, **whole(desk, case))
    action.sources[0].source.tier = Tier.CONFIDENTIAL
    with pytest.raises(InvalidInput, match="not public any more"):
        desk.at(minutes=2).issue(action)


@pytest.mark.parametrize("where", ["background", "guidance", "letter_subjects"])
def test_nobody_else_of_the_case_is_named_in_any_part(desk: Desk, session: Session, where: str) -> None:
    other = factories.make_person(session, "Aru Hidden")
    case = named_case(session)
    case.persons.append(other)
    session.flush()
    words = "About Aru Hidden."
    changed = whole(desk, case) | {where: words if where == "background" else {"en": words}}
    action = desk.draft(case, **changed, person_ids=(case.persons[0].id,))
    desk.submit(action)
    with pytest.raises(InvalidInput, match="names somebody of the case"):
        desk.approve(action)


def test_a_stop_action_asks_for_nothing_in_any_part(desk: Desk, case: Case) -> None:
    issued = desk.issued(case, **whole(desk, case))
    stop = stop_action(
        desk.session, issued, outcome=UrgentActionOutcome.RELEASED, why="Free.", now=desk.now, by=desk.alice,
        vault=desk.vault,
    )  # fmt: skip
    asking = whole(desk, case)
    words = desk.words(case, outcome=UrgentActionOutcome.RELEASED, **asking)
    with pytest.raises(InvalidInput) as raised:
        redraft(desk.session, stop, words, now=desk.now, by=desk.alice, vault=desk.vault)
    assert {problem.where for problem in raised.value.problems} == {
        "demands", "target_ids", "copy_ids", "act_by", "letters", "letter_subjects", "write_in", "guidance", "report_to",
    }  # fmt: skip
