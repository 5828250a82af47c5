"""The owner of an address is told what is wrong with it, in words on a page, and only while it is wrong."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest
from jinja2 import Environment, FileSystemLoader, StrictUndefined

from alerts.languages import Languages
from service.pages.words import Words
from service.paths import TEMPLATES
from service.queries.address_trouble import AddressTrouble, Trouble, address_trouble
from service.records import BounceScore, Suppression
from service.records.base import new_id
from service.vocabulary import ChannelName, DestinationState, SuppressionReason
from tests import factories
from tests.spoken import every_language

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from service.records import Destination
    from service.security.encryption import Vault

NOW = datetime(2026, 11, 25, 12, 0, tzinfo=UTC)
DAY = timedelta(days=1)


@pytest.fixture
def destination(session: Session, vault: Vault) -> Destination:
    return factories.make_destination(session, vault)


def troubles(session: Session, destination: Destination, *, now: datetime = NOW) -> list[tuple[Trouble, datetime]]:
    session.flush()
    found = address_trouble(session, destination.subscriber, now=now)
    assert {one.destination_id for one in found} <= {destination.id}
    return [(one.trouble, one.since) for one in found]


def test_an_address_that_works_has_no_trouble(session: Session, vault: Vault, destination: Destination) -> None:
    factories.make_destination(session, vault, state=DestinationState.DISABLED)
    assert troubles(session, destination) == []


def test_mail_that_came_back_is_trouble_for_a_week_or_until_it_is_confirmed_again(
    session: Session, destination: Destination
) -> None:
    session.add(BounceScore(destination_id=destination.id, points=1, last_at=NOW - DAY))
    assert troubles(session, destination) == [(Trouble.COMES_BACK, NOW - DAY)]
    assert troubles(session, destination, now=NOW + 7 * DAY) == []
    destination.verified_at = NOW
    assert troubles(session, destination) == []


def test_failures_are_trouble_from_the_second_on(session: Session, destination: Destination) -> None:
    destination.failures, destination.first_failure_at = 1, NOW - DAY
    assert troubles(session, destination) == []
    destination.failures = 2
    assert troubles(session, destination) == [(Trouble.FAILING, NOW - DAY)]


def test_what_is_off_is_trouble_and_what_is_suppressed_more_so(session: Session, destination: Destination) -> None:
    destination.state, destination.disabled_at = DestinationState.DISABLED, NOW - 2 * DAY
    assert troubles(session, destination) == [(Trouble.OFF, NOW - 2 * DAY)]
    suppression = Suppression(
        id=new_id(), address_hmac=destination.address_hmac, reason=SuppressionReason.COMPLAINT, created_at=NOW - DAY,
        until=NOW + DAY,
    )  # fmt: skip
    session.add(suppression)
    assert troubles(session, destination) == [(Trouble.SUPPRESSED, NOW - DAY)]
    assert troubles(session, destination, now=NOW + DAY) == [(Trouble.OFF, NOW - 2 * DAY)]


@every_language
def test_every_trouble_has_its_words(language: str) -> None:
    languages = Languages(TEMPLATES / "locale")
    environment = Environment(
        loader=FileSystemLoader(TEMPLATES / "pages"),
        autoescape=True,
        undefined=StrictUndefined,
        extensions=["jinja2.ext.i18n"],
    )
    environment.install_gettext_translations(languages.translations(language), newstyle=True)  # type: ignore[attr-defined]
    environment.filters["date"] = lambda day: languages.date(language, day)
    page = environment.from_string(
        '{% from "address_trouble.html" import address_trouble with context %}{{ address_trouble(troubles, called) }}'
    )
    destination_id = new_id()
    said = set()
    for trouble in Trouble:
        one = AddressTrouble(destination_id, ChannelName.EMAIL, trouble, NOW)
        called = {destination_id: "<r…@example.org>"}
        html = page.render(troubles=[one], called=called, words=Words(languages, language))
        assert "&lt;r…@example.org&gt;" in html
        assert languages.date(language, NOW.date()) in html
        assert ("Your address stopped working" in html) is (language == "en")
        said.add(html)
    assert len(said) == len(Trouble)
    assert page.render(troubles=[], called={}, words=Words(languages, language)).strip() == ""
