"""What may be said of whom, by the consents that are live."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy import or_, select

from alerts.facts import Tier
from service.records import Consent, Person
from service.vocabulary import ConsentScope, GivenBy

if TYPE_CHECKING:
    from collections.abc import Collection
    from datetime import datetime
    from uuid import UUID

    from sqlalchemy.orm import Session

# Whoever is kept this closely is not named, whatever was agreed.
_NAMEABLE = (Tier.PUBLIC, Tier.RESTRICTED)

# What stands in for a consent reaches no further than this: a public name says nothing of an illness.
_STANDS_IN_FOR = {
    GivenBy.MANIFESTLY_PUBLIC: (ConsentScope.NAME_PUBLICLY,),
    GivenBy.NONE_VITAL_INTEREST: (ConsentScope.RECORD, ConsentScope.STORE_HEALTH, ConsentScope.SHARE_UN),
}


@dataclass(frozen=True, slots=True)
class Gates:
    """The persons who may be named in public, and those of whose health one may speak there."""

    named: frozenset[UUID]
    health: frozenset[UUID]


def gates_for(session: Session, person_ids: Collection[UUID], *, now: datetime) -> Gates:
    """The gates of these persons at `now` (UTC): a consent counts from its first to its last day, until withdrawn."""
    scopes = (ConsentScope.NAME_PUBLICLY, ConsentScope.PUBLISH_HEALTH)
    live = _live(session, person_ids, scopes, now=now)
    counted = {(person_id, scope) for person_id, scope, tier in live if tier in _NAMEABLE}
    return Gates(
        named=frozenset(person_id for person_id, scope in counted if scope is ConsentScope.NAME_PUBLICLY),
        health=frozenset(person_id for person_id, scope in counted if scope is ConsentScope.PUBLISH_HEALTH),
    )


def agreed(session: Session, person_ids: Collection[UUID], scope: ConsentScope, *, now: datetime) -> frozenset[UUID]:
    """Those of the persons for whom a consent to this scope is live at `now` (UTC); whoever is sealed is not among them."""
    live = _live(session, person_ids, (scope,), now=now)
    return frozenset(person_id for person_id, _, tier in live if tier is not Tier.SEALED)


def _live(
    session: Session, person_ids: Collection[UUID], scopes: Collection[ConsentScope], *, now: datetime
) -> set[tuple[UUID, ConsentScope, Tier]]:
    if not person_ids:
        return set()
    today = now.date()
    live = session.execute(
        select(Consent.person_id, Consent.scope, Consent.given_by, Person.tier)
        .join(Person, Person.id == Consent.person_id)
        .where(
            Consent.person_id.in_(person_ids),
            Consent.scope.in_(scopes),
            Consent.since_on <= today,
            or_(Consent.until_on.is_(None), Consent.until_on >= today),
            Consent.withdrawn_at.is_(None),
        )
    ).all()
    return {
        (person_id, scope, tier)
        for person_id, scope, given_by, tier in live
        if scope in _STANDS_IN_FOR.get(given_by, (scope,))
    }


def is_named_publicly(session: Session, person_id: UUID, *, now: datetime) -> bool:
    """Whether this person may be named in public at `now` (UTC)."""
    return person_id in gates_for(session, [person_id], now=now).named
