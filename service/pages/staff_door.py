"""The door of the staff pages: who comes in, signing in, signing out."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Request
from starlette.responses import Response

from service.commands.limits import network_of
from service.commands.sign_in import come_back, sign_in, sign_out
from service.errors import NotAuthenticated
from service.pages.forms import FormDep, drop_staff_cookie, see_other, set_staff_cookie, staff_cookie
from service.pages.rendering import kept, pages_of
from service.queries.members import actor_of, member_named
from service.security.csrf import FormTokens
from service.security.passwords import is_password
from service.security.policy import Actor
from service.security.tokens import new_token
from service.web import PartsDep, Reading, WallNow, Writing

router = APIRouter(include_in_schema=False, prefix="/staff")
LONGEST_NAME = 64


def signed_in(request: Request, session: Writing, parts: PartsDep, wall: WallNow) -> Actor:
    """The member whose browser this is; raises NotAuthenticated, which leads to the sign-in page."""
    cookie = staff_cookie(request, parts.settings)
    member = come_back(session, cookie, now=wall) if cookie else None
    if member is None:
        raise NotAuthenticated("Sign in first.")
    return actor_of(member)


def staff_form_token(request: Request, parts: PartsDep, wall: WallNow) -> str:
    """A form token that only this browser can use."""
    return FormTokens(parts.signer).issue(now=wall, bound_to=staff_cookie(request, parts.settings) or "")


Staff = Annotated[Actor, Depends(signed_in)]
StaffFormToken = Annotated[str, Depends(staff_form_token)]


@router.get("/sign-in")
def sign_in_page(request: Request, parts: PartsDep, wall: WallNow) -> Response:
    """Name, password, code; the form is bound to a cookie that means nothing yet."""
    return _sign_in_page(request, parts, wall, failed=False)


@router.post("/sign-in")
def try_to_sign_in(
    request: Request, form: FormDep, reading: Reading, session: Writing, parts: PartsDep, wall: WallNow
) -> Response:
    """Open a session; every failure gets the same sentence."""
    name = form.get("name", "").strip()[:LONGEST_NAME]
    member = member_named(reading, name)
    # Found out before the writing transaction begins, because it takes a tenth of a second.
    right = is_password(form.get("password", ""), member.password_hash if member else None)
    token = sign_in(
        session,
        name=name,
        network=network_of(request.client.host if request.client else None),
        member=member,
        is_password=right,
        code=form.get("code", ""),
        now=wall,
        vault=parts.vault,
    )
    if token is None:
        return _sign_in_page(request, parts, wall, failed=True)
    response = see_other(kept(request, "/staff"))
    set_staff_cookie(response, token, parts.settings)
    return response


@router.post("/sign-out")
def leave(request: Request, session: Writing, parts: PartsDep) -> Response:
    """Close the session and forget the cookie."""
    sign_out(session, staff_cookie(request, parts.settings) or "")
    response = see_other(kept(request, "/staff/sign-in"))
    drop_staff_cookie(response, parts.settings)
    return response


def _sign_in_page(request: Request, parts: PartsDep, wall: WallNow, *, failed: bool) -> Response:
    # Whoever is signed in and comes here again stays signed in; a new sign-in gets a new token anyway.
    cookie = staff_cookie(request, parts.settings) or new_token()
    token = FormTokens(parts.signer).issue(now=wall, bound_to=cookie)
    page = pages_of(request).render(request, "sign_in", status=422 if failed else 200, token=token, failed=failed)
    set_staff_cookie(page, cookie, parts.settings)
    return page
