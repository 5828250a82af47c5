""" "Check your e-mail": the same page for every address, with a box for the code, and a way to ask again."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from fastapi import APIRouter, Request
from sqlalchemy.orm import Session
from starlette.responses import HTMLResponse, Response

from service.commands.enter_code import enter_code
from service.commands.subscribe import CONFIRM_WITHIN
from service.commands.wishes import wish_from_plain
from service.errors import NotFound
from service.links import CONFIRM
from service.pages.asking import put_down, require_turn_for
from service.pages.forms import FormDep, FormToken, see_other
from service.pages.public import READ
from service.pages.rendering import kept, pages_of
from service.pages.subjects import Subject, subject_of_case
from service.records import Case
from service.security.encryption import Vault
from service.security.sealed_links import open_link, seal_link
from service.vocabulary import AskingKind
from service.web import Now, Parts, PartsDep, Reading, WallNow, Writing

router = APIRouter(include_in_schema=False)
_PURPOSE = "sent"
_LIVES = timedelta(days=7)


def sent_link(vault: Vault, fields: Mapping[str, Any], *, now: datetime) -> str:
    """What carries the wish from page to page: sealed, so that neither a log nor the browser's history tells it."""
    return seal_link(vault, _PURPOSE, dict(fields), expires_at=now + _LIVES)


@router.api_route("/subscribe/sent", methods=READ)
def sent(
    request: Request,
    session: Reading,
    parts: PartsDep,
    wall: WallNow,
    token: FormToken,
    wish: str = "",
    again: str = "",
) -> HTMLResponse:
    """Where the message went, what to do with it, and what to do when it does not come."""
    return _page(request, session, parts, wish, token, wall=wall, again=bool(again))


@router.post("/subscribe/code")
def try_code(
    request: Request, form: FormDep, session: Writing, parts: PartsDep, now: Now, wall: WallNow, token: FormToken
) -> Response:
    """Start the alerts by the code of the message; one sentence for every code that does not."""
    require_turn_for(request, session, parts, wall=wall)
    link = form.get("wish", "")
    fields = open_link(parts.vault, _PURPOSE, link, now=wall)
    started = enter_code(
        session, wish_from_plain(fields["wish"]), address=fields["address"], code=form.get("code", ""), now=now,
        wall_now=wall, vault=parts.vault,
    )  # fmt: skip
    if started is None:
        problem = _msgid("This is not the code of the newest message, or it was tried five times")
        return _page(request, session, parts, link, token, wall=wall, problems={"code": problem})
    confirmed = parts.signer.sign(CONFIRM, started.id, expires_at=started.created_at + CONFIRM_WITHIN)
    return see_other(kept(request, f"/confirm/{confirmed}"))


@router.post("/subscribe/again")
def ask_again(request: Request, form: FormDep, session: Writing, parts: PartsDep, wall: WallNow) -> Response:
    """Send the message once more, to the same address; three a day, whoever asks."""
    require_turn_for(request, session, parts, wall=wall)
    link = form.get("wish", "")
    fields = open_link(parts.vault, _PURPOSE, link, now=wall)
    response = see_other(kept(request, "/subscribe/sent", wish=link, again="1"))
    return put_down(session, AskingKind.SUBSCRIBE, fields, response, parts, wall=wall)


def _page(
    request: Request, session: Session, parts: Parts, link: str, token: str, *, wall: datetime, again: bool = False,
    problems: Mapping[str, str] | None = None,
) -> HTMLResponse:  # fmt: skip
    fields = open_link(parts.vault, _PURPOSE, link, now=wall)
    wish = wish_from_plain(fields["wish"])
    case = session.get(Case, wish.case_id) if wish.case_id else None
    if wish.case_id and case is None:
        raise NotFound("This case is gone.")
    subject = subject_of_case(case) if case else Subject(country=wish.country, kind=wish.follow_up_kind)
    pages = pages_of(request)
    return pages.render(
        request, "sent", status=422 if problems else 200, what=subject.said(pages.words(request)), subject=subject,
        address=fields["address"], link=link, token=token, again=again, problems=problems or {},
    )  # fmt: skip


def _msgid(english: str) -> str:
    """Marks a text for the translators."""
    return english
