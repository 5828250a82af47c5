"""The organisation's own destinations; addresses are masked, secrets are never shown again."""

from __future__ import annotations

from datetime import timedelta
from functools import partial
from uuid import UUID

from fastapi import APIRouter, Response
from sqlalchemy import Select, select

from alerts.facts import Address, EmailAddress, MatrixRoom, SignedWebhook, SlackWebhook
from service.api.access import Caller, Reader, Writer
from service.api.destination_shapes import (
    DestinationChanges,
    DestinationGiven,
    DestinationMade,
    DestinationShown,
    EmailGiven,
    MatrixGiven,
    SlackGiven,
    TestQueued,
    WebhookGiven,
)
from service.api.idempotency import Key, once
from service.api.paging import Page, WindowDep
from service.api.reading import found, found_for_change
from service.api.versions import IfMatch, require_version, show_version
from service.commands.change import change
from service.commands.destinations import (
    add_destination,
    new_webhook_secret,
    remove_destination,
    require_outside,
    try_destination,
)
from service.commands.enabling import enable_destination
from service.commands.limits import Limit, require_turn
from service.commands.subscribe import normalised
from service.queries.visible import destinations_of
from service.records import Destination
from service.security.addresses import channel_of, masked, opened
from service.security.encryption import Vault
from service.security.policy import Action
from service.vocabulary import DeliveryState
from service.web import Now, PartsDep, Reading, WallNow, Writing

router = APIRouter(prefix="/destinations", tags=["Destinations"])

# Enough to set a room up; too few to use it as a hammer.
TESTS = Limit("destination tests", 5, timedelta(minutes=1))


@router.get("", summary="List the organisation's destinations")
def list_destinations(session: Reading, caller: Reader, window: WindowDep, parts: PartsDep) -> Page[DestinationShown]:
    """The mailboxes of private subscribers are never among them."""
    statement = select(Destination).where(destinations_of(caller.actor))
    return window.page(session, statement, Destination.id, lambda one: _shown(one, parts.vault))


@router.post("", status_code=201, summary="Add a destination")
def create_destination(
    given: DestinationGiven, session: Writing, caller: Writer, parts: PartsDep, now: Now, response: Response
) -> DestinationMade:
    """For administrators and coordinators. Subscribe it to something next: by itself it hears nothing."""
    caller.require(Action.MANAGE_DESTINATIONS)
    address = _address(given)
    require_outside(address, trusted=parts.settings.trusted_origins)
    beside = found(session, one_destination(caller, given.beside)) if given.beside else None
    destination = add_destination(
        session, channel=channel_of(address), address=address, label=given.label, language=given.language,
        time_zone=given.time_zone, now=now, by=caller.name, vault=parts.vault, beside=beside,
    )  # fmt: skip
    show_version(response, destination.version)
    secret = address.secrets[0] if isinstance(address, SignedWebhook) else None
    return DestinationMade(**_shown(destination, parts.vault).model_dump(), secret=secret)


@router.get("/{destination_id}", summary="Read one destination")
def read_destination(
    destination_id: UUID, session: Reading, caller: Reader, parts: PartsDep, response: Response
) -> DestinationShown:
    """Its state tells whether messages go there."""
    destination = found(session, one_destination(caller, destination_id))
    show_version(response, destination.version)
    return _shown(destination, parts.vault)


@router.patch("/{destination_id}", summary="Rename a destination")
def change_destination(
    destination_id: UUID, changes: DestinationChanges, session: Writing, caller: Writer, parts: PartsDep, now: Now,
    response: Response, if_match: IfMatch = None,
) -> DestinationShown:  # fmt: skip
    """For administrators and coordinators. Another address is another destination."""
    destination = found_for_change(session, one_destination(caller, destination_id))
    caller.require(Action.MANAGE_DESTINATIONS)
    shown = partial(_shown, destination, parts.vault)
    require_version(destination.version, if_match, shown=shown, wanted=changes)
    change(session, destination, changes.named(), now=now, by=caller.name, vault=parts.vault)
    show_version(response, destination.version)
    return _shown(destination, parts.vault)


@router.post("/{destination_id}/enable", summary="Switch a destination on again")
def switch_on(
    destination_id: UUID, session: Writing, caller: Writer, parts: PartsDep, now: Now, response: Response,
    if_match: IfMatch = None,
) -> DestinationShown:  # fmt: skip
    """For administrators and coordinators, once what was wrong is mended; its failures are forgotten."""
    destination = found_for_change(session, one_destination(caller, destination_id))
    caller.require(Action.MANAGE_DESTINATIONS)
    shown = partial(_shown, destination, parts.vault)
    require_version(destination.version, if_match, shown=shown)
    enable_destination(session, destination, now=now, by=caller.name, vault=parts.vault)
    show_version(response, destination.version)
    return _shown(destination, parts.vault)


@router.delete("/{destination_id}", status_code=204, summary="Remove a destination")
def delete_destination(
    destination_id: UUID, session: Writing, caller: Writer, parts: PartsDep, now: Now, if_match: IfMatch = None
) -> None:
    """Erases it with its subscriptions and everything that was still owed to it."""
    destination = found_for_change(session, one_destination(caller, destination_id))
    caller.require(Action.MANAGE_DESTINATIONS)
    shown = partial(_shown, destination, parts.vault)
    require_version(destination.version, if_match, shown=shown)
    remove_destination(session, destination, now=now, by=caller.name, vault=parts.vault)


@router.post("/{destination_id}/test", status_code=202, summary="Send a test message")
def send_test(
    destination_id: UUID, session: Writing, caller: Writer, parts: PartsDep, now: Now, wall_now: WallNow,
    key: Key = None,
) -> TestQueued:  # fmt: skip
    """Queues a message without private data before all others; the same Idempotency-Key again sends nothing."""
    destination = found(session, one_destination(caller, destination_id))
    caller.require(Action.MANAGE_DESTINATIONS)

    def queue() -> TestQueued:
        require_turn(session, TESTS, str(destination.id), now=wall_now, vault=parts.vault)
        delivery = try_destination(session, destination, now=now, by=caller.name, vault=parts.vault)
        where = f"/api/v1/deliveries/{delivery.id}"
        return TestQueued(delivery_id=delivery.id, state=DeliveryState.QUEUED, url=where)

    return once(
        session, caller, key, route="POST /destinations/test", request=str(destination_id), status=202, now=wall_now,
        answer=queue, shape=TestQueued,
    )  # fmt: skip


def _address(given: DestinationGiven) -> Address:
    match given:
        case EmailGiven():
            return EmailAddress(normalised(given.address))
        case SlackGiven():
            return SlackWebhook(given.url)
        case MatrixGiven():
            return MatrixRoom(given.homeserver_url.rstrip("/"), given.room_id, given.access_token)
        case WebhookGiven():
            return SignedWebhook(given.url, (new_webhook_secret(),))


def _shown(destination: Destination, vault: Vault) -> DestinationShown:
    columns = {name: getattr(destination, name) for name in DestinationShown.model_fields if name != "address"}
    address = opened(vault, destination.channel, destination.address_sealed, destination.id)
    return DestinationShown(**columns, address=masked(address))


def one_destination(caller: Caller, destination_id: UUID) -> Select[Destination]:
    """The organisation's own destination of this id, if the caller may see it."""
    return select(Destination).where(Destination.id == destination_id, destinations_of(caller.actor))
