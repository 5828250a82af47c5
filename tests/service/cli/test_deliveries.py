"""`vigil deliveries` lists, shows and queues again; it names no address."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import select, update

from alerts.facts import EmailAddress
from service.cli.opening import opened
from service.cli.speaking import ExitCode
from service.commands.retry_deliveries import MOST_AT_ONCE
from service.records import Attempt, AuditEntry, Case, Delivery, Destination, FollowUp
from service.vocabulary import AttemptOutcome, DeliveryState, DestinationState, FollowUpState
from tests.conftest import SECRET_KEY
from tests.factories import make_case, make_destination, make_follow_up, make_subscription

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.service.cli.conftest import Said

    Vigil = Callable[..., Said]

GONE = "The server says that it is gone (status 410)."
LONG_AGO = datetime(2020, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Installation:
    """Two cases that were announced: of the first there are three deliveries, of the second there is one."""

    vigil: Vigil
    references: tuple[str, str]
    ids: tuple[int, ...]

    def __call__(self, *arguments: object) -> Said:
        """Run one command of the family."""
        return self.vigil("deliveries", *arguments)

    def json(self, *arguments: object) -> dict[str, Any]:
        """What the command says as one object."""
        said: dict[str, Any] = json.loads(self(*arguments, "--json").out)
        return said


@pytest.fixture
def owed(vigil: Vigil, database_url: str, monkeypatch: pytest.MonkeyPatch) -> Installation:
    """The installation on either engine; what it owes was given up, but for the last, which was accepted."""
    monkeypatch.setenv("VIGIL_DATABASE_URL", database_url)
    monkeypatch.setenv("VIGIL_SECRET_KEY", SECRET_KEY)
    with opened() as parts, parts.writing.begin() as session:
        cases = [make_case(session) for _ in range(2)]
        for case in cases:
            make_follow_up(session, case)
        for number in range(3):
            address = EmailAddress(f"hidden-reader-{number}@example.org")
            destination = make_destination(session, parts.vault, address=address, label="Team" if number else "")
            make_subscription(session, parts.vault, case=cases[0], destination=destination)
        make_subscription(session, parts.vault, case=cases[1])
        references = cases[0].reference, cases[1].reference
    assert vigil("check").code == 0
    with opened() as parts, parts.writing.begin() as session:
        ids = tuple(session.scalars(select(Delivery.id).order_by(Delivery.alert_id, Delivery.id)))
        given_up = {"open": False, "finished_at": LONG_AGO, "attempts": 1}
        session.execute(update(Delivery).values(state=DeliveryState.DEAD, reason=GONE, **given_up))
        session.execute(
            update(Delivery).where(Delivery.id == ids[-1]).values(state=DeliveryState.ACCEPTED, reason=None)
        )
        session.add(
            Attempt(
                delivery_id=ids[0], n=1, started_at=LONG_AGO, outcome=AttemptOutcome.REFUSED_FOR_GOOD, code=410,
                reason=GONE, worker="tests",
            )
        )  # fmt: skip
    return Installation(vigil, references, ids)


def states(owed: Installation) -> list[str]:
    """Where each delivery stands, in the order of the installation's ids."""
    found = {one["id"]: one["state"] for one in owed.json("list")["deliveries"]}
    return [found[one] for one in owed.ids]


def test_the_list_names_state_and_reason_and_masks_addresses(owed: Installation) -> None:
    said = owed("list")
    assert said.code == 0
    assert said.out.count(GONE) == 3
    assert "accepted" in said.out
    assert owed.references[0] in said.out
    assert "Team" in said.out
    assert "h…@example.org" in said.out
    assert "hidden-reader" not in said.out + said.err + owed("list", "--json").out


def test_the_list_is_narrowed_by_state_case_destination_and_time(owed: Installation) -> None:
    def chosen(*arguments: object) -> list[int]:
        return sorted(one["id"] for one in owed.json("list", *arguments)["deliveries"])

    with opened() as parts, parts.writing.begin() as session:
        to = session.scalars(select(Delivery.destination_id).where(Delivery.id == owed.ids[1])).one()
        session.execute(update(Delivery).where(Delivery.id == owed.ids[2]).values(finished_at=datetime.now(UTC)))
    assert chosen("--state", "dead") == sorted(owed.ids[:3])
    assert chosen("--case", owed.references[1]) == [owed.ids[3]]
    assert chosen("--destination", to) == [owed.ids[1]]
    assert chosen("--since", "2025-01-01T00:00:00Z") == [owed.ids[2]]
    assert chosen("--limit", 2) == sorted(owed.ids)[-2:]
    assert owed("list", "--case", "ABC-1999-001").code == ExitCode.FAILED
    assert owed("list", "--since", "yesterday").code == ExitCode.USAGE


def test_one_is_shown_with_its_tries_and_how_to_send_it_again(owed: Installation) -> None:
    shown = owed("show", owed.ids[0])
    assert shown.code == 0
    assert "refused_for_good\t410" in shown.out
    assert f"vigil deliveries retry {owed.ids[0]}" in shown.err
    [attempt] = owed.json("show", owed.ids[0])["tries"]
    assert (attempt["n"], attempt["code"], attempt["reason"]) == (1, 410, GONE)
    assert "retry" not in owed("show", owed.ids[3]).err
    assert owed("show", 999_999).code == ExitCode.FAILED


def test_named_ones_are_queued_again(owed: Installation) -> None:
    said = owed("retry", owed.ids[0], owed.ids[2], owed.ids[0])
    assert (said.code, said.out, said.err) == (0, "", "2 queued again, 0 not.\n")
    assert states(owed) == ["queued", "dead", "queued", "accepted"]
    with opened() as parts, parts.reading() as session:
        entries = session.scalars(select(AuditEntry).where(AuditEntry.action == "retry")).all()
        assert [(one.actor, one.record_id) for one in entries] == [
            ("command line", str(one)) for one in sorted((owed.ids[0], owed.ids[2]))
        ]


def test_what_is_not_queued_is_named_with_the_reason(owed: Installation) -> None:
    with opened() as parts, parts.writing.begin() as session:
        to = session.scalars(select(Delivery.destination_id).where(Delivery.id == owed.ids[1])).one()
        session.execute(update(Destination).where(Destination.id == to).values(state=DestinationState.DISABLED))
    said = owed("retry", owed.ids[0], owed.ids[1], owed.ids[3], 999_999)
    assert said.code == ExitCode.FINDINGS
    assert said.err == "1 queued again, 3 not.\n"
    assert f"{owed.ids[1]}\tThe destination is switched off." in said.out
    assert f"{owed.ids[3]}\tThe receiving server has accepted it" in said.out
    assert "999999\tThere is no such delivery." in said.out


def test_a_second_time_queues_nothing_and_fails(owed: Installation) -> None:
    assert owed("retry", owed.ids[0]).code == 0
    again = owed("retry", owed.ids[0], "--json")
    assert again.code == ExitCode.FAILED
    assert json.loads(again.out) == {
        "schema": 1, "dry_run": False, "queued": [],
        "refused": [{"id": owed.ids[0], "reason": "It waits for its next try already."}],
    }  # fmt: skip


def test_all_of_a_state_are_queued_again_and_what_no_longer_stands_is_counted(owed: Installation) -> None:
    with opened() as parts, parts.writing.begin() as session:
        session.execute(update(Delivery).where(Delivery.id == owed.ids[3]).values(state=DeliveryState.HELD))
    assert sorted(owed.json("retry", "--state", "dead")["queued"]) == sorted(owed.ids[:3])
    assert states(owed) == ["queued", "queued", "queued", "held"]
    with opened() as parts, parts.writing.begin() as session:
        session.execute(update(FollowUp).values(state=FollowUpState.DONE))
    said = owed("retry", "--case", owed.references[1])
    assert (said.code, said.err) == (ExitCode.FAILED, "0 queued again, 1 not.\n")
    assert "The follow-up is done." in said.out


def test_a_rehearsal_says_what_would_be_queued_and_queues_nothing(owed: Installation) -> None:
    said = owed("retry", "--state", "dead", "--dry-run")
    assert (said.code, said.err) == (0, "3 would be queued again, 0 not.\n")
    assert states(owed) == ["dead", "dead", "dead", "accepted"]
    with opened() as parts, parts.reading() as session:
        assert session.scalars(select(AuditEntry).where(AuditEntry.action == "retry")).all() == []


def test_however_many_are_chosen_each_is_queued_once(owed: Installation) -> None:
    with opened() as parts, parts.writing.begin() as session:
        case_id = session.scalars(select(Case.id).where(Case.reference == owed.references[1])).one()
        delivery = session.get_one(Delivery, owed.ids[3])
        for _ in range(MOST_AT_ONCE + 10):
            to = make_destination(session, parts.vault)
            listens = make_subscription(session, parts.vault, case=session.get_one(Case, case_id), destination=to)
            session.add(
                Delivery(
                    alert_id=delivery.alert_id, destination_id=to.id, subscription_id=listens.id, channel=to.channel,
                    language="en", time_zone="UTC", tier=delivery.tier, state=DeliveryState.DEAD, open=False,
                    due_at=LONG_AGO,
                )
            )  # fmt: skip
    queued = owed.json("retry", "--state", "dead", "--case", owed.references[1])["queued"]
    assert len(queued) == len(set(queued)) == MOST_AT_ONCE + 10
    assert owed.json("retry", "--state", "dead", "--case", owed.references[1])["queued"] == []


def test_nothing_to_queue_is_no_failure(owed: Installation) -> None:
    said = owed("retry", "--state", "held")
    assert (said.code, said.err) == (0, "0 queued again, 0 not.\n")


@pytest.mark.parametrize(
    "arguments",
    [(), ("--dry-run",), ("1", "--state", "dead"), ("--state", "accepted"), ("--state", "queued"), ("none",), ("0",)],
)
def test_what_is_meant_must_be_said(arguments: tuple[str, ...], owed: Installation) -> None:
    assert owed("retry", *arguments).code == ExitCode.USAGE
    assert states(owed) == ["dead", "dead", "dead", "accepted"]
