"""Mail that comes in has its consequence once, for whom our own address names, and for nobody else."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import func, select

from alerts.facts import EmailAddress, SlackWebhook
from service.commands.audit import first_broken_link
from service.commands.take_in_mail import REMEMBERED_FOR, VALID_FOR, forget_incoming, take_in_mail
from service.queries.stop_sign import times_raised
from service.records import (
    Alert,
    AuditEntry,
    BounceScore,
    Delivery,
    Destination,
    IncomingMail,
    Suppression,
)
from service.security.return_addresses import ReturnAddresses
from service.vocabulary import (
    AlertKind,
    Cadence,
    DeliveryState,
    DestinationState,
    EndedReason,
    MailTakenIn,
    SubscriptionState,
    SuppressionReason,
)
from tests import factories
from tests.returned import DOMAIN, make_delivery, returned

if TYPE_CHECKING:
    from sqlalchemy.orm import Session, sessionmaker

    from service.security.encryption import Vault

NOW = datetime(2026, 11, 25, 12, 0, tzinfo=UTC)
DAY = timedelta(days=1)


class Mailbox:
    """One reader's mailbox, to which something was sent, and what comes back."""

    def __init__(self, session: Session, vault: Vault) -> None:
        self.session, self.vault = session, vault
        self.owner = factories.make_subscriber(session)
        self.destination = factories.make_destination(session, vault, subscriber=self.owner)
        self.subscription = factories.make_subscription(session, vault, country="KZ", destination=self.destination)
        self.delivery = make_delivery(session, self.destination, sent_at=NOW)
        self.mails = 0

    def take_in(self, raw: bytes, *, now: datetime = NOW) -> MailTakenIn:
        addresses = ReturnAddresses.of(self.vault, DOMAIN)
        led_to = take_in_mail(self.session, raw, addresses=addresses, now=now, vault=self.vault)
        self.session.expire_all()
        return led_to

    def mail(self, name: str, *, delivery: int | None = None) -> bytes:
        """Another mail each time."""
        self.mails += 1
        of = self.delivery.id if delivery is None else delivery
        return returned(name, self.vault, delivery=of, subscription=self.subscription.id, number=self.mails)

    def come_back(self, name: str = "postfix_mailbox_full", *, now: datetime = NOW) -> MailTakenIn:
        return self.take_in(self.mail(name), now=now)

    @property
    def points(self) -> int:
        return self.session.scalar(select(BounceScore.points)) or 0

    def probes(self) -> list[Delivery]:
        of = select(Alert.id).where(Alert.kind == AlertKind.BOUNCE_PROBE)
        return list(self.session.scalars(select(Delivery).where(Delivery.alert_id.in_(of)).order_by(Delivery.id)))

    def told(self) -> list[AlertKind]:
        query = select(Alert.kind).join(Delivery, Delivery.alert_id == Alert.id)
        return list(self.session.scalars(query.where(Alert.kind == AlertKind.DESTINATION_DISABLED)))


@pytest.fixture
def mailbox(session: Session, vault: Vault) -> Mailbox:
    return Mailbox(session, vault)


def test_a_delivery_that_comes_back_stays_accepted_and_says_when(mailbox: Mailbox) -> None:
    assert mailbox.come_back() is MailTakenIn.BOUNCE
    assert mailbox.come_back(now=NOW + DAY) is MailTakenIn.BOUNCE
    assert (mailbox.delivery.state, mailbox.delivery.bounced_at) == (DeliveryState.ACCEPTED, NOW)
    assert mailbox.destination.state is DestinationState.READY


def test_the_same_mail_twice_counts_once(mailbox: Mailbox) -> None:
    for name in ("postfix_mailbox_full", "qmail"):
        raw = mailbox.mail(name)
        assert mailbox.take_in(raw) in {MailTakenIn.BOUNCE, MailTakenIn.PROBED}
        before = (mailbox.points, len(mailbox.probes()))
        assert mailbox.take_in(raw, now=NOW + DAY) is MailTakenIn.AGAIN
        assert (mailbox.points, len(mailbox.probes())) == before


@pytest.mark.parametrize("name", ["gmail", "complaint_whole"])
def test_two_who_take_in_the_same_mail_at_once_give_it_one_consequence(
    writing: sessionmaker[Session], vault: Vault, name: str
) -> None:
    with writing.begin() as session:
        raw = Mailbox(session, vault).mail(name)

    def take_in(_: int) -> MailTakenIn:
        addresses = ReturnAddresses.of(vault, DOMAIN)
        with writing.begin() as session:
            return take_in_mail(session, raw, addresses=addresses, now=NOW, vault=vault)

    with ThreadPoolExecutor(4) as beside:
        led_to = list(beside.map(take_in, range(4)))
    assert led_to.count(MailTakenIn.AGAIN) == 3
    with writing() as session:
        kinds = session.scalars(select(Alert.kind)).all()
        assert kinds.count(AlertKind.BOUNCE_PROBE) == (name == "gmail")
        assert session.scalar(select(func.count()).select_from(Suppression)) == (name == "complaint_whole")


def test_many_bounces_of_one_day_are_one_point_and_five_days_of_them_are_a_probe(mailbox: Mailbox) -> None:
    for day in range(4):
        for hour in range(3):
            assert mailbox.come_back(now=NOW + day * DAY + hour * timedelta(hours=1)) is MailTakenIn.BOUNCE
        assert mailbox.points == day + 1
    assert mailbox.come_back(now=NOW + 4 * DAY) is MailTakenIn.PROBED
    assert mailbox.come_back(now=NOW + 5 * DAY) is MailTakenIn.BOUNCE
    assert len(mailbox.probes()) == 1
    assert mailbox.destination.state is DestinationState.READY


def test_points_go_stale_after_seven_days_without_one(mailbox: Mailbox) -> None:
    for day in range(4):
        mailbox.come_back(now=NOW + day * DAY)
    assert mailbox.come_back(now=NOW + 3 * DAY + timedelta(days=7, seconds=1)) is MailTakenIn.BOUNCE
    assert mailbox.points == 1


@pytest.mark.parametrize("name", ["postfix_no_such_user", "gmail", "exchange_online", "exim_without_report", "qmail"])
def test_a_mailbox_that_is_not_there_is_asked_at_once(mailbox: Mailbox, name: str) -> None:
    assert mailbox.come_back(name) is MailTakenIn.PROBED
    (probe,) = mailbox.probes()
    assert (probe.destination_id, probe.state) == (mailbox.destination.id, DeliveryState.QUEUED)


def test_a_probe_that_comes_back_switches_the_mailbox_off_and_its_owner_is_told_by_the_other_way(
    mailbox: Mailbox,
) -> None:
    other = SlackWebhook("https://hooks.slack.com/services/T/B/x")
    factories.make_destination(mailbox.session, mailbox.vault, address=other, subscriber=mailbox.owner)
    mailbox.come_back("gmail")
    (probe,) = mailbox.probes()
    probe.finished_at = NOW
    mailbox.session.flush()
    again = mailbox.mail("postfix_mailbox_full", delivery=probe.id)
    assert mailbox.take_in(again, now=NOW + DAY) is MailTakenIn.SWITCHED_OFF
    assert mailbox.destination.state is DestinationState.DISABLED
    assert mailbox.destination.disabled_reason == "Mail to it came back, and so did the question whether it works."
    assert mailbox.told() == [AlertKind.DESTINATION_DISABLED]
    assert mailbox.subscription.state is SubscriptionState.ACTIVE
    assert mailbox.come_back(now=NOW + 2 * DAY) is MailTakenIn.BOUNCE
    assert len(mailbox.probes()) == 1
    actions = mailbox.session.scalars(select(AuditEntry.action)).all()
    assert actions == ["disable_destination"]


def test_a_probe_that_stayed_lets_a_second_one_go_after_seven_days(mailbox: Mailbox) -> None:
    mailbox.come_back("gmail")
    assert mailbox.come_back("gmail", now=NOW + 7 * DAY) is MailTakenIn.BOUNCE
    assert mailbox.come_back("gmail", now=NOW + timedelta(days=7, seconds=1)) is MailTakenIn.PROBED
    assert len(mailbox.probes()) == 2


def test_what_was_held_against_a_mailbox_is_forgotten_when_it_is_switched_on_again(mailbox: Mailbox) -> None:
    for day in range(4):
        mailbox.come_back(now=NOW + day * DAY)
    mailbox.destination.enabled_at = NOW + 3 * DAY + timedelta(hours=1)
    mailbox.session.flush()
    assert mailbox.come_back(now=NOW + 4 * DAY) is MailTakenIn.BOUNCE
    assert mailbox.points == 1


def test_a_domain_that_cannot_be_routed_to_is_no_point(mailbox: Mailbox) -> None:
    assert mailbox.come_back("postfix_unable_to_route") is MailTakenIn.BOUNCE
    assert mailbox.points == 0
    assert mailbox.delivery.bounced_at == NOW


@pytest.mark.parametrize("name", ["postfix_delayed", "away_exchange", "away_vacation", "away_in_russian", "letter"])
def test_delays_automatic_answers_and_letters_have_no_consequence(mailbox: Mailbox, name: str) -> None:
    assert mailbox.come_back(name) is MailTakenIn.NOTHING
    assert mailbox.delivery.bounced_at is None
    assert mailbox.session.scalar(select(func.count()).select_from(IncomingMail)) == 0


def test_nobody_who_never_confirmed_is_asked(mailbox: Mailbox) -> None:
    mailbox.destination.state = DestinationState.PENDING
    mailbox.session.flush()
    assert mailbox.come_back("gmail") is MailTakenIn.BOUNCE
    assert mailbox.probes() == []


def test_forged_and_old_addresses_count_for_nothing(mailbox: Mailbox) -> None:
    genuine = ReturnAddresses.of(mailbox.vault, DOMAIN).bounce(mailbox.delivery.id).encode()
    forged = mailbox.mail("gmail").replace(genuine, genuine.replace(b"a", b"b"))
    for raw in (forged, returned("gmail", mailbox.vault, delivery=987_654)):
        assert mailbox.take_in(raw) is MailTakenIn.NOTHING
    assert mailbox.come_back("gmail", now=NOW + VALID_FOR + timedelta(seconds=1)) is MailTakenIn.NOTHING
    assert mailbox.delivery.bounced_at is None
    assert mailbox.come_back("gmail", now=NOW + VALID_FOR) is MailTakenIn.PROBED


@pytest.mark.parametrize("name", ["complaint_whole", "complaint_redacted"])
def test_a_complaint_silences_at_once(mailbox: Mailbox, name: str) -> None:
    raised = times_raised(mailbox.session)
    assert mailbox.come_back(name) is MailTakenIn.COMPLAINT
    suppression = mailbox.session.scalars(select(Suppression)).one()
    assert suppression.address_hmac == mailbox.destination.address_hmac
    assert (suppression.reason, suppression.until) == (SuppressionReason.COMPLAINT, None)
    assert (mailbox.subscription.state, mailbox.subscription.ended_reason) == (
        SubscriptionState.ENDED,
        EndedReason.COMPLAINT,
    )
    assert mailbox.subscription.ended_at == NOW
    assert mailbox.destination.state is DestinationState.DISABLED
    assert times_raised(mailbox.session) > raised
    entries = mailbox.session.scalars(select(AuditEntry).order_by(AuditEntry.seq)).all()
    assert [(entry.actor, entry.action) for entry in entries] == [
        ("worker", "disable_destination"),
        ("mail intake", "suppress_address"),
    ]
    assert first_broken_link(mailbox.session, key=mailbox.vault.audit_key) is None


def test_a_complaint_that_was_taken_back_is_none(mailbox: Mailbox) -> None:
    assert mailbox.come_back("complaint_taken_back") is MailTakenIn.NOTHING
    assert mailbox.session.scalar(select(func.count()).select_from(Suppression)) == 0


@pytest.mark.parametrize("name", ["stop_by_address", "stop_by_subject"])
def test_a_mail_to_the_stop_address_ends_its_subscription_and_no_other(mailbox: Mailbox, name: str) -> None:
    other = factories.make_subscription(mailbox.session, mailbox.vault, country="FR", destination=mailbox.destination)
    assert mailbox.come_back(name) is MailTakenIn.UNSUBSCRIBED
    assert (mailbox.subscription.state, mailbox.subscription.ended_reason) == (
        SubscriptionState.ENDED,
        EndedReason.UNSUBSCRIBED,
    )
    assert other.state is SubscriptionState.ACTIVE


@pytest.mark.parametrize("name", ["stop_by_address", "stop_by_subject"])
def test_a_mail_to_the_stop_address_of_a_summary_ends_all_that_is_gathered_there(mailbox: Mailbox, name: str) -> None:
    daily, weekly, at_once = (
        factories.make_subscription(
            mailbox.session, mailbox.vault, country=country, destination=mailbox.destination, cadence=cadence
        )
        for country, cadence in (("FR", Cadence.DAILY), ("DE", Cadence.WEEKLY), ("UA", Cadence.IMMEDIATE))
    )
    elsewhere = factories.make_subscription(mailbox.session, mailbox.vault, country="FR", cadence=Cadence.DAILY)
    raw = returned(name, mailbox.vault, subscription=weekly.id, of_summaries=True)
    assert mailbox.take_in(raw) is MailTakenIn.UNSUBSCRIBED
    assert [one.state for one in (daily, weekly, at_once, elsewhere)] == [
        SubscriptionState.ENDED, SubscriptionState.ENDED, SubscriptionState.ACTIVE, SubscriptionState.ACTIVE,
    ]  # fmt: skip
    assert mailbox.take_in(raw) is MailTakenIn.AGAIN


def test_a_mail_that_was_kept_somewhere_does_not_stop_what_was_turned_on_again(mailbox: Mailbox) -> None:
    raw = mailbox.mail("stop_by_address")
    mailbox.take_in(raw)
    mailbox.subscription.state, mailbox.subscription.ended_reason = SubscriptionState.ACTIVE, None
    mailbox.session.flush()
    assert mailbox.take_in(raw, now=NOW + DAY) is MailTakenIn.AGAIN
    assert mailbox.subscription.state is SubscriptionState.ACTIVE


def test_mails_are_forgotten_once_their_addresses_count_for_nothing(mailbox: Mailbox) -> None:
    mailbox.come_back()
    forget_incoming(mailbox.session, now=NOW + REMEMBERED_FOR)
    assert mailbox.session.scalar(select(func.count()).select_from(IncomingMail)) == 1
    forget_incoming(mailbox.session, now=NOW + REMEMBERED_FOR + timedelta(seconds=1))
    assert mailbox.session.scalar(select(func.count()).select_from(IncomingMail)) == 0


def test_whoever_is_erased_takes_the_points_along(mailbox: Mailbox) -> None:
    mailbox.come_back()
    mailbox.session.delete(mailbox.session.get_one(Destination, mailbox.destination.id))
    mailbox.session.flush()
    assert mailbox.session.scalar(select(func.count()).select_from(BounceScore)) == 0


def test_nothing_that_is_kept_of_a_mail_says_whose_it_is(mailbox: Mailbox) -> None:
    address = EmailAddress("reader-with-a-name@example.org")
    named = factories.make_destination(mailbox.session, mailbox.vault, address=address)
    delivery = make_delivery(mailbox.session, named, sent_at=NOW)
    mailbox.take_in(returned("complaint_whole", mailbox.vault, delivery=delivery.id))
    for record in (Suppression, IncomingMail, AuditEntry):
        for row in mailbox.session.execute(select(record.__table__)):
            assert "reader" not in repr(tuple(row))
