"""What the running service notes about itself: signs of life, answers already given, and how often is too often."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, Double, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from service.records.base import CONFIDENTIAL, RESTRICTED, Base, UtcDateTime


class Heartbeat(Base):
    """When a rhythm last ran to its end (the machine's clock, UTC), and what it found."""

    __tablename__ = "heartbeat"

    name: Mapped[str] = mapped_column(String(64), primary_key=True, info=RESTRICTED)
    at: Mapped[datetime] = mapped_column(UtcDateTime, info=RESTRICTED)
    detail: Mapped[dict[str, Any]] = mapped_column(JSON, info=RESTRICTED)


class IdempotencyKey(Base):
    """An API request that sends something, and the answer it got, so that a repeat gets the same and sends nothing."""

    __tablename__ = "idempotency_key"

    caller: Mapped[str] = mapped_column(String(64), primary_key=True, info=CONFIDENTIAL)
    key: Mapped[str] = mapped_column(String(100), primary_key=True, info=CONFIDENTIAL)
    route: Mapped[str] = mapped_column(String(200), info=CONFIDENTIAL)
    request_hash: Mapped[str] = mapped_column(String(64), info=CONFIDENTIAL)
    status: Mapped[int] = mapped_column(info=CONFIDENTIAL)
    response: Mapped[str] = mapped_column(Text, info=CONFIDENTIAL)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime, info=CONFIDENTIAL)


class RateLimit(Base):
    """How far one key has used up what it may do; see `service.commands.limits`.

    `key` is a keyed hash, never an address or a name. `used_up_to` is in seconds since 1970 (UTC, the machine's clock):
    a float, because both engines add and compare numbers alike.
    """

    __tablename__ = "rate_limit"

    key: Mapped[str] = mapped_column(String(64), primary_key=True, info=CONFIDENTIAL)
    used_up_to: Mapped[float] = mapped_column(Double, index=True, info=RESTRICTED)
