"""The audit is written in the transaction of the deed it speaks of: no entry, no deed."""

from __future__ import annotations

import hashlib
import hmac
import json
from datetime import UTC
from typing import TYPE_CHECKING, Any

from sqlalchemy import select, text, true

from service.records import AuditEntry

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from sqlalchemy.orm import Session

FIRST_LINK = ""
# Any number will do, as long as nobody else takes this advisory lock.
_POSTGRESQL_LOCK = 0x5649_4749_4C01
_READ_AT_ONCE = 1_000


def audit(
    session: Session,
    *,
    at: datetime,
    actor: str,
    action: str,
    record: str,
    record_id: str,
    detail: Mapping[str, Any],
    key: bytes,
) -> AuditEntry:
    """Append one entry, chained to the one before it by HMAC-SHA-256 under `key` (`vault.audit_key`).

    `detail` is plain JSON: ids, columns and counts, and reasons that staff gave. Writers wait for each other until
    their transactions end, so that the chain never forks.
    """
    if session.get_bind().dialect.name == "postgresql":
        session.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": _POSTGRESQL_LOCK})
    last = session.execute(select(AuditEntry.seq, AuditEntry.chain).order_by(AuditEntry.seq.desc()).limit(1)).first()
    seq, previous = (last.seq + 1, last.chain) if last else (1, FIRST_LINK)
    entry = AuditEntry(
        seq=seq, at=at, actor=actor, action=action, record=record, record_id=record_id, detail=_plain(detail)
    )
    entry.chain = _link(entry, previous=previous, key=key)
    session.add(entry)
    session.flush()
    return entry


def first_broken_link(session: Session, *, key: bytes) -> int | None:
    """The `seq` of the first entry that was changed, or before which one is missing; None when the chain holds.

    Entries cut off at the end leave no trace here: only a head that was written down elsewhere shows them.
    """
    previous, expected = FIRST_LINK, 1
    while entries := _entries_from(session, expected):
        for entry in entries:
            if entry.seq != expected or not hmac.compare_digest(entry.chain, _link(entry, previous=previous, key=key)):
                return entry.seq
            previous, expected = entry.chain, entry.seq + 1
    return None


def _entries_from(session: Session, seq: int) -> Sequence[AuditEntry]:
    # entries with a `seq` below the first are looked at too
    start = AuditEntry.seq >= seq if seq > 1 else true()
    return session.scalars(select(AuditEntry).where(start).order_by(AuditEntry.seq).limit(_READ_AT_ONCE)).all()


def _link(entry: AuditEntry, *, previous: str, key: bytes) -> str:
    said = [
        previous,
        entry.seq,
        entry.at.astimezone(UTC).isoformat(),
        entry.actor,
        entry.action,
        entry.record,
        entry.record_id,
        entry.detail,
    ]
    return hmac.new(key, json.dumps(said, sort_keys=True).encode(), hashlib.sha256).hexdigest()


def _plain(detail: Mapping[str, Any]) -> dict[str, Any]:
    """As the database will give it back, or the chain would not close over it."""
    plain: dict[str, Any] = json.loads(json.dumps(dict(detail)))
    return plain
