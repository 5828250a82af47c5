"""An organisation at work: Alice was granted the case, Bob only its reading, Charlie another case, Dora all of them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest

from alerts.facts import SlackWebhook, Tier
from service.app import build_parts, create_app
from service.clock import FixedClock
from service.commands.acting import Acting
from service.commands.corrections import NewCorrection, draft_correction
from service.commands.staff_subscriptions import Wish, subscribe_destination
from service.commands.tokens import TokenScope
from service.records import Alert, CareEvent, Delivery, HealthCondition
from service.vocabulary import (
    Access,
    AlertKind,
    CareAccess,
    CareKind,
    Certainty,
    CorrectionKind,
    Role,
    Severity,
)
from tests.factories import (
    LONG_AGO,
    make_assertion,
    make_case,
    make_demand,
    make_destination,
    make_follow_up,
    make_person,
    make_source,
    make_subscription,
)
from tests.papers import make_document
from tests.service.api.calling import Api, make_member, make_token
from tests.service.api.recorded import make_facts
from tests.urgent import Desk

if TYPE_CHECKING:
    from datetime import datetime
    from uuid import UUID

    from sqlalchemy import Engine
    from sqlalchemy.orm import Session, sessionmaker

    from service.links import Links
    from service.records import Case
    from service.security.encryption import Vault
    from service.settings import Settings


@dataclass(frozen=True)
class World:
    """The tokens, and the ids of one record of every family."""

    alice: str
    bob: str
    charlie: str
    dora: str
    admin: str
    read_only: str
    case: UUID
    other_case: UUID
    person: UUID
    sealed_person: UUID
    condition: UUID
    care_event: UUID
    episode: UUID
    placement: UUID
    proceeding: UUID
    sentence: UUID
    review: UUID
    petition: UUID
    pause: UUID
    source: UUID
    assertion: UUID
    correction: UUID
    document: UUID
    follow_up: UUID
    alert: UUID
    delivery: int
    demand: UUID
    destination: UUID
    private_destination: UUID
    subscription: int
    private_subscription: int
    official: UUID
    action: UUID


@pytest.fixture
def clock(now: datetime) -> FixedClock:
    """Business time and the machine's, standing still together."""
    return FixedClock(now)


@pytest.fixture
def api(settings: Settings, engine: Engine, vault: Vault, clock: FixedClock) -> Api:
    """The application, called by somebody without a token."""
    return Api(create_app(build_parts(settings, clock=clock, wall_clock=clock, engine=engine, vault=vault)))


@pytest.fixture
def world(writing: sessionmaker[Session], vault: Vault, links: Links, now: datetime) -> World:
    """One case with something of everything, one case that is somebody else's."""
    with writing.begin() as session:
        return _make_world(session, vault, links, now)


def _make_world(session: Session, vault: Vault, links: Links, now: datetime) -> World:
    person = make_person(session, "Dana Sample")
    hidden = make_person(session, "Minor Sample", tier=Tier.SEALED)
    case = make_case(session, persons=(person, hidden))
    other = make_case(session, persons=(make_person(session, "Erik Other"),))
    condition, event = _make_health(session, case, person.id)
    follow_up = make_follow_up(session, case)
    demand = make_demand(session, case, make_source(session))
    own = make_destination(session, vault, address=SlackWebhook("https://hooks.slack.com/services/T/B/x"), label="Team")
    subscription = subscribe_destination(session, own, Wish(case_id=case.id), now=now, by="tests", vault=vault)
    private = make_subscription(session, vault, case=case)
    alert = Alert(
        dedupe_key="one", kind=AlertKind.FOLLOW_UP, tier=Tier.PUBLIC, case_id=case.id, country="KZ",
        follow_up_id=follow_up.id, follow_up_kind=follow_up.kind, created_at=now,
        facts={
            "public": _facts(person_name=None),
            "restricted": _facts(person_name="Dana Sample"),
            "confidential": _facts(person_name="Dana Sample", title="Reply to the complaint about the cell"),
            "sealed": _facts(person_name="Dana Sample", title="a sealed title"),
        },
    )  # fmt: skip
    session.add(alert)
    session.flush()
    delivery = Delivery(
        alert_id=alert.id, destination_id=own.id, subscription_id=subscription.id, channel=own.channel, language="en",
        time_zone="UTC", tier=Tier.PUBLIC, due_at=now,
    )  # fmt: skip
    session.add(delivery)
    session.flush()
    facts = make_facts(session, case, person.id, now=now, vault=vault)
    members = {
        "alice": make_member(session, "alice", cases=[case]),
        "bob": make_member(session, "bob", cases=[case], access=Access.READ, role=Role.OBSERVER),
        "charlie": make_member(session, "charlie", cases=[other]),
        "dora": make_member(session, "dora", role=Role.COORDINATOR, all_cases=Access.WRITE),
        "admin": make_member(session, "admin", role=Role.ADMIN),
    }
    desk = Desk(session, vault, links, now, *(Acting(members[name].id, name) for name in ("alice", "dora")))
    source = make_source(session, tier=Tier.RESTRICTED)
    assertion = make_assertion(session, case, source)
    wrong = make_assertion(session, case, source, attribute="moved")
    correction = draft_correction(
        session, case, wrong, NewCorrection(kind=CorrectionKind.RETRACTED, was="She was moved.", reason="She was not."),
        now=now, by=desk.alice, vault=vault,
    )  # fmt: skip
    official = desk.official()
    action = desk.draft(case, person_ids=(person.id,), target_ids=(official.id,))
    tokens = {name: make_token(session, member, now=now, vault=vault) for name, member in members.items()}
    return World(
        **tokens, read_only=make_token(session, members["alice"], now=now, vault=vault, scopes=[TokenScope.READ]),
        case=case.id, other_case=other.id, person=person.id, sealed_person=hidden.id, condition=condition.id,
        care_event=event.id, episode=facts["episode"], placement=facts["placement"], proceeding=facts["proceeding"],
        sentence=facts["sentence"], review=facts["review"], petition=facts["petition"], pause=facts["pause"],
        source=source.id, assertion=assertion.id, correction=correction.id,
        document=make_document(session, case, now=now, vault=vault).id, follow_up=follow_up.id, alert=alert.id, delivery=delivery.id, demand=demand.id, destination=own.id,
        private_destination=private.destination_id, subscription=subscription.id, private_subscription=private.id,
        official=official.id, action=action.id,
    )  # fmt: skip


def _make_health(session: Session, case: Case, person_id: UUID) -> tuple[HealthCondition, CareEvent]:
    condition = HealthCondition(
        case_id=case.id, person_id=person_id, label="Hypertension", severity=Severity.SEVERE,
        certainty=Certainty.REPORTED, care_access=CareAccess.DELAYED, as_of=LONG_AGO.date(), created_at=LONG_AGO,
    )  # fmt: skip
    event = CareEvent(
        case_id=case.id, person_id=person_id, kind=CareKind.REFUSAL, outcome="Turned away", as_of=LONG_AGO.date(),
        created_at=LONG_AGO,
    )  # fmt: skip
    session.add_all([condition, event])
    session.flush()
    return condition, event


def _facts(**fields: str | None) -> dict[str, object]:
    return {
        "case_reference": "KAZ-2099-001", "country": "KZ", "case_url": "https://vigil.example.org/c/x", "kind": None,
        "level": "overdue", "title": None, "due_on": "2014-11-10", "time_zone": "Asia/Almaty", "days_late": 1,
        "basis": None, "demands": [], "sources": [], **fields,
    }  # fmt: skip
