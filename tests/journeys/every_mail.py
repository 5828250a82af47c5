"""Has an installation send a mail of every kind that there is, to readers of every sort."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import TYPE_CHECKING

from pysequoia import Tsk
from sqlalchemy import select

from alerts.destination_facts import OffReason
from alerts.facts import EmailAddress
from service.commands.canaries import queue_canary
from service.commands.change import change
from service.commands.corrections import NewCorrection, draft_correction, send_correction
from service.commands.destinations import try_destination
from service.commands.later_versions import further_information, stop_action
from service.commands.member_mail import set_mailbox
from service.commands.openpgp_keys import set_key
from service.commands.queue_personal import queue_personal
from service.commands.responsibility import hand_over
from service.commands.tell_owners import disabled, failing, stopped, tell_owners
from service.commands.urgent_actions import HOLD_BACK
from service.facts import correction_snapshot, gates_for
from service.records import Assertion, Case, Grant, Member, Subscription, UrgentAction
from service.vocabulary import (
    Access,
    AlertKind,
    Cadence,
    CorrectionKind,
    DestinationState,
    Detail,
    Monitoring,
    UrgentActionOutcome,
)
from service.worker.jobs import close_ended_digests
from service.worker.urgent_jobs import move_urgent_actions
from tests import factories
from tests.journeys.test_own_page import confirmed, own_page
from tests.journeys.test_subscribing import link_in, subscribe
from tests.urgent import Desk, desk_at

if TYPE_CHECKING:
    from email.message import EmailMessage
    from uuid import UUID

    from sqlalchemy.orm import Session

    from service.commands.acting import Acting
    from tests.journeys.conftest import Installation

ON_THE_DAY = datetime(2014, 12, 1, 3, 0, tzinfo=UTC)
A_DAY = timedelta(days=1)


async def every_mail(installation: Installation) -> list[EmailMessage]:
    """What the mail server took."""
    await personal_mails(installation)
    await Casework(installation).mails()
    destination_mails(installation)
    return await installation.mails()


async def personal_mails(installation: Installation) -> None:
    """A reader subscribes, asks again, moves to another address, and asks for the link once more."""
    browser = installation.browser
    await confirmed(installation)
    await subscribe(installation)  # once more: the notice that it follows the case already
    page = await own_page(installation)
    address = re.search(r"/manage/alerts/address/[\w-]+", page.text)
    assert address is not None
    await browser.open(address.group())
    await browser.follow(await browser.send(address.group(), {"address": "new@example.org"}))
    path = link_in((await installation.mails())[-1], "/address")
    await browser.open(path)
    await browser.follow(await browser.send(path))
    await browser.open("/manage")
    await browser.send("/manage", {"address": "new@example.org"})
    await installation.mails()


class Casework:
    """Alice, who owns the case, and Dora let its readers be told of everything that can become of it."""

    def __init__(self, installation: Installation) -> None:
        self.installation = installation
        self.parts = installation.parts
        with self.parts.writing.begin() as session:
            desk = desk_at(session, self.parts.vault, self.parts.links, installation.clock.now())
            self.people: tuple[Acting, Acting] = (desk.alice, desk.dora)
            case = session.scalars(select(Case)).one()
            self.case_id = case.id
            self._owns(session, desk, session.get_one(Member, desk.alice.member_id), case)
            self._readers(session, case)
            self.assertion_id = factories.make_assertion(session, case, factories.make_source(session)).id

    def _owns(self, session: Session, desk: Desk, alice: Member, case: Case) -> None:
        session.add(Grant(member_id=alice.id, case_id=case.id, access=Access.WRITE))
        set_mailbox(
            session, alice, address="alice@example.org", language="en", time_zone="UTC", now=desk.now, by="tests",
            vault=desk.vault,
        )  # fmt: skip
        hand_over(session, case, owner=alice, now=desk.now, by="tests", vault=desk.vault)

    def _readers(self, session: Session, case: Case) -> None:
        """One for each detail, at once and by day; and one whose key is good for a day."""
        make = partial(factories.make_subscription, session, self.parts.vault, case=case)
        for cadence in (Cadence.IMMEDIATE, Cadence.DAILY):
            for detail in Detail:
                make(detail=detail, cadence=cadence)
        key = Tsk.generate(user_id="Alice Sample <alice@example.org>", validity_seconds=int(A_DAY.total_seconds()))
        soon = self.installation.wall_clock.now() + timedelta(minutes=1)
        set_key(session, make().subscriber_id, str(key.extract_certificate()), now=soon, vault=self.parts.vault)

    def desk(self, session: Session) -> Desk:
        alice, dora = self.people
        return Desk(session, self.parts.vault, self.parts.links, self.installation.clock.now(), alice, dora)

    async def mails(self) -> None:
        """A date that passes, three versions of an urgent action, a correction, a case that is closed, and the day's digest."""
        installation = self.installation
        installation.wall_clock.at += 2 * A_DAY  # the key has expired
        installation.on(ON_THE_DAY)
        with self.parts.writing.begin() as session:
            first = self.desk(session).approved(session.get_one(Case, self.case_id)).id
        await self._issued()
        with self.parts.writing.begin() as session:
            self._next(session, first)
        await self._issued()
        with self.parts.writing.begin() as session:
            self._stop(session, first)
        await self._issued()
        with self.parts.writing.begin() as session:
            self._correct(session)
        await installation.mails()
        self._close_another()
        installation.clock.at += A_DAY
        assert close_ended_digests(self.parts) == len(Detail)
        await installation.mails()
        installation.wall_clock.at -= 2 * A_DAY  # the links live again

    async def _issued(self) -> None:
        self.installation.clock.at += HOLD_BACK
        move_urgent_actions(self.parts)
        await self.installation.mails()

    def _next(self, session: Session, first: UUID) -> None:
        desk, action = self.desk(session), session.get_one(UrgentAction, first)
        words = desk.words(action.case, what_changed="She was moved.")
        later = further_information(session, action, words, now=desk.now, by=desk.alice, vault=desk.vault)
        desk.submit(later)
        desk.approve(later)

    def _stop(self, session: Session, first: UUID) -> None:
        desk, action = self.desk(session), session.get_one(UrgentAction, first)
        stop = stop_action(
            session, action, outcome=UrgentActionOutcome.RELEASED, why="We have learned of a release.", now=desk.now,
            by=desk.alice, vault=desk.vault,
        )  # fmt: skip
        desk.submit(stop)
        desk.approve(stop)

    def _close_another(self) -> None:
        with self.parts.writing.begin() as session:
            other = factories.make_case(session, reference="KAZ-2099-004")
            factories.make_subscription(session, self.parts.vault, case=other)
            closed = {"monitoring": Monitoring.CLOSED}
            change(session, other, closed, now=self.installation.clock.now(), by="alice", vault=self.parts.vault)

    def _correct(self, session: Session) -> None:
        desk, case = self.desk(session), session.get_one(Case, self.case_id)
        words = NewCorrection(
            kind=CorrectionKind.RETRACTED,
            was="She was moved in March.",
            reason="The colony's own list shows her there.",
        )
        correction = draft_correction(
            session, case, session.get_one(Assertion, self.assertion_id), words, now=desk.now, by=desk.alice,
            vault=desk.vault,
        )  # fmt: skip
        send_correction(
            session, correction, now=desk.now, by=desk.dora, consents_of=gates_for,
            snapshot=partial(correction_snapshot, links=desk.links), vault=desk.vault,
        )  # fmt: skip


def destination_mails(installation: Installation) -> None:
    """A mailbox is tried, probed, and hears that one other mailbox of its reader fails and one is off; and a canary."""
    parts, now = installation.parts, installation.clock.now()
    with parts.writing.begin() as session:
        vault = parts.vault
        mailbox = factories.make_destination(session, vault, label="The desk")
        failed, off = (
            factories.make_destination(
                session, vault, subscriber=mailbox.subscriber, address=EmailAddress(f"{name}@example.org")
            )
            for name in ("failed", "off")
        )
        failed.failures, failed.first_failure_at, failed.last_failure_at = 2, now, now
        off.state, off.disabled_at = DestinationState.DISABLED, now
        try_destination(session, mailbox, now=now, by="tests", vault=vault)
        queue_personal(session, mailbox, AlertKind.BOUNCE_PROBE, {}, now=now)
        notices = [
            failing(failed.id, mailbox.subscriber_id, failures=2, since=now),
            disabled(off.id, mailbox.subscriber_id, reason=OffReason.FIVE_DAYS, at=now),
        ]
        notices.append(stopped(off.id, mailbox.subscriber_id, at=now))
        tell_owners(session, notices, now=now)
        followed = session.scalars(select(Subscription.id).order_by(Subscription.id)).first()
        assert followed is not None
        assert queue_canary(session, followed, now=installation.wall_clock.now())
