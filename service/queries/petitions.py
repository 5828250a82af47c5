"""The petitions of a case, as staff with a grant read them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy import select
from sqlalchemy.orm import selectinload

from alerts.facts import Tier
from service.queries.visible import about_nobody_sealed
from service.records import Petition, Source

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date

    from sqlalchemy.orm import Session

    from service.records import Case, ClockPause


@dataclass(frozen=True, slots=True)
class PetitionLine:
    """One petition; `who` is the person's name, `paused_since` the day since which its clock stands still."""

    petition: Petition
    who: str
    source: str | None
    pauses: Sequence[ClockPause]
    paused_since: date | None


def petitions_of(session: Session, case: Case, *, today: date) -> list[PetitionLine]:
    """The petitions, latest sent first, those without a date last. Confidential: the caller writes the audit entry.

    `today` is the day at the facility.
    """
    query = (
        select(Petition, Source.title)
        .join(Source, (Source.id == Petition.source_id) & (Source.tier != Tier.SEALED), isouter=True)
        .where(Petition.case_id == case.id, about_nobody_sealed(Petition))
        .options(selectinload(Petition.pauses))
        .order_by(Petition.sent_on.is_(None), Petition.sent_on.desc(), Petition.id)
    )
    names = {person.id: person.name for person in case.persons if person.tier is not Tier.SEALED}
    return [
        PetitionLine(
            petition,
            names.get(petition.person_id, "") if petition.person_id else "",
            source,
            petition.pauses,
            _paused_since(petition, today),
        )
        for petition, source in session.execute(query)
    ]


def _paused_since(petition: Petition, today: date) -> date | None:
    closed = petition.answered_on or petition.decided_on or petition.withdrawn_on
    open_ones = [
        pause.from_on
        for pause in petition.pauses
        if pause.from_on <= today and (pause.until_on is None or today <= pause.until_on)
    ]
    return min(open_ones, default=None) if closed is None else None
