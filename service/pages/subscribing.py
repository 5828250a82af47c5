"""Asking to be told of a case, and pressing the one button that starts it."""

from __future__ import annotations

from collections.abc import Mapping

from fastapi import APIRouter, Request
from starlette.responses import HTMLResponse, Response

from alerts.facts import EmailAddress
from service.commands.confirm import Standing, ask_again, confirm, standing, subscription_and_case
from service.commands.limits import FORM_POSTS, network_of, require_turn
from service.commands.subscribe import normalised, subscribe
from service.errors import InvalidInput, NotFound, Problem
from service.links import CONFIRM
from service.pages.forms import FormDep, FormToken, see_other
from service.pages.public import READ
from service.pages.rendering import kept, pages_of
from service.queries.public_cases import public_case_named
from service.records import Case, Subscription
from service.security.addresses import masked, opened
from service.security.csrf import FIELD, FormTokens
from service.security.encryption import Vault
from service.security.tokens import Expired
from service.settings import is_loopback
from service.vocabulary import Cadence, Monitoring
from service.web import Now, PartsDep, Reading, WallNow, Writing

router = APIRouter(include_in_schema=False)
# Nobody reads the form, types an address and presses the button faster; programs do.
LEAST_SECONDS = 2
# People do not see this field; programs fill it in.
HONEYPOT = "website"
TIME_ZONE = "UTC"


@router.api_route("/subscribe", methods=READ)
def subscribe_form(request: Request, session: Reading, token: FormToken, case: str = "") -> HTMLResponse:
    """The form: address, how often, which language."""
    found = _open_case(session, case)
    return _form(request, found, token, {"case": found.slug, "language": pages_of(request).language_of(request)}, ())


@router.post("/subscribe")
def ask_to_follow(
    request: Request, form: FormDep, session: Writing, parts: PartsDep, now: Now, wall: WallNow, token: FormToken
) -> Response:
    """Take the wish and say to check the mailbox, whoever's address it is."""
    _limit_posts(request, session, parts.vault, wall)
    case = _open_case(session, form.get("case", ""))
    if form.get(HONEYPOT):
        return see_other(kept(request, "/subscribe/sent", case=case.slug))
    problems = _problems(form, pages_of(request).languages.available)
    if FormTokens(parts.signer).seconds_open(form[FIELD], now=wall) < LEAST_SECONDS:
        problems = (*problems, Problem("address", _msgid("That was very quick. Press the button once more.")))
    if problems:
        return _form(request, case, token, form, problems)
    subscribe(
        session,
        case=case,
        address=form["address"],
        cadence=Cadence(form["cadence"]),
        language=form["language"],
        time_zone=case.time_zone,
        now=now,
        wall_now=wall,
        vault=parts.vault,
    )
    return see_other(kept(request, "/subscribe/sent", case=case.slug))


@router.api_route("/subscribe/sent", methods=READ)
def sent(request: Request, session: Reading, case: str = "") -> HTMLResponse:
    """ "Check your e-mail": the same page for every address."""
    found = _open_case(session, case)
    return pages_of(request).render(request, "sent", reference=found.reference, slug=found.slug)


@router.api_route("/confirm/{token}", methods=READ)
def one_more_step(
    request: Request, token: str, session: Reading, parts: PartsDep, now: Now, form_token: FormToken
) -> HTMLResponse:
    """The page with the one button; looking at it changes nothing."""
    try:
        subscription_id = parts.signer.read(CONFIRM, token, now=now)
    except Expired:
        return _expired(request, token, form_token)
    subscription, case = subscription_and_case(session, subscription_id)
    return _standing_page(request, token, form_token, subscription, case, standing(subscription, now=now), parts.vault)


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
def send_again(request: Request, token: str, session: Writing, parts: PartsDep, now: Now, wall: WallNow) -> Response:
    """Send a new link to the address of an expired one."""
    _limit_posts(request, session, parts.vault, wall)
    subscription_id = parts.signer.read(CONFIRM, token, now=now, even_expired=True)
    subscription, case = subscription_and_case(session, subscription_id)
    ask_again(session, subscription, case, now=now, wall_now=wall, vault=parts.vault)
    return see_other(kept(request, "/subscribe/sent", case=case.slug))


def _open_case(session: Reading | Writing, slug: str) -> Case:
    case = public_case_named(session, slug[:64])
    if case.monitoring is Monitoring.CLOSED:
        raise NotFound("This case is closed.")
    return case


def _problems(form: Mapping[str, str], languages: tuple[str, ...]) -> tuple[Problem, ...]:
    problems: list[Problem] = []
    try:
        normalised(form.get("address", ""))
    except InvalidInput as error:
        problems += error.problems
    if form.get("cadence") not in set(Cadence):
        problems.append(Problem("cadence", _msgid("Choose how often we should write")))
    if form.get("language") not in languages:
        problems.append(Problem("language", _msgid("Choose a language")))
    return tuple(problems)


def _form(
    request: Request, case: Case, token: str, entries: Mapping[str, str], problems: tuple[Problem, ...]
) -> HTMLResponse:
    return pages_of(request).render(
        request,
        "subscribe",
        status=422 if problems else 200,
        reference=case.reference,
        token=token,
        entries=dict(entries),
        cadences=list(Cadence),
        problems={problem.where: problem.reason for problem in problems},
        honeypot=HONEYPOT,
    )


def _standing_page(
    request: Request,
    token: str,
    form_token: str,
    subscription: Subscription,
    case: Case,
    stands: Standing,
    vault: Vault,
) -> HTMLResponse:
    if stands is Standing.EXPIRED:
        return _expired(request, token, form_token)
    destination = subscription.destination
    address = opened(vault, destination.channel, destination.address_sealed, destination.id)
    return pages_of(request).render(
        request,
        "confirm",
        status=410 if stands is Standing.OFF else 200,
        stands=stands.value,
        token=form_token,
        reference=case.reference,
        slug=case.slug,
        cadence=subscription.cadence,
        address=masked(address) if isinstance(address, EmailAddress) else "",
    )


def _expired(request: Request, token: str, form_token: str) -> HTMLResponse:
    return pages_of(request).render(request, "expired", status=410, link=token, token=form_token)


def _limit_posts(request: Request, session: Writing, vault: Vault, wall: WallNow) -> None:
    host = request.client.host if request.client else ""
    # Behind a proxy of this machine everybody comes from loopback, so that network says nothing.
    if host and not is_loopback(host):
        require_turn(session, FORM_POSTS, network_of(host), now=wall, vault=vault)


def _msgid(english: str) -> str:
    """Marks a text for the translators."""
    return english
