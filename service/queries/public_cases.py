"""Which cases anybody may read about."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from sqlalchemy import and_, exists, func, not_, or_, select

from alerts.facts import Tier
from service.errors import NotFound
from service.records import Alert, Case, Consent, Footing, NameVariant, Person
from service.records.cases import case_person
from service.records.evidence import carried
from service.statements import mark_of, statements_of
from service.vocabulary import FOLLOWED, ConsentScope, GivenBy

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date, datetime

    from sqlalchemy import ColumnElement, Select
    from sqlalchemy.orm import Session

PAGE_SIZE = 25
LONGEST_SEARCH = 100
# As the page says: three months.
_LATELY = timedelta(days=91)


def public_case_named(session: Session, slug: str) -> Case:
    """The public case with this address; raises NotFound, also for one that is not public."""
    case = session.scalar(_public().where(Case.slug == slug))
    if case is None:
        raise NotFound("No public case has this address.")
    return case


def told_lately(session: Session, case: Case, *, now: datetime) -> int:
    """How many messages went to whoever follows this case at the public tier, at once and from the lowest level on.

    Of the three months before `now` (UTC): so a reader knows what following it comes to.
    """
    query = select(func.count(Alert.id)).where(
        Alert.case_id == case.id,
        Alert.kind.in_(FOLLOWED),
        Alert.tier == Tier.PUBLIC,
        Alert.created_at > now - _LATELY,
        Alert.created_at <= now,
    )
    return session.scalars(query).one()


def public_cases(
    session: Session, *, search: str, country: str, after: str, now: datetime
) -> tuple[Sequence[Case], bool]:
    """One page of public cases in the order of their references, from the one after `after`; and whether more follow.

    The search looks at references, summaries, and the names that may be said in public on the day of `now` (UTC).
    """
    query = _public().order_by(Case.reference).limit(PAGE_SIZE + 1)
    if country:
        query = query.where(Case.country == country)
    words = search[:LONGEST_SEARCH].split()
    for word in words:
        query = query.where(_may_say(word, now.date()))
    found: list[Case] = []
    while len(found) <= PAGE_SIZE:
        candidates = session.scalars(query.where(Case.reference > after)).all()
        found += [case for case in candidates if _says(session, case, words)]
        if len(candidates) <= PAGE_SIZE:
            break
        after = candidates[-1].reference
    return found[:PAGE_SIZE], len(found) > PAGE_SIZE


def public_countries(session: Session) -> Sequence[str]:
    """The countries (ISO 3166) of which there is a public case."""
    return session.scalars(select(Case.country).where(Case.tier == Tier.PUBLIC).distinct().order_by(Case.country)).all()


def _public() -> Select[Case]:
    return select(Case).where(Case.tier == Tier.PUBLIC)


def _says(session: Session, case: Case, words: Sequence[str]) -> bool:
    """Whether every word stands in what the page of the case shows, and not in a sentence that is not published."""
    if not words:
        return True
    marks = set(session.scalars(carried(Footing.statement_mark, case_ids=[case.id])))
    shown = [case.reference, *(name.text for person in case.persons for name in person.names)]
    shown += [statement for statement in statements_of(case.summary) if mark_of(statement) in marks]
    return all(any(word.casefold() in text.casefold() for text in shown) for word in words)


def _may_say(word: str, today: date) -> ColumnElement[bool]:
    """Whether the page of the case may show the word: a search must find nothing that its reader may not read."""
    of_this_case = case_person.c.case_id == Case.id
    named = exists(
        select(1)
        .select_from(case_person)
        .join(NameVariant, NameVariant.person_id == case_person.c.person_id)
        .where(of_this_case, NameVariant.text.icontains(word, autoescape=True))
    )
    unnamed = exists(
        select(1)
        .select_from(case_person)
        .join(Person, Person.id == case_person.c.person_id)
        .where(of_this_case, not_(_may_be_named(today)))
    )
    return or_(
        Case.reference.icontains(word, autoescape=True),
        and_(not_(unnamed), or_(named, Case.summary.icontains(word, autoescape=True))),
    )


def _may_be_named(today: date) -> ColumnElement[bool]:
    """The gate of `service.facts.consents`, as SQL."""
    live = exists(
        select(1).where(
            Consent.person_id == Person.id,
            Consent.scope == ConsentScope.NAME_PUBLICLY,
            Consent.given_by != GivenBy.NONE_VITAL_INTEREST,
            Consent.since_on <= today,
            or_(Consent.until_on.is_(None), Consent.until_on >= today),
            Consent.withdrawn_at.is_(None),
        )
    )
    return and_(Person.tier.in_((Tier.PUBLIC, Tier.RESTRICTED)), live)
