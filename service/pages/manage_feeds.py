"""A subscriber's private calendar and feed on their own page: made, made anew, switched off."""

from __future__ import annotations

from fastapi import APIRouter, Request
from starlette.responses import HTMLResponse, Response

from service.commands.feed_tokens import make_feed_token, revoke_feed_token
from service.pages.feeds import CALENDAR, FEED
from service.pages.forms import VISIT_PATH, see_other
from service.pages.public import READ
from service.pages.rendering import kept, pages_of
from service.pages.visits import VISIT_FRAME, ChangingVisitor, VisitFormToken, Visitor, back
from service.queries.feeds import feed_made_at
from service.web import PartsDep, Reading, WallNow, Writing

_PATH = f"{VISIT_PATH}/feeds"
router = APIRouter(include_in_schema=False, prefix=_PATH)


@router.api_route("", methods=READ)
def addresses(
    request: Request, visitor: Visitor, session: Reading, parts: PartsDep, token: VisitFormToken
) -> HTMLResponse:
    """The private addresses, and the buttons that make others or none."""
    made_at = feed_made_at(session, visitor.id)
    return pages_of(request).render(
        request, "feed_links", frame=VISIT_FRAME, action=_PATH, token=token, made_at=made_at,
        calendar_url=made_at and parts.links.feed(visitor.id, made_at=made_at, name=CALENDAR),
        feed_url=made_at and parts.links.feed(visitor.id, made_at=made_at, name=FEED),
    )  # fmt: skip


@router.post("")
def make(request: Request, visitor: ChangingVisitor, session: Writing, parts: PartsDep, wall: WallNow) -> Response:
    """Make new addresses, which the next page shows; the old ones open nothing any more."""
    make_feed_token(session, visitor.id, now=wall, links=parts.links)
    return see_other(kept(request, _PATH))


@router.post("/off")
def revoke(request: Request, visitor: ChangingVisitor, session: Writing) -> Response:
    """Take the addresses back."""
    revoke_feed_token(session, visitor.id)
    return see_other(back(request, "feeds_off"))
