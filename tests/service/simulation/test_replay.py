"""A case file replayed as if its facts had been recorded when they happened."""

from __future__ import annotations

from collections import Counter
from datetime import date
from typing import TYPE_CHECKING

import pytest

from alerts.facts import Level
from service.casefile.reading import parse_case_file, read_case_file
from service.demo.play import CASE_FILE
from service.rules.reading import rule_book
from service.simulation.drawing import drawn
from service.simulation.known import known_rows
from service.simulation.replay import Event, Line, replay

if TYPE_CHECKING:
    from pathlib import Path

    from service.casefile.reading import Document

SMALL = """
schema: vigil-casefile/1
case_file: small
title: A small file
as_of: 2013-06-01
country: KZ
time_zone: Asia/Almaty
main_source: report
sources: [{key: report, title: A report}]
persons: [{key: dana, names: [{text: Dana Sample, kind: legal}]}]
cases:
  - reference: KAZ-2099-001
    title: Dana Sample
    summary: A teacher.
    status: isolation
    last_verified: 2013-06-01
    persons: [dana]
    isolation_placements:
      - {key: cell, person: dana, from: 2013-03-01, from_precision: day, until: 2013-03-12, locator: page 1}
    care_events:
      - {key: exam, person: dana, kind: exam, requested: 2013-03-02, occurred: 2013-03-04, occurred_precision: day,
         outcome: Examined, locator: page 2}
"""


def small() -> Document:
    return parse_case_file(SMALL.encode())


def replayed(document: Document, folder: Path, first: date, last: date) -> list[Line]:
    """The ledger under the standard rules."""
    return replay(document, folder, first=first, last=last, book=rule_book(), tell=lambda _: None)


def test_what_came_later_is_not_known_before() -> None:
    versions = [
        (one.on, one.row.fields.get("until_on"), one.row.fields.get("occurred_on")) for one in known_rows(small().file)
    ]
    assert versions == [
        (date(2013, 3, 1), None, None),
        (date(2013, 3, 2), None, None),
        (date(2013, 3, 4), None, date(2013, 3, 4)),
        (date(2013, 3, 12), date(2013, 3, 12), None),
    ]


def test_isolation_of_twelve_days_is_replayed_as_it_would_have_been_told(tmp_path: Path) -> None:
    lines = replayed(small(), tmp_path, date(2013, 1, 1), date(2013, 12, 31))
    told = [(line.on.day, line.kind, line.level) for line in lines if line.level and line.on.month == 3]
    visits, limits = "isolation_daily_visit", "isolation_day_limit"
    assert told == [
        (1, visits, Level.DUE),
        (2, visits, Level.OVERDUE),
        (3, visits, Level.VERY_OVERDUE),
        # Critical at midnight; the examination of that day is known at noon, and the next visit is due on the fifth.
        (4, visits, Level.CRITICAL),
        (5, visits, Level.DUE),
        (6, visits, Level.OVERDUE),
        (7, visits, Level.VERY_OVERDUE),
        (8, visits, Level.CRITICAL),
        (10, limits, Level.UPCOMING),
    ]
    closed = {line.kind: line.on for line in lines if line.event is Event.CLOSED}
    assert closed == {visits: date(2013, 3, 12), limits: date(2013, 3, 12)}
    assert [line.on for line in lines if line.event is Event.MOVED] == [date(2013, 3, 4)]


def test_a_replay_is_the_same_each_time(tmp_path: Path) -> None:
    folders = [tmp_path / "one", tmp_path / "two"]
    for folder in folders:
        folder.mkdir()
    first, second = (replayed(small(), folder, date(2013, 1, 1), date(2013, 12, 31)) for folder in folders)
    assert first == second


def test_nothing_after_the_last_day_is_told(tmp_path: Path) -> None:
    lines = replayed(small(), tmp_path, date(2013, 3, 1), date(2013, 3, 3))
    assert max(line.on for line in lines) == date(2013, 3, 3)


@pytest.fixture(scope="module")
def kazakhstan(tmp_path_factory: pytest.TempPathFactory) -> list[Line]:
    """The demonstration's file, 1 January 2012 to 31 December 2014."""
    document = read_case_file(CASE_FILE)
    return replayed(document, tmp_path_factory.mktemp("simulation"), date(2012, 1, 1), date(2014, 12, 31))


def test_the_numbers_of_the_kazakhstan_file_are_those_of_the_documentation(kazakhstan: list[Line]) -> None:
    events = Counter(line.event for line in kazakhstan)
    levels = Counter(line.level for line in kazakhstan if line.level)
    assert events == {Event.RECORDED: 267, Event.OPENED: 9, Event.ADOPTED: 29, Event.ANNOUNCED: 102}
    assert levels == {
        Level.UPCOMING: 13, Level.DUE: 22, Level.OVERDUE: 22, Level.VERY_OVERDUE: 22, Level.CRITICAL: 23,
    }  # fmt: skip


def test_the_review_of_a_placement_is_told_at_every_level_from_the_day_of_the_placement(kazakhstan: list[Line]) -> None:
    told = [line for line in kazakhstan if line.reference == "KAZ-2014-006" and line.kind == "psychiatric_review"]
    before = [line.level for line in told if line.level and line.on < date(2014, 10, 1)]
    assert before == list(Level)
    # What the file states beside it enters on the day for which the file speaks, and is critical by then.
    assert [line.level for line in told if line.level and line.on >= date(2014, 10, 1)] == [Level.CRITICAL]


def test_the_picture_has_a_letter_for_each_month_in_which_something_was_told(kazakhstan: list[Line]) -> None:
    picture = drawn(kazakhstan, first=date(2012, 1, 1), last=date(2014, 12, 31))
    assert picture[0].split() == ["|2012", "|2013", "|2014"]
    row = next(line for line in picture if line.startswith("KAZ-2014-006")).split()[1]
    assert len(row) == 36
    assert row == "....................C....dC......C.."
    assert picture[-1].startswith("A letter is a month: u upcoming")
    assert drawn([], first=date(2012, 1, 1), last=date(2014, 12, 31)) == ["Nothing is announced."]
