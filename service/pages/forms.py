"""What pages with a form need: its fields, its token, its cookie, and what is wrong with it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated

from fastapi import Depends, Request
from starlette.responses import RedirectResponse, Response

from service.mail_settings import is_loopback
from service.security.csrf import FormTokens, cookie_named
from service.settings import Settings
from service.web import PartsDep, WallNow

# Where a subscriber's own page begins.
VISIT_PATH = "/manage/alerts"


def form_of(request: Request) -> Mapping[str, str]:
    """The fields that the cross-site guard let through; there is no other way to them."""
    form: Mapping[str, str] = request.scope["vigil.form"]
    return form


FormDep = Annotated[Mapping[str, str], Depends(form_of)]


def public_form_token(parts: PartsDep, wall: WallNow) -> str:
    """A token for a form that sets no cookie and is bound to nobody."""
    return FormTokens(parts.signer).issue(now=wall)


FormToken = Annotated[str, Depends(public_form_token)]


def see_other(path: str) -> RedirectResponse:
    """303: the browser asks for the next page with GET, so that reloading it sends nothing again."""
    return RedirectResponse(path, 303)


def cookie_name(settings: Settings) -> str:
    """The cookie of staff; `__Host-` needs https, which a demo on this machine's own loopback does not have."""
    return "__Host-vigil" if uses_https(settings) else "vigil"


def visit_cookie_name(settings: Settings) -> str:
    """The cookie of a subscriber's hour; `__Host-` would send it everywhere, and it is for one part of the site."""
    return "__Secure-vigil-visit" if uses_https(settings) else "vigil-visit"


def uses_https(settings: Settings) -> bool:
    """Whether cookies are Secure: always, except where pages are read over plain HTTP on loopback."""
    scheme, _, rest = settings.public_url.partition("://")
    host = rest.rpartition(":")[0] if rest.rpartition(":")[2].isdigit() else rest
    return not (scheme == "http" and is_loopback(host.strip("[]")))


def visit_cookie(request: Request, settings: Settings) -> str | None:
    """The token of the hour that a subscriber opened, if there is one."""
    return cookie_named(request.headers, visit_cookie_name(settings))


def set_visit_cookie(response: Response, value: str, settings: Settings) -> None:
    """Hand the browser the hour's cookie: for the subscriber's own page alone, gone when the browser closes."""
    response.set_cookie(
        visit_cookie_name(settings),
        value,
        path=VISIT_PATH,
        secure=uses_https(settings),
        httponly=True,
        samesite="strict",
    )


def drop_visit_cookie(response: Response, settings: Settings) -> None:
    """Tell the browser to forget the hour."""
    response.delete_cookie(
        visit_cookie_name(settings), path=VISIT_PATH, secure=uses_https(settings), httponly=True, samesite="strict"
    )


def staff_cookie(request: Request, settings: Settings) -> str | None:
    """What the staff cookie holds: a session's token, or before sign-in a random value for the form."""
    return cookie_named(request.headers, cookie_name(settings))


def set_staff_cookie(response: Response, value: str, settings: Settings) -> None:
    """Hand the browser its cookie: unreadable for scripts, gone when the browser closes."""
    response.set_cookie(
        cookie_name(settings), value, path="/", secure=uses_https(settings), httponly=True, samesite="lax"
    )


def drop_staff_cookie(response: Response, settings: Settings) -> None:
    """Tell the browser to forget its cookie."""
    response.delete_cookie(cookie_name(settings), path="/", secure=uses_https(settings), httponly=True, samesite="lax")
