"""Reading files of rules: the standard one, an organisation's own, and what is wrong with a bad one."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

import pytest

from service.errors import InvalidRules
from service.rules.calendars import calendar_of
from service.rules.reading import STANDARD, rule_book

if TYPE_CHECKING:
    from pathlib import Path

OWN = """
schema: vigil-rules/1
title: Our rules
lapses_after: 60 days
without: [family-contact-after-arrest]
rules:
  - rule: complaint-reply
    opens: complaint_reply
    of: petition
    where: {mechanism: [domestic_complaint]}
    counted_from: [sent_on]
    term: 15 working days
    rolls: true
    levels: {upcoming: 3, overdue: 1, very_overdue: 5, critical: 10}
    countries: [KZ]
    basis: a law of Kazakhstan
  - rule: our-own
    opens: lawyer_access
    of: proceeding
    where: {kind: [arrest]}
    counted_from: [occurred_on]
    term: 2 days
"""


def written(folder: Path, text: str) -> Path:
    """A file of rules."""
    path = folder / "own.yaml"
    path.write_text(text, encoding="utf-8")
    return path


def problems(folder: Path, text: str) -> list[str]:
    """What is said to be wrong with it."""
    with pytest.raises(InvalidRules) as refused:
        rule_book(written(folder, text))
    return [str(problem) for problem in refused.value.problems]


def test_an_organisations_own_rules_change_add_and_leave_out(tmp_path: Path) -> None:
    standard, own = rule_book(), rule_book(written(tmp_path, OWN))
    names = {rule.name for rule in standard.rules}
    assert {rule.name for rule in own.rules} == names - {"family-contact-after-arrest"} | {"our-own"}
    reply = next(rule for rule in own.rules if rule.name == "complaint-reply")
    assert (str(reply.term), reply.rolls, reply.basis) == ("15 working days", True, "a law of Kazakhstan")
    assert reply.thresholds is not None
    assert reply.thresholds.critical == 10
    assert (str(standard.lapses_after), str(own.lapses_after), own.own_title) == ("30 days", "60 days", "Our rules")
    added = next(rule for rule in own.rules if rule.name == "our-own")
    assert added.basis == "date and basis stated by the organisation that keeps this case"


@pytest.mark.parametrize(
    ("before", "after", "told"),
    [
        ("opens: lawyer_access", "opens: coffee", "no follow-up kind is called 'coffee'"),
        ("of: proceeding", "of: gossip", "'gossip' is no sort of fact; known are: assertion, care_event"),
        ("where: {kind: [arrest]}", "where: {kind: [arest]}", "'arest' is no kind; known are: appeal, arrest"),
        ("where: {kind: [arrest]}", "where: {sort: [arrest]}", "'sort' is no word; known are: kind"),
        ("counted_from: [occurred_on]", "counted_from: [until_on]", "'until_on' is no day of a proceeding"),
        ("term: 2 days", "term: soon", "'soon' is not a term: write it like 14 days"),
        ("term: 2 days", "term: 2 days\n    unless: never", "is not a field of the format"),
        ("term: 2 days", "term: 2 days\n    own_term: reply_within", "'reply_within' is no term of a proceeding; known are: none"),
        ("term: 2 days", "term: 2 days\n    met_by: [{of: proceeding, on: sent_on}]", "'sent_on' is no day of a proceeding"),
        ("rule: our-own", "rule: complaint-reply", "'complaint-reply' is there twice"),
        ("without: [family-contact-after-arrest]", "without: [nothing]", "no standard rule is called 'nothing'"),
        ("title: Our rules", "title: &a Our rules", "anchors are refused"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_named_with_its_line(tmp_path: Path, before: str, after: str, told: str) -> None:
    text = OWN.replace(before, after)
    assert text != OWN
    (problem,) = problems(tmp_path, text)
    assert told in problem
    assert problem.startswith("line ")


def test_everything_that_is_wrong_is_told_at_once(tmp_path: Path) -> None:
    text = OWN.replace("opens: lawyer_access", "opens: coffee").replace("[occurred_on]", "[until_on]")
    assert len(problems(tmp_path, text)) == 2


@pytest.mark.parametrize("content", [b"", b"- a list", b"\xff\xfe", b"a: [", b"x" * 2 * 1024 * 1024])
def test_what_is_no_file_of_rules_is_refused(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "own.yaml"
    path.write_bytes(content)
    with pytest.raises(InvalidRules):
        rule_book(path)


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(InvalidRules, match=r"nowhere\.yaml cannot be read"):
        rule_book(tmp_path / "nowhere.yaml")


def test_the_standard_rules_say_whence_each_number_comes() -> None:
    for rule in rule_book().rules:
        assert rule.basis.strip()
    assert "docs/rules.md" in STANDARD.read_text(encoding="utf-8")


def test_a_national_calendar_knows_weekends_and_holidays() -> None:
    calendar = calendar_of("KZ")
    assert calendar.words == "KZ"
    assert calendar.is_working_day(date(2014, 10, 24))
    assert not calendar.is_working_day(date(2014, 10, 25))
    # Nauryz, 21 to 23 March.
    assert not calendar.is_working_day(date(2014, 3, 21))


def test_a_country_whose_holidays_are_not_known_rests_on_weekends_and_says_so() -> None:
    calendar = calendar_of("XX")
    assert calendar.is_working_day(date(2014, 3, 21))
    assert not calendar.is_working_day(date(2014, 3, 22))
    assert calendar.words == "XX, whose holidays are not known"
