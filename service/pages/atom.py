"""Alerts as a feed (RFC 4287)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from uuid import UUID
from xml.etree import ElementTree as ET

from service.facts.feeds import MOST_ALERTS, FeedAlert, FeedCall
from service.pages.feed_words import FeedWords, plain

MEDIA_TYPE = "application/atom+xml; charset=utf-8"
_ATOM = "http://www.w3.org/2005/Atom"
# The instant of a feed in which nothing was told yet.
NEVER = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True, kw_only=True)
class About:
    """A feed itself: its lasting `id` (an IRI), its own address, and the page that it belongs to."""

    id: str
    title: str
    self_url: str
    page_url: str
    organisation: str
    language: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One thing that was told at `told_at` (UTC), and the page on which more stands."""

    id: UUID
    title: str
    summary: str
    told_at: datetime
    page_url: str


def entry_of_alert(alert: FeedAlert, words: FeedWords) -> Entry:
    """An alert as an entry."""
    summary, page_url = words.due(alert.about), alert.about.case_url
    return Entry(id=alert.id, title=words.alert(alert), summary=summary, told_at=alert.told_at, page_url=page_url)


def entry_of_call(call: FeedCall, words: FeedWords) -> Entry:
    """A version of an urgent action as an entry."""
    summary = words.act_by(call)
    return Entry(id=call.id, title=words.call(call), summary=summary, told_at=call.told_at, page_url=call.case_url)


def feed_of(entries: Sequence[Entry], about: About) -> bytes:
    """A feed of these entries, the newest first, 100 at most. The same entries give the same bytes."""
    newest = sorted(entries, key=lambda entry: (entry.told_at, entry.id), reverse=True)[:MOST_ALERTS]
    feed = ET.Element("feed", {"xmlns": _ATOM, "xml:lang": about.language})
    _say(feed, "id", about.id)
    _say(feed, "title", about.title)
    _say(feed, "updated", _instant(newest[0].told_at if newest else NEVER))
    _say(ET.SubElement(feed, "author"), "name", about.organisation)
    ET.SubElement(feed, "link", {"rel": "self", "type": "application/atom+xml", "href": plain(about.self_url)})
    ET.SubElement(feed, "link", {"rel": "alternate", "type": "text/html", "href": plain(about.page_url)})
    for one in newest:
        entry = ET.SubElement(feed, "entry")
        _say(entry, "id", one.id.urn)
        _say(entry, "title", one.title)
        _say(entry, "updated", _instant(one.told_at))
        _say(entry, "published", _instant(one.told_at))
        ET.SubElement(entry, "link", {"rel": "alternate", "type": "text/html", "href": plain(one.page_url)})
        _say(entry, "summary", one.summary)
    written: bytes = ET.tostring(feed, encoding="utf-8", xml_declaration=True)
    return written


def _say(parent: ET.Element, name: str, text: str) -> None:
    ET.SubElement(parent, name).text = plain(text)


def _instant(at: datetime) -> str:
    return at.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
