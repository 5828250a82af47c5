"""Whom we may tell what: the projection that pages and messages share."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import TYPE_CHECKING

import pytest

from alerts.facts import Level, Tier
from service.errors import NotFound
from service.facts import (
    alert_from_json,
    alert_to_json,
    follow_up_facts,
    is_named_publicly,
    public_case,
    says_too_much,
    snapshots_of,
)
from service.records import Alert
from service.vocabulary import AlertKind, ConsentScope, DatePrecision, GivenBy
from tests import factories

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from alerts.facts import FollowUpAlert
    from service.links import Links
    from service.records import Case, Person

NOW = datetime(2014, 11, 20, 9, tzinfo=UTC)


def told(
    session: Session, links: Links, case: Case, *, tier: Tier = Tier.PUBLIC, kind: str = "urgent_care"
) -> FollowUpAlert:
    follow_up = factories.make_follow_up(session, case, kind=kind, basis="Rule 27; his heart", title="Heart clinic")
    return follow_up_facts(session, follow_up, tier=tier, now=NOW, links=links)


def consenting(session: Session, *scopes: ConsentScope, name: str = "Dana Sample") -> Person:
    person = factories.make_person(session, name)
    for scope in scopes:
        factories.make_consent(session, person, scope)
    return person


def test_without_any_consent_the_public_hears_the_reference_and_no_more(session: Session, links: Links) -> None:
    case = factories.make_case(session)
    alert = told(session, links, case)
    assert (alert.person_name, alert.kind, alert.title, alert.basis) == (None, None, None, None)
    assert alert.case_reference == case.reference
    assert alert.level is Level.CRITICAL


def test_a_name_alone_gives_no_word_of_health(session: Session, links: Links) -> None:
    case = factories.make_case(session, persons=(consenting(session, ConsentScope.NAME_PUBLICLY),))
    alert = told(session, links, case)
    assert (alert.person_name, alert.kind) == ("Dana Sample", None)


def test_health_is_spoken_of_in_public_only_under_its_own_consent(session: Session, links: Links) -> None:
    case = factories.make_case(session, persons=(consenting(session, ConsentScope.PUBLISH_HEALTH),))
    alert = told(session, links, case)
    assert (alert.person_name, alert.kind) == (None, "urgent_care")
    assert alert.basis is not None
    # the rule of the kind, never what a member wrote
    assert "heart" not in alert.basis


def test_each_tier_is_told_more_and_the_title_only_the_most_trusted(session: Session, links: Links) -> None:
    case = factories.make_case(session)
    restricted = told(session, links, case, tier=Tier.RESTRICTED)
    confidential = told(session, links, case, tier=Tier.CONFIDENTIAL)
    assert (restricted.kind, restricted.basis, restricted.title) == ("urgent_care", "Rule 27; his heart", None)
    assert confidential.title == "Heart clinic"


@pytest.mark.parametrize(
    ("since", "until", "withdrawn_at", "given_by", "scope", "live"),
    [
        (date(2014, 11, 20), None, None, GivenBy.PERSON, ConsentScope.NAME_PUBLICLY, True),
        (date(2014, 11, 21), None, None, GivenBy.PERSON, ConsentScope.NAME_PUBLICLY, False),
        (date(2014, 1, 1), date(2014, 11, 20), None, GivenBy.LAWYER, ConsentScope.NAME_PUBLICLY, True),
        (date(2014, 1, 1), date(2014, 11, 19), None, GivenBy.LAWYER, ConsentScope.NAME_PUBLICLY, False),
        (date(2014, 1, 1), None, NOW, GivenBy.PERSON, ConsentScope.NAME_PUBLICLY, False),
        (date(2014, 1, 1), None, None, GivenBy.MANIFESTLY_PUBLIC, ConsentScope.NAME_PUBLICLY, True),
        (date(2014, 1, 1), None, None, GivenBy.NONE_VITAL_INTEREST, ConsentScope.NAME_PUBLICLY, False),
        (date(2014, 1, 1), None, None, GivenBy.PERSON, ConsentScope.RECORD, False),
    ],
    ids=["first day", "tomorrow", "last day", "over", "withdrawn", "public anyway", "vital interest", "other scope"],
)
def test_a_consent_counts_only_while_it_is_live(
    session: Session,
    since: date,
    until: date | None,
    withdrawn_at: datetime | None,
    given_by: GivenBy,
    scope: ConsentScope,
    live: bool,
) -> None:
    person = factories.make_person(session)
    factories.make_consent(
        session, person, scope, since=since, until=until, withdrawn_at=withdrawn_at, given_by=given_by
    )
    assert is_named_publicly(session, person.id, now=NOW) is live


def test_what_is_public_anyway_is_a_name_and_never_an_illness(session: Session, links: Links) -> None:
    person = factories.make_person(session)
    for scope in (ConsentScope.NAME_PUBLICLY, ConsentScope.PUBLISH_HEALTH):
        factories.make_consent(session, person, scope, given_by=GivenBy.MANIFESTLY_PUBLIC)
    alert = told(session, links, factories.make_case(session, persons=(person,)))
    assert (alert.person_name, alert.kind) == ("Dana Sample", None)


@pytest.mark.parametrize("tier", [Tier.CONFIDENTIAL, Tier.SEALED])
def test_whoever_is_kept_closely_is_not_named_whatever_was_agreed(session: Session, tier: Tier) -> None:
    person = factories.make_person(session, tier=tier)
    factories.make_consent(session, person)
    assert not is_named_publicly(session, person.id, now=NOW)


def test_a_case_of_several_names_all_or_none(session: Session, links: Links) -> None:
    first = consenting(session, ConsentScope.NAME_PUBLICLY, name="Dana Sample")
    second = consenting(session, name="Erik Example")
    case = factories.make_case(session, persons=(first, second))
    assert told(session, links, case).person_name is None
    factories.make_consent(session, second)
    assert told(session, links, case).person_name == "Dana Sample, Erik Example"


def test_a_demand_that_names_somebody_waits_for_their_consent(session: Session, links: Links) -> None:
    silent = factories.make_person(session, "Erik Example")
    case = factories.make_case(session, persons=(consenting(session, ConsentScope.NAME_PUBLICLY),))
    demand = factories.make_demand(session, case, factories.make_source(session), text="Care for Erik Example.")
    demand.persons = [silent]
    session.flush()
    assert told(session, links, case).demands == ()
    assert len(told(session, links, case, tier=Tier.RESTRICTED).demands) == 1
    factories.make_consent(session, silent)
    assert [one.text for one in told(session, links, case).demands] == ["Care for Erik Example."]


def test_the_public_sees_public_sources_of_public_facts_each_once(session: Session, links: Links) -> None:
    case = factories.make_case(session)
    report = factories.make_source(session, title="A public report")
    factories.make_assertion(session, case, report, as_of=date(2014, 10, 1))
    factories.make_assertion(session, case, report, as_of=date(2014, 10, 24))
    clinic = factories.make_source(session, title="About his heart")
    factories.make_assertion(session, case, clinic, tier=Tier.CONFIDENTIAL)
    witness = factories.make_source(session, title="A witness", tier=Tier.SEALED)
    factories.make_assertion(session, case, witness)
    assert [(one.title, one.as_of) for one in told(session, links, case).sources] == [
        ("A public report", date(2014, 10, 24))
    ]
    assert "A witness" not in [one.title for one in told(session, links, case, tier=Tier.CONFIDENTIAL).sources]


def test_facts_survive_being_kept_as_json(session: Session, links: Links) -> None:
    case = factories.make_case(session, persons=(consenting(session, ConsentScope.NAME_PUBLICLY),))
    source = factories.make_source(session)
    factories.make_assertion(session, case, source)
    factories.make_demand(session, case, source)
    alert = told(session, links, case, kind="complaint_reply")
    assert alert_from_json(alert_to_json(alert)) == alert


def test_an_alert_keeps_words_only_for_tiers_that_may_hear_of_it(session: Session, links: Links) -> None:
    case = factories.make_case(session)
    follow_up = factories.make_follow_up(session, case, tier=Tier.RESTRICTED)
    kept = snapshots_of(session, [(follow_up, Level.OVERDUE)], now=NOW, links=links)[follow_up.id]
    assert sorted(kept) == ["confidential", "restricted"]


def test_words_that_need_a_withdrawn_consent_are_found(session: Session, links: Links) -> None:
    person = factories.make_person(session)
    consent = factories.make_consent(session, person)
    case = factories.make_case(session, persons=(person,))
    follow_up = factories.make_follow_up(session, case)
    kept = snapshots_of(session, [(follow_up, Level.OVERDUE)], now=NOW, links=links)[follow_up.id]
    alert = Alert(
        dedupe_key="one",
        kind=AlertKind.FOLLOW_UP,
        tier=Tier.PUBLIC,
        follow_up_id=follow_up.id,
        facts=kept,
        created_at=NOW,
    )
    session.add(alert)
    session.flush()
    assert says_too_much(session, [alert.id], now=NOW) == set()
    consent.withdrawn_at = NOW
    session.flush()
    assert (alert.id, Tier.PUBLIC) in says_too_much(session, [alert.id], now=NOW)


def test_the_page_of_a_case_tells_no_more_than_a_message(session: Session, links: Links) -> None:
    person = factories.make_person(session)
    case = factories.make_case(session, persons=(person,))
    factories.make_follow_up(session, case, kind="urgent_care", due_on=date(2014, 12, 1))
    factories.make_follow_up(session, case, kind="court_hearing", due_on=date(2014, 11, 1))
    factories.make_follow_up(session, case, kind="ua_review", due_on=date(2014, 11, 30))
    page = public_case(session, case, now=NOW, links=links)
    factories.make_footing(session, case, case.summary)
    assert (page.title, page.person_name, page.summary) == (case.reference, None, None)
    assert [(one.kind, one.days_late) for one in page.dates] == [("court_hearing", 19), (None, -11)]
    assert page.next_public_date == page.dates[1]
    factories.make_consent(session, person)
    page = public_case(session, case, now=NOW, links=links)
    assert (page.title, page.summary) == ("Dana Sample", case.summary)


def test_a_date_whose_clock_stands_still_is_not_on_the_public_page(session: Session, links: Links) -> None:
    case = factories.make_case(session)
    paused = factories.make_follow_up(session, case)
    paused.due_precision = DatePrecision.UNKNOWN
    session.flush()
    assert public_case(session, case, now=NOW, links=links).dates == ()


def test_a_case_that_is_not_public_has_no_page(session: Session, links: Links) -> None:
    with pytest.raises(NotFound):
        public_case(session, factories.make_case(session, tier=Tier.RESTRICTED), now=NOW, links=links)
