"""Who hears of an alert: at once, in a digest, or not at all."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import func, select

from alerts.facts import EmailAddress, Level, Tier
from service.commands.close_digests import close_digests
from service.commands.fan_out import fan_out
from service.records import Alert, Delivery, Digest, DigestItem
from service.records.base import new_id
from service.vocabulary import AlertKind, Cadence, DestinationState, SubscriptionState
from tests import factories

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from service.records import Case
    from service.security.encryption import Vault

NOW = datetime(2014, 11, 5, 12, tzinfo=UTC)


def make_alert(session: Session, case: Case, *, level: Level = Level.OVERDUE, tier: Tier = Tier.PUBLIC) -> Alert:
    alert = Alert(
        dedupe_key=str(new_id()),
        kind=AlertKind.FOLLOW_UP,
        tier=tier,
        case_id=case.id,
        country=case.country,
        follow_up_kind="complaint_reply",
        level=level,
        facts={},
        created_at=NOW,
    )
    session.add(alert)
    session.flush()
    return alert


def count(session: Session, record: type[Any]) -> int:
    return session.scalar(select(func.count()).select_from(record)) or 0


def test_two_subscriptions_that_lead_to_one_destination_make_one_delivery(session: Session, vault: Vault) -> None:
    case = factories.make_case(session)
    older = factories.make_subscription(session, vault, case=case)
    factories.make_subscription(session, vault, country="KZ", destination=older.destination)
    factories.make_subscription(session, vault, follow_up_kind="complaint_reply", destination=older.destination)
    assert fan_out(session, [make_alert(session, case).id], now=NOW) == 1
    assert session.scalars(select(Delivery.subscription_id)).one() == older.id


def test_fanning_out_again_adds_nothing(session: Session, vault: Vault) -> None:
    case = factories.make_case(session)
    factories.make_subscription(session, vault, case=case)
    factories.make_subscription(session, vault, case=case, cadence=Cadence.DAILY)
    alert = make_alert(session, case)
    fan_out(session, [alert.id], now=NOW)
    assert fan_out(session, [alert.id], now=NOW) == 0
    assert count(session, DigestItem) == 1


@pytest.mark.parametrize(
    "changes",
    [
        {"state": SubscriptionState.PENDING},
        {"state": SubscriptionState.ENDED},
        {"paused_until": NOW + timedelta(days=1)},
        {"least_level": Level.CRITICAL},
    ],
    ids=["not yet confirmed", "ended", "paused", "only critical"],
)
def test_a_subscription_that_should_not_hear_gets_nothing(
    session: Session, vault: Vault, changes: dict[str, Any]
) -> None:
    case = factories.make_case(session)
    subscription = factories.make_subscription(session, vault, case=case)
    for name, value in changes.items():
        setattr(subscription, name, value)
    session.flush()
    assert fan_out(session, [make_alert(session, case).id], now=NOW) == 0


def test_a_pause_that_has_ended_is_no_pause(session: Session, vault: Vault) -> None:
    case = factories.make_case(session)
    factories.make_subscription(session, vault, case=case).paused_until = NOW
    assert fan_out(session, [make_alert(session, case).id], now=NOW) == 1


def test_an_alert_reaches_only_those_whose_tier_may_hear_of_it(session: Session, vault: Vault) -> None:
    case = factories.make_case(session)
    factories.make_subscription(session, vault, case=case)
    staff = factories.make_subscription(session, vault, case=case)
    staff.tier = Tier.CONFIDENTIAL
    assert fan_out(session, [make_alert(session, case, tier=Tier.RESTRICTED).id], now=NOW) == 1
    assert session.scalars(select(Delivery.subscription_id)).one() == staff.id


def test_nothing_sealed_is_ever_owed_to_anybody(session: Session, vault: Vault) -> None:
    case = factories.make_case(session)
    factories.make_subscription(session, vault, case=case).tier = Tier.SEALED
    assert fan_out(session, [make_alert(session, case, tier=Tier.SEALED).id], now=NOW) == 0


def test_a_destination_that_may_not_be_written_to_is_owed_nothing(session: Session, vault: Vault) -> None:
    case = factories.make_case(session)
    closed = factories.make_destination(
        session, vault, address=EmailAddress("a@example.org"), state=DestinationState.DISABLED
    )
    factories.make_subscription(session, vault, case=case, destination=closed)
    assert fan_out(session, [make_alert(session, case).id], now=NOW) == 0


def test_a_weekly_reader_hears_once_when_the_week_closes(session: Session, vault: Vault) -> None:
    case = factories.make_case(session)
    factories.make_subscription(session, vault, case=case, cadence=Cadence.WEEKLY)
    fan_out(session, [make_alert(session, case).id, make_alert(session, case).id], now=NOW)
    digest = session.scalars(select(Digest)).one()
    assert close_digests(session, now=digest.period_end - timedelta(seconds=1)) == 0
    assert close_digests(session, now=digest.period_end) == 1
    assert close_digests(session, now=digest.period_end + timedelta(days=30)) == 0
    assert session.scalars(select(Delivery.digest_id)).all() == [digest.id]


def test_a_week_without_news_sends_nothing(session: Session, vault: Vault) -> None:
    factories.make_subscription(session, vault, case=factories.make_case(session), cadence=Cadence.WEEKLY)
    assert close_digests(session, now=NOW + timedelta(days=60)) == 0


def test_critical_waits_for_no_digest(session: Session, vault: Vault) -> None:
    case = factories.make_case(session)
    factories.make_subscription(session, vault, case=case, cadence=Cadence.WEEKLY)
    assert fan_out(session, [make_alert(session, case, level=Level.CRITICAL).id], now=NOW) == 1
    assert count(session, Digest) == 0
