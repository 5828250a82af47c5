"""Rows for tests, with defaults that a test need not care about; every person is invented."""

from __future__ import annotations

from datetime import UTC, date, datetime
from itertools import count
from typing import TYPE_CHECKING

from alerts.facts import EmailAddress, Level, Thresholds, Tier
from alerts.facts import FollowUp as Facts
from alerts.follow_up_kinds import kind_named
from alerts.overdue import next_level_at
from service.records import (
    Assertion,
    Case,
    Consent,
    Demand,
    Destination,
    FollowUp,
    Footing,
    NameVariant,
    Person,
    Source,
    Subscriber,
    Subscription,
)
from service.records.base import new_id
from service.security import addresses
from service.statements import mark_of, statements_of
from service.vocabulary import (
    Cadence,
    ConsentScope,
    DestinationState,
    DetentionStatus,
    GivenBy,
    Monitoring,
    NameKind,
    Reliability,
    SourceConnection,
    SubscriptionState,
    Verification,
)

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from alerts.facts import Address
    from service.security.encryption import Vault

LONG_AGO = datetime(2014, 1, 1, tzinfo=UTC)
_numbers = count(1)
# Those that no test names: a run of all tests makes more than a thousand cases, though not in one database.
_REFERENCES = [f"KAZ-2099-{number}" for number in range(100, 900) if number not in {404, 777, 778}]


def make_person(session: Session, name: str = "Dana Sample", *, tier: Tier = Tier.RESTRICTED) -> Person:
    """A person with one legal name."""
    person = Person(tier=tier, created_at=LONG_AGO)
    person.names = [NameVariant(position=0, text=name, kind=NameKind.LEGAL)]
    session.add(person)
    session.flush()
    return person


def make_consent(
    session: Session,
    person: Person,
    scope: ConsentScope = ConsentScope.NAME_PUBLICLY,
    *,
    given_by: GivenBy = GivenBy.PERSON,
    since: date = date(2014, 1, 1),
    until: date | None = None,
    withdrawn_at: datetime | None = None,
) -> Consent:
    """A consent of one scope, live unless it ended or was withdrawn."""
    consent = Consent(
        person_id=person.id, scope=scope, given_by=given_by, since_on=since, until_on=until, withdrawn_at=withdrawn_at
    )
    session.add(consent)
    session.flush()
    return consent


def make_case(
    session: Session,
    *,
    persons: tuple[Person, ...] | None = None,
    reference: str | None = None,
    title: str = "Dana Sample, teacher",
    tier: Tier = Tier.PUBLIC,
    country: str = "KZ",
    time_zone: str = "Asia/Almaty",
    monitoring: Monitoring = Monitoring.ACTIVE,
    summary: str = "A teacher who serves a sentence far from home.",
) -> Case:
    """A case that is watched; without `persons` it gets one."""
    reference = reference or _REFERENCES[next(_numbers) % len(_REFERENCES)]
    case = Case(
        reference=reference,
        slug=reference.lower(),
        tier=tier,
        title=title,
        country=country,
        time_zone=time_zone,
        detention_status=DetentionStatus.SENTENCED,
        summary=summary,
        monitoring=monitoring,
        created_at=LONG_AGO,
    )
    case.persons = list(persons) if persons is not None else [make_person(session)]
    session.add(case)
    session.flush()
    return case


def make_follow_up(
    session: Session,
    case: Case,
    *,
    kind: str = "complaint_reply",
    title: str = "Reply to the complaint about the cell",
    due_on: date = date(2014, 11, 10),
    person: Person | None = None,
    tier: Tier | None = None,
    basis: str | None = None,
    recurrence_days: int | None = None,
    thresholds: Thresholds | None = None,
    opened_at: datetime = LONG_AGO,
) -> FollowUp:
    """An open follow-up that was opened at `opened_at`, when nothing of it was announced yet."""
    defaults = kind_named(kind)
    days = thresholds or defaults.thresholds
    follow_up = FollowUp(
        case_id=case.id,
        person_id=person.id if person else None,
        kind=kind,
        title=title,
        basis=basis or defaults.basis,
        tier=tier or defaults.tier,
        due_on=due_on,
        time_zone=case.time_zone,
        upcoming_days=days.upcoming,
        overdue_days=days.overdue,
        very_overdue_days=days.very_overdue,
        critical_days=days.critical,
        recurrence_days=recurrence_days,
        next_level_at=next_level_at(Facts(due_on, case.time_zone, days), now=opened_at),
        created_at=opened_at,
        updated_at=opened_at,
    )
    session.add(follow_up)
    session.flush()
    return follow_up


def make_subscriber(session: Session, *, language: str = "en", time_zone: str = "Europe/Berlin") -> Subscriber:
    """Somebody who listens."""
    subscriber = Subscriber(language=language, time_zone=time_zone, created_at=LONG_AGO)
    session.add(subscriber)
    session.flush()
    return subscriber


def make_destination(
    session: Session,
    vault: Vault,
    *,
    address: Address | None = None,
    subscriber: Subscriber | None = None,
    state: DestinationState = DestinationState.READY,
    label: str = "",
) -> Destination:
    """A destination that may be written to; without `address` a mailbox of its own at example.org."""
    subscriber = subscriber or make_subscriber(session)
    address = address or EmailAddress(f"reader{next(_numbers)}@example.org")
    channel = addresses.channel_of(address)
    destination_id = new_id()
    destination = Destination(
        id=destination_id,
        subscriber_id=subscriber.id,
        channel=channel,
        label=label,
        address_hmac=addresses.index_of(vault, channel, address),
        address_sealed=addresses.sealed(vault, channel, address, destination_id),
        gate_key=addresses.gate_key_of(vault, address, destination_id),
        state=state,
        verified_at=LONG_AGO if state is DestinationState.READY else None,
        created_at=LONG_AGO,
    )
    session.add(destination)
    session.flush()
    return destination


def make_subscription(
    session: Session,
    vault: Vault,
    *,
    case: Case | None = None,
    country: str | None = None,
    follow_up_kind: str | None = None,
    destination: Destination | None = None,
    cadence: Cadence = Cadence.IMMEDIATE,
    least_level: Level = Level.UPCOMING,
    tier: Tier = Tier.PUBLIC,
    state: SubscriptionState = SubscriptionState.ACTIVE,
    paused_until: datetime | None = None,
) -> Subscription:
    """A confirmed wish to be told of exactly one of: a case, a country, a kind of follow-up."""
    destination = destination or make_destination(session, vault)
    subscription = Subscription(
        subscriber_id=destination.subscriber_id,
        destination_id=destination.id,
        case_id=case.id if case else None,
        country=country,
        follow_up_kind=follow_up_kind,
        least_level=least_level,
        cadence=cadence,
        tier=tier,
        state=state,
        paused_until=paused_until,
        confirmed_at=None if state is SubscriptionState.PENDING else LONG_AGO,
        created_at=LONG_AGO,
    )
    session.add(subscription)
    session.flush()
    return subscription


def make_source(
    session: Session, *, title: str = "A report on the prisons", tier: Tier = Tier.PUBLIC, url: str | None = None
) -> Source:
    """A document that says something."""
    source = Source(
        key=f"source-{next(_numbers)}",
        tier=tier,
        title=title,
        url=url or "https://reports.example.org/1",
        reliability=Reliability.MODERATELY,
        created_at=LONG_AGO,
    )
    session.add(source)
    session.flush()
    return source


def make_assertion(
    session: Session,
    case: Case,
    source: Source,
    *,
    attribute: str = "status",
    value: str = "held far from home",
    tier: Tier = Tier.PUBLIC,
    as_of: date = date(2014, 10, 24),
) -> Assertion:
    """One fact of the case, taken from the source."""
    assertion = Assertion(
        case_id=case.id,
        source_id=source.id,
        tier=tier,
        attribute=attribute,
        value=value,
        locator="section 1",
        connection=SourceConnection.NGO,
        reliability=Reliability.MODERATELY,
        verification=Verification.ALLEGED,
        as_of=as_of,
        created_at=LONG_AGO,
    )
    session.add(assertion)
    session.flush()
    return assertion


def make_footing(session: Session, case: Case, *texts: str | None, assertion: Assertion | None = None) -> Assertion:
    """Let every sentence of these texts rest on an assertion of the case; without `assertion` on one of its own."""
    assertion = assertion or make_assertion(session, case, make_source(session))
    marks = {mark_of(statement) for text in texts for statement in statements_of(text or "")}
    session.add_all(
        Footing(case_id=case.id, statement_mark=mark, assertion_id=assertion.id, created_at=LONG_AGO)
        for mark in sorted(marks)
    )
    session.flush()
    return assertion


def make_demand(
    session: Session, case: Case, source: Source, *, text: str = "Give him adequate medical care.", code: str = "1S2"
) -> Demand:
    """A recommendation that concerns the case."""
    demand = Demand(
        case_file=f"file-{next(_numbers)}",
        code=code,
        scope="specific",
        text=text,
        addressee="Government of Kazakhstan",
        source_id=source.id,
        created_at=LONG_AGO,
    )
    demand.cases = [case]
    session.add(demand)
    session.flush()
    return demand
