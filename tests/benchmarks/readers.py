"""Cases with many followers, put in by bulk: what the worker is to tell, and to whom."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Any

from sqlalchemy import insert

from alerts.facts import Level, Tier
from service.records import Case, Destination, Subscriber, Subscription
from service.records.base import new_id
from service.security import addresses
from service.vocabulary import Cadence, DestinationState, SubscriptionState
from tests import factories

if TYPE_CHECKING:
    from collections.abc import Iterable
    from uuid import UUID

    from alerts.facts import Address
    from service.security.encryption import Vault
    from tests.benchmarks.databases import Database

AT_ONCE = 10_000
LONG_OVERDUE = date(2014, 11, 10)


def open_case(database: Database) -> UUID:
    """A watched case; its id."""
    with database.parts.writing.begin() as session:
        return factories.make_case(session).id


def add_late_follow_ups(database: Database, case_id: UUID, count: int) -> None:
    """Follow-ups that are late and not announced yet."""
    with database.parts.writing.begin() as session:
        case = session.get_one(Case, case_id)
        for _ in range(count):
            factories.make_follow_up(session, case, due_on=LONG_OVERDUE)


def add_followers(database: Database, case_id: UUID, where: Iterable[Address]) -> None:
    """One reader, one ready destination and one active subscription for each address."""
    batch: list[Address] = []
    for address in where:
        batch.append(address)
        if len(batch) == AT_ONCE:
            _add(database, case_id, batch)
            batch.clear()
    if batch:
        _add(database, case_id, batch)


def _add(database: Database, case_id: UUID, batch: list[Address]) -> None:
    rows = [_rows(database.parts.vault, case_id, address) for address in batch]
    with database.parts.writing.begin() as session:
        for position, record in enumerate((Subscriber, Destination, Subscription)):
            session.execute(insert(record.__table__), [row[position] for row in rows])  # type: ignore[arg-type] # a record's table is a table


def _rows(vault: Vault, case_id: UUID, address: Address) -> tuple[dict[str, Any], dict[str, Any], dict[str, Any]]:
    subscriber_id, destination_id, channel = new_id(), new_id(), addresses.channel_of(address)
    common = {"created_at": factories.LONG_AGO}
    return (
        {"id": subscriber_id, "language": "en", "time_zone": "Europe/Berlin", **common},
        {
            "id": destination_id,
            "subscriber_id": subscriber_id,
            "channel": channel,
            "address_hmac": addresses.index_of(vault, channel, address),
            "address_sealed": addresses.sealed(vault, channel, address, destination_id),
            "gate_key": addresses.gate_key_of(vault, address, destination_id),
            "state": DestinationState.READY,
            "verified_at": factories.LONG_AGO,
            "version": 1,
            **common,
        },
        {
            "subscriber_id": subscriber_id,
            "destination_id": destination_id,
            "case_id": case_id,
            "least_level": Level.UPCOMING,
            "cadence": Cadence.IMMEDIATE,
            "tier": Tier.PUBLIC,
            "state": SubscriptionState.ACTIVE,
            "confirmed_at": factories.LONG_AGO,
            "version": 1,
            **common,
        },
    )
