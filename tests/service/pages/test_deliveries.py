"""The board's page of deliveries says why one was given up, and how to send it again."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from sqlalchemy import select, update

from alerts.facts import Tier
from service.database import database_now
from service.records import Alert, Delivery
from service.vocabulary import AlertKind, DeliveryState
from tests.factories import LONG_AGO, make_subscription
from tests.service.pages.conftest import sign_in

if TYPE_CHECKING:
    from sqlalchemy.orm import Session, sessionmaker

    from service.clock import FixedClock
    from service.records import Case
    from service.security.encryption import Vault
    from tests.service.pages.conftest import Browser, Member

pytestmark = pytest.mark.anyio


@pytest.fixture
def dead(writing: sessionmaker[Session], case: Case, vault: Vault) -> int:
    """The id of a delivery that was given up."""
    with writing.begin() as session:
        subscription = make_subscription(session, vault, case=case)
        alert = Alert(
            dedupe_key="one", kind=AlertKind.FOLLOW_UP, tier=Tier.PUBLIC, case_id=case.id, facts={}, created_at=LONG_AGO
        )
        session.add(alert)
        session.flush()
        delivery = Delivery(
            alert_id=alert.id, destination_id=subscription.destination_id, subscription_id=subscription.id,
            channel=subscription.destination.channel, language="en", time_zone="UTC", tier=Tier.PUBLIC,
            state=DeliveryState.DEAD, open=False, reason="Nobody is there.", due_at=database_now(),
        )  # fmt: skip
        session.add(delivery)
        session.flush()
        return delivery.id


@pytest.mark.parametrize("where", ["/staff/deliveries", "/staff/cases/KAZ-2099-001/alerts"])
async def test_it_names_the_reason_and_the_command(
    browser: Browser, member: Member, wall_clock: FixedClock, dead: int, where: str
) -> None:
    await sign_in(browser, member, wall_clock.now())
    page = await browser.open(where)
    assert "Nobody is there." in page.text
    assert f"vigil deliveries retry {dead}</code>" in page.text
    assert "example.org" not in page.text.partition("<table")[2].partition("</table")[0].replace("…@example.org", "")


@pytest.mark.parametrize("state", sorted(set(DeliveryState) - {DeliveryState.DEAD, DeliveryState.HELD}))
async def test_what_cannot_be_sent_again_names_no_command(
    browser: Browser,
    member: Member,
    wall_clock: FixedClock,
    dead: int,
    writing: sessionmaker[Session],
    state: DeliveryState,
) -> None:
    with writing.begin() as session:
        session.execute(update(Delivery).where(Delivery.id == dead).values(state=state))
        assert session.scalars(select(Delivery.state)).one() is state
    await sign_in(browser, member, wall_clock.now())
    assert "deliveries retry" not in (await browser.open("/staff/deliveries")).text
