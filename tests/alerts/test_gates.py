"""A gate lets through what its pace allows, shuts after failures, and opens by one probe."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alerts.gates import (
    FAILURES_THAT_SHUT,
    FIRST_SHUT_S,
    LONGEST_SHUT_S,
    Gate,
    Pace,
    admit,
    after_failure,
    after_success,
    after_wish,
)

NOW = datetime(2014, 11, 20, 9, 0, tzinfo=UTC)
PROBE_S = 50.0


def later(seconds: float) -> datetime:
    return NOW + timedelta(seconds=seconds)


def failed(times: int, gate: Gate | None = None, *, now: datetime = NOW, was_probe: bool = False) -> Gate:
    gate = gate or Gate()
    for _ in range(times):
        gate = after_failure(gate, now=now, was_probe=was_probe)
    return gate


def test_an_open_gate_without_a_pace_lets_everything_pass() -> None:
    admission = admit(Gate(), 500, pace=None, probe_s=PROBE_S, now=NOW)
    assert (admission.admitted, admission.gate, admission.is_probe) == (500, Gate(), False)


def test_nothing_passes_a_shut_gate_and_all_may_ask_when_it_opens() -> None:
    admission = admit(Gate(shut_until=later(60)), 3, pace=None, probe_s=PROBE_S, now=NOW)
    assert (admission.admitted, admission.again_at) == (0, later(60))


def test_four_failures_are_bad_luck_and_the_fifth_shuts_for_half_a_minute() -> None:
    assert not failed(FAILURES_THAT_SHUT - 1).is_shut(NOW)
    shut = failed(FAILURES_THAT_SHUT)
    assert shut.shut_until == later(FIRST_SHUT_S)


def test_what_was_on_its_way_when_it_shut_says_nothing_new() -> None:
    assert failed(200) == failed(FAILURES_THAT_SHUT)


def test_one_probe_passes_a_tripped_gate_and_the_others_wait_for_it() -> None:
    at = later(FIRST_SHUT_S)
    first = admit(failed(FAILURES_THAT_SHUT), 10, pace=None, probe_s=PROBE_S, now=at)
    assert (first.admitted, first.is_probe) == (1, True)
    second = admit(first.gate, 10, pace=None, probe_s=PROBE_S, now=at)
    assert (second.admitted, second.again_at) == (0, at + timedelta(seconds=PROBE_S))


def test_a_probe_whose_process_died_is_followed_by_another() -> None:
    lost = admit(failed(FAILURES_THAT_SHUT), 1, pace=None, probe_s=PROBE_S, now=later(FIRST_SHUT_S)).gate
    again = admit(lost, 1, pace=None, probe_s=PROBE_S, now=later(FIRST_SHUT_S + PROBE_S))
    assert again.is_probe


def test_asking_without_a_wish_to_pass_costs_no_probe() -> None:
    tripped = failed(FAILURES_THAT_SHUT)
    assert admit(tripped, 0, pace=None, probe_s=PROBE_S, now=later(FIRST_SHUT_S)).gate == tripped


def test_each_failed_probe_shuts_twice_as_long_up_to_a_quarter_of_an_hour() -> None:
    gate, waits = failed(FAILURES_THAT_SHUT), []
    for _ in range(40):
        gate = after_failure(gate, now=NOW, was_probe=True)
        assert gate.shut_until is not None
        waits.append((gate.shut_until - NOW).total_seconds())
    assert waits[:5] == [60, 120, 240, 480, LONGEST_SHUT_S]
    assert set(waits[5:]) == {LONGEST_SHUT_S}


def test_a_success_closes_the_circuit() -> None:
    assert after_success(failed(FAILURES_THAT_SHUT)) == Gate()
    assert after_success(failed(FAILURES_THAT_SHUT - 1)) == Gate()


def test_a_success_that_was_on_its_way_does_not_undo_what_the_host_asked_for() -> None:
    asked = after_wish(Gate(), 60, now=NOW)
    assert after_success(asked).shut_until == later(60)


def test_a_host_is_left_alone_for_as_long_as_it_asks_but_nobody_can_shut_it_for_a_day() -> None:
    assert after_wish(Gate(), 60, now=NOW).shut_until == later(60)
    assert after_wish(Gate(), 86_400, now=NOW).shut_until == later(LONGEST_SHUT_S)
    assert after_wish(Gate(shut_until=later(300)), 60, now=NOW).shut_until == later(300)


def test_those_beyond_the_pace_wait_one_after_the_other() -> None:
    admission = admit(Gate(), 5, pace=Pace(interval_s=2.0, burst=3), probe_s=PROBE_S, now=NOW)
    assert (admission.admitted, admission.again_at, admission.step_s) == (3, later(2.0), 2.0)


@pytest.mark.parametrize("burst", [1, 3, 10])
def test_whoever_asks_again_at_their_turn_passes(burst: int) -> None:
    pace = Pace(interval_s=1.0, burst=burst)
    admission = admit(Gate(), 20, pace=pace, probe_s=PROBE_S, now=NOW)
    gate = admission.gate
    for place in range(20 - admission.admitted):
        at = admission.again_at + timedelta(seconds=place * admission.step_s)
        turn = admit(gate, 1, pace=pace, probe_s=PROBE_S, now=at)
        assert turn.admitted == 1
        gate = turn.gate


@given(
    interval_ms=st.integers(1, 5_000),
    burst=st.integers(1, 50),
    asks=st.lists(st.tuples(st.integers(0, 20_000), st.integers(0, 200)), max_size=40),
)
def test_no_span_of_time_ever_sees_more_than_the_pace_allows(
    interval_ms: int, burst: int, asks: list[tuple[int, int]]
) -> None:
    pace, gate, now = Pace(interval_ms / 1000, burst), Gate(), NOW
    passed: list[datetime] = []
    for wait_ms, wanted in asks:
        now += timedelta(milliseconds=wait_ms)
        admission = admit(gate, wanted, pace=pace, probe_s=PROBE_S, now=now)
        assert 0 <= admission.admitted <= wanted
        assert admission.again_at >= now
        gate = admission.gate
        passed += [now] * admission.admitted
    step = timedelta(milliseconds=interval_ms)
    for first, start in enumerate(passed):
        for last in range(first, len(passed)):
            assert last - first + 1 <= burst + (passed[last] - start) / step
