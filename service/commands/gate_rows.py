"""Reads the gates' rows, locked where they are about to change, and writes them back."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import select

from alerts.gates import Gate as Standing
from service.commands.inserting import insert_into
from service.records import Gate

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from sqlalchemy.orm import Session


def read_gates(session: Session, keys: Collection[str]) -> dict[str, Standing]:
    """How these gates stand; one without a row is open. Nothing is locked."""
    return {key: Standing() for key in keys} | _rows(session, keys, locked=False)


def lock_gates(session: Session, keys: Collection[str]) -> dict[str, Standing]:
    """How these gates stand, held until the transaction ends; a missing row is made.

    Locked in the order of their keys, so that two processes cannot lock each other out.
    """
    if not keys:
        return {}
    rows = [{"key": key, "failures": 0} for key in sorted(keys)]
    session.execute(insert_into(session, Gate).on_conflict_do_nothing(index_elements=["key"]), rows)
    return _rows(session, keys, locked=True)


def write_gates(session: Session, gates: Mapping[str, Standing], *, reasons: Mapping[str, str | None]) -> None:
    """Write gates that are locked; a gate that is not among `reasons` keeps its reason."""
    for key, gate in sorted(gates.items()):
        row = session.get_one(Gate, key)
        row.paced_until, row.shut_until, row.failures = gate.paced_until, gate.shut_until, gate.failures
        if key in reasons:
            row.reason = reasons[key]
    session.flush()


def _rows(session: Session, keys: Collection[str], *, locked: bool) -> dict[str, Standing]:
    query = select(Gate).where(Gate.key.in_(keys)).order_by(Gate.key)
    if locked:
        query = query.with_for_update().execution_options(populate_existing=True)
    return {row.key: Standing(row.paced_until, row.shut_until, row.failures) for row in session.scalars(query)}
