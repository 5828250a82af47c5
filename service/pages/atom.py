"""Alerts as a feed (RFC 4287)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from xml.etree import ElementTree as ET

from service.facts.feeds import FeedAlert
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


def feed_of(alerts: Sequence[FeedAlert], words: FeedWords, about: About) -> bytes:
    """A feed with an entry for each alert. The same alerts give the same bytes."""
    feed = ET.Element("feed", {"xmlns": _ATOM, "xml:lang": words.language})
    _say(feed, "id", about.id)
    _say(feed, "title", about.title)
    _say(feed, "updated", _instant(max((alert.told_at for alert in alerts), default=NEVER)))
    _say(ET.SubElement(feed, "author"), "name", about.organisation)
    ET.SubElement(feed, "link", {"rel": "self", "type": "application/atom+xml", "href": plain(about.self_url)})
    ET.SubElement(feed, "link", {"rel": "alternate", "type": "text/html", "href": plain(about.page_url)})
    for alert in alerts:
        entry = ET.SubElement(feed, "entry")
        _say(entry, "id", alert.id.urn)
        _say(entry, "title", words.alert(alert))
        _say(entry, "updated", _instant(alert.told_at))
        _say(entry, "published", _instant(alert.told_at))
        ET.SubElement(entry, "link", {"rel": "alternate", "type": "text/html", "href": plain(alert.about.case_url)})
        _say(entry, "summary", words.due(alert.about))
    written: bytes = ET.tostring(feed, encoding="utf-8", xml_declaration=True)
    return written


def _say(parent: ET.Element, name: str, text: str) -> None:
    ET.SubElement(parent, name).text = plain(text)


def _instant(at: datetime) -> str:
    return at.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
