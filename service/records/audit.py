"""The audit: who read or changed what; append-only and chained."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, String
from sqlalchemy.orm import Mapped, mapped_column

from service.records.base import ABOUT_MEMBER, CONFIDENTIAL, SECRET, SERIAL, Base, UtcDateTime


class AuditEntry(Base):
    """One thing that somebody did; `chain` is a keyed hash over the entry and its predecessor's hash."""

    __tablename__ = "audit_entry"

    seq: Mapped[int] = mapped_column(SERIAL, primary_key=True, info=CONFIDENTIAL)
    at: Mapped[datetime] = mapped_column(UtcDateTime, info=CONFIDENTIAL)
    actor: Mapped[str] = mapped_column(String(100), info=ABOUT_MEMBER)
    action: Mapped[str] = mapped_column(String(64), info=CONFIDENTIAL)
    record: Mapped[str] = mapped_column(String(64), info=CONFIDENTIAL)
    record_id: Mapped[str] = mapped_column(String(64), info=CONFIDENTIAL)
    detail: Mapped[dict[str, Any]] = mapped_column(JSON, info=CONFIDENTIAL)
    chain: Mapped[str] = mapped_column(String(64), info=SECRET)
