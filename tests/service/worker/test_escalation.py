"""When it is late, the members who must act are told, each once; and nobody is told what is quiet or in hand."""

from __future__ import annotations

import asyncio
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import delete, func, select, update

from alerts.facts import EmailAddress, Level, Tier
from alerts.follow_up_kinds import kind_named
from alerts.messages import Mail
from service.commands.audience import owed
from service.commands.follow_ups import complete, move
from service.commands.member_mail import set_mailbox
from service.commands.responsibility import acknowledge, hand_over, reassign
from service.commands.snoozes import snooze, wake
from service.commands.tell_again import untold_again
from service.commands.tell_corrected import uncorrected
from service.queries.completeness import completeness
from service.records import Alert, Delivery, Destination, FollowUp, Grant, Member, Person
from service.vocabulary import Access, AlertKind, Cadence, DeliveryState, Role
from service.worker.jobs import check_overdue, close_ended_digests
from service.worker.running import run_until_drained
from tests import factories
from tests.service.api.calling import make_member

if TYPE_CHECKING:
    from collections.abc import Callable

    from sqlalchemy.orm import Session

    from service.records import Case
    from tests.service.worker.conftest import Worker

# Days of a reply that is due on 10 November 2014 in Almaty, at noon there.
DUE, OVERDUE, VERY_OVERDUE, CRITICAL = (
    datetime(2014, *day, 6, tzinfo=UTC) for day in ((11, 10), (11, 11), (11, 25), (12, 10))
)


class Office:
    """Alice owns the case, Bob stands in, Dora coordinates, Carl only reads, Erin coordinates something else."""

    def __init__(self, worker: Worker) -> None:
        self.worker = worker
        worker.clock.at = datetime(2014, 11, 1, tzinfo=UTC)
        with worker.writing.begin() as session:
            case = factories.make_case(session, title="Dana Sample, teacher")
            factories.make_follow_up(
                session, case, kind="chronic_review", title="The heart of Dana", due_on=date(2014, 11, 10),
                thresholds=kind_named("complaint_reply").thresholds, tier=Tier.RESTRICTED,
            )  # fmt: skip
            members = {
                "alice": make_member(session, "alice", cases=[case]),
                "bob": make_member(session, "bob", cases=[case]),
                "carl": make_member(session, "carl", role=Role.OBSERVER, cases=[case], access=Access.READ),
                "dora": make_member(session, "dora", role=Role.COORDINATOR, all_cases=Access.WRITE),
                "erin": make_member(session, "erin", role=Role.COORDINATOR),
            }
            for name, member in members.items():
                set_mailbox(session, member, address=f"{name}@example.org", language="en", time_zone="UTC", **self.by)
            hand_over(session, case, owner=members["alice"], **self.by)
            follow_up = session.scalars(select(FollowUp)).one()
            reassign(session, follow_up, owner=None, backup=members["bob"], reason="A rule of ours.", **self.by)
            factories.make_subscription(session, worker.vault, case=case, tier=Tier.RESTRICTED)

    @property
    def by(self) -> dict[str, Any]:
        return {"now": self.worker.clock.now(), "by": "alice", "vault": self.worker.vault}

    def change(self, deed: Callable[[Session, FollowUp], object]) -> None:
        with self.worker.writing.begin() as session:
            deed(session, session.scalars(select(FollowUp)).one())

    def member(self, session: Session, name: str) -> Member:
        return session.scalars(select(Member).where(Member.name == name)).one()

    def check(self, at: datetime) -> None:
        self.worker.clock.at = at
        check_overdue(self.worker)

    def send(self) -> list[str]:
        """Send what is due; to whom of the office, and "reader" for the follower."""
        before = len(self.worker.post.sent)
        asyncio.run(run_until_drained(self.worker, channels=self.worker.post.channels()))
        told = [one.address for one in self.worker.post.sent[before:]]
        names = [one.address.partition("@")[0] for one in told if isinstance(one, EmailAddress)]
        return sorted("reader" if name.startswith("reader") else name for name in names)

    def told_at(self, at: datetime) -> list[str]:
        self.check(at)
        return self.send()

    def missing(self) -> list[str]:
        with self.worker.reading() as session:
            found = completeness(
                session, now=self.worker.clock.now(), owed=owed, owed_again=untold_again, uncorrected=uncorrected
            )
            return [str(one) for one in found.missing]

    def acknowledge(self, level: Level) -> None:
        self.change(
            lambda session, one: acknowledge(
                session, one, due_revision=one.due_revision, level=level, member=self.member(session, "alice"),
                **self.by,
            )
        )  # fmt: skip

    def snooze(self, until: date) -> None:
        self.change(
            lambda session, one: snooze(
                session, one, until=until, reason="They promised.", member=self.member(session, "alice"), **self.by
            )
        )


@pytest.fixture
def office(worker: Worker) -> Office:
    """One case, one date, five members with mailboxes."""
    return Office(worker)


def test_the_owner_is_told_first_then_the_backup_then_coordinators_who_may_read_the_case(office: Office) -> None:
    assert office.told_at(datetime(2014, 11, 3, 6, tzinfo=UTC)) == ["reader"]
    assert office.told_at(DUE) == ["alice", "reader"]
    assert office.told_at(OVERDUE) == ["alice", "reader"]
    assert office.told_at(VERY_OVERDUE) == ["alice", "bob", "reader"]
    assert office.told_at(CRITICAL) == ["alice", "bob", "dora", "reader"]
    assert office.told_at(CRITICAL + timedelta(days=9)) == []
    assert office.missing() == []


def test_after_an_outage_each_is_told_once_of_the_level_reached(office: Office) -> None:
    assert office.told_at(CRITICAL) == ["alice", "bob", "dora", "reader"]


def test_the_mail_says_what_it_is_to_staff_and_its_subject_names_neither_person_nor_illness(office: Office) -> None:
    office.told_at(VERY_OVERDUE)
    mail = next(one for one in office.worker.post.sent if one.address == EmailAddress("alice@example.org"))
    assert isinstance(mail.message, Mail)
    assert mail.message.subject.startswith("Yours to act on. Overdue by 15 days, case KAZ-2099-")
    for word in ("Dana", "heart", "condition", "review"):
        assert word not in mail.message.subject
    assert "The heart of Dana" in mail.message.text
    assert "Owner: alice" in mail.message.text
    assert "Backup: bob" in mail.message.text
    assert "/staff/cases/KAZ-2099-" in mail.message.text
    assert mail.envelope.recipient.unsubscribe_url is None


def test_whoever_moves_a_date_is_told_of_the_new_one(office: Office) -> None:
    assert "alice" in office.told_at(OVERDUE)
    office.change(lambda session, one: move(session, one, due_on=date(2014, 11, 12), reason="Put off.", **office.by))
    assert office.told_at(datetime(2014, 11, 13, 6, tzinfo=UTC)) == ["alice", "reader"]


def test_what_is_in_hand_is_told_to_no_other_member_until_it_is_later(office: Office) -> None:
    office.check(VERY_OVERDUE)
    office.acknowledge(Level.VERY_OVERDUE)
    assert office.send() == ["reader"]
    assert office.told_at(CRITICAL) == ["alice", "bob", "dora", "reader"]


@pytest.mark.parametrize("change", ["grant", "role", "disabled", "sealed", "reassigned", "done"])
def test_the_last_look_stops_what_is_nobodys_business_any_more(office: Office, change: str) -> None:
    office.check(CRITICAL)
    with office.worker.writing.begin() as session:
        one = session.scalars(select(FollowUp)).one()
        alice, bob = office.member(session, "alice"), office.member(session, "bob")
        match change:
            case "grant":
                session.execute(delete(Grant).where(Grant.member_id == alice.id))
            case "role":
                session.execute(update(Member).where(Member.name == "dora").values(role=Role.OFFICER))
            case "disabled":
                session.execute(update(Member).where(Member.id == bob.id).values(disabled_at=office.by["now"]))
            case "sealed":
                minor = factories.make_person(session, "Minor Sample", tier=Tier.SEALED)
                one.person_id = minor.id
            case "reassigned":
                reassign(session, one, owner=bob, backup=None, reason="She left.", **office.by)
            case _:
                complete(session, one, evidence="A letter.", **office.by)
    told = set(office.send()) - {"reader"}
    assert (
        told
        == {
            "grant": {"bob", "dora"},
            "role": {"alice", "bob"},
            "disabled": {"alice", "dora"},
            "sealed": set(),
            "reassigned": {"bob", "dora"},
            "done": set(),
        }[change]
    )


def test_what_is_sealed_is_told_to_no_member(office: Office) -> None:
    with office.worker.writing.begin() as session:
        session.execute(update(Person).values(tier=Tier.SEALED))
        session.execute(update(FollowUp).values(person_id=select(Person.id).scalar_subquery()))
    assert not {"alice", "bob", "dora"} & set(office.told_at(CRITICAL))
    assert office.missing() == []


def test_a_snooze_is_quiet_for_everybody_and_its_end_tells_the_level_then_reached_once(office: Office) -> None:
    office.told_at(OVERDUE)
    office.snooze(date(2014, 12, 1))
    assert office.told_at(VERY_OVERDUE) == []
    assert office.missing() == []
    just_before = datetime(2014, 11, 30, 17, 59, tzinfo=UTC)
    assert office.told_at(just_before) == []
    assert office.told_at(just_before + timedelta(minutes=1)) == ["alice", "bob", "reader"]
    assert office.told_at(just_before + timedelta(hours=1)) == []
    assert office.missing() == []


def test_a_snooze_never_hides_what_is_critical(office: Office) -> None:
    office.told_at(VERY_OVERDUE)
    office.snooze(date(2014, 12, 24))
    assert office.told_at(CRITICAL - timedelta(hours=13)) == []
    assert office.told_at(CRITICAL) == ["alice", "bob", "dora", "reader"]
    assert office.told_at(datetime(2014, 12, 25, tzinfo=UTC)) == []


def test_what_is_queued_when_it_is_snoozed_does_not_leave_then_or_later(office: Office) -> None:
    office.check(OVERDUE)
    office.snooze(date(2014, 11, 15))
    assert office.send() == []
    with office.worker.reading() as session:
        assert set(session.scalars(select(Delivery.reason))) == {"The follow-up is snoozed."}
        assert set(session.scalars(select(Delivery.state))) == {DeliveryState.CANCELLED}
    assert office.told_at(datetime(2014, 11, 16, tzinfo=UTC)) == []
    assert office.told_at(VERY_OVERDUE) == ["alice", "bob", "reader"]
    assert office.missing() == []


def test_a_digest_says_nothing_of_what_is_snoozed(office: Office) -> None:
    with office.worker.writing.begin() as session:
        session.execute(delete(Grant))
        case: Case = session.scalars(select(FollowUp)).one().case
        factories.make_subscription(
            session, office.worker.vault, case=case, cadence=Cadence.DAILY, tier=Tier.RESTRICTED
        )
    assert office.told_at(OVERDUE) == ["reader"]
    office.snooze(date(2014, 12, 1))
    office.worker.clock.at += timedelta(days=2)
    close_ended_digests(office.worker)
    assert office.send() == []


def test_who_wakes_it_hears_of_what_it_has_become(office: Office) -> None:
    office.told_at(OVERDUE)
    office.snooze(date(2014, 12, 1))
    office.check(VERY_OVERDUE)
    office.change(lambda session, one: wake(session, one, **office.by))
    assert office.missing() == []
    assert office.told_at(VERY_OVERDUE + timedelta(minutes=1)) == ["alice", "bob", "reader"]


def test_a_member_of_whom_nobody_thought_is_missed(office: Office) -> None:
    office.check(VERY_OVERDUE)
    assert office.missing() == []
    with office.worker.writing.begin() as session:
        escalations = select(Alert.id).where(Alert.kind == AlertKind.ESCALATION)
        bob = select(Destination.id).join(Member, Member.destination_id == Destination.id).where(Member.name == "bob")
        session.execute(delete(Delivery).where(Delivery.alert_id.in_(escalations), Delivery.destination_id.in_(bob)))
    assert len(office.missing()) == 1
    assert "owed_to_members" in office.missing()[0]


def test_many_at_once_make_one_mail_each_and_a_second_check_none(office: Office) -> None:
    with office.worker.writing.begin() as session:
        case = session.scalars(select(FollowUp)).one().case
        for _ in range(30):
            factories.make_follow_up(session, case)
    office.check(OVERDUE)
    office.check(OVERDUE)
    with office.worker.reading() as session:
        kinds = dict(session.execute(select(Alert.kind, func.count()).group_by(Alert.kind)).all())
    assert kinds == {AlertKind.FOLLOW_UP: 31, AlertKind.ESCALATION: 31}
    assert office.send().count("alice") == 31
