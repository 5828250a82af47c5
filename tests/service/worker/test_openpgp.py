"""Whoever gave a key gets all their mail encrypted to it, the same bytes each time, and never a plain word when it fails."""

from __future__ import annotations

import email
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from email import policy
from typing import TYPE_CHECKING

import pytest
from pysequoia import Tsk, decrypt
from sqlalchemy import func, select, update

from alerts.channels.mime import PreparedMail
from alerts.messages import Mail, SealedMail
from alerts.outcomes import Accepted, Refused, Unknown
from service.app import build_parts
from service.clock import FixedClock
from service.commands.ciphertexts import Kept, keep_ciphertexts
from service.commands.claim_deliveries import claim_deliveries
from service.commands.openpgp_keys import remove_key, set_key
from service.commands.pass_gates import Ways
from service.commands.subscribe import subscribe
from service.commands.wishes import Wish
from service.errors import ConfigurationError
from service.records import Case, Ciphertext, Consent, Delivery, OpenpgpKey, Subscription
from service.records.base import new_id
from service.settings import load_settings
from service.vocabulary import Cadence, ConsentScope, DeliveryState
from service.worker.jobs import check_overdue, close_ended_digests, expire_unconfirmed
from tests import factories
from tests.service.worker.test_dispatcher import announce, make_due, only_delivery, send

if TYPE_CHECKING:
    from email.message import EmailMessage
    from uuid import UUID

    from alerts.outcomes import Outcome
    from tests.fakes import Sent
    from tests.service.worker.conftest import Worker

# Keys are made now, and the library looks at the machine's clock.
NOW = datetime.now(UTC)
LATER = FixedClock(NOW + timedelta(days=365))
SECRET = Tsk.generate(user_id="Alice Sample <alice@example.org>")
ANOTHER = Tsk.generate(user_id="Alice Sample <alice@example.org>")
FOR_A_MONTH = Tsk.generate(user_id="Alice Sample <alice@example.org>", validity_seconds=30 * 86_400)
SIGNING = Tsk.generate(user_id="The organisation <office@example.org>")


def public(secret: Tsk) -> str:
    return str(secret.extract_certificate())


def give(worker: Worker, secret: Tsk = SECRET) -> None:
    """Everybody who listens gives this key."""
    with worker.writing.begin() as session:
        for subscriber_id in session.scalars(select(Subscription.subscriber_id)):
            set_key(session, subscriber_id, public(secret), now=NOW, vault=worker.vault)


def follower(worker: Worker) -> UUID:
    with worker.reading() as session:
        return session.scalars(select(Subscription.subscriber_id)).one()


def sealed(sent: Sent) -> SealedMail:
    message: object = sent.message
    assert isinstance(message, SealedMail)
    return message


def opened(sent: Sent, secret: Tsk = SECRET) -> EmailMessage:
    inside = decrypt(sealed(sent).armoured.encode(), decryptor=secret.decryptor()).bytes
    assert inside is not None
    return email.message_from_bytes(inside, policy=policy.SMTP)


def text_of(mail: EmailMessage) -> str:
    text = mail.get_body(("plain",))
    assert text is not None
    return str(text.get_content())


def on_the_way(sent: Sent) -> bytes:
    message: object = sent.message
    assert isinstance(message, Mail | SealedMail)
    return PreparedMail(message, sender="Vigil <vigil@example.org>", reply_to=None).fill_in(
        to="reader@example.org", envelope=sent.envelope, domain="example.org"
    )


def first_fails(outcome: Outcome) -> object:
    return lambda one: outcome if one.envelope.attempt == 1 else Accepted(250)


def send_twice(worker: Worker, outcome: Outcome, between: object = None) -> tuple[Sent, Sent]:
    worker.post.answer = first_fails(outcome)  # type: ignore[assignment] # it takes what was sent
    send(worker)
    if callable(between):
        between()
    with worker.writing.begin() as session:
        make_due(session)
    send(worker)
    first, second = worker.post.sent
    return first, second


def test_an_alert_is_read_with_the_key_alone(worker: Worker) -> None:
    announce(worker)
    give(worker)
    send(worker)
    sent = worker.post.sent[0]
    read = opened(sent)
    assert "Dana Sample" in text_of(read)
    assert str(sent.envelope.recipient.unsubscribe_url) in text_of(read)
    assert "KAZ-" in read["Subject"]
    for word in (b"Dana", b"Sample", b"KAZ-", b"omplaint", b"verdue"):
        assert word not in on_the_way(sent)
    assert only_delivery(worker).state is DeliveryState.ACCEPTED


def test_whoever_gave_no_key_gets_plain_mail_beside_one_who_did(worker: Worker) -> None:
    announce(worker)
    give(worker)
    announce(worker)
    send(worker)
    assert sorted(type(one.message).__name__ for one in worker.post.sent) == ["Mail", "SealedMail"]


def test_a_digest_is_encrypted_too(worker: Worker) -> None:
    announce(worker, cadence=Cadence.DAILY)
    give(worker)
    worker.clock.at += timedelta(days=2)
    close_ended_digests(worker)
    send(worker)
    assert "Dana Sample" in text_of(opened(worker.post.sent[0]))


def test_a_confirmation_is_encrypted_once_there_is_a_key(worker: Worker) -> None:
    announce(worker)
    give(worker)
    send(worker)
    with worker.writing.begin() as session:
        case = factories.make_case(session)
        address = str(worker.post.sent[0].address.address)  # type: ignore[union-attr] # a mailbox
        subscribe(
            session, Wish(case_id=case.id, cadence=Cadence.IMMEDIATE), address=address, language="en", time_zone="UTC",
            now=worker.clock.now(), wall_now=NOW, vault=worker.vault,
        )  # fmt: skip
    send(worker)
    assert "/confirm/" in text_of(opened(worker.post.sent[1]))


@pytest.mark.parametrize("outcome", [Refused(False, "The mailbox is full."), Unknown("The line broke.")])
def test_a_repeat_has_the_same_bytes(worker: Worker, outcome: Outcome) -> None:
    announce(worker)
    give(worker)
    first, second = send_twice(worker, outcome)
    assert on_the_way(first) == on_the_way(second)


def test_a_repeat_after_the_key_was_replaced_is_for_the_new_one(worker: Worker) -> None:
    announce(worker)
    give(worker)
    _, second = send_twice(worker, Refused(False, "Later."), lambda: give(worker, ANOTHER))
    assert "Dana Sample" in text_of(opened(second, ANOTHER))
    with worker.reading() as session:
        assert session.scalars(select(Ciphertext.armoured)).one() == sealed(second).armoured


def test_a_repeat_says_nothing_that_was_withdrawn_meanwhile(worker: Worker) -> None:
    announce(worker, cadence=Cadence.DAILY)
    with worker.writing.begin() as session:
        case = session.scalars(select(Case)).one()
        factories.make_follow_up(session, case, due_on=date(2014, 11, 12))
    check_overdue(worker)
    give(worker)
    worker.clock.at += timedelta(days=2)
    close_ended_digests(worker)

    def withdraw() -> None:
        with worker.writing.begin() as session:
            session.execute(
                update(Consent)
                .where(Consent.scope == ConsentScope.NAME_PUBLICLY)
                .values(withdrawn_at=worker.clock.now())
            )

    worker.post.answer = lambda _: Refused(False, "Later.")
    send(worker)
    withdraw()
    with worker.writing.begin() as session:
        make_due(session)
    send(worker)
    assert "Dana Sample" in text_of(opened(worker.post.sent[0]))
    assert not [one for one in worker.post.sent[1:] if "Dana Sample" in text_of(opened(one))]


def test_a_key_that_was_taken_back_leaves_plain_mail(worker: Worker) -> None:
    announce(worker)
    give(worker)
    with worker.writing.begin() as session:
        assert remove_key(session, session.scalars(select(OpenpgpKey.subscriber_id)).one())
    send(worker)
    assert isinstance(worker.post.sent[0].message, Mail)


def assert_says_nothing(sent: Sent) -> None:
    assert isinstance(sent.message, Mail)
    assert "There is news for you." in sent.message.text
    assert "/key/" in sent.message.text
    for word in ("Dana", "Sample", "KAZ-", "complaint", "overdue"):
        assert word not in f"{sent.message.subject} {sent.message.text} {sent.message.html}"
        assert word.encode() not in on_the_way(sent)


def test_an_expired_key_gets_the_notice_without_content(worker: Worker) -> None:
    announce(worker)
    give(worker, FOR_A_MONTH)
    send(replace(worker, wall_clock=LATER))
    sent = worker.post.sent[0]
    assert_says_nothing(sent)
    expired = FOR_A_MONTH.extract_certificate().expiration
    assert expired is not None
    assert f"it expired on {expired.day} {expired:%B %Y}" in sent.message.text  # type: ignore[union-attr] # a mail


def test_what_left_before_is_not_sent_again_to_a_key_that_expired_since(worker: Worker) -> None:
    announce(worker)
    give(worker, FOR_A_MONTH)
    worker.post.answer = first_fails(Unknown("The line broke."))  # type: ignore[assignment] # it takes what was sent
    send(worker)
    with worker.writing.begin() as session:
        make_due(session)
    send(replace(worker, wall_clock=LATER))
    sealed(worker.post.sent[0])
    assert_says_nothing(worker.post.sent[1])


@pytest.mark.parametrize("sealed", ["v1|x|y|z", ""])
def test_a_key_that_does_not_open_gets_the_notice_without_content(worker: Worker, sealed: str) -> None:
    announce(worker)
    give(worker)
    with worker.writing.begin() as session:
        session.execute(update(OpenpgpKey).values(armoured_sealed=sealed))
    send(worker)
    assert_says_nothing(worker.post.sent[0])


def test_what_arrived_is_forgotten_and_what_may_have_is_kept(worker: Worker) -> None:
    announce(worker)
    announce(worker)
    give(worker)
    worker.post.answer = lambda one: Accepted(250) if one is worker.post.sent[0] else Unknown("The line broke.")
    send(worker)

    def kept() -> int:
        with worker.reading() as session:
            return session.scalar(select(func.count()).select_from(Ciphertext)) or 0

    assert kept() == 2
    expire_unconfirmed(worker)
    assert kept() == 1
    with worker.writing.begin() as session:
        session.delete(session.scalars(select(Delivery).where(Delivery.open)).one())
    assert kept() == 0


def test_who_lost_its_lease_keeps_nothing_and_sends_what_the_other_keeps(worker: Worker) -> None:
    announce(worker)
    with worker.writing.begin() as session:
        claimed = claim_deliveries(session, limit=1, lease_s=60, worker="a", by_mail=True, ways=Ways())
    claim = claimed.leaving[0]
    stranger = claim._replace(lease_token=new_id())
    with worker.writing.begin() as session:
        assert keep_ciphertexts(session, {stranger: Kept("h1", "theirs")}) == {}
        assert keep_ciphertexts(session, {claim: Kept("h1", "ours")}) == {claim.id: Kept("h1", "ours")}
        assert keep_ciphertexts(session, {claim: Kept("h1", "again")}) == {claim.id: Kept("h1", "ours")}
        assert keep_ciphertexts(session, {stranger: Kept("h1", "theirs")}) == {claim.id: Kept("h1", "ours")}
        assert keep_ciphertexts(session, {claim: Kept("h2", "new")}) == {claim.id: Kept("h2", "new")}
        assert keep_ciphertexts(session, {stranger: Kept("h1", "theirs")}) == {}


def test_the_organisation_signs_where_it_has_a_key_for_that(worker: Worker) -> None:
    announce(worker)
    give(worker)
    settings = load_settings(**{**worker.settings.model_dump(), "openpgp_signing_key": str(SIGNING)})
    send(replace(worker, settings=settings))
    message = sealed(worker.post.sent[0])
    certificate = SIGNING.extract_certificate()
    read = decrypt(message.armoured.encode(), decryptor=SECRET.decryptor(), store=lambda _: [certificate])
    assert [one.certificate for one in read.valid_sigs] == [certificate.fingerprint]


@pytest.mark.parametrize("key", ["words", public(SIGNING)])
def test_a_signing_key_that_cannot_sign_stops_everything_before_it_begins(worker: Worker, key: str) -> None:
    settings = load_settings(**{**worker.settings.model_dump(), "openpgp_signing_key": key})
    with pytest.raises(ConfigurationError, match="VIGIL_OPENPGP_SIGNING_KEY"):
        build_parts(settings, engine=worker.engine, vault=worker.vault)
