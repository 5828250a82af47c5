"""The demo's inbox: every captured message as its reader would see it, and how to sign in to the staff board."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated

from fastapi import APIRouter, Depends, Request
from pyotp import TOTP
from starlette.responses import HTMLResponse

from service.demo.inbox import Captured, Inbox
from service.errors import NotFound
from service.pages.rendering import pages_of
from service.web import WallNow

# A captured mail brings its own inline styles; it may do nothing else.
MAIL_POLICY = "sandbox; default-src 'none'; style-src 'unsafe-inline'; img-src 'none'"
PAGE = 30
READ = ["GET", "HEAD"]

router = APIRouter(include_in_schema=False)


@dataclass(frozen=True)
class DemoState:
    """What the demo adds to an application: its inbox, and the invented member who may sign in."""

    inbox: Inbox
    member: str
    password: str
    seed: str


def _state(request: Request) -> DemoState:
    state: DemoState = request.app.state.demo
    return state


StateDep = Annotated[DemoState, Depends(_state)]


@router.api_route("/inbox", methods=READ)
def inbox(request: Request, state: StateDep, wall_now: WallNow, channel: str = "", page: int = 1) -> HTMLResponse:
    """The newest messages first, all of them or one channel's."""
    found = [message for message in reversed(state.inbox.messages) if channel in {"", message.channel}]
    start = max(page - 1, 0) * PAGE
    return pages_of(request).render(
        request,
        "inbox",
        messages=found[start : start + PAGE],
        total=len(found),
        page=max(page, 1),
        more=start + PAGE < len(found),
        channel=channel,
        channels=_counted(state.inbox),
        demo=state,
        code=TOTP(state.seed).at(wall_now),
    )


@router.api_route("/inbox/{number}", methods=READ)
def message(request: Request, state: StateDep, number: int) -> HTMLResponse:
    """One message: its text, its headers, and what was posted."""
    found = _found(state, number)
    payload = json.dumps(found.payload, ensure_ascii=False, indent=2) if found.payload else None
    return pages_of(request).render(request, "inbox_message", message=found, payload=payload)


@router.api_route("/inbox/{number}/html", methods=READ)
def message_html(state: StateDep, number: int) -> HTMLResponse:
    """The HTML part of one mail, alone and in a sandbox."""
    return HTMLResponse(_found(state, number).html or "", headers={"Content-Security-Policy": MAIL_POLICY})


def _found(state: DemoState, number: int) -> Captured:
    found = state.inbox.find(number)
    if found is None:
        raise NotFound("There is no such message in this inbox.")
    return found


def _counted(inbox: Inbox) -> Mapping[str, int]:
    names = [message.channel for message in inbox.messages]
    return {name: names.count(name) for name in ("email", "slack", "matrix", "webhook")}
