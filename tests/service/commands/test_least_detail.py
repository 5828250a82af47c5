"""How much a destination is told of an alert: as little as any of its wishes asks for."""

from __future__ import annotations

import ast
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import delete, select

import service
from alerts.facts import Level
from service.commands.close_digests import close_digests
from service.commands.fan_out import fan_out
from service.commands.tell_again import tell_again
from service.records import Delivery, Subscription, UrgentAction
from service.records.base import new_id
from service.vocabulary import (
    AlertKind,
    Cadence,
    DeliveryState,
    Detail,
    SubscriptionState,
    UrgentActionKind,
    UrgentActionStatus,
)
from tests import factories
from tests.service.commands.test_fan_out import make_alert

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sqlalchemy.orm import Session

    from service.records import Alert, Case
    from service.security.encryption import Vault

NOW = datetime(2014, 11, 5, 12, tzinfo=UTC)
FULL, REFERENCE, NOTICE = Detail.FULL, Detail.REFERENCE, Detail.NOTICE
# The three ways in which a subscription can be about the alert that `make_alert` writes.
ABOUT = ("case", "country", "kind")


def wish(session: Session, vault: Vault, about: str, case: Case, **other: object) -> Subscription:
    subject = {
        "case": {"case": case},
        "country": {"country": "KZ"},
        "kind": {"follow_up_kind": "complaint_reply"},
        "another case": {"case": factories.make_case(session)},
    }
    return factories.make_subscription(session, vault, **subject[about], **other)  # type: ignore[arg-type]


@pytest.mark.parametrize("detail", Detail)
def test_a_delivery_keeps_the_detail_that_its_reader_wished(session: Session, vault: Vault, detail: Detail) -> None:
    case = factories.make_case(session)
    wish(session, vault, "case", case, detail=detail)
    fan_out(session, [make_alert(session, case).id], now=NOW)
    assert session.scalars(select(Delivery.detail)).one() is detail


@given(st.lists(st.tuples(st.sampled_from(ABOUT), st.sampled_from(Detail)), min_size=1, max_size=4))
@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_the_wish_that_says_least_decides_whichever_is_older(
    session: Session, vault: Vault, wishes: list[tuple[str, Detail]]
) -> None:
    session.execute(delete(Subscription))
    case = factories.make_case(session)
    destination = factories.make_destination(session, vault)
    for about, detail in wishes:
        wish(session, vault, about, case, detail=detail, destination=destination)
    alert = make_alert(session, case)
    alert.facts = {"public": {"kind": "complaint_reply"}}
    session.flush()
    assert fan_out(session, [alert.id], now=NOW) == 1
    told = session.scalars(select(Delivery).where(Delivery.alert_id == alert.id)).one()
    assert told.detail.rank == max(detail.rank for _, detail in wishes)


@pytest.mark.parametrize(
    ("others", "detail"),
    [
        ({"detail": NOTICE, "paused_until": NOW + timedelta(days=9)}, NOTICE),
        ({"detail": NOTICE, "least_level": Level.CRITICAL}, NOTICE),
        ({"detail": NOTICE, "cadence": Cadence.WEEKLY}, NOTICE),
        ({"detail": NOTICE, "state": SubscriptionState.ENDED}, FULL),
        ({"detail": NOTICE, "state": SubscriptionState.PENDING}, FULL),
    ],
    ids=["paused", "for graver levels", "weekly", "ended", "not confirmed"],
)
def test_a_wish_that_does_not_speak_itself_still_lowers_what_another_says(
    session: Session, vault: Vault, others: dict[str, object], detail: Detail
) -> None:
    case = factories.make_case(session)
    speaking = wish(session, vault, "country", case)
    wish(session, vault, "case", case, destination=speaking.destination, **others)
    fan_out(session, [make_alert(session, case).id], now=NOW)
    assert session.scalars(select(Delivery.detail)).one() is detail


def test_a_wish_about_another_case_or_of_another_reader_lowers_nothing(session: Session, vault: Vault) -> None:
    case = factories.make_case(session)
    speaking = wish(session, vault, "case", case)
    wish(session, vault, "another case", case, destination=speaking.destination, detail=NOTICE)
    wish(session, vault, "case", case, detail=NOTICE)
    fan_out(session, [make_alert(session, case).id], now=NOW)
    told = dict(session.execute(select(Delivery.destination_id, Delivery.detail)).all())
    assert told.pop(speaking.destination_id) is FULL
    assert list(told.values()) == [NOTICE]


def test_a_digest_says_as_little_as_any_alert_in_it_may(session: Session, vault: Vault) -> None:
    case, other = factories.make_case(session), factories.make_case(session)
    daily = wish(session, vault, "case", case, cadence=Cadence.DAILY)
    by_country = wish(session, vault, "country", case, cadence=Cadence.DAILY)
    wish(session, vault, "case", other, detail=REFERENCE, cadence=Cadence.DAILY, destination=by_country.destination)
    wish(session, vault, "another case", case, detail=NOTICE, destination=by_country.destination)
    fan_out(session, [make_alert(session, one).id for one in (case, other)], now=NOW)
    close_digests(session, now=NOW + timedelta(days=2))
    digests = select(Delivery.destination_id, Delivery.detail).where(Delivery.digest_id.is_not(None))
    told = dict(session.execute(digests).all())
    assert told == {daily.destination_id: FULL, by_country.destination_id: REFERENCE}


def called(session: Session, case: Case, kind: UrgentActionKind, edition: int) -> Alert:
    stop = kind is UrgentActionKind.STOP_ACTION
    alert = make_alert(session, case)
    alert.kind, alert.level = AlertKind.STOP_ACTION if stop else AlertKind.URGENT_ACTION, None
    action = UrgentAction(
        id=new_id(), year=2014, given=7, edition=edition, kind=kind, case=case, status=UrgentActionStatus.ISSUED,
        time_zone="Asia/Almaty", headline="", summary="", alert_id=alert.id, created_at=NOW, updated_at=NOW,
    )  # fmt: skip
    session.add(action)
    session.flush()
    return alert


def test_a_later_version_says_as_little_as_its_reader_wishes_by_then(session: Session, vault: Vault) -> None:
    case = factories.make_case(session)
    reader = wish(session, vault, "case", case)
    first = called(session, case, UrgentActionKind.INITIAL, 0)
    fan_out(session, [first.id], now=NOW)
    session.scalars(select(Delivery)).one().state = DeliveryState.ACCEPTED
    reader.detail = NOTICE
    session.flush()
    stop = called(session, case, UrgentActionKind.STOP_ACTION, 1)
    assert tell_again(session, stop.id) == 1
    assert session.scalars(select(Delivery.detail).where(Delivery.alert_id == stop.id)).one() is NOTICE


def queued_without_detail(source: str) -> Iterator[int]:
    """The lines of dictionaries that say what a delivery may tell by its tier, and not by its detail."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Dict):
            keys = {key.value for key in node.keys if isinstance(key, ast.Constant)}
            if {"destination_id", "channel", "tier"} <= keys and "detail" not in keys:
                yield node.lineno


def test_whoever_queues_many_deliveries_says_with_which_detail() -> None:
    folder = Path(service.__file__).parent
    careless = [(path.name, *queued_without_detail(path.read_text())) for path in folder.rglob("*.py")]
    assert [one for one in careless if len(one) > 1] == []


def test_a_careless_one_would_be_found() -> None:
    assert list(queued_without_detail('_COLUMNS = {"destination_id": 1, "channel": 2, "tier": 3}')) == [1]
