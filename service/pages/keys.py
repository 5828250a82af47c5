"""A reader's own OpenPGP key: what is set, another in its place, and taken back."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from fastapi import APIRouter, Request
from starlette.responses import HTMLResponse, Response

from service.commands.openpgp_keys import remove_key, set_key
from service.errors import InvalidInput
from service.links import KEY
from service.pages.forms import FormDep, FormToken, see_other
from service.pages.mailed_links import linked_subscriber
from service.pages.public import READ
from service.pages.rendering import kept, pages_of
from service.queries.openpgp_keys import KeyShown, key_of
from service.security.signing import signing_key_of
from service.web import Now, Parts, PartsDep, Reading, WallNow, Writing

router = APIRouter(include_in_schema=False)


@router.api_route("/key/{token}", methods=READ)
def key_page(
    request: Request, token: str, session: Reading, parts: PartsDep, now: Now, wall: WallNow, form_token: FormToken
) -> HTMLResponse:
    """The key that is set, and the form for another; nothing here says what its owner follows."""
    key = key_of(session, linked_subscriber(request, session, parts, KEY, token, now))
    return _page(request, parts, token, form_token, key, now=wall)


@router.post("/key/{token}")
def give_key(
    request: Request,
    token: str,
    form: FormDep,
    session: Writing,
    parts: PartsDep,
    now: Now,
    wall: WallNow,
    form_token: FormToken,
) -> Response:
    """Take the key, or say on the same page what is wrong with it."""
    subscriber_id = linked_subscriber(request, session, parts, KEY, token, now)
    try:
        set_key(session, subscriber_id, form.get("key", "").strip(), now=wall, vault=parts.vault)
    except InvalidInput as error:
        problems = {problem.where: problem.reason for problem in error.problems}
        key = key_of(session, subscriber_id)
        return _page(request, parts, token, form_token, key, now=wall, status=422, problems=problems)
    return see_other(kept(request, f"/key/{token}"))


@router.api_route("/key/{token}/remove", methods=READ)
def before_removing(
    request: Request, token: str, session: Reading, parts: PartsDep, now: Now, form_token: FormToken
) -> Response:
    """What follows when the key goes, and the button; without a key there is only the other page."""
    key = key_of(session, linked_subscriber(request, session, parts, KEY, token, now))
    if key is None:
        return see_other(kept(request, f"/key/{token}"))
    return pages_of(request).render(request, "key_remove", key=key, action=f"/key/{token}", token=form_token)


@router.post("/key/{token}/remove")
def take_back(request: Request, token: str, session: Writing, parts: PartsDep, now: Now) -> Response:
    """Forget the key; doing it twice does no more."""
    remove_key(session, linked_subscriber(request, session, parts, KEY, token, now))
    return see_other(kept(request, f"/key/{token}"))


def _page(
    request: Request,
    parts: Parts,
    token: str,
    form_token: str,
    key: KeyShown | None,
    *,
    now: datetime,
    status: int = 200,
    problems: Mapping[str, str] | None = None,
) -> HTMLResponse:
    return pages_of(request).render(
        request,
        "key",
        status=status,
        key=key,
        action=f"/key/{token}",
        token=form_token,
        problems=problems or {},
        our_key=signing_key_of(parts.settings),
        now=now,
    )
