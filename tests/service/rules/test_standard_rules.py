"""Every standard rule as a table: from what it counts, when it is due, when each level begins, under which article."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import pytest

from alerts.facts import FollowUp, Level
from alerts.follow_up_kinds import kind_named
from alerts.overdue import level_of, reached_at
from alerts.rules import Closing, Day, Derived, Fact, derive
from alerts.terms import Pause, Term, Unit
from service.rules.calendars import calendar_of
from service.rules.reading import rule_book

ALMATY = "Asia/Almaty"
COUNTED_FROM = date(2014, 3, 1)
LATER = date(2014, 3, 12)


@dataclass(frozen=True)
class Row:
    """One rule: the fact and the day that is 1 March 2014; then due, upcoming, overdue, very overdue and critical."""

    rule: str
    sort: str
    words: dict[str, str]
    day: str
    due: str
    levels: tuple[str | None, str, str, str]
    cites: str

    def __str__(self) -> str:
        return self.rule


TABLE = (
    Row("intake-exam-after-arrest", "proceeding", {"kind": "arrest"}, "occurred_on",
        "2014-03-02", (None, "2014-03-03", "2014-03-05", "2014-03-09"), "rule 30"),
    Row("intake-exam-in-a-new-place", "detention_episode", {"regime": "strict"}, "from_on",
        "2014-03-02", (None, "2014-03-03", "2014-03-05", "2014-03-09"), "rule 30"),
    Row("intake-exam-in-hospital", "care_event", {"kind": "hospital_transfer", "urgency": "urgent"}, "occurred_on",
        "2014-03-02", (None, "2014-03-03", "2014-03-05", "2014-03-09"), "CPT's 3rd General Report, paragraph 33"),
    Row("family-contact-after-arrest", "proceeding", {"kind": "arrest"}, "occurred_on",
        "2014-03-02", (None, "2014-03-03", "2014-03-05", "2014-03-09"), "rule 69"),
    Row("family-contact-in-a-new-place", "detention_episode", {"regime": "strict"}, "from_on",
        "2014-03-02", (None, "2014-03-03", "2014-03-05", "2014-03-09"), "rule 69"),
    Row("urgent-care-asked-for", "care_event", {"kind": "exam", "urgency": "emergency"}, "requested_on",
        "2014-03-02", (None, "2014-03-03", "2014-03-04", "2014-03-05"), "rule 27(1)"),
    Row("urgent-care-refused", "care_event", {"kind": "refusal", "urgency": "emergency"}, "as_of",
        "2014-03-02", (None, "2014-03-03", "2014-03-04", "2014-03-05"), "rule 27(1)"),
    Row("chronic-review-severe", "health_condition", {"severity": "life_threatening"}, "as_of",
        "2014-03-31", ("2014-03-24", "2014-04-07", "2014-04-14", "2014-04-30"), "rules 24(2) and 31"),
    Row("chronic-review-moderate", "health_condition", {"severity": "moderate"}, "as_of",
        "2014-05-30", ("2014-05-23", "2014-06-06", "2014-06-13", "2014-06-29"), "rules 24(2) and 31"),
    Row("chronic-review-ungraded", "health_condition", {"severity": "unknown"}, "as_of",
        "2014-03-31", ("2014-03-24", "2014-04-07", "2014-04-14", "2014-04-30"), "rules 24(2) and 31"),
    Row("torture-exam", "assertion", {"attribute": "torture", "verification": "alleged", "persons": "one"}, "as_of",
        "2014-03-02", (None, "2014-03-08", "2014-03-22", "2014-04-12"), "Istanbul Protocol: examination within six weeks"),
    Row("psychiatric-review", "proceeding", {"kind": "hospitalisation"}, "occurred_on",
        "2014-09-01", ("2014-08-25", "2014-09-02", "2014-09-08", "2014-10-01"), "principle 17(3)"),
    Row("isolation-day-limit", "isolation_placement", {}, "from_on",
        "2014-03-15", ("2014-03-10", "2014-03-16", "2014-03-23", "2014-03-30"), "rules 43 to 45"),
    Row("isolation-daily-visit", "isolation_placement", {}, "from_on",
        "2014-03-01", (None, "2014-03-02", "2014-03-03", "2014-03-04"), "rule 46"),
    Row("isolation-date-wanted", "isolation_placement", {"begun": "unknown"}, "as_of",
        "2014-05-30", ("2014-05-23", "2014-06-06", "2014-06-29", "2014-08-28"), "rules 43 to 45"),
    Row("complaint-reply", "petition", {"mechanism": "domestic_complaint"}, "sent_on",
        "2014-03-31", ("2014-03-24", "2014-04-01", "2014-04-15", "2014-04-30"), "rule 57"),
    Row("osce-reply", "petition", {"mechanism": "osce_vienna"}, "sent_on",
        "2014-03-11", ("2014-03-09", "2014-03-12", "2014-03-25", "2014-04-10"), "Vienna Mechanism, paragraph 2"),
    Row("special-procedure-reply", "petition", {"mechanism": "special_procedure"}, "sent_on",
        "2014-04-30", ("2014-04-23", "2014-05-01", "2014-05-14", "2014-05-30"), "within 60 days"),
    Row("wgad-reply", "petition", {"mechanism": "wgad"}, "sent_on",
        "2014-04-30", ("2014-04-23", "2014-05-01", "2014-05-14", "2014-05-30"), "A/HRC/36/38"),
    Row("wgad-followup", "petition", {"mechanism": "wgad"}, "decided_on",
        "2014-09-01", ("2014-08-25", "2014-09-02", "2014-09-15", "2014-10-01"), "A/HRC/36/38"),
    Row("cat-decision-followup", "petition", {"mechanism": "cat_article_22"}, "decided_on",
        "2014-05-30", ("2014-05-16", "2014-05-31", "2014-06-13", "2014-06-29"), "article 22"),
    Row("human-rights-committee-followup", "petition", {"mechanism": "human_rights_committee"}, "decided_on",
        "2014-08-28", ("2014-08-14", "2014-08-29", "2014-09-11", "2014-09-27"), "Human Rights Committee"),
    Row("upr-midterm", "petition", {"mechanism": "upr"}, "decided_on",
        "2016-09-01", ("2016-07-03", "2016-09-02", "2016-10-31", "2017-02-28"), "30 months after adoption"),
    Row("parole-eligibility", "parole_review", {"decision": "pending"}, "eligible_on",
        "2014-03-01", ("2014-01-30", "2014-03-02", "2014-03-08", "2014-03-31"), "national law on release on parole"),
    Row("parole-hearing", "parole_review", {"decision": "pending"}, "hearing_on",
        "2014-03-01", ("2014-02-15", "2014-03-02", "2014-03-08", "2014-03-31"), "national law on release on parole"),
    Row("parole-appeal", "parole_review", {"decision": "refused"}, "appeal_by",
        "2014-03-01", ("2014-02-26", "2014-03-02", "2014-03-08", "2014-03-31"), "national law on release on parole"),
    Row("sentence-end", "sentence", {}, "ends_on",
        "2014-03-01", ("2014-02-22", "2014-03-02", "2014-03-08", "2014-03-31"), "the judgment"),
    Row("sentence-end-wanted", "sentence", {"begun": "unknown", "end": "unknown"}, "as_of",
        "2014-05-30", ("2014-05-23", "2014-06-06", "2014-06-29", "2014-08-28"), "the day is asked for"),
    Row("verification", "case", {"health": "not_critical", "monitoring": "active"}, "last_verified_on",
        "2014-05-30", ("2014-05-23", "2014-06-06", "2014-06-29", "2014-08-28"), "every 90 days"),
    Row("verification-in-critical-health", "case", {"health": "critical", "monitoring": "active"}, "last_verified_on",
        "2014-03-15", ("2014-03-08", "2014-03-22", "2014-04-14", "2014-06-13"), "every 14 days"),
)  # fmt: skip


def derived(fact: Fact, *others: Fact, rule: str, today: date = COUNTED_FROM) -> Derived:
    """What this rule makes of the fact."""
    chosen = [one for one in rule_book().rules if one.name == rule]
    found = derive(chosen, [fact, *others], country="KZ", calendar=calendar_of("KZ"), today=today)
    return next(one for one in found if one.fact is fact)


def fact_of(row: Row, **days: date) -> Fact:
    """The fact of one row, with more days."""
    known = {row.day: Day(COUNTED_FROM)} | {name: Day(on) for name, on in days.items()}
    return Fact(sort=row.sort, key="1", person="p", words=row.words, days=known)


def row_of(rule: str) -> Row:
    """The row of this rule."""
    return next(row for row in TABLE if row.rule == rule)


def test_the_table_has_every_rule_and_no_other() -> None:
    assert [row.rule for row in TABLE] == [rule.name for rule in rule_book().rules]


@pytest.mark.parametrize("row", TABLE, ids=str)
def test_a_rule_gives_its_date_its_levels_and_its_article(row: Row) -> None:
    one = derived(fact_of(row), rule=row.rule)
    assert str(one.due_on) == row.due
    assert one.closing is None
    assert row.cites in one.rule.basis
    assert "1 March 2014" in one.working
    due_on = date.fromisoformat(row.due)
    follow_up = FollowUp(due_on, ALMATY, one.rule.thresholds or kind_named(one.rule.kind).thresholds)
    levels = (Level.UPCOMING, Level.OVERDUE, Level.VERY_OVERDUE, Level.CRITICAL)
    for level, day in (*zip(levels, row.levels, strict=True), (Level.DUE, row.due)):
        expected = None if day is None else midnight(date.fromisoformat(day))
        assert reached_at(follow_up, level) == expected
        if expected is not None and level_of(follow_up, now=expected) is not None:
            assert level_of(follow_up, now=expected) is level


def midnight(day: date) -> datetime:
    """The first instant of a day in Almaty, where clocks were six hours ahead in 2014."""
    return datetime(day.year, day.month, day.day, tzinfo=ZoneInfo(ALMATY)).astimezone(UTC)


CLOSED = (
    ("isolation-day-limit", {"until_on": LATER}, True),
    ("isolation-daily-visit", {"until_on": LATER}, False),
    ("intake-exam-in-a-new-place", {"until_on": LATER}, False),
    ("urgent-care-asked-for", {"occurred_on": LATER}, True),
    *((rule, {"answered_on": LATER}, True) for rule in ("complaint-reply", "osce-reply", "special-procedure-reply")),
    *((rule, {"withdrawn_on": LATER}, False) for rule in ("complaint-reply", "osce-reply", "special-procedure-reply")),
    ("wgad-reply", {"answered_on": LATER}, True),
    ("wgad-reply", {"decided_on": LATER}, False),
    ("parole-eligibility", {"hearing_on": LATER}, True),
    ("parole-hearing", {"decided_on": LATER}, True),
)


@pytest.mark.parametrize(("rule", "days", "met"), CLOSED)
def test_a_day_of_the_fact_itself_closes_it(rule: str, days: dict[str, date], met: bool) -> None:
    fact = fact_of(row_of(rule), **days)
    closing = derived(fact, rule=rule, today=LATER).closing
    assert closing is not None
    assert (closing.on, closing.met) == (LATER, met)
    assert derived(fact, rule=rule, today=date(2014, 3, 11)).closing is None


EXAM = Fact(
    sort="care_event", key="2", person="p", words={"kind": "exam", "urgency": ""}, days={"occurred_on": Day(LATER)}
)
RELEASE = Fact(sort="proceeding", key="3", person="p", words={"kind": "release"}, days={"occurred_on": Day(LATER)})
APPEAL = Fact(sort="proceeding", key="4", person="p", words={"kind": "appeal"}, days={"occurred_on": Day(LATER)})


@pytest.mark.parametrize(
    ("rule", "other", "met"),
    [
        *((rule, EXAM, True) for rule in ("intake-exam-after-arrest", "intake-exam-in-a-new-place", "torture-exam")),
        *((rule, EXAM, True) for rule in ("intake-exam-in-hospital", "urgent-care-asked-for", "urgent-care-refused")),
        ("parole-appeal", APPEAL, True),
        *((rule, RELEASE, False) for rule in ("intake-exam-after-arrest", "family-contact-after-arrest")),
        *((rule, RELEASE, False) for rule in ("psychiatric-review", "sentence-end")),
    ],
)
def test_another_fact_about_the_same_person_closes_it(rule: str, other: Fact, met: bool) -> None:
    closing = derived(fact_of(row_of(rule)), other, rule=rule, today=LATER).closing
    assert closing == Closing(LATER, met, closing.why if closing else "")


@pytest.mark.parametrize("rule", ["intake-exam-after-arrest", "torture-exam", "chronic-review-severe"])
def test_an_examination_of_somebody_else_or_before_meets_nothing(rule: str) -> None:
    fact = fact_of(row_of(rule))
    somebody_else = Fact(sort="care_event", key="2", person="q", words=EXAM.words, days=EXAM.days)
    before = Fact(
        sort="care_event", key="5", person="p", words=EXAM.words, days={"occurred_on": Day(date(2014, 2, 28))}
    )
    one = derived(fact, somebody_else, before, rule=rule, today=LATER)
    assert one.closing is None
    assert str(one.due_on) == row_of(rule).due


@pytest.mark.parametrize(
    ("rule", "next_due"),
    [
        ("chronic-review-severe", "2014-04-11"),
        ("chronic-review-moderate", "2014-06-10"),
        ("isolation-daily-visit", "2014-03-13"),
    ],
)
def test_what_recurs_is_due_again_after_it_was_last_done(rule: str, next_due: str) -> None:
    one = derived(fact_of(row_of(rule)), EXAM, rule=rule, today=LATER)
    assert str(one.due_on) == next_due
    assert one.closing is None
    assert "12 March 2014" in one.working
    assert "last done" in one.working


def test_the_law_of_one_complaint_goes_before_the_default() -> None:
    row = row_of("complaint-reply")
    own = {"reply_within": Term(15, Unit.WORKING_DAY)}
    fact = Fact(sort=row.sort, key="1", words=row.words, days={"sent_on": Day(COUNTED_FROM)}, terms=own)
    one = derived(fact, rule="complaint-reply")
    # 8 and 21 to 23 March are holidays in Kazakhstan, and what fell on a weekend was made up for on Monday and Tuesday.
    assert one.due_on is not None
    assert one.due_on > date(2014, 3, 21)
    assert calendar_of("KZ").is_working_day(one.due_on)
    assert "working days of KZ" in one.working


def test_the_month_that_a_body_adds_is_a_pause_of_its_clock() -> None:
    row = row_of("wgad-reply")
    pause = Pause(date(2014, 4, 1), date(2014, 4, 30))
    fact = Fact(sort=row.sort, key="1", words=row.words, days={"sent_on": Day(COUNTED_FROM)}, pauses=[pause])
    one = derived(fact, rule="wgad-reply")
    assert one.due_on == date(2014, 5, 30)
    assert "the clock stood still from 1 April 2014 to 30 April 2014" in one.working


def test_without_a_date_nothing_is_computed() -> None:
    one = derived(Fact(sort="isolation_placement", key="1", person="p"), rule="isolation-day-limit")
    assert one.due_on is None
    assert one.working == "The fact bears no date to count from."


def test_a_month_counts_as_its_last_day_and_says_so() -> None:
    fact = Fact(
        sort="proceeding", key="1", person="p", words={"kind": "hospitalisation"},
        days={"occurred_on": Day(date(2013, 8, 31), exact=False)},
    )  # fmt: skip
    one = derived(fact, rule="psychiatric-review")
    assert one.due_on == date(2014, 2, 28)
    assert one.working == "31 August 2013 at the latest + 6 months = 28 February 2014."
