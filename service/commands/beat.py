"""Notes a sign of life: when a rhythm last ran to its end, or failed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from service.commands.inserting import insert_into
from service.records import Heartbeat

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from sqlalchemy.orm import Session


def beat(session: Session, name: str, *, at: datetime, detail: Mapping[str, Any]) -> None:
    """Note that `name` ran at `at` (the machine's clock, UTC), and what it found; plain JSON without personal data."""
    insert = insert_into(session, Heartbeat).values(name=name, at=at, detail=dict(detail))
    session.execute(
        insert.on_conflict_do_update(
            index_elements=["name"], set_={"at": insert.excluded.at, "detail": insert.excluded.detail}
        )
    )
