"""Subscriptions: what the organisation's destinations hear of, and which of them end."""

from __future__ import annotations

from datetime import datetime
from functools import partial
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, Response
from pydantic import model_validator
from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from alerts.facts import Level, Tier
from service.api.access import Caller, Reader, Writer
from service.api.cases import case_for
from service.api.deliveries import SerialId
from service.api.paging import Page, WindowDep
from service.api.reading import found, found_for_change, note_reading
from service.api.shapes import Country, Given, Instant, Kind, Shown, example, not_null
from service.api.versions import IfMatch, require_version, show_version
from service.commands.change import change
from service.commands.staff_subscriptions import end_subscription, subscribe_destination
from service.commands.wishes import Wish
from service.errors import NotAllowed
from service.queries.visible import destinations_of, subscriptions_of
from service.records import Destination, Subscription
from service.security.encryption import Vault
from service.security.policy import Action
from service.vocabulary import Cadence, Detail, EndedReason, SubscriptionState
from service.web import Now, PartsDep, Writing

router = APIRouter(prefix="/subscriptions", tags=["Subscriptions"])


class SubscriptionShown(Shown):
    """A wish to be told: of a case, or of a country, or of a kind of follow-up."""

    model_config = example(
        id=12, destination_id="01932a10-7a3e-7c11-8f4e-5f1d2c3b4a64", case_id="01932a10-7a3e-7c11-8f4e-5f1d2c3b4a59",
        country=None, follow_up_kind=None, least_level="overdue", cadence="immediate", detail="full", tier="public", state="active",
        ended_reason=None, paused_until=None, confirmed_at="2030-01-06T12:00:00Z", ended_at=None,
        created_at="2030-01-06T12:00:00Z", version=1,
    )  # fmt: skip

    id: int
    destination_id: UUID
    case_id: UUID | None
    country: str | None
    follow_up_kind: str | None
    least_level: Level
    cadence: Cadence
    detail: Detail
    tier: Tier
    state: SubscriptionState
    ended_reason: EndedReason | None
    paused_until: datetime | None
    confirmed_at: datetime | None
    ended_at: datetime | None
    created_at: datetime
    version: int


class SubscriptionGiven(Given):
    """What one of the organisation's destinations is to hear of; it speaks at once."""

    model_config = example(
        destination_id="01932a10-7a3e-7c11-8f4e-5f1d2c3b4a64", case_id="01932a10-7a3e-7c11-8f4e-5f1d2c3b4a59",
        least_level="overdue",
    )  # fmt: skip

    destination_id: UUID
    case_id: UUID | None = None
    country: Country | None = None
    follow_up_kind: Kind | None = None
    least_level: Level = Level.UPCOMING
    cadence: Cadence = Cadence.IMMEDIATE
    detail: Detail = Detail.FULL

    @model_validator(mode="after")
    def _one_subject(self) -> SubscriptionGiven:
        if sum(subject is not None for subject in (self.case_id, self.country, self.follow_up_kind)) != 1:
            raise ValueError("Name exactly one of `case_id`, `country` and `follow_up_kind`.")
        return self


class SubscriptionChanges(Given):
    """What is to change; `paused_until` null ends a pause."""

    model_config = example(cadence="weekly", paused_until="2030-04-01T00:00:00Z")

    least_level: Level | None = None
    cadence: Cadence | None = None
    detail: Detail | None = None
    paused_until: Instant | None = None

    @model_validator(mode="after")
    def _no_empty_columns(self) -> SubscriptionChanges:
        not_null(self, "least_level", "cadence", "detail")
        return self


@router.get("", summary="List subscriptions")
def list_subscriptions(
    session: Writing,
    caller: Reader,
    window: WindowDep,
    parts: PartsDep,
    now: Now,
    case_id: Annotated[UUID | None, Query(description="Only those to this case")] = None,
    state: Annotated[SubscriptionState | None, Query(description="Whether they are heard")] = None,
) -> Page[SubscriptionShown]:
    """Subscriptions to the granted cases; who listens is confidential, so the reading is noted in the audit."""
    statement = select(Subscription).where(subscriptions_of(caller.actor))
    if case_id is not None:
        statement = statement.where(Subscription.case_id == case_id)
    if state is not None:
        statement = statement.where(Subscription.state == state)
    page = window.page(session, statement, Subscription.id, SubscriptionShown.model_validate)
    note_reading(session, caller, "subscription", (item.id for item in page.items), now=now, vault=parts.vault)
    return page


@router.post("", status_code=201, summary="Subscribe one of the organisation's destinations")
def create_subscription(
    given: SubscriptionGiven, session: Writing, caller: Writer, parts: PartsDep, now: Now, response: Response
) -> SubscriptionShown:
    """A country or a kind of follow-up needs a grant for writing on all cases. Its messages say what is public."""
    own = destinations_of(caller.actor)
    destination = found(session, select(Destination).where(Destination.id == given.destination_id, own))
    if given.case_id is not None:
        caller.require(Action.WRITE_CASE, case_for(session, caller.actor, given.case_id).id)
    else:
        caller.require(Action.WRITE_ALL_CASES)
    wish = Wish(**{name: getattr(given, name) for name in SubscriptionGiven.model_fields if name != "destination_id"})
    subscription = subscribe_destination(session, destination, wish, now=now, by=caller.name, vault=parts.vault)
    show_version(response, subscription.version)
    return SubscriptionShown.model_validate(subscription)


@router.get("/{subscription_id}", summary="Read one subscription")
def read_subscription(
    subscription_id: SerialId, session: Writing, caller: Reader, parts: PartsDep, now: Now, response: Response
) -> SubscriptionShown:
    """The reading is noted in the audit."""
    subscription = found(session, _one(caller, subscription_id))
    show_version(response, subscription.version)
    return _read(session, caller, subscription, now=now, vault=parts.vault)


@router.patch("/{subscription_id}", summary="Change a subscription")
def change_subscription(
    subscription_id: SerialId, changes: SubscriptionChanges, session: Writing, caller: Writer, parts: PartsDep,
    now: Now, response: Response, if_match: IfMatch = None,
) -> SubscriptionShown:  # fmt: skip
    """Only those of the organisation's own destinations: what a private subscriber wished is theirs to change."""
    subscription = found_for_change(session, _one(caller, subscription_id))
    _require_write(caller, subscription)
    if not session.get_one(Destination, subscription.destination_id).label:
        raise NotAllowed("This subscription is its subscriber's to change; you may end it.")
    shown = partial(_read, session, caller, subscription, now=now, vault=parts.vault)
    require_version(subscription.version, if_match, shown=shown, wanted=changes)
    change(session, subscription, changes.named(), now=now, by=caller.name, vault=parts.vault)
    show_version(response, subscription.version)
    return SubscriptionShown.model_validate(subscription)


@router.delete("/{subscription_id}", status_code=204, summary="End a subscription")
def delete_subscription(
    subscription_id: SerialId, session: Writing, caller: Writer, parts: PartsDep, now: Now, if_match: IfMatch = None
) -> None:
    """It stays readable as ended by a member; nothing more is sent for it."""
    subscription = found_for_change(session, _one(caller, subscription_id))
    _require_write(caller, subscription)
    shown = partial(_read, session, caller, subscription, now=now, vault=parts.vault)
    require_version(subscription.version, if_match, shown=shown)
    end_subscription(session, subscription, now=now, by=caller.name, vault=parts.vault)


def _read(
    session: Session, caller: Caller, subscription: Subscription, *, now: datetime, vault: Vault
) -> SubscriptionShown:
    note_reading(session, caller, "subscription", [subscription.id], now=now, vault=vault)
    return SubscriptionShown.model_validate(subscription)


def _require_write(caller: Caller, subscription: Subscription) -> None:
    if subscription.case_id is not None:
        caller.require(Action.WRITE_CASE, subscription.case_id)
    else:
        caller.require(Action.WRITE_ALL_CASES)


def _one(caller: Caller, subscription_id: int) -> Select[Subscription]:
    return select(Subscription).where(Subscription.id == subscription_id, subscriptions_of(caller.actor))
