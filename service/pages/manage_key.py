"""A subscriber's OpenPGP key on their own page: given, replaced, taken back."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from fastapi import APIRouter, Request
from starlette.responses import HTMLResponse, Response

from service.commands.openpgp_keys import remove_key, set_key
from service.errors import InvalidInput
from service.pages.asking import problem_of
from service.pages.forms import VISIT_PATH, FormDep, see_other
from service.pages.public import READ
from service.pages.rendering import kept, pages_of
from service.pages.visits import VISIT_FRAME, ChangingVisitor, VisitFormToken, Visitor, back
from service.queries.openpgp_keys import KeyShown, key_of
from service.security.signing import signing_key_of
from service.web import Parts, PartsDep, Reading, WallNow, Writing

_PATH = f"{VISIT_PATH}/key"
router = APIRouter(include_in_schema=False, prefix=_PATH)


@router.api_route("", methods=READ)
def key_form(
    request: Request, visitor: Visitor, session: Reading, parts: PartsDep, wall: WallNow, token: VisitFormToken
) -> HTMLResponse:
    """The key that is set, and the box for another."""
    return _page(request, parts, token, key_of(session, visitor.id), {}, now=wall)


@router.post("")
def give_key(
    request: Request, form: FormDep, visitor: ChangingVisitor, session: Writing, parts: PartsDep, wall: WallNow,
    token: VisitFormToken,
) -> Response:  # fmt: skip
    """Take the key, or say on the same page what is wrong with it."""
    try:
        set_key(session, visitor.id, form.get("key", "").strip(), now=wall, vault=parts.vault)
    except InvalidInput as error:
        return _page(request, parts, token, key_of(session, visitor.id), problem_of(error), now=wall)
    return see_other(back(request, "key_given"))


@router.api_route("/remove", methods=READ)
def before_removing(request: Request, visitor: Visitor, session: Reading, token: VisitFormToken) -> Response:
    """What follows when the key goes, and the button; without a key there is only the other page."""
    key = key_of(session, visitor.id)
    if key is None:
        return see_other(kept(request, _PATH))
    return pages_of(request).render(request, "key_remove", frame=VISIT_FRAME, key=key, action=_PATH, token=token)


@router.post("/remove")
def take_back(request: Request, visitor: ChangingVisitor, session: Writing) -> Response:
    """Forget the key; doing it twice does no more."""
    remove_key(session, visitor.id)
    return see_other(back(request, "key_removed"))


def _page(
    request: Request, parts: Parts, token: str, key: KeyShown | None, problems: Mapping[str, str], *, now: datetime
) -> HTMLResponse:
    return pages_of(request).render(
        request, "key", frame=VISIT_FRAME, status=422 if problems else 200, key=key, action=_PATH, token=token,
        problems=problems, our_key=signing_key_of(parts.settings), now=now,
    )  # fmt: skip
