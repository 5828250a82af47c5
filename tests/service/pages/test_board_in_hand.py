"""The board says who has a late follow-up in hand, and until when it is quiet."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from alerts.facts import Level
from service.records import Case, OverdueEpisode
from tests.factories import make_follow_up
from tests.service.api.calling import make_member
from tests.service.pages.conftest import sign_in

if TYPE_CHECKING:
    from sqlalchemy.orm import Session, sessionmaker

    from service.clock import FixedClock
    from tests.service.pages.conftest import Browser, Member

pytestmark = pytest.mark.anyio


async def test_owner_backup_snooze_and_who_is_on_it_are_shown_with_the_date(
    browser: Browser, member: Member, clock: FixedClock, wall_clock: FixedClock, writing: sessionmaker[Session],
    case: Case,
) -> None:  # fmt: skip
    now = clock.now()
    with writing.begin() as session:
        mine = session.get_one(Case, case.id)
        owner, backup = make_member(session, "olga-owner"), make_member(session, "bob-backup")
        mine.owner = owner
        late = make_follow_up(session, mine, title="The answer of the ministry", due_on=now.date() - timedelta(days=3))
        late.backup_id, late.level = backup.id, Level.OVERDUE
        late.snoozed_until, late.snoozed_by_id = now.date() + timedelta(days=5), backup.id
        late.snooze_reason = "They promised it for Friday"
        session.add(
            OverdueEpisode(
                follow_up_id=late.id, due_revision=1, level=Level.OVERDUE, reached_at=now, announced_at=now,
                acknowledged_by_id=owner.id, acknowledged_at=now,
            )
        )  # fmt: skip
    await sign_in(browser, member, wall_clock.now())
    for path in ("/staff", f"/staff/cases/{case.reference}/follow-ups"):
        page = (await browser.open(path)).text
        for words in ("olga-owner", "bob-backup", "has it in hand since", "Quiet until", "They promised it for Friday"):
            assert words in page, (path, words)
    clock.at += timedelta(days=6)
    page = (await browser.open("/staff")).text
    assert "olga-owner" in page
    assert "Quiet until" not in page
