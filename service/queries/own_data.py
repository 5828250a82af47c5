"""Everything that is kept about one subscriber, as the classification of the columns names it."""

from __future__ import annotations

import base64
from dataclasses import asdict
from datetime import date, datetime
from enum import Enum
from typing import TYPE_CHECKING, Any
from uuid import UUID

from sqlalchemy import select

from service.records import Attempt, Base, Destination, Subscriber
from service.security.addresses import opened

if TYPE_CHECKING:
    from sqlalchemy import Column, ColumnElement, Table
    from sqlalchemy.orm import Session

    from service.security.encryption import Vault

# GDPR, article 15: what was tried and answered is about the subscriber too, though no column of it says so.
_TRIES = ("delivery_id", "n", "started_at", "ended_at", "outcome", "code", "reason", "excerpt")
# What an address holds beside the place where it lies.
_SECRETS = frozenset({"secrets", "access_token"})


def own_data(session: Session, subscriber: Subscriber, *, vault: Vault) -> dict[str, Any]:
    """Plain JSON by table: every column that is about a subscriber and no secret, of every row that is this one's.

    Addresses are in clear, without passwords and tokens. Instants are UTC in ISO 8601.
    """
    found: dict[str, Any] = {}
    for table, columns in exported().items():
        whose = _is_theirs(table, subscriber)
        rows = session.execute(select(*columns).where(whose)).mappings().all()
        found[table.name] = [{name: _plain(value) for name, value in row.items()} for row in rows]
    found["destination"] = [_with_address(session, row, vault) for row in found["destination"]]
    return found


def exported() -> dict[Table, list[Column[Any]]]:
    """The tables with something about subscribers, each with its columns that are given out, its key first."""
    tables = {}
    for table in Base.metadata.sorted_tables:
        about = [column for column in table.columns if _is_given_out(column)]
        if table is Attempt.__table__:
            about = [table.c[name] for name in _TRIES]
        if about:
            tables[table] = list(dict.fromkeys([*table.primary_key.columns, *about]))
    return tables


def _is_given_out(column: Column[Any]) -> bool:
    return column.info.get("about") == "subscriber" and not column.info["credential"]


def _is_theirs(table: Table, subscriber: Subscriber) -> ColumnElement[bool]:
    """True of the rows from which foreign keys lead to this subscriber."""
    if table is Subscriber.__table__:
        return table.c.id == subscriber.id
    parents = {key.column.table: (column, key.column) for column in table.columns for key in column.foreign_keys}
    for name in ("subscriber", "destination", "subscription", "delivery"):
        for parent, (column, target) in parents.items():
            if parent.name == name:
                return column.in_(select(target).where(_is_theirs(parent, subscriber)))
    raise LookupError(f"{table.name} is about subscribers, and nothing leads from it to one")


def _with_address(session: Session, row: dict[str, Any], vault: Vault) -> dict[str, Any]:
    destination = session.get_one(Destination, UUID(row["id"]))
    address = opened(vault, destination.channel, destination.address_sealed, destination.id)
    return {**row, "address": {name: value for name, value in asdict(address).items() if name not in _SECRETS}}


def _plain(value: Any) -> Any:
    match value:
        case Enum():
            return value.value
        case UUID():
            return str(value)
        case datetime() | date():
            return value.isoformat()
        case bytes():
            return base64.b64encode(value).decode()
        case _:
            return value
