"""The audit's chain shows what was changed or taken out, and never forks."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import delete, func, select, update

from service.commands.audit import audit, first_broken_link
from service.records import AuditEntry

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy.orm import Session, sessionmaker

KEY = b"k" * 32
WRITERS, EACH = 4, 10


def write(session: Session, now: datetime, number: int) -> AuditEntry:
    return audit(
        session, at=now + timedelta(seconds=number), actor="Test Officer", action="read", record="case",
        record_id=str(number), detail={"columns": ("summary", "title"), "n": number}, key=KEY,
    )  # fmt: skip


@pytest.fixture
def five(session: Session, now: datetime) -> Session:
    """A session in which five entries stand."""
    for number in range(5):
        write(session, now, number)
    return session


def test_an_untouched_chain_holds(five: Session) -> None:
    five.expire_all()
    assert first_broken_link(five, key=KEY) is None


def test_an_empty_audit_holds(session: Session) -> None:
    assert first_broken_link(session, key=KEY) is None


@pytest.mark.parametrize(
    "change", [{"actor": "Else"}, {"action": "x"}, {"record": "x"}, {"record_id": "9"}, {"detail": {"n": 3}}]
)
def test_a_changed_entry_breaks_the_chain(five: Session, change: dict[str, object]) -> None:
    five.execute(update(AuditEntry).where(AuditEntry.seq == 3).values(**change))
    five.expire_all()
    assert first_broken_link(five, key=KEY) == 3


def test_a_moved_instant_breaks_the_chain(five: Session, now: datetime) -> None:
    five.execute(update(AuditEntry).where(AuditEntry.seq == 3).values(at=now))
    five.expire_all()
    assert first_broken_link(five, key=KEY) == 3


@pytest.mark.parametrize("gone", [1, 2, 4])
def test_a_missing_entry_breaks_the_chain_at_the_next(five: Session, gone: int) -> None:
    five.execute(delete(AuditEntry).where(AuditEntry.seq == gone))
    five.expire_all()
    assert first_broken_link(five, key=KEY) == gone + 1


def test_without_the_key_no_entry_can_be_forged(five: Session, now: datetime) -> None:
    audit(five, at=now, actor="x", action="x", record="x", record_id="x", detail={}, key=b"another key")
    assert first_broken_link(five, key=KEY) == 6


def test_writers_at_once_make_one_chain(writing: sessionmaker[Session], now: datetime) -> None:
    def write_some(writer: int) -> None:
        for number in range(EACH):
            with writing.begin() as session:
                write(session, now, writer * EACH + number)

    with ThreadPoolExecutor(WRITERS) as pool:
        list(pool.map(write_some, range(WRITERS)))
    with writing() as session:
        assert session.scalar(select(func.count()).select_from(AuditEntry)) == WRITERS * EACH
        assert first_broken_link(session, key=KEY) is None
