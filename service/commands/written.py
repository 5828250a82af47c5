"""The end of a writing: the record reaches the database, and the audit says who did what."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

from sqlalchemy import inspect

from service.commands.audit import audit

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from sqlalchemy.orm import Session

    from service.security.encryption import Vault


class Versioned(Protocol):
    """A record whose changes are counted."""

    version: Any
    __tablename__: Any


def written(
    session: Session,
    record: Versioned,
    *,
    action: str,
    detail: Mapping[str, Any],
    now: datetime,
    by: str,
    vault: Vault,
) -> None:
    """Every verb that adds or changes a fact ends here; `detail` holds ids and names of columns, never values.

    Raises StaleDataError when somebody else was quicker.
    """
    session.flush()
    identity = inspect(record).identity
    audit(
        session, at=now, actor=by, action=action, record=record.__tablename__,
        record_id=str(identity[0] if identity else ""), detail=detail, key=vault.audit_key,
    )  # fmt: skip
