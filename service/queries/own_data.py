"""Everything that is kept about one subscriber, as the classification of the columns names it."""

from __future__ import annotations

import base64
from dataclasses import asdict
from datetime import date, datetime, time
from enum import Enum
from typing import TYPE_CHECKING, Any
from uuid import UUID

from sqlalchemy import select

from service.records import Base, Destination, OpenpgpKey, Subscriber, Suppression
from service.security.addresses import opened
from service.security.sealed_keys import key_opened

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sqlalchemy import Column, ColumnElement, Table
    from sqlalchemy.orm import Session

    from service.security.encryption import Vault

# GDPR, article 15: what was sent, tried and answered is about the subscriber too, though no column of it says so.
_TOO: Mapping[str, tuple[str, ...]] = {
    "delivery": (
        "alert_id", "digest_id", "channel", "state", "attempts", "reason", "first_attempt_at", "finished_at",
        "bounced_at",
    ),
    "attempt": ("delivery_id", "n", "started_at", "ended_at", "outcome", "code", "reason", "excerpt"),
}  # fmt: skip
# What an address holds beside the place where it lies.
_SECRETS = frozenset({"secrets", "access_token"})


def own_data(session: Session, subscriber: Subscriber, *, vault: Vault) -> dict[str, Any]:
    """Plain JSON by table: every column that is about a subscriber and no secret, of every row that is this one's.

    Addresses and the OpenPGP key are in clear, without passwords and tokens. Instants are UTC in ISO 8601.
    """
    found: dict[str, Any] = {}
    for table, columns in exported().items():
        whose = _is_theirs(table, subscriber)
        rows = session.execute(select(*columns).where(whose)).mappings().all()
        found[table.name] = [{name: _plain(value) for name, value in row.items()} for row in rows]
    found["destination"] = [_with_address(session, row, vault) for row in found["destination"]]
    found["openpgp_key"] = [_with_key(session, row, vault) for row in found["openpgp_key"]]
    return found


def exported() -> dict[Table, list[Column[Any]]]:
    """The tables with something about subscribers, each with its columns that are given out, its key first."""
    tables = {}
    for table in Base.metadata.sorted_tables:
        about = [column for column in table.columns if _is_given_out(column)]
        about += [table.c[name] for name in _TOO.get(table.name, ())]
        if about:
            tables[table] = list(dict.fromkeys([*table.primary_key.columns, *about]))
    return tables


def _is_given_out(column: Column[Any]) -> bool:
    return column.info.get("about") == "subscriber" and not column.info["credential"]


def _is_theirs(table: Table, subscriber: Subscriber) -> ColumnElement[bool]:
    """True of the rows from which foreign keys lead to this subscriber."""
    if table is Subscriber.__table__:
        return table.c.id == subscriber.id
    if table is Suppression.__table__:
        # It outlives whoever it is about, so no foreign key leads to them.
        addresses = select(Destination.address_hmac).where(Destination.subscriber_id == subscriber.id)
        return table.c.address_hmac.in_(addresses)
    parents: dict[Table, tuple[Column[Any], Column[Any]]] = {}
    for column in table.columns:
        for key in column.foreign_keys:
            # Of two that lead to the same table, the first says whose the row is.
            parents.setdefault(key.column.table, (column, key.column))
    for name in ("subscriber", "destination", "subscription", "delivery"):
        for parent, (column, target) in parents.items():
            if parent.name == name:
                return column.in_(select(target).where(_is_theirs(parent, subscriber)))
    raise LookupError(f"{table.name} is about subscribers, and nothing leads from it to one")


def _with_address(session: Session, row: dict[str, Any], vault: Vault) -> dict[str, Any]:
    destination = session.get_one(Destination, UUID(row["id"]))
    address = opened(vault, destination.channel, destination.address_sealed, destination.id)
    return {**row, "address": {name: value for name, value in asdict(address).items() if name not in _SECRETS}}


def _with_key(session: Session, row: dict[str, Any], vault: Vault) -> dict[str, Any]:
    key = session.get_one(OpenpgpKey, UUID(row["subscriber_id"]))
    return {**row, "armoured": key_opened(vault, key.armoured_sealed, key.subscriber_id)}


def _plain(value: Any) -> Any:
    match value:
        case Enum():
            return value.value
        case UUID():
            return str(value)
        case datetime() | date() | time():
            return value.isoformat()
        case bytes():
            return base64.b64encode(value).decode()
        case _:
            return value
