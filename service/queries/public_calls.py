"""Which urgent actions anybody may read, by the address of their page."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from sqlalchemy import func, select

from alerts.facts import Tier
from service.errors import NotFound
from service.queries.urgent_standing import is_founded
from service.records import Case, UrgentAction

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy.orm import Session

# A case page lists the newest; the others are old.
MOST_LISTED = 10

_SLUG = re.compile(r"(?P<given>[1-9][0-9]{0,5})-(?P<year>[0-9]{4})(?:-(?P<edition>[1-9][0-9]{0,3}))?")


def issued_call(session: Session, slug: str) -> UrgentAction:
    """The issued version of a public case with this address ("12-2014-1").

    Raises NotFound for any other, and for one of which a sentence has lost its ground.
    """
    parts = _SLUG.fullmatch(slug) if slug.isascii() else None
    action = None
    if parts is not None:
        action = session.scalar(
            select(UrgentAction)
            .join(Case, Case.id == UrgentAction.case_id)
            .where(
                UrgentAction.given == int(parts["given"]),
                UrgentAction.year == int(parts["year"]),
                UrgentAction.edition == int(parts["edition"] or 0),
                UrgentAction.issued_at.is_not(None),
                Case.tier == Tier.PUBLIC,
            )
        )
    if action is None or not is_founded(session, action):
        raise NotFound("No public urgent action has this address.")
    return action


def last_issued(session: Session, case: Case) -> Sequence[UrgentAction]:
    """Of each urgent action of the case the last version that was issued, the newest number first."""
    last = (
        select(UrgentAction.year, UrgentAction.given, func.max(UrgentAction.edition).label("edition"))
        .where(UrgentAction.case_id == case.id, UrgentAction.issued_at.is_not(None))
        .group_by(UrgentAction.year, UrgentAction.given)
        .subquery()
    )
    found = session.scalars(
        select(UrgentAction)
        .join(
            last,
            (UrgentAction.year == last.c.year)
            & (UrgentAction.given == last.c.given)
            & (UrgentAction.edition == last.c.edition),
        )
        .order_by(UrgentAction.year.desc(), UrgentAction.given.desc())
        .limit(MOST_LISTED)
    )
    return [action for action in found if is_founded(session, action)]
