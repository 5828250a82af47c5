"""The verdict: holds what was owed against what receivers took, and says what does not hold."""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping, Sequence

    from tests.torture.campaign import Evidence
    from tests.torture.load import Pair
    from tests.torture.receipts import Receipt

MOST_EXAMPLES = 5


@dataclass(frozen=True)
class Verdict:
    """The figures of a run, and everything that does not hold, with examples."""

    figures: Mapping[str, Any]
    broken: Sequence[str] = field(default_factory=tuple)

    @property
    def holds(self) -> bool:
        """Whether every promise was kept."""
        return not self.broken


def judge(
    evidence: Evidence,
    *,
    expected: Collection[Pair],
    receipts: Sequence[Receipt],
    alerts: Mapping[str, str],
    states: Mapping[str, int],
    strangers: Collection[str],
    fallen: Sequence[int | None],
) -> Verdict:
    """Judge a run.

    `alerts` are the cases by alert, `states` of all deliveries; `strangers` are workers that claimed something and were
    never heard of, so that what they had in flight is not counted; `fallen` are the exit codes of those that ended by
    themselves.
    """
    by_pair = _by_pair(receipts, alerts)
    repeats = Counter({pair: len(taken) - 1 for pair, taken in by_pair.items() if len(taken) > 1})
    in_flight = evidence.in_flight + evidence.in_flight_at_crashes
    kills, at_kills, at_crashes = evidence.kills, evidence.in_flight, evidence.in_flight_at_crashes
    lost = sorted(set(expected) - by_pair.keys())
    broken = [
        _must_be_none("lost", lost),
        _must_be_none("nobody was owed", sorted(by_pair.keys() - set(expected))),
        _must_be_none("repeated with another key", _with_another_key(by_pair)),
        _must_be_none("repeated without having been in flight", (repeats - in_flight).keys()),
        _must_be_none("shown twice in a Matrix room", _shown_twice(by_pair)),
        _must_be_none("repeated in Slack without saying so", _unmarked(by_pair)),
        _must_be_none("announced twice", _twice(alerts.values())),
        _must_be_none("with a wrong signature", [one.key for one in receipts if not one.genuine]),
        _must_be_none("point never reached", evidence.not_reached),
        _must_be_none("worker that fell by itself", [f"exit {code}" for code in fallen]),
        _must_be_none("worker nobody knows", strangers),
        _must_be_none("still owed at the end", [evidence.still_owed] if evidence.still_owed else []),
        _must_be_none("not accepted in the end", [f"{n} {s}" for s, n in states.items() if s != "accepted"]),
    ]
    figures = {
        "kills": kills.total(),
        "kills_at": dict(sorted(kills.items())),
        "killed_in_flight": at_kills.total(),
        "database_crashes": evidence.crashes,
        "in_flight_at_crashes": at_crashes.total(),
        "expected": len(expected),
        "received": len(by_pair),
        "lost": len(lost),
        "messages": len(receipts),
        "repeats": repeats.total(),
        "repeats_with_another_key": len(_with_another_key(by_pair)),
        "repeats_not_in_flight": (repeats - in_flight).total(),
        "matrix_repeats_folded": sum(not one.shown for one in receipts),
        "matrix_shown_twice": len(_shown_twice(by_pair)),
        "slack_repeats": sum(n for pair, n in repeats.items() if by_pair[pair][0].channel == "slack"),
        "slack_repeats_unmarked": len(_unmarked(by_pair)),
        "announced_twice": len(_twice(alerts.values())),
    }
    return Verdict(figures, [fault for fault in broken if fault])


def _by_pair(receipts: Iterable[Receipt], alerts: Mapping[str, str]) -> dict[Pair, list[Receipt]]:
    found: dict[Pair, list[Receipt]] = defaultdict(list)
    for receipt in receipts:
        # A webhook names its alert, everybody else the case.
        found[alerts.get(receipt.about, receipt.about), receipt.destination].append(receipt)
    return dict(found)


def _with_another_key(by_pair: Mapping[Pair, Sequence[Receipt]]) -> list[Pair]:
    """Pairs whose repeats have different keys, or that share a key with another pair."""
    bearers = Counter(key for taken in by_pair.values() for key in {one.key for one in taken} if key)
    return [
        pair
        for pair, taken in sorted(by_pair.items())
        if len({one.key for one in taken}) > 1 or bearers[taken[0].key] > 1
    ]


def _shown_twice(by_pair: Mapping[Pair, Sequence[Receipt]]) -> list[Pair]:
    return [
        pair
        for pair, taken in sorted(by_pair.items())
        if taken[0].channel == "matrix" and sum(one.shown for one in taken) > 1
    ]


def _unmarked(by_pair: Mapping[Pair, Sequence[Receipt]]) -> list[Pair]:
    return [
        pair
        for pair, taken in sorted(by_pair.items())
        if taken[0].channel == "slack" and not all(one.marked for one in taken[1:])
    ]


def _twice(cases: Iterable[str]) -> list[str]:
    return [case for case, count in sorted(Counter(cases).items()) if count > 1]


def _must_be_none(what: str, found: Collection[object]) -> str:
    if not found:
        return ""
    examples = ", ".join(map(_plain, list(found)[:MOST_EXAMPLES]))
    return f"{len(found)} {what}: {examples}{', …' if len(found) > MOST_EXAMPLES else ''}"


def _plain(one: object) -> str:
    return " to ".join(map(str, one)) if isinstance(one, tuple) else str(one)
