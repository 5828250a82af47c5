"""Inserts that step aside for a row that is there already, on both engines."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import select
from sqlalchemy.dialects import postgresql, sqlite

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from uuid import UUID

    from sqlalchemy import Table
    from sqlalchemy.orm import DeclarativeBase, Session


def insert_into(session: Session, record: type[DeclarativeBase]) -> postgresql.Insert | sqlite.Insert:
    """An INSERT of the session's own engine, which knows `on_conflict_do_nothing` and `on_conflict_do_update`.

    It speaks to the table, so that SQLAlchemy neither sorts nor re-reads the rows.
    """
    table: Table = record.__table__  # type: ignore[assignment] # every record of ours is a table
    return postgresql.insert(table) if is_postgresql(session) else sqlite.insert(table)


def insert_new(
    session: Session, record: type[DeclarativeBase], rows: Sequence[Mapping[str, Any]], *, unless_same: Sequence[str]
) -> list[UUID]:
    """Insert these rows unless one of the same columns is there already; the ids of those that were written, in order.

    Each row brings a fresh `id`. Asking for the ids afterwards is quicker than RETURNING, which makes one statement of
    thousands of parameters that psycopg reads letter by letter.
    """
    if not rows:
        return []
    session.execute(insert_into(session, record).on_conflict_do_nothing(index_elements=unless_same), rows)
    identity = record.__table__.c["id"]
    ids = [row["id"] for row in rows]
    written = set(session.scalars(select(identity).where(identity.in_(ids))))
    return [one for one in ids if one in written]


def is_postgresql(session: Session) -> bool:
    """Whether the session speaks to PostgreSQL."""
    return session.get_bind().dialect.name == "postgresql"
