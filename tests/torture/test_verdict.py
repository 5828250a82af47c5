"""The verdict finds every fault that is planted in what receivers took."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

import pytest

from tests.torture.arguments import arguments_from
from tests.torture.campaign import CRASH, RANDOM, Evidence, plan
from tests.torture.points import POINTS
from tests.torture.receipts import Book, Receipt, read, was_taken
from tests.torture.verdict import Verdict, judge

if TYPE_CHECKING:
    import random
    from pathlib import Path

MAIL = ("TOR-2099-0001", "kz-email-0")
HOOK = ("TOR-2099-0001", "kz-webhook-0")
SLACK = ("TOR-2099-0001", "kz-slack-0")
ROOM = ("TOR-2099-0001", "kz-matrix-0")
ALERTS = {"an alert": "TOR-2099-0001"}


def taken(pair: tuple[str, str], **other: Any) -> Receipt:
    case, reader = pair
    channel = reader.split("-")[1]
    about = "an alert" if channel == "webhook" else case
    key = "" if channel == "slack" else f"the key for {reader}"
    said: dict[str, Any] = {"at": 0.0, "channel": channel, "destination": reader, "about": about, "key": key}
    return Receipt(**said | other)


ALL = [taken(pair) for pair in (MAIL, HOOK, SLACK, ROOM)]


def judged(receipts: list[Receipt], **other: Any) -> Verdict:
    in_flight = Counter(other.pop("in_flight", []))
    given: dict[str, Any] = {
        "expected": {MAIL, HOOK, SLACK, ROOM}, "alerts": ALERTS, "states": {"accepted": 4}, "strangers": [], "fallen": [],
    }  # fmt: skip
    evidence = other.pop("evidence", None) or Evidence(Counter({RANDOM: 1}), in_flight)
    return judge(evidence, receipts=receipts, **given | other)


def test_what_was_owed_and_came_once_holds() -> None:
    verdict = judged(ALL)
    assert verdict.broken == []
    assert verdict.figures["received"] == verdict.figures["expected"] == 4


def test_a_repeat_of_what_was_in_flight_holds() -> None:
    again = [taken(MAIL), taken(SLACK, marked=True), taken(ROOM, shown=False)]
    verdict = judged(ALL + again, in_flight=[MAIL, SLACK, ROOM])
    assert verdict.broken == []
    assert verdict.figures["repeats"] == 3
    assert verdict.figures["matrix_repeats_folded"] == 1


@pytest.mark.parametrize(
    ("fault", "receipts", "other"),
    [
        ("1 lost: TOR-2099-0001 to kz-matrix-0", ALL[:3], {}),
        ("1 nobody was owed: TOR-2099-0009 to kz-email-0", [*ALL, taken(MAIL, about="TOR-2099-0009", key="x")], {}),
        ("1 repeated without having been in flight", [*ALL, taken(MAIL)], {}),
        ("1 repeated without having been in flight", [*ALL, taken(MAIL), taken(MAIL)], {"in_flight": [MAIL]}),
        ("1 repeated with another key", [*ALL, taken(MAIL, key="another")], {"in_flight": [MAIL]}),
        ("2 repeated with another key", [*ALL[:2], taken(SLACK), taken(ROOM, key=ALL[0].key)], {}),
        ("1 shown twice in a Matrix room", [*ALL, taken(ROOM)], {"in_flight": [ROOM]}),
        ("1 repeated in Slack without saying so", [*ALL, taken(SLACK)], {"in_flight": [SLACK]}),
        ("1 announced twice", ALL, {"alerts": ALERTS | {"again": "TOR-2099-0001"}}),
        ("1 with a wrong signature", [*ALL[1:], taken(MAIL, genuine=False)], {}),
        ("1 point never reached", ALL, {"evidence": Evidence(not_reached=["before the first byte"])}),
        ("1 worker that fell by itself: exit 1", ALL, {"fallen": [1]}),
        ("1 worker nobody knows", ALL, {"strangers": ["host:01234567"]}),
        ("1 still owed at the end: 3", ALL, {"evidence": Evidence(still_owed=3)}),
        ("1 not accepted in the end: 2 dead", ALL, {"states": {"accepted": 2, "dead": 2}}),
    ],
)
def test_a_fault_is_named(fault: str, receipts: list[Receipt], other: dict[str, Any]) -> None:
    verdict = judged(receipts, **other)
    assert not verdict.holds
    assert any(one.startswith(fault) for one in verdict.broken)


def test_a_receipt_is_read_as_it_was_written(tmp_path: Path) -> None:
    file = tmp_path / "slack.receipts"
    Book(file, "slack").write("kz-slack-0", "TOR-2099-0001", "", marked=True)
    Book(file, "slack").write("kz-slack-1", "TOR-2099-0001", "a key", shown=False, genuine=False)
    first, second = read(file)
    assert (first.destination, first.marked, first.shown, first.genuine) == ("kz-slack-0", True, True, True)
    assert (second.key, second.marked, second.shown, second.genuine) == ("a key", False, False, False)
    assert was_taken(file, "a key")
    assert not was_taken(file, "another")


def test_every_fourth_kill_is_at_a_named_point(chance: random.Random) -> None:
    events = plan(arguments_from(["--kills", "80"]), chance)
    assert [number % 4 == 3 for number in range(80)] == [what in POINTS for what in events]
    assert set(events) == {RANDOM, *POINTS}


def test_the_database_crashes_as_often_as_was_asked(chance: random.Random) -> None:
    words = ["--engine", "postgresql", "--points", "--kills", "11", "--database-crashes", "3"]
    events = Counter(plan(arguments_from(words), chance))
    assert events == Counter(POINTS.keys()) + Counter({CRASH: 3})


def test_sqlite_has_no_server_to_crash(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        arguments_from(["--database-crashes", "1"])
    assert "SQLite has no server" in capsys.readouterr().err
