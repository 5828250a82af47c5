"""What a command names in people's words: a person of the case, a source by its key."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import select

from alerts.facts import Tier
from service.errors import InvalidInput, Problem
from service.records import Source

if TYPE_CHECKING:
    from collections.abc import Sequence
    from uuid import UUID

    from sqlalchemy.orm import Session

    from service.records import Case, Person


def person_of(case: Case, person: str | None, *, is_needed: bool) -> UUID | None:
    """The person who is named; where nobody is and somebody must be, the only one of the case."""
    known = [one for one in case.persons if one.tier is not Tier.SEALED]
    if person is None:
        if not is_needed or len(known) == 1:
            return known[0].id if is_needed else None
        raise InvalidInput([Problem("--person", f"Say who. The case is about {_names(known) or 'nobody'}.")])
    for one in case.persons:
        by_name = one in known and person.casefold() in {name.text.casefold() for name in one.names}
        if by_name or person == str(one.id):
            return one.id
    raise InvalidInput(
        [Problem("--person", f"The case is not about this person, but about {_names(known) or 'nobody'}.")]
    )


def source_of(session: Session, named: Any) -> Any:
    """The id of the source that bears this key; anything else is given back for the shape to judge."""
    return session.scalar(select(Source.id).where(Source.key == named, Source.tier != Tier.SEALED)) or named


def _names(known: Sequence[Person]) -> str:
    return ", ".join(one.name for one in known)
