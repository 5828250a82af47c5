"""Whose own page a browser may see: the hour that a mailed link opened."""

from __future__ import annotations

from typing import Annotated

from fastapi import Depends, Request
from sqlalchemy.orm import Session

from service.commands.manage_visits import visitor
from service.errors import NotAuthenticated
from service.pages.forms import VISIT_PATH, visit_cookie
from service.pages.rendering import kept, speak_to
from service.records import Subscriber
from service.security.csrf import FormTokens
from service.web import Parts, PartsDep, Reading, WallNow, Writing

# For the pages that have an address of their own too.
VISIT_FRAME = "manage/base.html"


def reading_visitor(request: Request, session: Reading, parts: PartsDep, wall: WallNow) -> Subscriber:
    """The subscriber, to be looked at. Raises NotAuthenticated, which leads to the address box."""
    return _visitor(request, session, parts, wall)


def writing_visitor(request: Request, session: Writing, parts: PartsDep, wall: WallNow) -> Subscriber:
    """The subscriber, in the transaction that changes something. Raises NotAuthenticated."""
    return _visitor(request, session, parts, wall)


def visit_form_token(request: Request, parts: PartsDep, wall: WallNow) -> str:
    """A form token that only this browser, in this hour, can use."""
    return FormTokens(parts.signer).issue(now=wall, bound_to=visit_cookie(request, parts.settings) or "")


Visitor = Annotated[Subscriber, Depends(reading_visitor)]
ChangingVisitor = Annotated[Subscriber, Depends(writing_visitor)]
VisitFormToken = Annotated[str, Depends(visit_form_token)]


def back(request: Request, done: str, *, section: str = "") -> str:
    """The own page, which says what was done; `done` is a word of `templates/pages/manage/done.html`."""
    return kept(request, VISIT_PATH, done=done) + (f"#{section}" if section else "")


def _visitor(request: Request, session: Session, parts: Parts, wall: WallNow) -> Subscriber:
    token = visit_cookie(request, parts.settings)
    found = visitor(session, token, wall_now=wall) if token else None
    if found is None:
        raise NotAuthenticated("The hour is over.")
    speak_to(request, found.language)
    return found
