"""Pressing the one button that starts what was asked for."""

from __future__ import annotations

from fastapi import APIRouter, Request
from starlette.responses import HTMLResponse, Response

from alerts.facts import EmailAddress
from service.commands.confirm import Standing, ask_again, confirm, standing, subscription_and_case
from service.links import CONFIRM
from service.pages.asking import require_turn_for
from service.pages.forms import FormDep, FormToken, see_other
from service.pages.public import READ
from service.pages.rendering import kept, pages_of, speak_to
from service.pages.subjects import Subject, subject_of
from service.records import Subscription
from service.security.addresses import masked, opened
from service.security.encryption import Vault
from service.security.tokens import Expired
from service.web import Now, PartsDep, Reading, WallNow, Writing

router = APIRouter(include_in_schema=False)


@router.api_route("/confirm/{token}", methods=READ)
def one_more_step(
    request: Request, token: str, session: Reading, parts: PartsDep, now: Now, form_token: FormToken, again: str = ""
) -> HTMLResponse:
    """The page with the one button; looking at it changes nothing."""
    try:
        subscription_id = parts.signer.read(CONFIRM, token, now=now)
    except Expired:
        return _expired(request, token, form_token, again=bool(again))
    subscription, case = subscription_and_case(session, subscription_id)
    speak_to(request, subscription.subscriber.language)
    stands = standing(subscription, now=now)
    if stands is Standing.EXPIRED:
        return _expired(request, token, form_token, again=bool(again))
    return _standing_page(request, form_token, subscription, subject_of(subscription, case), stands, parts.vault)


@router.post("/confirm/{token}")
def start(request: Request, token: str, session: Writing, parts: PartsDep, now: Now) -> Response:
    """The button was pressed; the page that follows says where the subscription stands."""
    try:
        subscription, _ = subscription_and_case(session, parts.signer.read(CONFIRM, token, now=now))
    except Expired:
        return see_other(kept(request, f"/confirm/{token}"))
    confirm(session, subscription, now=now)
    return see_other(kept(request, f"/confirm/{token}"))


@router.post("/confirm/{token}/again")
def send_again(
    request: Request, token: str, _: FormDep, session: Writing, parts: PartsDep, now: Now, wall: WallNow
) -> Response:
    """Send a new link to the address of an expired one."""
    require_turn_for(request, session, parts, wall=wall)
    subscription_id = parts.signer.read(CONFIRM, token, now=now, even_expired=True)
    subscription, case = subscription_and_case(session, subscription_id)
    ask_again(session, subscription, case, now=now, wall_now=wall, vault=parts.vault)
    return see_other(kept(request, f"/confirm/{token}", again="1"))


def _standing_page(
    request: Request, form_token: str, subscription: Subscription, subject: Subject, stands: Standing, vault: Vault
) -> HTMLResponse:
    destination = subscription.destination
    address = opened(vault, destination.channel, destination.address_sealed, destination.id)
    pages = pages_of(request)
    return pages.render(
        request,
        "confirm",
        status=410 if stands is Standing.OFF else 200,
        stands=stands.value,
        token=form_token,
        what=subject.said(pages.words(request)),
        subject=subject,
        cadence=subscription.cadence,
        least_level=subscription.least_level,
        address=masked(address) if isinstance(address, EmailAddress) else "",
    )


def _expired(request: Request, token: str, form_token: str, *, again: bool) -> HTMLResponse:
    return pages_of(request).render(request, "expired", status=410, link=token, token=form_token, again=again)
