"""Calendars and feeds: of a public case for anybody, and of all that a reader follows by a private address."""

from __future__ import annotations

import hashlib
from collections.abc import Collection
from datetime import datetime
from uuid import UUID

from fastapi import APIRouter, Request
from starlette.responses import HTMLResponse, Response

from service.commands.feed_tokens import make_feed_token, revoke_feed_token
from service.facts.feeds import alerts_of, calls_of, dates_of
from service.links import FEED_LINKS
from service.pages import atom, calendars
from service.pages.feed_words import FeedWords
from service.pages.forms import FormToken, see_other
from service.pages.mailed_links import linked_subscriber
from service.pages.public import READ
from service.pages.rendering import kept, pages_of
from service.queries.feeds import feed_made_at, followed_cases, subscriber_of_feed
from service.queries.public_cases import public_case_named
from service.queries.urgent_standing import fallen_calls
from service.web import Now, Parts, PartsDep, Reading, WallNow, Writing

router = APIRouter(include_in_schema=False)
# Programs ask again after a quarter of an hour at the soonest.
MAX_AGE_S = 900
CALENDAR, FEED = "dates.ics", "feed.atom"


@router.api_route("/c/{slug}/dates.ics", methods=READ)
def case_calendar(request: Request, slug: str, session: Reading, parts: PartsDep, now: Now) -> Response:
    """The public dates of one case."""
    case, words = public_case_named(session, slug), _words(request)
    return _answer(request, _calendar(session, parts, [case.id], words, words.of_case(case.reference), now))


@router.api_route("/c/{slug}/feed.atom", methods=READ)
def case_feed(request: Request, slug: str, session: Reading, parts: PartsDep, now: Now) -> Response:
    """What was told in public of one case."""
    case, words = public_case_named(session, slug), _words(request)
    about = atom.About(
        id=case.id.urn,
        title=words.of_case(case.reference),
        self_url=f"{parts.links.case(case.slug)}/{FEED}",
        page_url=parts.links.case(case.slug),
        organisation=parts.settings.organisation,
        language=words.language,
    )
    return _answer(request, _feed(session, parts, [case.id], words, about, now))


@router.api_route("/feeds/{token}/dates.ics", methods=READ)
def own_calendar(request: Request, token: str, session: Reading, parts: PartsDep, now: Now) -> Response:
    """The public dates of all cases that one reader follows."""
    cases, words = followed_cases(session, subscriber_of_feed(session, token)), _words(request)
    return _answer(request, _calendar(session, parts, cases, words, words.of_reader(), now), private=True)


@router.api_route("/feeds/{token}/feed.atom", methods=READ)
def own_feed(request: Request, token: str, session: Reading, parts: PartsDep, now: Now) -> Response:
    """What was told in public of all cases that one reader follows."""
    subscriber_id, words = subscriber_of_feed(session, token), _words(request)
    about = atom.About(
        id=subscriber_id.urn,
        title=words.of_reader(),
        self_url=f"{parts.links.public_url}/feeds/{token}/{FEED}",
        page_url=parts.links.public_url,
        organisation=parts.settings.organisation,
        language=words.language,
    )
    return _answer(
        request, _feed(session, parts, followed_cases(session, subscriber_id), words, about, now), private=True
    )


@router.api_route("/feed-links/{token}", methods=READ)
def links_page(
    request: Request, token: str, session: Reading, parts: PartsDep, now: Now, form_token: FormToken
) -> HTMLResponse:
    """The private addresses, and the buttons that make others or none."""
    subscriber_id = linked_subscriber(request, session, parts, FEED_LINKS, token, now)
    made_at = feed_made_at(session, subscriber_id)
    return pages_of(request).render(
        request,
        "feed_links",
        action=f"/feed-links/{token}",
        token=form_token,
        made_at=made_at,
        calendar_url=made_at and parts.links.feed(subscriber_id, made_at=made_at, name=CALENDAR),
        feed_url=made_at and parts.links.feed(subscriber_id, made_at=made_at, name=FEED),
    )


@router.post("/feed-links/{token}")
def make(request: Request, token: str, session: Writing, parts: PartsDep, now: Now, wall: WallNow) -> Response:
    """Make new addresses; the old ones open nothing any more."""
    make_feed_token(
        session, linked_subscriber(request, session, parts, FEED_LINKS, token, now), now=wall, links=parts.links
    )
    return see_other(kept(request, f"/feed-links/{token}"))


@router.post("/feed-links/{token}/off")
def revoke(request: Request, token: str, session: Writing, parts: PartsDep, now: Now) -> Response:
    """Take the addresses back."""
    revoke_feed_token(session, linked_subscriber(request, session, parts, FEED_LINKS, token, now))
    return see_other(kept(request, f"/feed-links/{token}"))


def _words(request: Request) -> FeedWords:
    pages = pages_of(request)
    return FeedWords(pages.languages, pages.language_of(request))


def _calendar(
    session: Reading, parts: Parts, case_ids: Collection[UUID], words: FeedWords, title: str, now: datetime
) -> Response:
    dates = dates_of(session, case_ids, now=now, links=parts.links)
    content = calendars.calendar_of(
        dates, words, title=title, public_url=parts.links.public_url, organisation=parts.settings.organisation
    )
    return Response(content, headers={"Content-Type": calendars.MEDIA_TYPE, "Content-Language": words.language})


def _feed(
    session: Reading, parts: Parts, case_ids: Collection[UUID], words: FeedWords, about: atom.About, now: datetime
) -> Response:
    calls = calls_of(session, case_ids, links=parts.links)
    fallen = fallen_calls(session, [call.id for call in calls], now=now)
    entries = [
        *(atom.entry_of_alert(one, words) for one in alerts_of(session, case_ids, now=now, links=parts.links)),
        *(atom.entry_of_call(one, words) for one in calls if one.id not in fallen),
    ]
    content = atom.feed_of(entries, about)
    return Response(content, headers={"Content-Type": atom.MEDIA_TYPE, "Content-Language": words.language})


def _answer(request: Request, whole: Response, *, private: bool = False) -> Response:
    """The same with a strong ETag; 304 without a body for a program that has it already (RFC 9110, section 13)."""
    etag = f'"{hashlib.sha256(bytes(whole.body)).hexdigest()[:32]}"'
    whole.headers["ETag"] = etag
    whole.headers["Cache-Control"] = f"{'private' if private else 'public'}, max-age={MAX_AGE_S}"
    whole.headers["Vary"] = "Accept-Language"
    known = [one.strip().removeprefix("W/") for one in request.headers.get("if-none-match", "").split(",")]
    if etag not in known and "*" not in known:
        return whole
    without_body = {name: value for name, value in whole.headers.items() if not name.startswith("content-")}
    return Response(status_code=304, headers=without_body)
