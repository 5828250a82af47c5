"""Nothing changes unless one of our own pages asked for it: a signed form token and the browser's own word, both."""

from __future__ import annotations

import hmac
import re
from datetime import timedelta
from email.parser import BytesParser
from email.policy import HTTP
from typing import TYPE_CHECKING
from urllib.parse import parse_qsl

from starlette.datastructures import Headers

from service.errors import InvalidInput
from service.security.tokens import hash_of, new_token

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from datetime import datetime

    from starlette.types import ASGIApp, Message, Receive, Scope, Send

    from service.clock import Clock
    from service.security.tokens import Signer

    Refuse = Callable[[Scope, int], ASGIApp]
    # Which part of the site is bound to which cookie.
    Cookies = Sequence[tuple[re.Pattern[str], str]]

FIELD = "form_token"
SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
# Long enough for a page that was left open over night.
FORM_LIVES = timedelta(hours=24)
MOST_FIELDS = 100

# Staff forms are bound to a cookie, and those of a subscriber's own page to the hour's; whoever only subscribes gets none,
# so those forms are bound to nobody.
STAFF = re.compile(r"/staff(/|$)")
VISIT = re.compile(r"/manage/alerts(/|$)")
# Bearer tokens only: no browser sends them by itself, and the API looks at no cookie.
BEARER_ONLY = re.compile(r"/api/v1/")
# RFC 8058: mail programs post exactly this, with neither cookie nor Origin; the link's own token is the proof.
ONE_CLICK_PATH = re.compile(r"/u/(summaries/)?[^/]+")
ONE_CLICK_BODY = {"List-Unsubscribe": "One-Click"}
# Programs answer a canary with whatever body they like: the link's own token is the proof, and nothing else is read.
TOKEN_ALONE = re.compile(r"/canary/[^/]+")


class FormTokens:
    """Makes and checks the hidden token of a form; `bound_to` is the browser's cookie, or empty where there is none."""

    def __init__(self, signer: Signer) -> None:
        self._signer = signer

    def issue(self, *, now: datetime, bound_to: str = "") -> str:
        """A token that this browser may use until it expires; each is different, so a form can be known again."""
        value = [hash_of(bound_to), now.timestamp(), new_token()[:16]]
        return self._signer.sign("form", value, expires_at=now + FORM_LIVES)

    def seconds_open(self, token: str, *, now: datetime) -> float:
        """How long ago the form was given out, in seconds; raises InvalidInput."""
        return now.timestamp() - float(self._signer.read("form", token, now=now)[1])

    def is_good(self, token: str, *, now: datetime, bound_to: str = "") -> bool:
        """Whether the token is ours, unexpired, and this browser's."""
        try:
            bound, _, _ = self._signer.read("form", token, now=now)
        except InvalidInput:
            return False
        return hmac.compare_digest(bound, hash_of(bound_to))


class CrossSiteGuard:
    """Refuses (403) every unsafe request that does not prove where it comes from; it fails closed.

    What the form held is left in `scope["vigil.form"]`, so that no route parses a body by itself.
    """

    def __init__(
        self, app: ASGIApp, *, tokens: FormTokens, clock: Clock, origin: str, cookies: Cookies, refuse: Refuse
    ) -> None:
        self._app = app
        self._tokens = tokens
        self._clock = clock
        self._origin = origin
        self._cookies = cookies
        self._refuse = refuse

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let safe and proven requests through."""
        if scope["type"] == "websocket":
            raise RuntimeError("there are no websockets here")
        if scope["type"] != "http" or scope["method"] in SAFE_METHODS or _proves_itself(scope["path"]):
            await self._app(scope, receive, send)
            return
        body = await _whole(receive)
        form = _fields(scope, body)
        if form is None or not (form == ONE_CLICK_BODY or self._is_ours(scope, form)):
            await self._refuse(scope, 403)(scope, receive, send)
            return
        scope["vigil.form"] = form
        await self._app(scope, _replaying(body), send)

    def _is_ours(self, scope: Scope, form: Mapping[str, str]) -> bool:
        headers = Headers(scope=scope)
        cookie = next((name for part, name in self._cookies if part.match(scope["path"])), None)
        bound_to = cookie_named(headers, cookie) if cookie else ""
        if bound_to is None:
            return False
        came_from_here = came_from(headers, self._origin)
        return came_from_here and self._tokens.is_good(form.get(FIELD, ""), now=self._clock.now(), bound_to=bound_to)


def came_from(headers: Headers, origin: str) -> bool:
    """Whether the browser says that our own page made the request; silence counts as no."""
    site = headers.get("sec-fetch-site")
    if site is not None:
        return site == "same-origin"
    return headers.get("origin") == origin


def cookie_named(headers: Headers, name: str) -> str | None:
    """The value of one cookie, None when it is absent, empty or sent twice."""
    pairs = (pair.strip().partition("=") for header in headers.getlist("cookie") for pair in header.split(";"))
    found = [value for key, _, value in pairs if key == name]
    return (found[0] or None) if len(found) == 1 else None


def _proves_itself(path: str) -> bool:
    """Whether what is behind this path asks for a proof of its own, which no browser sends unasked."""
    return BEARER_ONLY.match(path) is not None or TOKEN_ALONE.fullmatch(path) is not None


def _fields(scope: Scope, body: bytes) -> dict[str, str] | None:
    """What the form holds; the one-click body only where it may be posted; None when it is nothing we read."""
    content_type = Headers(scope=scope).get("content-type", "")
    kind = content_type.partition(";")[0].strip().lower()
    may_be_one_click = ONE_CLICK_PATH.fullmatch(scope["path"]) is not None
    # RFC 8058, section 3.1, asks mail programs for multipart; our own forms never are.
    if kind == "multipart/form-data" and may_be_one_click:
        return ONE_CLICK_BODY if _multipart_fields(content_type, body) == ONE_CLICK_BODY else None
    if kind != "application/x-www-form-urlencoded":
        return None
    fields = _urlencoded_fields(body)
    return None if fields == ONE_CLICK_BODY and not may_be_one_click else fields


def _multipart_fields(content_type: str, body: bytes) -> dict[str, str]:
    head = f"Content-Type: {content_type}\r\n\r\n".encode("latin-1")
    parts = BytesParser(policy=HTTP).parsebytes(head + body).iter_parts()
    found = ((part.get_param("name", header="content-disposition"), part.get_content()) for part in parts)
    return {str(name): str(text).strip() for name, text in found}


def _urlencoded_fields(body: bytes) -> dict[str, str] | None:
    try:
        pairs = parse_qsl(body.decode("ascii"), keep_blank_values=True, max_num_fields=MOST_FIELDS, errors="strict")
    except ValueError:
        return None
    fields = dict(pairs)
    return fields if len(fields) == len(pairs) else None


async def _whole(receive: Receive) -> bytes:
    chunks: list[bytes] = []
    while True:
        message = await receive()
        if message["type"] != "http.request":
            return b""
        chunks.append(message.get("body", b""))
        if not message.get("more_body", False):
            return b"".join(chunks)


def _replaying(body: bytes) -> Receive:
    messages: list[Message] = [{"type": "http.request", "body": body, "more_body": False}]

    async def receive() -> Message:
        return messages.pop() if messages else {"type": "http.disconnect"}

    return receive
