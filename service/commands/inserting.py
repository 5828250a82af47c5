"""Inserts that step aside for a row that is there already, on both engines."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy.dialects import postgresql, sqlite

if TYPE_CHECKING:
    from sqlalchemy import Table
    from sqlalchemy.orm import DeclarativeBase, Session


def insert_into(session: Session, record: type[DeclarativeBase]) -> postgresql.Insert | sqlite.Insert:
    """An INSERT of the session's own engine, which knows `on_conflict_do_nothing` and `on_conflict_do_update`.

    It speaks to the table, so that SQLAlchemy neither sorts nor re-reads the rows.
    """
    table: Table = record.__table__  # type: ignore[assignment] # every record of ours is a table
    return postgresql.insert(table) if is_postgresql(session) else sqlite.insert(table)


def is_postgresql(session: Session) -> bool:
    """Whether the session speaks to PostgreSQL."""
    return session.get_bind().dialect.name == "postgresql"
