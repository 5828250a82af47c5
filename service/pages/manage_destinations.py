"""A subscriber's own webhook, Slack channel or Matrix room: added, tried out, looked into, removed."""

from __future__ import annotations

from collections.abc import Mapping
from uuid import UUID

from fastapi import APIRouter, Request
from starlette.responses import HTMLResponse, Response

from alerts.facts import Address, MatrixRoom, SignedWebhook, SlackWebhook
from service.commands.destinations import new_webhook_secret
from service.commands.own_destinations import (
    add_own_destination,
    new_secret,
    own_destination,
    remove_own_destination,
    switch_on_again,
    try_own_destination,
)
from service.errors import InvalidInput, NotFound, Problem
from service.pages.asking import problem_of
from service.pages.forms import VISIT_PATH, FormDep, see_other
from service.pages.public import READ
from service.pages.rendering import kept, pages_of
from service.pages.visits import ChangingVisitor, VisitFormToken, Visitor, back
from service.queries.own_page import own_tries
from service.records import Destination
from service.security.addresses import masked, opened
from service.vocabulary import ChannelName
from service.web import Now, Parts, PartsDep, Reading, WallNow, Writing

router = APIRouter(include_in_schema=False, prefix=f"{VISIT_PATH}/destinations")
KINDS = (ChannelName.WEBHOOK, ChannelName.SLACK, ChannelName.MATRIX)
# One screen; what is older says nothing of today.
MOST_TRIES = 20
_LONGEST = 2000


@router.api_route("/new/{channel}", methods=READ)
def new_form(request: Request, channel: str, _: Visitor, token: VisitFormToken) -> HTMLResponse:
    """The boxes that this kind needs."""
    return _new_page(request, _kind(channel), token, {}, {})


@router.post("/new/{channel}")
def add(
    request: Request, channel: str, form: FormDep, visitor: ChangingVisitor, session: Writing, parts: PartsDep, now: Now,
    token: VisitFormToken,
) -> Response:  # fmt: skip
    """Add it; a webhook's secret is shown once, on the page that answers."""
    kind = _kind(channel)
    try:
        address = _address(kind, form)
        destination = add_own_destination(
            session, visitor, address, trusted=parts.settings.trusted_origins, now=now, vault=parts.vault
        )
    except InvalidInput as error:
        return _new_page(request, kind, token, form, problem_of(error))
    if isinstance(address, SignedWebhook):
        return _secret_page(request, destination, address.secrets[0])
    return see_other(kept(request, _path(destination.id)))


@router.api_route("/{destination_id}", methods=READ)
def one(
    request: Request, destination_id: UUID, visitor: Visitor, session: Reading, parts: PartsDep, token: VisitFormToken,
    done: str = "",
) -> HTMLResponse:  # fmt: skip
    """How it stands, the last tries with the receiver's own words, and the buttons."""
    destination = own_destination(session, visitor, destination_id)
    return pages_of(request).render(
        request, "manage/destination", token=token, done=done, path=_path(destination_id),
        to=_to(destination, parts), channel=destination.channel, state=destination.state,
        failures=destination.failures, off_because=destination.disabled_reason,
        tries=own_tries(session, destination, limit=MOST_TRIES), time_zone=visitor.time_zone,
        has_secret=destination.channel is ChannelName.WEBHOOK,
    )  # fmt: skip


@router.post("/{destination_id}/test")
def send_test(
    request: Request, destination_id: UUID, visitor: ChangingVisitor, session: Writing, parts: PartsDep, now: Now,
    wall: WallNow,
) -> Response:  # fmt: skip
    """Queue a message without private data; its try is on the page when it has been made."""
    destination = own_destination(session, visitor, destination_id)
    try_own_destination(session, destination, now=now, wall_now=wall, vault=parts.vault)
    return see_other(kept(request, _path(destination_id), done="tested"))


@router.post("/{destination_id}/on")
def switch_on(request: Request, destination_id: UUID, visitor: ChangingVisitor, session: Writing, now: Now) -> Response:
    """Try one anew that its failures switched off."""
    switch_on_again(session, own_destination(session, visitor, destination_id), now=now)
    return see_other(kept(request, _path(destination_id), done="switched_on"))


@router.post("/{destination_id}/secret")
def change_secret(
    request: Request, destination_id: UUID, visitor: ChangingVisitor, session: Writing, parts: PartsDep
) -> HTMLResponse:
    """A new secret, shown once; messages are signed with the old one too until the next change."""
    destination = own_destination(session, visitor, destination_id)
    return _secret_page(request, destination, new_secret(session, destination, vault=parts.vault))


@router.api_route("/{destination_id}/remove", methods=READ)
def remove_page(
    request: Request, destination_id: UUID, visitor: Visitor, session: Reading, parts: PartsDep, token: VisitFormToken
) -> HTMLResponse:
    """What is removed, and what that means."""
    destination = own_destination(session, visitor, destination_id)
    return pages_of(request).render(
        request, "manage/remove", token=token, to=_to(destination, parts), channel=destination.channel
    )


@router.post("/{destination_id}/remove")
def remove(request: Request, destination_id: UUID, visitor: ChangingVisitor, session: Writing) -> Response:
    """Erase it with its subscriptions and what is still owed to it."""
    remove_own_destination(session, own_destination(session, visitor, destination_id))
    return see_other(back(request, "removed"))


def _kind(channel: str) -> ChannelName:
    if channel not in KINDS:
        raise NotFound("There is no such kind of destination.")
    return ChannelName(channel)


def _address(kind: ChannelName, form: Mapping[str, str]) -> Address:
    """The address of what was typed; a webhook gets a secret. Raises InvalidInput."""
    names = ("homeserver_url", "room_id", "access_token") if kind is ChannelName.MATRIX else ("url",)
    given = {name: form.get(name, "").strip() for name in names}
    empty = [name for name, text in given.items() if not text or len(text) > _LONGEST or not text.isprintable()]
    if empty:
        raise InvalidInput(
            [Problem(name, _msgid("Write it whole, as it stands where you copy it from")) for name in empty]
        )
    match kind:
        case ChannelName.MATRIX:
            return MatrixRoom(given["homeserver_url"].rstrip("/"), given["room_id"], given["access_token"])
        case ChannelName.SLACK:
            return SlackWebhook(given["url"])
        case _:
            return SignedWebhook(given["url"], (new_webhook_secret(),))


def _new_page(
    request: Request, kind: ChannelName, token: str, entries: Mapping[str, str], problems: Mapping[str, str]
) -> HTMLResponse:
    # The token of a Matrix account is not sent back to the browser.
    shown = {name: text for name, text in entries.items() if name != "access_token"}
    return pages_of(request).render(
        request, "manage/new_destination", status=422 if problems else 200, token=token, kind=kind, entries=shown,
        problems=problems,
    )  # fmt: skip


def _secret_page(request: Request, destination: Destination, secret: str) -> HTMLResponse:
    return pages_of(request).render(request, "manage/secret", secret=secret, path=_path(destination.id))


def _to(destination: Destination, parts: Parts) -> str:
    return masked(opened(parts.vault, destination.channel, destination.address_sealed, destination.id))


def _path(destination_id: UUID) -> str:
    return f"{VISIT_PATH}/destinations/{destination_id}"


def _msgid(english: str) -> str:
    """Marks a text for the translators."""
    return english
