"""Bundles for tests: made by somebody who may read every case, under the standard rules."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

from service.bundles.document import parsed
from service.commands.import_bundle import import_bundle
from service.exports.bundles import make_bundle
from service.records import Consent
from service.rules.reading import rule_book
from service.security.encryption import Vault
from service.security.policy import Actor
from service.vocabulary import Access, ConsentScope, GivenBy, Role

if TYPE_CHECKING:
    from collections.abc import Collection
    from datetime import datetime
    from uuid import UUID

    from sqlalchemy.orm import Session

    from service.commands.import_bundle import BundleReport
    from service.exports.bundles import BundleMade

EVERYWHERE = Actor(name="tests", role=Role.ADMIN, all_cases=Access.READ, cases={})
SHARED = (ConsentScope.SHARE_PARTNERS, ConsentScope.STORE_HEALTH)


def bundle_of(session: Session, references: Collection[str], *, now: datetime) -> BundleMade:
    """The bundle of these cases."""
    return make_bundle(session, EVERYWHERE, references, book=rule_book(), now=now)


def take_bundle(session: Session, content: bytes, *, now: datetime) -> BundleReport:
    """Import it into another installation, which has a key of its own."""
    vault = Vault(b"the key of another installation, long enough")
    return import_bundle(session, parsed(content), now=now, by="tests", vault=vault)


def consent(session: Session, person_id: UUID, *scopes: ConsentScope) -> None:
    """Let the person have agreed to this since the beginning of 2014."""
    session.add_all(
        Consent(person_id=person_id, scope=scope, given_by=GivenBy.PERSON, since_on=date(2014, 1, 1))
        for scope in scopes
    )
    session.flush()
