"""A history in which nothing was lost raises no alarm, whatever people did in it."""

from __future__ import annotations

import asyncio
import random
from datetime import date, time, timedelta
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import func, select, update

from alerts.facts import Level, Tier
from alerts.overdue import level_of
from service.commands.audience import owed
from service.commands.change import change
from service.commands.confirm import confirm
from service.commands.destinations import remove_destination
from service.commands.due_dates import late_facts
from service.commands.enabling import enable_destination
from service.commands.follow_ups import cancel, complete, move, open_follow_up, waive
from service.commands.member_mail import set_mailbox
from service.commands.responsibility import acknowledge, hand_over, reassign
from service.commands.snoozes import snooze, wake
from service.commands.staff_subscriptions import end_subscription, subscribe_destination
from service.commands.subscribe import subscribe
from service.commands.tell_again import untold_again
from service.commands.tell_corrected import uncorrected
from service.commands.timetables import change_timetable, set_time_zone
from service.commands.unsubscribe import turn_on_again, unsubscribe
from service.commands.wishes import Wish
from service.queries.completeness import completeness
from service.records import (
    Alert,
    Case,
    Consent,
    Delivery,
    Destination,
    FollowUp,
    Member,
    OverdueEpisode,
    Subscriber,
    Subscription,
)
from service.vocabulary import (
    Access,
    Cadence,
    ChannelName,
    DeliveryState,
    DestinationState,
    FollowUpState,
    Monitoring,
    Role,
    SubscriptionState,
)
from service.worker.jobs import check_overdue, close_ended_digests, expire_unconfirmed
from service.worker.running import run_until_drained
from tests import factories
from tests.service.api.calling import make_member

if TYPE_CHECKING:
    from collections.abc import Callable

    from sqlalchemy.orm import Session

    from tests.service.worker.conftest import Worker

    Deed = Callable[["History", Session, Subscription], None]


class History:
    """An organisation's days: what people do, and what the rhythms make of it."""

    def __init__(self, worker: Worker, seed: int = 0) -> None:
        self.worker = worker
        self.chance = random.Random(seed)  # noqa: S311 - the seed makes it run again alike
        self.vault = worker.vault
        with worker.writing.begin() as session:
            for n in range(3):
                case = factories.make_case(session, reference=f"KAZ-2099-{n + 1:03d}")
                factories.make_consent(session, case.persons[0])
                self.open(session, case)
            for name, role in (("alice", Role.OFFICER), ("bob", Role.COORDINATOR), ("carl", Role.COORDINATOR)):
                make_member(session, name, role=role, all_cases=Access.WRITE)
            self.a_member_gets_a_mailbox(session)
        self.pass_time()

    @property
    def now(self) -> Any:
        return self.worker.clock.now()

    @property
    def by(self) -> dict[str, Any]:
        return {"now": self.now, "by": "alice", "vault": self.vault}

    def pass_time(self, **span: float) -> None:
        """Let time pass; then every rhythm runs."""
        self.worker.clock.at += timedelta(**span)
        check_overdue(self.worker)
        close_ended_digests(self.worker)
        expire_unconfirmed(self.worker)

    def send(self) -> None:
        """Send what is due."""
        asyncio.run(run_until_drained(self.worker, channels=self.worker.post.channels()))

    def missing(self) -> list[str]:
        with self.worker.reading() as session:
            return [
                str(one)
                for one in completeness(
                    session, now=self.now, owed=owed, owed_again=untold_again, uncorrected=uncorrected
                ).missing
            ]

    def open(self, session: Session, case: Case, *, due_on: date | None = None, tier: Tier | None = None) -> None:
        """A follow-up of the case; else somewhere between two months past and two weeks ahead."""
        due_on = due_on or self.now.date() + timedelta(days=self.chance.randint(-60, 14))
        open_follow_up(
            session, case, kind="complaint_reply", title="Reply", basis="the law", due_on=due_on, tier=tier, **self.by
        )

    def follow(self, session: Session, case: Case, cadence: Cadence = Cadence.IMMEDIATE) -> Subscription:
        """A reader asks, and presses the button."""
        subscribe(
            session, Wish(case_id=case.id, cadence=cadence), address=f"r{self.chance.random()}@example.org", language="en",
            time_zone="Europe/Berlin", now=self.now, wall_now=self.worker.wall_clock.now(), vault=self.vault,
        )  # fmt: skip
        wish = session.scalars(select(Subscription).order_by(Subscription.id.desc())).first()
        assert wish is not None
        confirm(session, wish, now=self.now)
        return wish

    def any(self, session: Session, record: Any, *where: Any) -> Any:
        """One of the rows, by chance; None where there is none."""
        found = session.scalars(select(record).where(*where).order_by(record.id)).all()
        return self.chance.choice(found) if found else None

    # What people do.

    def somebody_follows(self, session: Session) -> None:
        case = self.any(session, Case)
        self.follow(session, case, self.chance.choice(list(Cadence)))

    def staff_add_a_room(self, session: Session) -> None:
        destination = factories.make_destination(session, self.vault, label="a room")
        destination.verified_at = self.now
        wishes = (Wish(country="KZ"), Wish(follow_up_kind="complaint_reply", least_level=Level.OVERDUE))
        subscribe_destination(session, destination, self.chance.choice(wishes), **self.by)

    def somebody_stops(self, session: Session) -> None:
        if one := self.any(session, Subscription, Subscription.state == SubscriptionState.ACTIVE):
            unsubscribe(session, one, now=self.now)

    def somebody_comes_back(self, session: Session) -> None:
        if one := self.any(session, Subscription, Subscription.state == SubscriptionState.ENDED):
            turn_on_again(session, one, now=self.now)

    def somebody_pauses(self, session: Session) -> None:
        if one := self.any(session, Subscription):
            change(session, one, {"paused_until": self.now + timedelta(days=self.chance.randint(1, 9))}, **self.by)

    def a_pause_is_cut_short(self, session: Session) -> None:
        if one := self.any(session, Subscription, Subscription.paused_until.is_not(None)):
            change(session, one, {"paused_until": None}, **self.by)

    def somebody_wants_it_otherwise(self, session: Session) -> None:
        if one := self.any(session, Subscription):
            wish = {"cadence": self.chance.choice(list(Cadence)), "least_level": self.chance.choice(list(Level))}
            change(session, one, wish, **self.by)

    def somebody_wants_another_hour(self, session: Session) -> None:
        if one := self.any(session, Subscriber):
            wish = {"digest_hour": self.chance.randrange(24), "digest_weekday": self.chance.randint(1, 7)}
            change_timetable(session, one, wish, now=self.now)

    def somebody_moves(self, session: Session) -> None:
        if one := self.any(session, Subscriber):
            zone = self.chance.choice(["Asia/Almaty", "America/New_York", "Australia/Lord_Howe"])
            set_time_zone(session, one, time_zone=zone, now=self.now)

    def somebody_wants_to_sleep(self, session: Session) -> None:
        if one := self.any(session, Subscriber):
            begin = self.chance.randrange(24)
            wish = {"quiet_from": time(begin), "quiet_until": time((begin + 9) % 24)}
            change_timetable(session, one, wish, now=self.now)

    def staff_end_one(self, session: Session) -> None:
        if one := self.any(session, Subscription, Subscription.state == SubscriptionState.ACTIVE):
            end_subscription(session, one, **self.by)

    def a_destination_is_switched_off(self, session: Session) -> None:
        if one := self.any(session, Destination, Destination.state == DestinationState.READY):
            one.state, one.disabled_at = DestinationState.DISABLED, self.now

    def a_destination_is_switched_on(self, session: Session) -> None:
        if one := self.any(session, Destination, Destination.state == DestinationState.DISABLED):
            enable_destination(session, one, **self.by)

    def a_destination_is_erased(self, session: Session) -> None:
        if one := self.any(session, Destination):
            remove_destination(session, one, **self.by)

    def a_date_is_added(self, session: Session) -> None:
        tier = self.chance.choice([None, Tier.CONFIDENTIAL, Tier.SEALED])
        self.open(session, self.any(session, Case), tier=tier)

    def a_date_is_snoozed(self, session: Session) -> None:
        for one in session.scalars(select(FollowUp).where(FollowUp.state == FollowUpState.OPEN)):
            if level_of(late_facts(one), now=self.now) is not Level.CRITICAL and self.chance.random() < 0.5:
                until = self.now.date() + timedelta(days=self.chance.randint(2, 29))
                member = self.any(session, Member)
                snooze(session, one, until=until, reason="they promised", member=member, **self.by)

    def a_date_is_woken(self, session: Session) -> None:
        for one in session.scalars(select(FollowUp).where(FollowUp.snoozed_until.is_not(None))):
            wake(session, one, **self.by)

    def somebody_is_on_it(self, session: Session) -> None:
        if one := self.any(session, FollowUp, FollowUp.state == FollowUpState.OPEN, FollowUp.level.is_not(None)):
            last = session.scalars(
                select(OverdueEpisode.level).where(
                    OverdueEpisode.follow_up_id == one.id, OverdueEpisode.due_revision == one.due_revision
                )
            ).all()
            level, member = max(last, key=lambda level: level.rank), self.any(session, Member)
            acknowledge(session, one, due_revision=one.due_revision, level=level, member=member, **self.by)

    def a_date_is_given_to_another(self, session: Session) -> None:
        if one := self.any(session, FollowUp, FollowUp.state == FollowUpState.OPEN):
            owner, backup = self.chance.sample([None, *session.scalars(select(Member).order_by(Member.id))], 2)
            reassign(session, one, owner=owner, backup=backup, reason="away", **self.by)

    def a_case_is_handed_over(self, session: Session) -> None:
        hand_over(session, self.any(session, Case), owner=self.any(session, Member), **self.by)

    def a_member_gets_a_mailbox(self, session: Session) -> None:
        member = self.any(session, Member)
        address = f"{member.name}{self.chance.random()}@example.org"
        set_mailbox(session, member, address=address, language="en", time_zone="UTC", **self.by)

    def a_date_is_closed(self, session: Session) -> None:
        if one := self.any(session, FollowUp, FollowUp.state == FollowUpState.OPEN):
            match self.chance.choice(["done", "waived", "cancelled", "moved"]):
                case "done":
                    complete(session, one, evidence="a letter", **self.by)
                case "waived":
                    waive(session, one, reason="agreed", **self.by)
                case "cancelled":
                    cancel(session, one, reason="a mistake", **self.by)
                case _:
                    move(session, one, due_on=self.now.date() - timedelta(days=5), reason="put off", **self.by)

    def a_seal_is_put_on_or_taken_off(self, session: Session) -> None:
        one = self.any(session, self.chance.choice([Case, FollowUp]))
        one.tier = self.chance.choice([Tier.PUBLIC, Tier.RESTRICTED, Tier.SEALED])

    def a_case_is_watched_or_not(self, session: Session) -> None:
        change(session, self.any(session, Case), {"monitoring": self.chance.choice(list(Monitoring))}, **self.by)

    def a_consent_is_withdrawn(self, session: Session) -> None:
        session.execute(update(Consent).values(withdrawn_at=self.now))

    def thresholds_are_loosened(self, session: Session) -> None:
        if one := self.any(session, FollowUp, FollowUp.state == FollowUpState.OPEN):
            one.overdue_days, one.very_overdue_days, one.critical_days = 40, 50, 60
            one.next_level_at = self.now

    def what_is_queued_is_settled(self, session: Session) -> None:
        state = self.chance.choice([DeliveryState.ACCEPTED, DeliveryState.DEAD, DeliveryState.CANCELLED])
        session.execute(update(Delivery).where(Delivery.open).values(state=state, open=False))


DEEDS = [name for name in vars(History) if "_" in name and name != "pass_time" and not name.startswith("_")]


@pytest.fixture
def history(worker: Worker) -> History:
    """Three cases with a date each."""
    return History(worker)


def test_the_deeds_are_found() -> None:
    assert len(DEEDS) == 27


@pytest.mark.parametrize("deed", DEEDS)
def test_a_single_deed_raises_no_alarm(history: History, deed: str) -> None:
    with history.worker.writing.begin() as session:
        for case in session.scalars(select(Case)):
            history.follow(session, case)
            history.follow(session, case, Cadence.DAILY)
        history.staff_add_a_room(session)
    history.pass_time(hours=1)
    with history.worker.writing.begin() as session:
        for case in session.scalars(select(Case)):
            history.open(session, case)
    history.pass_time(hours=1)
    assert history.missing() == []
    for _ in range(2):
        with history.worker.writing.begin() as session:
            getattr(history, deed)(session)
        assert history.missing() == []
        history.pass_time(minutes=1)
        assert history.missing() == []
    history.pass_time(days=2)
    history.send()
    assert history.missing() == []


@pytest.mark.parametrize("seed", range(3))
def test_whatever_people_do_raises_no_alarm(worker: Worker, seed: int) -> None:
    history = History(worker, seed)
    for _ in range(12):
        for done in history.chance.sample(DEEDS, 3):
            with worker.writing.begin() as session:
                getattr(history, done)(session)
                history.a_date_is_added(session)
                history.somebody_follows(session)
            assert history.missing() == [], done
            span = history.chance.choice([{}, {"minutes": 1}, {"minutes": 20}, {"hours": 9}, {"days": 3}])
            history.pass_time(**span)
            assert history.missing() == [], (done, span)
    with worker.reading() as session:
        assert (session.scalar(select(func.count()).select_from(Alert)) or 0) > 10
        assert (session.scalar(select(func.count()).select_from(Delivery)) or 0) > 5


def _asks(history: History, session: Session, reader: Subscription) -> None:
    reader.state, reader.confirmed_at, reader.created_at = SubscriptionState.PENDING, None, history.now


def _presses_the_button(history: History, session: Session, reader: Subscription) -> None:
    confirm(session, reader, now=history.now)


def _stops(history: History, session: Session, reader: Subscription) -> None:
    unsubscribe(session, reader, now=history.now)


def _comes_back(history: History, session: Session, reader: Subscription) -> None:
    turn_on_again(session, reader, now=history.now)


def _pauses(history: History, session: Session, reader: Subscription) -> None:
    change(session, reader, {"paused_until": history.now + timedelta(hours=3)}, **history.by)


def _waits_for_the_end(history: History, session: Session, reader: Subscription) -> None:
    history.worker.clock.at += timedelta(hours=3)


def _ends_the_pause(history: History, session: Session, reader: Subscription) -> None:
    change(session, reader, {"paused_until": None}, **history.by)


def _wants_the_worst_alone(history: History, session: Session, reader: Subscription) -> None:
    change(session, reader, {"least_level": Level.CRITICAL}, **history.by)


def _wants_everything(history: History, session: Session, reader: Subscription) -> None:
    change(session, reader, {"least_level": Level.UPCOMING}, **history.by)


def _is_switched_off(history: History, session: Session, reader: Subscription) -> None:
    reader.destination.state = DestinationState.DISABLED


def _is_switched_on(history: History, session: Session, reader: Subscription) -> None:
    enable_destination(session, reader.destination, **history.by)


AWAY = [
    (_asks, _presses_the_button),
    (_stops, _comes_back),
    (_pauses, _waits_for_the_end),
    (_pauses, _ends_the_pause),
    (_wants_the_worst_alone, _wants_everything),
    (_is_switched_off, _is_switched_on),
]


@pytest.mark.parametrize(("leave", "return_"), AWAY, ids=[return_.__name__ for _, return_ in AWAY])
@pytest.mark.parametrize("back_after", [{"seconds": 30}, {"hours": 2}], ids=["at once", "hours later"])
def test_what_was_announced_while_a_reader_was_away_is_not_owed_to_them(
    history: History, leave: Deed, return_: Deed, back_after: dict[str, float]
) -> None:
    with history.worker.writing.begin() as session:
        case = session.scalars(select(Case)).first()
        assert case is not None
        reader = history.follow(session, case)
    history.pass_time(days=1)
    with history.worker.writing.begin() as session:
        leave(history, session, session.get_one(Subscription, reader.id))
        history.open(session, session.get_one(Case, case.id), due_on=date(2014, 11, 19))
    history.pass_time(minutes=1)
    history.worker.clock.at += timedelta(**back_after)
    with history.worker.writing.begin() as session:
        return_(history, session, session.get_one(Subscription, reader.id))
    assert history.missing() == []
    history.pass_time(minutes=10)
    assert history.missing() == []
    # From then on it is theirs again, and would be missed.
    with history.worker.writing.begin() as session:
        history.open(session, session.get_one(Case, case.id), due_on=date(2014, 11, 19))
    history.pass_time(minutes=1)
    with history.worker.writing.begin() as session:
        session.delete(session.scalars(select(Delivery).order_by(Delivery.id.desc())).first())
    assert len(history.missing()) == 1


def test_a_wish_that_was_committed_while_the_check_ran_is_owed_nothing_yet(history: History) -> None:
    with history.worker.writing.begin() as session:
        case = session.scalars(select(Case)).first()
        assert case is not None
        history.open(session, case, due_on=date(2014, 11, 19))
    history.pass_time(minutes=10)
    with history.worker.writing.begin() as session:
        # Begun before the check, and seen only after it.
        history.follow(session, session.get_one(Case, case.id)).confirmed_at = history.now - timedelta(minutes=4)
    assert history.missing() == []


def test_what_is_late_from_the_start_is_given_a_check(history: History) -> None:
    with history.worker.writing.begin() as session:
        case = session.scalars(select(Case)).first()
        assert case is not None
        history.open(session, case, due_on=date(2014, 10, 1))
    assert history.missing() == []
    history.worker.clock.at += timedelta(minutes=4)
    assert len(history.missing()) == 1
    history.pass_time()
    assert history.missing() == []


def test_a_case_that_is_watched_again_is_given_a_check(history: History) -> None:
    with history.worker.writing.begin() as session:
        for case in session.scalars(select(Case)):
            change(session, case, {"monitoring": Monitoring.DORMANT}, **history.by)
            history.open(session, case, due_on=date(2014, 11, 19))
    history.pass_time(days=9)
    assert history.missing() == []
    with history.worker.writing.begin() as session:
        for case in session.scalars(select(Case)):
            change(session, case, {"monitoring": Monitoring.ACTIVE}, **history.by)
    assert history.missing() == []
    history.worker.clock.at += timedelta(minutes=4)
    assert len(history.missing()) == 1
    history.pass_time()
    assert history.missing() == []


def test_what_is_lost_after_all_those_deeds_is_still_found(worker: Worker) -> None:
    """So that a check which raises no alarm is not one that sees nothing."""
    history = History(worker, 1)
    with worker.writing.begin() as session:
        case = session.scalars(select(Case).order_by(Case.id)).first()
        assert case is not None
        history.follow(session, case)
    history.pass_time(hours=1)
    with worker.writing.begin() as session:
        history.open(session, session.get_one(Case, case.id), due_on=date(2014, 11, 1))
    history.pass_time(hours=1)
    assert history.missing() == []
    with worker.writing.begin() as session:
        delivery = session.scalars(
            select(Delivery).where(Delivery.channel == ChannelName.EMAIL).order_by(Delivery.id.desc())
        ).first()
        session.delete(delivery)
    assert len(history.missing()) == 1
