"""Stopping or pausing alerts: by a page with buttons, or by a mail program's one click (RFC 8058)."""

from __future__ import annotations

from datetime import timedelta

from fastapi import APIRouter, Request
from starlette.responses import HTMLResponse, Response

from service.commands.confirm import subscription_and_case
from service.commands.own_subscriptions import pause, resume
from service.commands.unsubscribe import turn_on_again, unsubscribe, unsubscribe_from_all
from service.links import UNSUBSCRIBE
from service.pages.forms import FormDep, FormToken, see_other
from service.pages.problems import problem_page
from service.pages.public import READ
from service.pages.rendering import kept, pages_of, speak_to
from service.pages.subjects import subject_of
from service.security.csrf import ONE_CLICK_BODY
from service.vocabulary import Detail, EndedReason, SubscriptionState
from service.web import Now, PartsDep, Reading, Writing

router = APIRouter(include_in_schema=False)
# The button says three months.
THREE_MONTHS = timedelta(days=91)


@router.api_route("/u/{token}", methods=READ)
def stop_page(
    request: Request, token: str, session: Reading, parts: PartsDep, now: Now, form_token: FormToken
) -> HTMLResponse:
    """Says whether alerts are on, paused or off, with the buttons for the rest; looking at it changes nothing."""
    subscription, case = subscription_and_case(session, parts.signer.read(UNSUBSCRIBE, token, now=now))
    speak_to(request, subscription.subscriber.language)
    subject = subject_of(subscription, case)
    pages = pages_of(request)
    paused = subscription.paused_until
    is_unnamed = subscription.detail is Detail.NOTICE
    return pages.render(
        request,
        "stop",
        is_off=subscription.state is SubscriptionState.ENDED,
        may_turn_on=subscription.ended_reason is EndedReason.UNSUBSCRIBED,
        paused_until=paused if paused is not None and paused > now else None,
        time_zone=subscription.subscriber.time_zone,
        link=token,
        token=form_token,
        # Whoever reads the mailbox can open this page.
        what=pages.words(request).unnamed() if is_unnamed else subject.said(pages.words(request)),
        is_unnamed=is_unnamed,
        subject=subject,
    )


@router.post("/u/{token}")
def stop(request: Request, token: str, form: FormDep, session: Writing, parts: PartsDep, now: Now) -> Response:
    """Stop; a mail program gets an empty 200, a reader the page again. Doing it twice does no more."""
    subscription, _ = subscription_and_case(session, parts.signer.read(UNSUBSCRIBE, token, now=now))
    unsubscribe(session, subscription, now=now)
    if form == ONE_CLICK_BODY:
        return Response(status_code=200)
    return see_other(kept(request, f"/u/{token}"))


@router.post("/u/{token}/all")
def stop_all(request: Request, token: str, session: Writing, parts: PartsDep, now: Now) -> Response:
    """Stop everything that this reader follows; each can be turned on again by its own link."""
    subscription, _ = subscription_and_case(session, parts.signer.read(UNSUBSCRIBE, token, now=now))
    unsubscribe_from_all(session, subscription.subscriber_id, now=now)
    return see_other(kept(request, f"/u/{token}"))


@router.post("/u/{token}/pause")
def pause_three_months(request: Request, token: str, session: Writing, parts: PartsDep, now: Now) -> Response:
    """Say nothing for three months; what has ended stays so."""
    subscription, _ = subscription_and_case(session, parts.signer.read(UNSUBSCRIBE, token, now=now))
    if subscription.state is not SubscriptionState.ENDED:
        pause(session, subscription, until=now + THREE_MONTHS)
    return see_other(kept(request, f"/u/{token}"))


@router.post("/u/{token}/on")
def turn_on(request: Request, token: str, session: Writing, parts: PartsDep, now: Now) -> Response:
    """Undo the stop, or the pause."""
    subscription, _ = subscription_and_case(session, parts.signer.read(UNSUBSCRIBE, token, now=now))
    if not turn_on_again(session, subscription, now=now):
        return problem_page(request, 410)
    resume(session, subscription, now=now)
    return see_other(kept(request, f"/u/{token}"))
