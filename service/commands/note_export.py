"""What leaves the house is noted: who took it, what it was, and how much of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from service.commands.audit import audit

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from sqlalchemy.orm import Session

    from service.security.encryption import Vault


def note_export(
    session: Session, what: str, about: Sequence[str], *, rows: int, tier: str, now: datetime, by: str, vault: Vault
) -> None:
    """Append one audit entry: `about` are references, or the name of a case file; no value is kept."""
    audit(
        session, at=now, actor=by, action="export", record=what, record_id=about[0] if len(about) == 1 else "several",
        detail={"about": list(about), "rows": rows, "tier": tier}, key=vault.audit_key,
    )  # fmt: skip
