"""The door to one's own page: an address box, a mailed link, a button that opens an hour."""

from __future__ import annotations

from collections.abc import Mapping
from uuid import UUID

from fastapi import APIRouter, Request
from starlette.responses import HTMLResponse, Response

from service.commands.manage_visits import close_visit, is_unspent, open_visit
from service.commands.subscribe import normalised
from service.errors import InvalidInput
from service.links import MANAGE
from service.pages.asking import HONEYPOT, problem_of, put_down, require_turn_for
from service.pages.forms import (
    VISIT_PATH,
    FormDep,
    FormToken,
    drop_visit_cookie,
    see_other,
    set_visit_cookie,
    visit_cookie,
)
from service.pages.public import READ
from service.pages.rendering import kept, pages_of
from service.pages.visits import ChangingVisitor
from service.vocabulary import AskingKind
from service.web import PartsDep, Reading, WallNow, Writing

router = APIRouter(include_in_schema=False, prefix="/manage")


@router.api_route("", methods=READ)
def address_box(request: Request, token: FormToken, ended: str = "", erased: str = "") -> HTMLResponse:
    """Asks for the address to which the link is mailed."""
    return _box(request, token, {}, {}, ended=bool(ended), erased=bool(erased))


@router.post("")
def ask_for_link(
    request: Request, form: FormDep, session: Writing, parts: PartsDep, wall: WallNow, token: FormToken
) -> Response:
    """Take the address and say to check the mailbox, whoever's it is."""
    require_turn_for(request, session, parts, wall=wall)
    response = see_other(kept(request, "/manage/sent"))
    try:
        address = normalised(form.get("address", ""))
    except InvalidInput as error:
        return _box(request, token, form, problem_of(error))
    if form.get(HONEYPOT):
        return response
    return put_down(session, AskingKind.MANAGE, {"address": address}, response, parts, wall=wall)


@router.api_route("/sent", methods=READ)
def link_sent(request: Request) -> HTMLResponse:
    """The same page for every address."""
    return pages_of(request).render(request, "manage/sent")


@router.api_route("/open/{token}", methods=READ)
def button(
    request: Request, token: str, session: Reading, parts: PartsDep, wall: WallNow, form_token: FormToken
) -> HTMLResponse:
    """The page with the one button; looking at it spends nothing."""
    visit_id = UUID(parts.signer.read(MANAGE, token, now=wall))
    spent = not is_unspent(session, visit_id)
    return pages_of(request).render(
        request, "manage/open", status=410 if spent else 200, spent=spent, link=token, token=form_token
    )


@router.post("/open/{token}")
def open_page(request: Request, token: str, session: Writing, parts: PartsDep, wall: WallNow) -> Response:
    """Spend the link; the browser gets the hour's cookie."""
    opened = open_visit(session, UUID(parts.signer.read(MANAGE, token, now=wall)), wall_now=wall)
    if opened is None:
        return see_other(kept(request, f"/manage/open/{token}"))
    response = see_other(kept(request, VISIT_PATH))
    set_visit_cookie(response, opened, parts.settings)
    return response


@router.post("/alerts/end")
def end(request: Request, _: ChangingVisitor, session: Writing, parts: PartsDep) -> Response:
    """End the hour now."""
    close_visit(session, visit_cookie(request, parts.settings) or "")
    response = see_other(kept(request, "/manage", ended="1"))
    drop_visit_cookie(response, parts.settings)
    return response


def _box(
    request: Request, token: str, entries: Mapping[str, str], problems: Mapping[str, str], *, ended: bool = False,
    erased: bool = False,
) -> HTMLResponse:  # fmt: skip
    return pages_of(request).render(
        request, "manage/address_box", status=422 if problems else 200, token=token, entries=dict(entries),
        problems=problems, honeypot=HONEYPOT, ended=ended, erased=erased,
    )  # fmt: skip
