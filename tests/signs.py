"""A worker's signs of life, written down for tests: all good, or with one that is not."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from sqlalchemy import update

from service.commands.beat import beat
from service.commands.queue_alert import queue_for_subscription
from service.records import Heartbeat
from service.vocabulary import AlertKind, Beat
from tests.factories import make_case, make_subscription

if TYPE_CHECKING:
    from collections.abc import Callable

    from sqlalchemy.orm import Session

    from service.security.encryption import Vault


def make_sound(session: Session, *, now: datetime) -> None:
    """Every rhythm ran 40 seconds before `now` (the machine's time), and nothing was missing."""
    for name in (Beat.CHECK_OVERDUE, Beat.CLOSE_DIGESTS):
        beat(session, name, at=now - timedelta(seconds=40), detail={})
    beat(session, Beat.CHECK_COMPLETENESS, at=now - timedelta(seconds=40), detail={"missing": {}, "well": True})


def _the_check_stood_still(session: Session, _: Vault, now: datetime) -> None:
    beat(session, Beat.CHECK_OVERDUE, at=now - timedelta(minutes=3), detail={})


def _nothing_rings(session: Session, _: Vault, now: datetime) -> None:
    session.execute(update(Heartbeat).values(at=now - timedelta(minutes=3)))


def _a_message_waits(session: Session, vault: Vault, now: datetime) -> None:
    subscription = make_subscription(session, vault, case=make_case(session))
    delivery = queue_for_subscription(
        session, kind=AlertKind.ALREADY_FOLLOWING, subscription=subscription, facts={}, dedupe_key="waits", now=now
    )
    # The queue runs on the database's own clock.
    delivery.due_at = datetime.now(UTC) - timedelta(minutes=11)


def _something_is_missing(session: Session, _: Vault, now: datetime) -> None:
    missing = {"owed": {"count": 2, "ids": ["a 1", "b 1"]}}
    beat(session, Beat.CHECK_COMPLETENESS, at=now, detail={"missing": missing, "well": False})


def _nobody_looks(session: Session, _: Vault, now: datetime) -> None:
    beat(session, Beat.CHECK_COMPLETENESS, at=now - timedelta(minutes=15), detail={"missing": {}, "well": True})


def _a_clock_has_jumped(session: Session, _: Vault, now: datetime) -> None:
    beat(session, Beat.CHECK_OVERDUE, at=now + timedelta(days=365), detail={})
    beat(session, Beat.CLOSE_DIGESTS.failed, at=now + timedelta(days=365), detail={"error": "ValueError"})


# What is planted, the sign that it spoils, and what the sign then says.
PLANTED: dict[str, tuple[Callable[[Session, Vault, datetime], None], str, str]] = {
    "the check stood still": (_the_check_stood_still, "overdue_check", "the check last ran 3 min ago"),
    "nothing rings": (_nothing_rings, "scheduler", "the last rhythm ran 3 min ago: the scheduler is gone"),
    "a message waits": (_a_message_waits, "deliveries", "the oldest message that is due has waited 11 min"),
    "something is missing": (
        _something_is_missing,
        "completeness",
        "alerts owed to a subscription and on their way to nobody: 2 (a 1, b 1)",
    ),
    "nobody looks": (_nobody_looks, "completeness", "somebody last looked 15 min ago whether anything is missing"),
    "a clock has jumped": (_a_clock_has_jumped, "overdue_check", "the check last ran 8760 h ahead of the clock"),
}
