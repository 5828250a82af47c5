"""How often is too often."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import func, select

from service.commands.limits import CONFIRMATIONS, Limit, forget_unused, network_of, require_turn, take, wait_s
from service.errors import TooManyRequests
from service.records import RateLimit

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy.orm import Session

    from service.security.encryption import Vault

ONE_DAY = timedelta(days=1)


def test_no_span_of_a_day_holds_more_than_three(session: Session, vault: Vault, now: datetime) -> None:
    taken = [
        now + timedelta(minutes=7 * step)
        for step in range(800)
        if take(session, CONFIRMATIONS, "reader@example.org", now=now + timedelta(minutes=7 * step), vault=vault)
    ]
    assert len(taken) >= 5
    assert max(sum(start <= at < start + ONE_DAY for at in taken) for start in taken) == 3


def test_subjects_and_limits_do_not_share_their_turns(session: Session, vault: Vault, now: datetime) -> None:
    once = Limit("once", 1, ONE_DAY)
    other = Limit("another", 1, ONE_DAY)
    assert take(session, once, "a", now=now, vault=vault)
    assert not take(session, once, "a", now=now, vault=vault)
    assert take(session, once, "b", now=now, vault=vault)
    assert take(session, other, "a", now=now, vault=vault)


def test_who_has_no_turn_is_told_how_long_to_wait(session: Session, vault: Vault, now: datetime) -> None:
    limit = Limit("minute", 2, timedelta(minutes=1))
    require_turn(session, limit, "a", now=now, vault=vault)
    require_turn(session, limit, "a", now=now, vault=vault)
    with pytest.raises(TooManyRequests) as refused:
        require_turn(session, limit, "a", now=now + timedelta(seconds=20), vault=vault)
    assert 40 <= refused.value.retry_after_s <= 41
    assert wait_s(session, limit, "a", now=now + timedelta(seconds=60), vault=vault) == 0
    require_turn(session, limit, "a", now=now + timedelta(seconds=60), vault=vault)


def test_what_holds_nobody_back_is_forgotten(session: Session, vault: Vault, now: datetime) -> None:
    take(session, CONFIRMATIONS, "reader@example.org", now=now, vault=vault)
    forget_unused(session, now=now + timedelta(hours=23))
    assert session.scalar(select(func.count()).select_from(RateLimit)) == 1
    forget_unused(session, now=now + timedelta(hours=25))
    assert session.scalar(select(func.count()).select_from(RateLimit)) == 0


def test_no_address_is_kept_in_clear(session: Session, vault: Vault, now: datetime) -> None:
    take(session, CONFIRMATIONS, "reader@example.org", now=now, vault=vault)
    assert "reader" not in session.scalars(select(RateLimit.key)).one()


@pytest.mark.parametrize(
    ("host", "network"),
    [
        ("192.0.2.7", "192.0.2.7"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("fe80::1%eth0", "fe80::/64"),
        ("testclient", ""),
        (None, ""),
    ],
)
def test_an_ipv6_reader_counts_as_a_network(host: str | None, network: str) -> None:
    assert network_of(host) == network
