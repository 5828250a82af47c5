"""Dates as a calendar that programs subscribe to (RFC 5545)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from urllib.parse import urlsplit

from icalendar import Calendar, Event, vDuration, vText

from service.facts.feeds import FeedDate
from service.pages.feed_words import FeedWords, plain

MEDIA_TYPE = "text/calendar; charset=utf-8"
# How often programs should ask; RFC 7986 has a name of its own for what many read under the older one.
ASK_EVERY = timedelta(hours=1)


def calendar_of(
    dates: Sequence[FeedDate], words: FeedWords, *, title: str, public_url: str, organisation: str
) -> bytes:
    """A calendar of whole days: a due date is a day where the person is held, and has no hour.

    Each event keeps its UID; SEQUENCE is the revision of its date. The same dates give the same bytes.
    """
    calendar = Calendar()
    calendar.add("prodid", f"-//{plain(organisation)}//Vigil//EN")
    calendar.add("version", "2.0")
    calendar.add("calscale", "GREGORIAN")
    calendar.add("method", "PUBLISH")
    # A name that the library does not know, so it would write the text as it is.
    calendar.add("x-wr-calname", vText(plain(title)))
    calendar.add("x-published-ttl", vDuration(ASK_EVERY))
    calendar.add("refresh-interval", vDuration(ASK_EVERY), parameters={"VALUE": "DURATION"})
    for date in dates:
        calendar.add_component(_event(date, words, urlsplit(public_url).hostname or "vigil"))
    return bytes(calendar.to_ical())


def _event(date: FeedDate, words: FeedWords, host: str) -> Event:
    event = Event()
    event.add("uid", f"{date.id}@{host}")
    event.add("sequence", date.revision)
    event.add("dtstamp", date.changed_at.replace(microsecond=0))
    event.add("last-modified", date.changed_at.replace(microsecond=0))
    event.add("dtstart", date.due_on)
    event.add("summary", words.date(date))
    event.add("description", words.due(date))
    event.add("url", date.case_url)
    event.add("transp", "TRANSPARENT")
    return event
