"""JSON log lines with an allow-list of keys: ids and counts, never names, addresses or case text."""

from __future__ import annotations

import logging
import sys
from typing import TYPE_CHECKING

import structlog

if TYPE_CHECKING:
    from structlog.typing import EventDict, WrappedLogger

ALLOWED_KEYS = frozenset(
    {
        "event", "level", "timestamp", "logger", "error", "route", "method", "status", "ms", "count", "alerts", "deliveries",
        "delivery_id", "alert_id", "document_id", "channel", "attempt", "outcome", "code", "rhythm", "worker", "due_in_s", "version", "port", "where",
    }
)  # fmt: skip


def configure_logs(level: str) -> None:
    """Send JSON lines to standard error; `level` is debug, info, warning or error."""
    structlog.configure(
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            keep_allowed_keys,
            structlog.processors.JSONRenderer(),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(logging.getLevelNamesMapping()[level.upper()]),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
    )


def keep_allowed_keys(_: WrappedLogger, __: str, event: EventDict) -> EventDict:
    """Drop every key that is not on the list, so that a careless call cannot leak."""
    return {key: value for key, value in event.items() if key in ALLOWED_KEYS}
