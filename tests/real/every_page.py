"""Where every page of an installation is, for whoever looks at all of them, and the cookies that open them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

import pyotp
from pysequoia import Tsk
from sqlalchemy import select

from alerts.facts import EmailAddress, SlackWebhook
from service.app import create_app
from service.commands.add_member import add_member
from service.commands.manage_visits import open_visit
from service.commands.openpgp_keys import set_key
from service.commands.suppressions import suppress_address
from service.commands.wishes import Wish
from service.pages.sent import sent_link
from service.records import AddressChange, Case, Demand, ManageVisit
from service.records.base import new_id
from service.vocabulary import EndedReason, Role, SubscriptionState
from tests import factories
from tests.service.pages.conftest import PASSWORD
from tests.service.pages.routes import safe_routes
from tests.urgent import desk_at

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from service.records import Destination, Subscription
    from service.web import Parts

# What is no page, and the one page for programmers, which is in English alone.
NO_PAGE = ("/static/", "/feeds/", "/healthz", "/readyz", "/problems/", "/manage/alerts/data.json")
NO_PAGE_ENDS = (".ics", ".atom", "/documents/{document_id}")


@dataclass(frozen=True)
class Pages:
    """All paths, the hour's cookie of a reader, and a member who may see everything."""

    paths: list[str]
    visit_token: str
    member: str
    seed: str

    def code(self, parts: Parts) -> str:
        """The member's six digits of now."""
        return pyotp.TOTP(self.seed).at(parts.wall_clock.now())


@dataclass(frozen=True)
class _Reader:
    """One reader with something in every state that a page can show."""

    mailbox: Destination
    slack: Destination
    following: Subscription
    paused: Subscription
    stopped: Subscription
    asked: Subscription
    change: AddressChange
    unspent: ManageVisit


def every_page(parts: Parts, case_reference: str) -> Pages:
    """Put into the database what the pages need beside this public case; every route has its path, or this raises."""
    now, wall = parts.clock.now(), parts.wall_clock.now()
    with parts.writing.begin() as session:
        case = session.scalars(select(Case).where(Case.reference == case_reference)).one()
        reader = _reader(session, parts, case)
        visit = ManageVisit(subscriber_id=reader.mailbox.subscriber_id, asked_at=wall)
        session.add(visit)
        session.flush()
        visit_token = open_visit(session, visit.id, wall_now=wall)
        assert visit_token is not None
        action = desk_at(session, parts.vault, parts.links, now - timedelta(hours=1)).issued(case)
        member, seed = add_member(
            session, name="looker", role=Role.COORDINATOR, password=PASSWORD, all_cases=True, cases=[], now=wall,
            vault=parts.vault,
        )  # fmt: skip
        demand = session.scalars(select(Demand.id).join(Demand.cases).where(Case.id == case.id)).first()
        values = _values(parts, case, reader) | {
            "/ua/{slug}": f"/ua/{action.slug}",
            "/staff/ledger/{demand_id}": f"/staff/ledger/{demand}",
        }
        paths = [
            values.get(path, _filled(path, case, reader))
            for method, path in safe_routes(create_app(parts).routes)
            if method == "GET" and not path.startswith(NO_PAGE) and not path.endswith(NO_PAGE_ENDS)
        ]
        assert not [path for path in paths if "{" in path], paths
        return Pages(paths + _more(parts, case, reader), visit_token, member.name, seed)


def _reader(session: Session, parts: Parts, case: Case) -> _Reader:
    now, vault = parts.clock.now(), parts.vault
    mailbox = factories.make_destination(session, vault, address=EmailAddress("looker@example.org"))
    slack = factories.make_destination(session, vault, address=SlackWebhook("https://hooks.slack.com/services/T/B/x"))
    slack.subscriber_id = mailbox.subscriber_id
    new = factories.make_destination(session, vault, address=EmailAddress("new@example.org"))
    stopped = factories.make_subscription(
        session, vault, follow_up_kind="parole_hearing", destination=mailbox, state=SubscriptionState.ENDED
    )
    stopped.ended_at, stopped.ended_reason = now, EndedReason.UNSUBSCRIBED
    asked = factories.make_subscription(session, vault, case=case, destination=new, state=SubscriptionState.PENDING)
    asked.created_at = now
    change = AddressChange(destination_id=mailbox.id, other_id=new.id, asked_at=parts.wall_clock.now())
    unspent = ManageVisit(subscriber_id=mailbox.subscriber_id, asked_at=parts.wall_clock.now())
    session.add_all([change, unspent])
    # A page of the board lists it; every mail to this reader was sent before.
    suppress_address(session, EmailAddress("unwanted@example.org"), until=None, now=now, by="looker", vault=vault)
    key = Tsk.generate(user_id="Alice Sample <alice@example.org>").extract_certificate()
    set_key(session, mailbox.subscriber_id, str(key), now=parts.wall_clock.now() + timedelta(minutes=1), vault=vault)
    return _Reader(
        mailbox=mailbox,
        slack=slack,
        following=factories.make_subscription(session, vault, case=case, destination=mailbox),
        paused=factories.make_subscription(
            session, vault, country="KZ", destination=mailbox, paused_until=now + timedelta(days=30)
        ),
        stopped=stopped,
        asked=asked,
        change=change,
        unspent=unspent,
    )


def _values(parts: Parts, case: Case, reader: _Reader) -> dict[str, str]:
    links, later = parts.links, parts.wall_clock.now() + timedelta(days=1)
    wish = {
        "address": "looker@example.org", "wish": Wish(case_id=case.id).as_plain(), "language": "en", "time_zone": "UTC",
    }  # fmt: skip
    whose = reader.mailbox.subscriber_id
    return {
        "/c/{slug}": f"/c/{case.slug}",
        "/subscribe": f"/subscribe?case={case.slug}",
        "/subscribe/sent": f"/subscribe/sent?wish={sent_link(parts.vault, wish, now=parts.wall_clock.now())}",
        "/confirm/{token}": links.confirm(reader.asked.id, expires_at=later),
        "/u/{token}": links.unsubscribe(reader.following.id),
        "/u/summaries/{token}": links.unsubscribe_from_summaries(reader.mailbox.id),
        "/manage/open/{token}": links.manage(str(reader.unspent.id), expires_at=later),
        "/address/{token}": links.new_address(str(reader.change.id), expires_at=later),
        "/canary/{token}": links.canary(new_id(), expires_at=later),
        "/key/{token}": links.key(whose, expires_at=later),
        "/key/{token}/remove": f"{links.key(whose, expires_at=later)}/remove",
        "/feed-links/{token}": links.feed_links(whose, expires_at=later),
    }


def _filled(path: str, case: Case, reader: _Reader) -> str:
    return (
        path.replace("{reference}", case.reference)
        .replace("{number:int}", str(reader.following.id))
        .replace("/address/{destination_id}", f"/address/{reader.mailbox.id}")
        .replace("{destination_id}", str(reader.slack.id))
        .replace("{channel}", "matrix")
    )


def _more(parts: Parts, case: Case, reader: _Reader) -> list[str]:
    """The other faces of those pages: what is off, paused, confirmed, expired, empty, wrong."""
    links, later = parts.links, parts.wall_clock.now() + timedelta(days=1)
    gone = parts.clock.now() - timedelta(days=1)
    return [
        links.unsubscribe(reader.paused.id),
        links.unsubscribe(reader.stopped.id),
        links.confirm(reader.following.id, expires_at=later),
        links.confirm(reader.stopped.id, expires_at=later),
        links.confirm(reader.asked.id, expires_at=gone),
        "/?q=nothing-of-that-name",
        "/subscribe?country=KZ",
        "/manage?erased=1",
        "/manage/alerts?done=paused",
        "/manage/alerts/destinations/new/webhook",
        "/manage/alerts/destinations/new/slack",
        "/nothing/here",
        "/confirm/cut",
    ]
