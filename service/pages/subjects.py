"""What a reader wants to follow, as the address of a page or a hidden field names it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from alerts.facts import Tier
from alerts.follow_up_kinds import FOLLOW_UP_KINDS
from service.errors import NotFound
from service.queries.public_cases import public_case_named, public_countries
from service.vocabulary import Monitoring

if TYPE_CHECKING:
    from collections.abc import Mapping
    from uuid import UUID

    from sqlalchemy.orm import Session

    from service.pages.words import Words
    from service.records import Case, Subscription


# What the organisation owes itself (a review of consents, of addresses) is nobody else's to follow.
PUBLIC_KINDS: tuple[str, ...] = tuple(name for name, kind in FOLLOW_UP_KINDS.items() if kind.tier is Tier.PUBLIC)


@dataclass(frozen=True, slots=True)
class Subject:
    """Exactly one of a public case, a country with public cases and a kind of follow-up."""

    case_id: UUID | None = None
    reference: str | None = None
    slug: str | None = None
    country: str | None = None
    kind: str | None = None

    def said(self, words: Words) -> str:
        """In the reader's language."""
        return words.followed(reference=self.reference, country=self.country, kind=self.kind)

    @property
    def query(self) -> dict[str, str | None]:
        """How the address of a page names it."""
        return {"case": self.slug, "country": self.country, "kind": self.kind}


def subject_named(session: Session, fields: Mapping[str, str]) -> Subject:
    """What `case`, `country` or `kind` names. Raises NotFound, for a closed case too."""
    slug, country, kind = (fields.get(name, "")[:64] for name in ("case", "country", "kind"))
    if slug:
        case = public_case_named(session, slug)
        if case.monitoring is Monitoring.CLOSED:
            raise NotFound("This case is closed.")
        return subject_of_case(case)
    if country and country in public_countries(session):
        return Subject(country=country)
    if kind in PUBLIC_KINDS:
        return Subject(kind=kind)
    raise NotFound("There is nothing of that name to follow.")


def subject_of(subscription: Subscription, case: Case | None) -> Subject:
    """What a subscription is about."""
    if case is not None:
        return subject_of_case(case)
    return Subject(country=subscription.country, kind=subscription.follow_up_kind)


def subject_of_case(case: Case) -> Subject:
    """A case as a subject."""
    return Subject(case_id=case.id, reference=case.reference, slug=case.slug)
