"""The way out of a summary: of all that is gathered for one address, by a page with buttons or by one click (RFC 8058)."""

from __future__ import annotations

from uuid import UUID

from fastapi import APIRouter, Request
from starlette.responses import HTMLResponse, Response

from service.commands.summaries import (
    pause_summaries,
    stop_summaries,
    summaries_are_on,
    summaries_paused_until,
    take_up_summaries,
)
from service.commands.unsubscribe import unsubscribe_from_all
from service.errors import NotFound
from service.links import SUMMARIES
from service.pages.forms import FormDep, FormToken, see_other
from service.pages.problems import problem_page
from service.pages.public import READ
from service.pages.rendering import kept, pages_of
from service.pages.stopping import THREE_MONTHS
from service.records import Destination
from service.security.csrf import ONE_CLICK_BODY
from service.web import Now, Parts, PartsDep, Reading, Writing

_PATH = "/u/summaries/{token}"
router = APIRouter(include_in_schema=False)


@router.api_route(_PATH, methods=READ)
def stop_page(
    request: Request, token: str, session: Reading, parts: PartsDep, now: Now, form_token: FormToken
) -> HTMLResponse:
    """Says whether summaries are on, paused or off, with the buttons for the rest; looking at it changes nothing."""
    destination = _destination(session, parts, token)
    return pages_of(request).render(
        request, "stop_summaries", link=f"/u/summaries/{token}", token=form_token,
        is_off=not summaries_are_on(session, destination.id),
        paused_until=summaries_paused_until(session, destination.id, now=now),
        time_zone=destination.subscriber.time_zone,
    )  # fmt: skip


@router.post(_PATH)
def stop(request: Request, token: str, form: FormDep, session: Writing, parts: PartsDep, now: Now) -> Response:
    """Stop; a mail program gets an empty 200, a reader the page again. Doing it twice does no more."""
    stop_summaries(session, _destination(session, parts, token).id, now=now)
    return Response(status_code=200) if form == ONE_CLICK_BODY else _back(request, token)


@router.post(f"{_PATH}/all")
def stop_all(request: Request, token: str, session: Writing, parts: PartsDep, now: Now) -> Response:
    """Stop everything that this reader follows."""
    unsubscribe_from_all(session, _destination(session, parts, token).subscriber_id, now=now)
    return _back(request, token)


@router.post(f"{_PATH}/pause")
def pause_three_months(request: Request, token: str, session: Writing, parts: PartsDep, now: Now) -> Response:
    """Say nothing for three months; what has ended stays so."""
    pause_summaries(session, _destination(session, parts, token).id, until=now + THREE_MONTHS)
    return _back(request, token)


@router.post(f"{_PATH}/on")
def turn_on(request: Request, token: str, session: Writing, parts: PartsDep, now: Now) -> Response:
    """Undo the stop, or the pause."""
    if not take_up_summaries(session, _destination(session, parts, token).id, now=now):
        return problem_page(request, 410)
    return _back(request, token)


def _destination(session: Reading | Writing, parts: Parts, token: str) -> Destination:
    # It lives as long as what it names, so no clock is asked.
    destination = session.get(Destination, UUID(parts.signer.read(SUMMARIES, token, now=parts.wall_clock.now())))
    if destination is None:
        raise NotFound("This link leads nowhere any more.")
    return destination


def _back(request: Request, token: str) -> Response:
    return see_other(kept(request, f"/u/summaries/{token}"))
