"""A case as anybody may read it on its page."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy import select

from alerts.facts import Citation, Demand, Level, Tier
from alerts.overdue import days_late, level_of
from service.errors import NotFound
from service.facts.case_texts import InWords, in_language
from service.facts.cases import case_facts
from service.facts.follow_ups import kind_for, late_facts
from service.facts.published import Published, published
from service.records import FollowUp
from service.translations import ORIGINAL_LANGUAGE
from service.vocabulary import DatePrecision, DetentionStatus, FollowUpState, Monitoring

if TYPE_CHECKING:
    from collections.abc import Collection
    from datetime import date, datetime
    from uuid import UUID

    from sqlalchemy import Select
    from sqlalchemy.orm import Session

    from service.facts.cases import CaseFacts
    from service.links import Links
    from service.records import Case


@dataclass(frozen=True, slots=True, kw_only=True)
class PublicDate:
    """A day by which something must happen, in the facility's zone.

    `kind` is None where it would tell of an illness; `level` is None while nothing is near; `days_late` is negative before.
    """

    due_on: date
    time_zone: str
    kind: str | None
    level: Level | None
    days_late: int


@dataclass(frozen=True, slots=True, kw_only=True)
class PublicCase:
    """What the public page says: no name and no summary unless every person of the case may be named.

    `translation` stands for the published statements where somebody translated all of them; `summary_language` is the
    one that the summary is in, which may be another than the reader's.
    `dates` are the open public follow-ups, the earliest first; `as_of` is the latest day for which a source speaks.
    `published` is the summary with what it rests on; `sources` are those that it does not name.
    """

    reference: str
    slug: str
    url: str
    title: str
    person_name: str | None
    published: Published
    translation: str | None
    summary_language: str
    status: DetentionStatus
    monitoring: Monitoring
    country: str
    time_zone: str
    dates: tuple[PublicDate, ...]
    demands: tuple[Demand, ...]
    sources: tuple[Citation, ...]
    as_of: date | None

    @property
    def summary(self) -> str | None:
        """The translation, or the published statements in a row."""
        return self.translation or self.published.text or None

    @property
    def next_public_date(self) -> PublicDate | None:
        """The nearest day that has not passed."""
        return next((day for day in self.dates if day.days_late <= 0), None)


def public_case(
    session: Session, case: Case, *, now: datetime, links: Links, language: str = ORIGINAL_LANGUAGE
) -> PublicCase:
    """The case as the public may see it at `now` (UTC), its summary in this language where it is translated. Raises NotFound unless the case itself is public."""
    if case.tier is not Tier.PUBLIC:
        raise NotFound("no such case")
    known = case_facts(session, [case.id], now=now)[case.id]
    name = known.name()
    said = published(session, case) if known.may_be_told() else Published()
    named = {(note.title, note.url) for note in said.notes}
    translated = _translated(session, case, said, language)
    sources = known.sources(Tier.PUBLIC)
    days = [source.as_of for source in sources] + [note.as_of for note in said.notes]
    return PublicCase(
        reference=case.reference,
        slug=case.slug,
        url=links.case(case.slug),
        title=name or case.reference,
        person_name=name,
        published=said,
        translation=translated.text if translated else None,
        summary_language=translated.language if translated else ORIGINAL_LANGUAGE,
        status=case.detention_status,
        monitoring=case.monitoring,
        country=case.country,
        time_zone=case.time_zone,
        dates=_dates(session, known, now),
        demands=known.demands(Tier.PUBLIC),
        sources=tuple(source for source in sources if (source.title, source.url) not in named),
        as_of=max(days, default=None),
    )


def _translated(session: Session, case: Case, said: Published, language: str) -> InWords | None:
    """The summary in this language; None while a sentence of it is not published, or nobody has translated it."""
    if not said.is_all_of(case.summary):
        return None
    found = in_language(session, case.id, case.summary, language)
    return found if found.language != ORIGINAL_LANGUAGE else None


def public_follow_ups(case_ids: Collection[UUID]) -> Select[FollowUp]:
    """The open follow-ups of these cases that anybody may know of, the earliest first."""
    return (
        select(FollowUp)
        .where(
            FollowUp.case_id.in_(case_ids),
            FollowUp.state == FollowUpState.OPEN,
            FollowUp.tier == Tier.PUBLIC,
            # Where the clock stands still there is no day that could pass.
            FollowUp.due_precision != DatePrecision.UNKNOWN,
        )
        .order_by(FollowUp.due_on, FollowUp.id)
    )


def _dates(session: Session, known: CaseFacts, now: datetime) -> tuple[PublicDate, ...]:
    rows = session.scalars(public_follow_ups([known.case.id]))
    return tuple(
        PublicDate(
            due_on=row.due_on,
            time_zone=row.time_zone,
            kind=kind_for(row, known, Tier.PUBLIC),
            level=level_of(late_facts(row), now=now),
            days_late=days_late(late_facts(row), now=now),
        )
        for row in rows
    )
