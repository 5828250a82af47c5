"""What a member may know of, as conditions for SQL: what is foreign is missing, and what is sealed is missing for all."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import and_, false, or_, select, true

from alerts.facts import Tier
from service.records import (
    Alert,
    Assertion,
    Base,
    CareEvent,
    Case,
    Correction,
    Delivery,
    Demand,
    Destination,
    FollowUp,
    HealthCondition,
    Person,
    Source,
    Subscription,
    Suppression,
    UrgentAction,
)
from service.records.cases import case_person
from service.records.demands import demand_case
from service.security.policy import Action, Actor, may
from service.vocabulary import ABOUT_DESTINATIONS, FOLLOWED, AlertKind

if TYPE_CHECKING:
    from uuid import UUID

    from sqlalchemy import ColumnElement, Select

_SEALED_PERSONS = select(Person.id).where(Person.tier == Tier.SEALED)


def cases_of(actor: Actor) -> ColumnElement[bool]:
    """Cases on which the actor holds a grant."""
    granted = true() if actor.all_cases else Case.id.in_(list(actor.cases)) if actor.cases else false()
    return and_(granted, Case.tier != Tier.SEALED)


def case_ids_of(actor: Actor) -> Select[UUID]:
    """The ids of the cases that the actor may know of."""
    return select(Case.id).where(cases_of(actor))


def persons_of(actor: Actor) -> ColumnElement[bool]:
    """Persons of those cases."""
    theirs = select(case_person.c.person_id).where(case_person.c.case_id.in_(case_ids_of(actor)))
    return and_(Person.id.in_(theirs), Person.tier != Tier.SEALED)


def health_of(actor: Actor, record: type[HealthCondition | CareEvent]) -> ColumnElement[bool]:
    """Health records of those persons within those cases."""
    return and_(record.case_id.in_(case_ids_of(actor)), record.person_id.not_in(_SEALED_PERSONS))


def facts_of(actor: Actor, record: Any) -> ColumnElement[bool]:
    """Facts of those cases (assertions, detention, courts, petitions), but what is sealed and what rests on such."""
    return and_(record.case_id.in_(case_ids_of(actor)), open_rows(record))


def about_nobody_sealed(record: Any) -> ColumnElement[bool]:
    """Rows about nobody in particular, or about somebody who is not sealed."""
    return or_(record.person_id.is_(None), record.person_id.not_in(_SEALED_PERSONS))


def open_rows(record: type[Base]) -> ColumnElement[bool]:
    """The rows of a record that are neither sealed nor about a sealed person, case or source."""
    table = record.__table__.columns
    conditions: list[Any] = [table["tier"] != Tier.SEALED] if "tier" in table else []
    for column, owner in (("case_id", Case), ("person_id", Person), ("source_id", Source)):
        if column in table:
            closed = select(owner.id).where(owner.tier == Tier.SEALED)
            conditions.append(table[column].is_(None) | table[column].not_in(closed))
    return and_(true(), *conditions)


def corrections_of(actor: Actor) -> ColumnElement[bool]:
    """Corrections of assertions of those cases."""
    theirs = select(Assertion.id).where(facts_of(actor, Assertion))
    return Correction.assertion_id.in_(theirs)


def sources_of(actor: Actor) -> ColumnElement[bool]:
    """Sources from which an assertion of those cases is taken; with a grant on all cases also those that nothing cites yet."""
    cited = Source.id.in_(select(Assertion.source_id).where(facts_of(actor, Assertion)))
    uncited = Source.id.not_in(select(Assertion.source_id))
    return and_(Source.tier != Tier.SEALED, or_(cited, uncited) if actor.all_cases else cited)


def follow_ups_of(actor: Actor) -> ColumnElement[bool]:
    """Follow-ups of those cases, but those about somebody who is sealed."""
    return and_(FollowUp.case_id.in_(case_ids_of(actor)), FollowUp.tier != Tier.SEALED, about_nobody_sealed(FollowUp))


def urgent_actions_of(actor: Actor) -> ColumnElement[bool]:
    """Urgent actions of those cases, issued or not."""
    return UrgentAction.case_id.in_(case_ids_of(actor))


def alerts_of(actor: Actor) -> ColumnElement[bool]:
    """Alerts about those follow-ups, and urgent actions of those cases; what concerns one subscriber alone is nobody else's."""
    return and_(Alert.kind.in_(FOLLOWED), _about_cases_of(actor))


def _about_cases_of(actor: Actor) -> ColumnElement[bool]:
    theirs = select(FollowUp.id).where(follow_ups_of(actor))
    return and_(
        Alert.subscription_id.is_(None),
        Alert.case_id.in_(case_ids_of(actor)),
        Alert.tier != Tier.SEALED,
        or_(Alert.follow_up_id.is_(None), Alert.follow_up_id.in_(theirs)),
    )


def demands_of(actor: Actor) -> ColumnElement[bool]:
    """Demands of those cases; those of no case with a grant on all of them."""
    theirs = Demand.id.in_(select(demand_case.c.demand_id).where(demand_case.c.case_id.in_(case_ids_of(actor))))
    return or_(theirs, Demand.id.not_in(select(demand_case.c.demand_id))) if actor.all_cases else theirs


def destinations_of(actor: Actor) -> ColumnElement[bool]:
    """The organisation's own destinations; a private mailbox bears no label and is never listed."""
    return and_(true() if may(actor, Action.SEE_DESTINATIONS) else false(), Destination.label != "")


def suppressions_of(actor: Actor) -> ColumnElement[bool]:
    """Why some addresses are not written to: the same for all who may see destinations, since no row says whose it is."""
    return and_(true() if may(actor, Action.SEE_DESTINATIONS) else false(), Suppression.id.is_not(None))


def subscriptions_of(actor: Actor) -> ColumnElement[bool]:
    """Subscriptions to those cases; those to a country or a kind only with a grant on all cases."""
    of_case = Subscription.case_id.in_(case_ids_of(actor))
    return or_(of_case, Subscription.case_id.is_(None)) if actor.all_cases else of_case


def deliveries_of(actor: Actor) -> ColumnElement[bool]:
    """Deliveries of those alerts and to those responsible, what concerns the organisation's destinations, and with a grant on all cases digests."""
    told = Delivery.alert_id.in_(
        select(Alert.id).where(Alert.kind.in_((*FOLLOWED, AlertKind.ESCALATION)), _about_cases_of(actor))
    )
    about = select(Alert.id).where(Alert.kind.in_(ABOUT_DESTINATIONS))
    own = select(Destination.id).where(destinations_of(actor))
    tried = and_(Delivery.alert_id.in_(about), Delivery.destination_id.in_(own))
    digests: Any = Delivery.digest_id.is_not(None) if may(actor, Action.SEE_ALL_DELIVERIES) else false()
    return or_(told, tried, digests)
