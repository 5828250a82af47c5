"""The sections of a subscriber's own page; each is one template and the facts that it shows."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from service.commands.timetables import timetable_of
from service.queries.address_trouble import address_trouble
from service.queries.feeds import feed_made_at
from service.queries.openpgp_keys import key_of
from service.queries.own_page import own_destinations, own_messages, own_subscriptions
from service.records import Subscriber
from service.vocabulary import ChannelName
from service.web import Parts


@dataclass(frozen=True, slots=True)
class Section:
    """`name` is that of the template in `templates/pages/manage/` and of its anchor; `facts` reads what it shows."""

    name: str
    facts: Callable[[Session, Subscriber, Parts, datetime], Mapping[str, Any]]


def _trouble(session: Session, subscriber: Subscriber, parts: Parts, _: datetime) -> Mapping[str, Any]:
    # What comes back is noted by the machine's clock.
    troubles = address_trouble(session, subscriber, now=parts.wall_clock.now())
    ways = own_destinations(session, subscriber, vault=parts.vault) if troubles else []
    return {"troubles": troubles, "called": {way.id: way.to for way in ways}}


def _subscriptions(session: Session, subscriber: Subscriber, parts: Parts, now: datetime) -> Mapping[str, Any]:
    return {"subscriptions": own_subscriptions(session, subscriber, vault=parts.vault, now=now)}


def _reader(_: Session, subscriber: Subscriber, parts: Parts, __: datetime) -> Mapping[str, Any]:
    name = parts.languages.own_name(parts.languages.closest(subscriber.language))
    return {"language_name": name, "time_zone": subscriber.time_zone}


def _destinations(session: Session, subscriber: Subscriber, parts: Parts, _: datetime) -> Mapping[str, Any]:
    ways = own_destinations(session, subscriber, vault=parts.vault)
    return {
        "mailboxes": [way for way in ways if way.channel is ChannelName.EMAIL],
        "others": [way for way in ways if way.channel is not ChannelName.EMAIL],
    }


def _hours(session: Session, subscriber: Subscriber, _: Parts, __: datetime) -> Mapping[str, Any]:
    return {"timetable": timetable_of(session, subscriber)}


def _key(session: Session, subscriber: Subscriber, parts: Parts, _: datetime) -> Mapping[str, Any]:
    # A key ends by the machine's clock.
    return {"key": key_of(session, subscriber.id), "now": parts.wall_clock.now()}


def _feeds(session: Session, subscriber: Subscriber, _: Parts, __: datetime) -> Mapping[str, Any]:
    return {"made_at": feed_made_at(session, subscriber.id)}


def _messages(session: Session, subscriber: Subscriber, _: Parts, __: datetime) -> Mapping[str, Any]:
    return {"messages": own_messages(session, subscriber), "time_zone": subscriber.time_zone}


def _data(_: Session, __: Subscriber, ___: Parts, ____: datetime) -> Mapping[str, Any]:
    return {}


# In the order of the page. Another part of the page is another line here, a template, and a file of routes.
SECTIONS: tuple[Section, ...] = (
    Section("trouble", _trouble),
    Section("subscriptions", _subscriptions),
    Section("destinations", _destinations),
    Section("reader", _reader),
    Section("hours", _hours),
    Section("key", _key),
    Section("feeds", _feeds),
    Section("messages", _messages),
    Section("data", _data),
)
