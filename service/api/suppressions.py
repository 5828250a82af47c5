"""Addresses to which nothing may be sent: known by a keyed hash alone, so no answer holds one."""

from __future__ import annotations

from datetime import datetime
from functools import partial
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Response
from pydantic import Field
from sqlalchemy import Select, select

from alerts.facts import EmailAddress
from service.api.access import Caller, Reader, Writer
from service.api.paging import Page, WindowDep
from service.api.reading import found, found_for_change, note_reading
from service.api.shapes import Given, Instant, Line, Shown, example
from service.api.versions import IfMatch, require_version, show_version
from service.commands.subscribe import normalised
from service.commands.suppressions import lift, suppress_address
from service.queries.visible import suppressions_of
from service.records import Suppression
from service.security.addresses import index_of
from service.security.policy import Action
from service.vocabulary import ChannelName, SuppressionReason
from service.web import Now, PartsDep, Reading, Writing

router = APIRouter(prefix="/suppressions", tags=["Suppressions"])


class SuppressionShown(Shown):
    """One address that is not written to, until an instant or, if that is null, until somebody lifts it."""

    model_config = example(
        id="01932a10-7a3e-7c11-8f4e-5f1d2c3b4a81", reason="complaint", until=None, created_at="2030-03-09T19:00:05Z",
        version=1,
    )  # fmt: skip

    id: UUID
    reason: SuppressionReason
    until: datetime | None
    created_at: datetime
    version: int


class SuppressionGiven(Given):
    """A mailbox that is not to be written to any more."""

    model_config = example(address="name@example.org", until=None)

    address: Line
    until: Annotated[Instant | None, Field(description="Null: until it is lifted.")] = None


class AddressGiven(Given):
    """The whole address, as it is written to."""

    model_config = example(address="name@example.org")

    address: Line


@router.get("", summary="List suppressed addresses")
def list_suppressions(session: Reading, caller: Reader, window: WindowDep) -> Page[SuppressionShown]:
    """Their reasons and instants, oldest first; the addresses themselves are not kept."""
    statement = select(Suppression).where(suppressions_of(caller.actor))
    return window.page(session, statement, Suppression.id, SuppressionShown.model_validate)


@router.post("", status_code=201, summary="Suppress an address")
def create_suppression(
    given: SuppressionGiven, session: Writing, caller: Writer, parts: PartsDep, now: Now, response: Response
) -> SuppressionShown:
    """For administrators and coordinators. Nothing more is sent there, whatever is queued; a conflict says that it is so already."""
    caller.require(Action.MANAGE_DESTINATIONS)
    mailbox = EmailAddress(normalised(given.address))
    row = suppress_address(session, mailbox, until=given.until, now=now, by=caller.name, vault=parts.vault)
    show_version(response, row.version)
    return SuppressionShown.model_validate(row)


@router.post("/find", summary="Find the suppression of an address")
def find_suppression(
    given: AddressGiven, session: Writing, caller: Writer, parts: PartsDep, now: Now, response: Response
) -> SuppressionShown:
    """For administrators and coordinators, by the exact address; a post, so that no log keeps it. Noted in the audit."""
    caller.require(Action.MANAGE_DESTINATIONS)
    index = index_of(parts.vault, ChannelName.EMAIL, EmailAddress(normalised(given.address)))
    row = found(session, select(Suppression).where(Suppression.address_hmac == index))
    note_reading(session, caller, "suppression", [row.id], now=now, vault=parts.vault)
    show_version(response, row.version)
    return SuppressionShown.model_validate(row)


@router.get("/{suppression_id}", summary="Read one suppression")
def read_suppression(suppression_id: UUID, session: Reading, caller: Reader, response: Response) -> SuppressionShown:
    """Why and until when."""
    row = found(session, _one(caller, suppression_id))
    show_version(response, row.version)
    return SuppressionShown.model_validate(row)


@router.delete("/{suppression_id}", status_code=204, summary="Lift a suppression")
def lift_suppression(
    suppression_id: UUID, session: Writing, caller: Writer, parts: PartsDep, now: Now, if_match: IfMatch = None
) -> None:
    """For administrators and coordinators. The address may be written to again; whoever complained has to subscribe anew."""
    row = found_for_change(session, _one(caller, suppression_id))
    caller.require(Action.MANAGE_DESTINATIONS)
    shown = partial(SuppressionShown.model_validate, row)
    require_version(row.version, if_match, shown=shown)
    lift(session, row, now=now, by=caller.name, vault=parts.vault)


def _one(caller: Caller, suppression_id: UUID) -> Select[Suppression]:
    return select(Suppression).where(Suppression.id == suppression_id, suppressions_of(caller.actor))
