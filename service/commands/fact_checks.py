"""What no fact may say: dates in the wrong order, and precisions that do not fit their dates.

Nothing is called impossible too early: a month ends before another date only if its last day does.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from service.errors import InvalidInput, Problem
from service.records import (
    Assertion,
    CareEvent,
    ClockPause,
    DetentionEpisode,
    IsolationPlacement,
    ParoleReview,
    Petition,
    Proceeding,
    Sentence,
)
from service.vocabulary import DatePrecision, ParoleDecision

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping
    from datetime import date

# Each date with its precision. A date that has none is known to the day.
PRECISIONS: Mapping[type[object], tuple[tuple[str, str], ...]] = {
    Assertion: (("occurred_on", "occurred_precision"),),
    CareEvent: (("occurred_on", "occurred_precision"),),
    DetentionEpisode: (("from_on", "from_precision"), ("until_on", "until_precision")),
    IsolationPlacement: (("from_on", "from_precision"),),
    Proceeding: (("occurred_on", "occurred_precision"),),
    Sentence: (("pronounced_on", "pronounced_precision"),),
    Petition: (("sent_on", "sent_precision"),),
}
# The second of two cannot lie before the first.
IN_ORDER: Mapping[type[object], tuple[tuple[str, str], ...]] = {
    CareEvent: (("requested_on", "occurred_on"),),
    DetentionEpisode: (("from_on", "until_on"),),
    IsolationPlacement: (("from_on", "until_on"),),
    Sentence: (("pronounced_on", "ends_on"),),
    ParoleReview: (("hearing_on", "decided_on"), ("decided_on", "appeal_by")),
    Petition: (("sent_on", "decided_on"), ("sent_on", "answered_on"), ("sent_on", "withdrawn_on")),
    ClockPause: (("from_on", "until_on"),),
}


def with_precisions(kind: type[object], stated: Mapping[str, Any]) -> dict[str, Any]:
    """The same, where a date that was stated without its precision is known to the day, and none is unknown."""
    whole = dict(stated)
    for day, precision in PRECISIONS.get(kind, ()):
        if day in whole and whole.get(precision) is None:
            whole[precision] = DatePrecision.UNKNOWN if whole[day] is None else DatePrecision.DAY
    return whole


def require_sound(fact: object, stated: Collection[str]) -> None:
    """Raise InvalidInput that names each field among those `stated` with which something is wrong.

    What was wrong before and is not touched is left alone: it may come from a case file, and waits for its own day.
    """
    problems = [
        *_precisions(fact, stated),
        *_orders(fact, stated),
        *(_petition(fact, stated) if isinstance(fact, Petition) else ()),
        *(_pause(fact, stated) if isinstance(fact, ClockPause) else ()),
        *(_review(fact, stated) if isinstance(fact, ParoleReview) else ()),
    ]
    if problems:
        raise InvalidInput(problems)


def _precisions(fact: object, stated: Collection[str]) -> Iterator[Problem]:
    for day, precision in PRECISIONS.get(type(fact), ()):
        if not {day, precision} & set(stated):
            continue
        is_unknown = getattr(fact, precision) is DatePrecision.UNKNOWN
        if getattr(fact, day) is None and not is_unknown:
            yield Problem(day, f"{precision} says how exactly this date is known, and there is none.")
        elif getattr(fact, day) is not None and is_unknown:
            yield Problem(precision, f"{day} is given: say whether it is known to the day, the month or the year.")


def _orders(fact: object, stated: Collection[str]) -> Iterator[Problem]:
    for begins, ends in IN_ORDER.get(type(fact), ()):
        first, last = _span(fact, begins), _span(fact, ends)
        if first is None or last is None or last[1] >= first[0]:
            continue
        if ends in stated:
            yield Problem(ends, f"This lies before {begins}.")
        elif begins in stated:
            yield Problem(begins, f"This lies after {ends}.")


def _span(fact: object, name: str) -> tuple[date, date] | None:
    """The first and the last day that the date can mean; None where it says nothing."""
    day = getattr(fact, name)
    precision = getattr(fact, dict(PRECISIONS.get(type(fact), ())).get(name, ""), DatePrecision.DAY)
    if day is None or precision is DatePrecision.UNKNOWN:
        return None
    return precision.earliest(day), precision.latest(day)


def _petition(petition: Petition, stated: Collection[str]) -> Iterator[Problem]:
    if {"reply_within_days", "reply_basis"} & set(stated):
        if petition.reply_within_days is not None and petition.reply_basis is None:
            yield Problem("reply_basis", "Say which law gives this term.")
        elif petition.reply_within_days is None and petition.reply_basis is not None:
            yield Problem("reply_within_days", "reply_basis names a law; say how many days it gives.")
    sent = _span(petition, "sent_on")
    if sent is not None and "sent_on" in stated and any(pause.from_on < sent[0] for pause in petition.pauses):
        yield Problem("sent_on", "A pause of this petition's clock began before this day.")


def _pause(pause: ClockPause, stated: Collection[str]) -> Iterator[Problem]:
    sent = _span(pause.petition, "sent_on")
    if "from_on" in stated and sent is not None and pause.from_on < sent[0]:
        yield Problem("from_on", "This lies before the day on which the petition was sent.")


def _review(review: ParoleReview, stated: Collection[str]) -> Iterator[Problem]:
    if {"decided_on", "decision"} & set(stated) and review.decided_on and review.decision is ParoleDecision.PENDING:
        yield Problem("decision", "decided_on is given: a review that was decided is not pending.")
