"""Lets claims through the gates of their relays and hosts, and says when the others may ask again."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from sqlalchemy import select

from alerts.gates import admit
from service.commands.gate_rows import lock_gates, read_gates, write_gates
from service.records import Destination
from service.vocabulary import ChannelName

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from sqlalchemy.orm import Session

    from alerts.gates import Admission, Gate, Pace
    from service.commands.claims import Claim


@dataclass(frozen=True, slots=True)
class Room:
    """How many more one process can take for a gate; in how many seconds those beyond may ask again, and in how many
    more each after the one before it.
    """

    free: int
    wait_s: float = 0.0
    step_s: float = 0.0


@dataclass(frozen=True, slots=True)
class Ways:
    """The ways out of one process.

    `relays`: the gate keys of its mail relays with the pace of each, the preferred one first. `paces`: the pace of the
    gates of the other channels. `rooms`: how many more fit for each gate in use; `elsewhere`: for every other gate.
    """

    relays: Mapping[str, Pace | None] = field(default_factory=dict)
    paces: Mapping[ChannelName, Pace] = field(default_factory=dict)
    rooms: Mapping[str, Room] = field(default_factory=dict)
    elsewhere: Room | None = None


@dataclass(frozen=True, slots=True)
class Waiting:
    """A claim that must wait, and when (the database's clock) it may ask again."""

    claim: Claim
    again_at: datetime


@dataclass(frozen=True, slots=True)
class Sorted:
    """Claims that may leave, each with its ways, and claims that wait."""

    leaving: list[Claim] = field(default_factory=list)
    waiting: list[Waiting] = field(default_factory=list)

    def wait(self, claims: Sequence[Claim], again_at: datetime, *, step_s: float = 0.0) -> None:
        """Let these ask again one after the other."""
        for place, claim in enumerate(claims):
            self.waiting.append(Waiting(claim, again_at + timedelta(seconds=place * step_s)))


def pass_gates(session: Session, claims: Sequence[Claim], ways: Ways, *, lease_s: float, now: datetime) -> Sorted:
    """Sort claims by whether they may leave at `now`, the database's clock. The pace is used up for those that may."""
    done = Sorted()
    mail = [claim for claim in claims if claim.channel is ChannelName.EMAIL]
    if mail:
        _by_relay(session, mail, ways, lease_s, now, done)
    others = [claim for claim in claims if claim.channel is not ChannelName.EMAIL]
    if others:
        _by_host(session, others, ways, lease_s, now, done)
    return done


def _by_relay(session: Session, claims: list[Claim], ways: Ways, lease_s: float, now: datetime, done: Sorted) -> None:
    """The first relay that is not shut takes the mail; those open without a pace take over in the middle of a try."""
    if not ways.relays:
        done.leaving.extend(claims)
        return
    gates = _gates(session, ways.relays)
    spare = [
        key for key, pace in ways.relays.items() if not (pace or gates[key].is_shut(now) or gates[key].has_tripped)
    ]
    left, again_at = claims, now + timedelta(seconds=lease_s)
    for key, pace in ways.relays.items():
        admission = _admit(session, key, gates[key], len(left), pace, lease_s, now)
        for claim in left[: admission.admitted]:
            others = (other for other in spare if other != key)
            done.leaving.append(claim._replace(ways=(key, *others), is_probe=admission.is_probe))
        left = left[admission.admitted :]
        again_at = min(again_at, admission.again_at)
        if admission.admitted and not admission.is_probe:
            # its pace is used up: a relay that is slow on purpose is no reason to burden another
            done.wait(left, admission.again_at, step_s=admission.step_s)
            return
    done.wait(left, again_at)


def _by_host(session: Session, claims: list[Claim], ways: Ways, lease_s: float, now: datetime, done: Sorted) -> None:
    wanted = {claim.destination_id for claim in claims}
    rows = session.execute(select(Destination.id, Destination.gate_key).where(Destination.id.in_(wanted)))
    keys = {row.id: row.gate_key for row in rows}
    groups: dict[str, list[Claim]] = {}
    for claim in claims:
        # whose destination was erased in this very moment passes: the last look finds out
        groups.setdefault(keys.get(claim.destination_id, ""), []).append(claim)
    gates = _gates(session, {key: ways.paces.get(group[0].channel) for key, group in groups.items()})
    for key, group in groups.items():
        room = ways.rooms.get(key, ways.elsewhere) or Room(len(group))
        fitting, beyond = group[: room.free], group[room.free :]
        pace = ways.paces.get(group[0].channel)
        admission = _admit(session, key, gates[key], len(fitting), pace, lease_s, now)
        for claim in fitting[: admission.admitted]:
            done.leaving.append(claim._replace(ways=(key,), is_probe=admission.is_probe))
        again_at = max(admission.again_at, now + timedelta(seconds=room.wait_s + room.step_s))
        done.wait([*fitting[admission.admitted :], *beyond], again_at, step_s=max(admission.step_s, room.step_s))


def _gates(session: Session, paces: Mapping[str, Pace | None]) -> dict[str, Gate]:
    """How they stand; those that a claim changes, because they have a pace or let a probe pass, are locked."""
    gates = read_gates(session, paces)
    changing = [key for key, pace in paces.items() if key and (pace or gates[key].has_tripped)]
    return gates | lock_gates(session, changing)


def _admit(
    session: Session, key: str, gate: Gate, wanted: int, pace: Pace | None, lease_s: float, now: datetime
) -> Admission:
    admission = admit(gate, wanted, pace=pace, probe_s=lease_s, now=now)
    if admission.gate != gate:
        write_gates(session, {key: admission.gate}, reasons={})
    return admission
