"""What is kept about a subscriber: to take along, and to have erased."""

from __future__ import annotations

import json

from fastapi import APIRouter, Request
from starlette.responses import HTMLResponse, Response

from service.commands.address_changes import require_not_a_members
from service.commands.erase_subscriber import erase_subscriber
from service.pages.forms import VISIT_PATH, drop_visit_cookie, see_other
from service.pages.public import READ
from service.pages.rendering import kept, pages_of
from service.pages.visits import ChangingVisitor, VisitFormToken, Visitor
from service.queries.own_data import own_data
from service.queries.own_page import own_destinations, own_subscriptions
from service.web import Now, PartsDep, Reading, WallNow, Writing

router = APIRouter(include_in_schema=False, prefix=VISIT_PATH)


@router.api_route("/data.json", methods=READ)
def download(visitor: Visitor, session: Reading, parts: PartsDep) -> Response:
    """Everything that is kept about this reader (GDPR, articles 15 and 20), as a file."""
    content = json.dumps({"schema": 1, **own_data(session, visitor, vault=parts.vault)}, indent=2, ensure_ascii=False)
    headers = {"Content-Disposition": 'attachment; filename="vigil-my-data.json"'}
    return Response(content, media_type="application/json", headers=headers)


@router.api_route("/erase", methods=READ)
def erase_page(
    request: Request, visitor: Visitor, session: Reading, parts: PartsDep, now: Now, token: VisitFormToken
) -> HTMLResponse:
    """What would be gone, and that nothing brings it back."""
    require_not_a_members(session, visitor)
    return pages_of(request).render(
        request, "manage/erase", token=token,
        subscriptions=len(own_subscriptions(session, visitor, vault=parts.vault, now=now)),
        destinations=own_destinations(session, visitor, vault=parts.vault),
    )  # fmt: skip


@router.post("/erase")
def erase(request: Request, visitor: ChangingVisitor, session: Writing, parts: PartsDep, wall: WallNow) -> Response:
    """Erase everything (GDPR, article 17), in one transaction; the hour is over with it."""
    erase_subscriber(session, visitor, now=wall)
    response = see_other(kept(request, "/manage", erased="1"))
    drop_visit_cookie(response, parts.settings)
    return response
