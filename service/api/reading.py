"""Reading what is confidential: found or missing, and noted in the audit of the same transaction."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar

from service.commands.audit import audit
from service.errors import NotFound

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from sqlalchemy import Select
    from sqlalchemy.orm import Session

    from service.api.access import Caller
    from service.security.encryption import Vault

Row = TypeVar("Row")


def found(session: Session, statement: Select[Row]) -> Row:
    """The one row. Raises NotFound, which reads the same whether it is foreign or missing."""
    row = session.scalars(statement).one_or_none()
    if row is None:
        raise NotFound
    return row


def found_for_change(session: Session, statement: Select[Row]) -> Row:
    """The one row, as nobody else changes it until this transaction ends: of two writers the second sees what the first wrote.

    Raises NotFound, which reads the same whether it is foreign or missing.
    """
    return found(session, statement.with_for_update(key_share=True))


def note_reading(
    session: Session, caller: Caller, record: str, ids: Iterable[Any], *, now: datetime, vault: Vault
) -> None:
    """Note who read which records; nothing is noted when nothing was seen."""
    seen = [str(one) for one in ids]
    if not seen:
        return
    audit(
        session, at=now, actor=caller.name, action="read", record=record,
        record_id=seen[0] if len(seen) == 1 else "several", detail={"ids": seen}, key=vault.audit_key,
    )  # fmt: skip
