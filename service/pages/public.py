"""The pages that anybody may read: the first one, a case, privacy."""

from __future__ import annotations

from collections import Counter

from fastapi import APIRouter, Request
from starlette.responses import HTMLResponse, Response

from service.facts import public_calls, public_case
from service.pages.rendering import pages_of
from service.queries.public_calls import last_issued
from service.queries.public_cases import LONGEST_SEARCH, public_case_named, public_cases, public_countries, told_lately
from service.vocabulary import Monitoring
from service.web import Now, PartsDep, Reading

router = APIRouter(include_in_schema=False)
# A GET route of the framework answers HEAD with 405; a public page answers it.
READ = ["GET", "HEAD"]
_ONE_DAY_S = 86_400


@router.api_route("/", methods=READ)
def first_page(
    request: Request, session: Reading, parts: PartsDep, now: Now, q: str = "", country: str = "", after: str = ""
) -> HTMLResponse:
    """What this is, who runs it, and which cases can be followed."""
    search = " ".join(q[:LONGEST_SEARCH].split())
    language = pages_of(request).language_of(request)
    cases, more = public_cases(session, search=search, country=country[:2], after=after[:32], now=now)
    return pages_of(request).render(
        request,
        "first",
        headers={"X-Robots-Tag": "all"},
        search=search,
        country=country[:2],
        countries=public_countries(session),
        cases=[public_case(session, case, now=now, links=parts.links, language=language) for case in cases],
        next_after=cases[-1].reference if more else None,
        is_first=not after,
    )


@router.api_route("/c/{slug}", methods=READ)
def case_page(request: Request, slug: str, session: Reading, parts: PartsDep, now: Now) -> HTMLResponse:
    """What may be said of one case in public, and where to follow it."""
    case = public_case_named(session, slug)
    facts = public_case(session, case, now=now, links=parts.links, language=pages_of(request).language_of(request))
    # Several follow-ups that may not be told apart in public are one line with a number.
    passed = Counter(day for day in facts.dates if day.days_late > 0)
    is_closed = case.monitoring is Monitoring.CLOSED
    calls = list(public_calls(session, last_issued(session, case), now=now))
    return pages_of(request).render(
        request, "case", case=facts, passed=passed.items(), is_closed=is_closed, calls=calls,
        told_lately=told_lately(session, case, now=now),
    )  # fmt: skip


@router.api_route("/privacy", methods=READ)
def privacy(request: Request) -> HTMLResponse:
    """What is kept of a reader and a subscriber, and how long."""
    return pages_of(request).render(request, "privacy")


@router.api_route("/static/vigil.css", methods=READ)
def style_sheet(request: Request) -> Response:
    """The one style sheet; its address changes with its content."""
    return _kept_file(pages_of(request).style, "text/css")


@router.api_route("/static/vigil.svg", methods=READ)
def mark(request: Request) -> Response:
    """The mark that browsers show beside the title."""
    return _kept_file(pages_of(request).mark, "image/svg+xml")


def _kept_file(content: bytes, media_type: str) -> Response:
    return Response(content, media_type=media_type, headers={"Cache-Control": f"public, max-age={_ONE_DAY_S}"})
