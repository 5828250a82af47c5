"""Stopping the alerts of one case: by a page with a button, or by a mail program's one click (RFC 8058)."""

from __future__ import annotations

from fastapi import APIRouter, Request
from starlette.responses import HTMLResponse, Response

from service.commands.confirm import subscription_and_case
from service.commands.unsubscribe import turn_on_again, unsubscribe
from service.links import UNSUBSCRIBE
from service.pages.forms import FormDep, FormToken, see_other
from service.pages.problems import problem_page
from service.pages.public import READ
from service.pages.rendering import kept, pages_of
from service.security.csrf import ONE_CLICK_BODY
from service.vocabulary import EndedReason, SubscriptionState
from service.web import Now, PartsDep, Reading, Writing

router = APIRouter(include_in_schema=False)


@router.api_route("/u/{token}", methods=READ)
def stop_page(
    request: Request, token: str, session: Reading, parts: PartsDep, now: Now, form_token: FormToken
) -> HTMLResponse:
    """Says whether alerts are on or off, with the button for the other; looking at it changes nothing."""
    subscription, case = subscription_and_case(session, parts.signer.read(UNSUBSCRIBE, token, now=now))
    return pages_of(request).render(
        request,
        "stop",
        is_off=subscription.state is SubscriptionState.ENDED,
        may_turn_on=subscription.ended_reason is EndedReason.UNSUBSCRIBED,
        link=token,
        token=form_token,
        reference=case.reference,
        slug=case.slug,
    )


@router.post("/u/{token}")
def stop(request: Request, token: str, form: FormDep, session: Writing, parts: PartsDep, now: Now) -> Response:
    """Stop; a mail program gets an empty 200, a reader the page again. Doing it twice does no more."""
    subscription, _ = subscription_and_case(session, parts.signer.read(UNSUBSCRIBE, token, now=now))
    unsubscribe(session, subscription, now=now)
    if form == ONE_CLICK_BODY:
        return Response(status_code=200)
    return see_other(kept(request, f"/u/{token}"))


@router.post("/u/{token}/on")
def turn_on(request: Request, token: str, session: Writing, parts: PartsDep, now: Now) -> Response:
    """Undo the stop."""
    subscription, _ = subscription_and_case(session, parts.signer.read(UNSUBSCRIBE, token, now=now))
    if not turn_on_again(session, subscription, now=now):
        return problem_page(request, 410)
    return see_other(kept(request, f"/u/{token}"))
