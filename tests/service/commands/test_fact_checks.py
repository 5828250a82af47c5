"""Whatever the dates and their precisions: what can be is accepted, what cannot be is refused, and by a field's name."""

from __future__ import annotations

from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.commands.fact_checks import IN_ORDER, PRECISIONS, require_sound, with_precisions
from service.errors import InvalidInput
from service.records import ClockPause, DetentionEpisode, Petition
from service.vocabulary import DatePrecision

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

DAYS = st.dates(date(1990, 1, 1), date(2060, 12, 31))
MAYBE = st.none() | DAYS
STATED = st.sampled_from(DatePrecision)
KNOWN = st.sampled_from([DatePrecision.DAY, DatePrecision.MONTH, DatePrecision.YEAR])


def fields_refused(fact: object, stated: Collection[str]) -> set[str]:
    try:
        require_sound(fact, stated)
    except InvalidInput as refusal:
        return {problem.where for problem in refusal.problems}
    return set()


@given(DAYS, KNOWN)
def test_a_date_lies_within_what_it_can_mean(day: date, precision: DatePrecision) -> None:
    earliest, latest = precision.earliest(day), precision.latest(day)
    assert earliest <= day <= latest
    assert precision.earliest(latest) == precision.earliest(earliest) == earliest
    assert (latest - earliest).days in {
        DatePrecision.DAY: {0}, DatePrecision.MONTH: {27, 28, 29, 30}, DatePrecision.YEAR: {364, 365},
    }[precision]  # fmt: skip


@given(DAYS, KNOWN, DAYS, KNOWN)
def test_a_stay_is_refused_exactly_when_no_reading_of_its_dates_is_possible(
    begin: date, begins: DatePrecision, end: date, ends: DatePrecision
) -> None:
    columns = {"from_on": begin, "from_precision": begins, "until_on": end, "until_precision": ends}
    possible = ends.latest(end) >= begins.earliest(begin)
    refused = fields_refused(DetentionEpisode(**columns), columns)
    assert refused == (set() if possible else {"until_on"})


@given(MAYBE, STATED, MAYBE, STATED)
def test_a_refusal_names_only_fields_that_were_stated(
    begin: date | None, begins: DatePrecision, end: date | None, ends: DatePrecision
) -> None:
    stay = DetentionEpisode(from_on=begin, from_precision=begins, until_on=end, until_precision=ends)
    assert fields_refused(stay, ["until_on", "until_precision"]) <= {"until_on", "until_precision"}
    assert fields_refused(stay, ["from_on", "from_precision"]) <= {"from_on", "from_precision"}
    assert fields_refused(stay, ["facility"]) == set()


@given(MAYBE, STATED)
def test_a_precision_is_refused_exactly_when_it_does_not_fit(day: date | None, precision: DatePrecision) -> None:
    stay = DetentionEpisode(from_on=day, from_precision=precision, until_on=None, until_precision=DatePrecision.UNKNOWN)
    fits = (day is None) == (precision is DatePrecision.UNKNOWN)
    assert (fields_refused(stay, ["from_on"]) == set()) is fits


@pytest.mark.parametrize("kind", PRECISIONS, ids=lambda kind: kind.__tablename__)
@given(data=st.data())
def test_dates_without_a_precision_always_come_to_fit(kind: type[Any], data: st.DataObject) -> None:
    stated: Mapping[str, date | None] = {day: data.draw(MAYBE, day) for day, _ in PRECISIONS[kind]}
    whole = with_precisions(kind, stated)
    assert {name: whole[name] for name in stated} == stated
    for day, precision in PRECISIONS[kind]:
        assert whole[precision] is (DatePrecision.UNKNOWN if stated[day] is None else DatePrecision.DAY)


@given(DAYS, KNOWN, st.lists(st.integers(-400, 400), max_size=3), st.integers(-400, 400))
def test_a_petition_is_sent_before_everything_that_becomes_of_it(
    sent: date, precision: DatePrecision, pauses: list[int], answered: int
) -> None:
    petition = Petition(
        sent_on=sent, sent_precision=precision, answered_on=sent + timedelta(days=answered),
        pauses=[ClockPause(from_on=sent + timedelta(days=days)) for days in pauses],
    )  # fmt: skip
    earliest = precision.earliest(sent)
    impossible = {
        *({"answered_on"} if sent + timedelta(days=answered) < earliest else ()),
        *({"sent_on"} if any(sent + timedelta(days=days) < earliest for days in pauses) else ()),
    }
    assert fields_refused(petition, ["sent_on", "answered_on"]) == impossible


def test_every_pair_of_dates_is_of_columns_that_are_there() -> None:
    named = {
        (kind, name)
        for table in (PRECISIONS, IN_ORDER)
        for kind, pairs in table.items()
        for pair in pairs
        for name in pair
    }
    assert all(hasattr(kind, name) for kind, name in named)
