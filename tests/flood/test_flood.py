"""Sixty of the ten thousand posts; `python -m tests.flood` sends them all, and times the answers."""

from __future__ import annotations

from datetime import timedelta
from itertools import islice
from typing import TYPE_CHECKING

import pytest

from service.app import build_parts
from service.clock import FixedClock
from service.commands.limits import ALL_FORM_POSTS, take
from service.security.mailbox_family import mailbox_family
from tests.factories import make_case
from tests.flood.flooding import flood
from tests.flood.spellings import PLAIN, spellings
from tests.flood.timing import auc

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy import Engine
    from sqlalchemy.orm import Session, sessionmaker

    from service.security.encryption import Vault
    from service.settings import Settings

pytestmark = pytest.mark.anyio


async def test_one_victim_in_all_spellings_gets_three_mails_a_day(
    settings: Settings, engine: Engine, vault: Vault, writing: sessionmaker[Session], now: datetime
) -> None:
    clock = FixedClock(now)
    parts = build_parts(settings, clock=clock, wall_clock=clock, engine=engine, vault=vault)
    with writing.begin() as session:
        case = make_case(session)
    found = await flood(parts, clock, case.slug, posts=60, gap=timedelta(hours=1), seed=5)
    assert found.answers == {303: 60}
    assert 2 <= found.worst_day <= 3
    assert len(found.mails_at) >= 3
    assert found.addresses_stored <= len(found.mails_at)


async def test_posts_at_once_from_everywhere_are_refused_for_all_alike(
    settings: Settings, engine: Engine, vault: Vault, writing: sessionmaker[Session], now: datetime
) -> None:
    clock = FixedClock(now)
    parts = build_parts(settings, clock=clock, wall_clock=clock, engine=engine, vault=vault)
    with writing.begin() as session:
        case = make_case(session)
        for _ in range(ALL_FORM_POSTS.burst):
            assert take(session, ALL_FORM_POSTS, "", now=now, vault=vault)
    found = await flood(parts, clock, case.slug, posts=6, gap=timedelta(), seed=5)
    assert found.answers == {429: 6}
    assert found.mails_at == []


def test_every_spelling_is_the_same_mailbox_and_they_are_many() -> None:
    some = set(islice(spellings(3), 2000))
    assert len(some) > 1500
    assert {mailbox_family(one) for one in some} == {mailbox_family(PLAIN)}


async def test_the_timing_can_be_taken(
    settings: Settings, engine: Engine, vault: Vault, writing: sessionmaker[Session], now: datetime
) -> None:
    clock = FixedClock(now)
    parts = build_parts(settings, clock=clock, wall_clock=clock, engine=engine, vault=vault)
    with writing.begin() as session:
        case = make_case(session)
    assert 0.0 <= await auc(parts, clock, case, "/manage", each=3, seed=1) <= 1.0
