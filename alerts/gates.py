"""When a host or a relay may be written to: its pace, its circuit, and what it asked for itself."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

# So many failures in a row are no accident; then one probe at a time finds out whether it is over.
FAILURES_THAT_SHUT = 5
FIRST_SHUT_S = 30.0
# Nobody is kept waiting longer than this on one host's word: many may share a host, and one of them may be malicious.
LONGEST_SHUT_S = 15 * 60.0


@dataclass(frozen=True, slots=True)
class Pace:
    """At most `burst` at once, then one more every `interval_s` seconds."""

    interval_s: float
    burst: int = 1


@dataclass(frozen=True, slots=True)
class Gate:
    """How one gate stands; the instants are all of one clock.

    Nothing passes before `shut_until`. `paced_until` is how far the pace is used up: the theoretical arrival time of the
    generic cell rate algorithm (ITU-T I.371). `failures` counts those in a row.
    """

    paced_until: datetime | None = None
    shut_until: datetime | None = None
    failures: int = 0

    def is_shut(self, now: datetime) -> bool:
        """Whether nothing may pass at `now`."""
        return self.shut_until is not None and self.shut_until > now

    @property
    def has_tripped(self) -> bool:
        """Whether it shut because of failures, so that only a probe may pass."""
        return self.failures >= FAILURES_THAT_SHUT


@dataclass(frozen=True, slots=True)
class Admission:
    """How many may pass now, the gate thereafter, and when the others may ask again, one every `step_s` seconds."""

    admitted: int
    gate: Gate
    again_at: datetime
    step_s: float = 0.0
    is_probe: bool = False


def admit(gate: Gate, wanted: int, *, pace: Pace | None, probe_s: float, now: datetime) -> Admission:
    """Let up to `wanted` pass at `now`.

    A tripped gate lets one probe pass and stays shut for `probe_s` seconds, the longest that a try can take, so that a
    probe whose process dies is followed by another.
    """
    step_s = pace.interval_s if pace else 0.0
    if gate.shut_until is not None and gate.shut_until > now:
        return Admission(0, gate, gate.shut_until, step_s)
    if not wanted:
        return Admission(0, gate, now, step_s)
    if gate.has_tripped:
        until = now + timedelta(seconds=probe_s)
        return Admission(1, replace(gate, shut_until=until), until, step_s, is_probe=True)
    if pace is None:
        return Admission(wanted, gate, now)
    return _paced(gate, wanted, pace, now)


def after_success(gate: Gate) -> Gate:
    """The gate after something was accepted: the circuit closes; what the host asked for itself still holds."""
    return replace(gate, failures=0, shut_until=None if gate.has_tripped else gate.shut_until)


def after_failure(gate: Gate, *, now: datetime, was_probe: bool) -> Gate:
    """The gate after one more failure: the fifth in a row shuts it for 30 s, each failed probe for twice as long.

    What was on its way when it shut says nothing new.
    """
    if gate.has_tripped and not was_probe:
        return gate
    failures = gate.failures + 1
    if failures < FAILURES_THAT_SHUT:
        return replace(gate, failures=failures)
    # The exponent is bounded before the power is taken: failures go on for as long as a host is away.
    doublings = min(failures - FAILURES_THAT_SHUT, 16)
    shut_s = min(FIRST_SHUT_S * 2**doublings, LONGEST_SHUT_S)
    return Gate(gate.paced_until, now + timedelta(seconds=shut_s), failures)


def after_wish(gate: Gate, wait_s: float, *, now: datetime) -> Gate:
    """The gate after its host asked to be left alone for `wait_s` seconds: obeyed up to 15 minutes."""
    until = now + timedelta(seconds=min(wait_s, LONGEST_SHUT_S))
    return replace(gate, shut_until=max(gate.shut_until or until, until))


def _paced(gate: Gate, wanted: int, pace: Pace, now: datetime) -> Admission:
    step = timedelta(seconds=pace.interval_s)
    used_up_to = max(gate.paced_until or now, now)
    room = now + (pace.burst - 1) * step - used_up_to
    admitted = max(0, min(wanted, room // step + 1))
    used_up_to += admitted * step
    again_at = max(now, used_up_to - (pace.burst - 1) * step)
    return Admission(admitted, replace(gate, paced_until=used_up_to), again_at, pace.interval_s)
