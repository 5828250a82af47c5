"""What is claimed of a case, attribute by attribute: what officials say beside what others found."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy import select
from sqlalchemy.orm import contains_eager

from service.queries.visible import open_rows
from service.records import Assertion, Correction, Source
from service.vocabulary import SourceConnection, Verification

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy.orm import Session

    from service.records import Case


@dataclass(frozen=True, slots=True)
class Claim:
    """All that is asserted of one attribute; what was refuted or replaced stands among it, and says so."""

    attribute: str
    official: tuple[Assertion, ...]
    independent: tuple[Assertion, ...]

    @property
    def is_contested(self) -> bool:
        """Whether officials and others both speak of it, or somebody disputes what stands."""
        both = self.official and self.independent
        return bool(both) or any(stands(one) and one.disputed_by for one in (*self.official, *self.independent))


def stands(assertion: Assertion) -> bool:
    """Whether it was neither refuted nor replaced."""
    return assertion.verification is not Verification.REFUTED and assertion.replaced_by_id is None


def claims_of(session: Session, case: Case) -> list[Claim]:
    """The claims by attribute, the contested ones first; what is sealed is missing. The caller writes the audit entry."""
    rows: dict[str, list[Assertion]] = {}
    query = (
        select(Assertion)
        .join(Assertion.source)
        .where(Assertion.case_id == case.id, open_rows(Assertion))
        .order_by(Assertion.attribute, Assertion.as_of, Assertion.id)
        .options(contains_eager(Assertion.source))
    )
    for assertion in session.scalars(query):
        rows.setdefault(assertion.attribute, []).append(assertion)
    claims = [
        Claim(
            attribute,
            tuple(one for one in said if one.connection is SourceConnection.OFFICIAL),
            tuple(one for one in said if one.connection is not SourceConnection.OFFICIAL),
        )
        for attribute, said in rows.items()
    ]
    return sorted(claims, key=lambda claim: not claim.is_contested)


def corrections_in(session: Session, case: Case) -> Sequence[Correction]:
    """The corrections of its assertions, the newest first."""
    query = select(Correction).join(Correction.assertion).join(Source, Source.id == Assertion.source_id)
    query = query.where(Correction.case_id == case.id, open_rows(Assertion))
    return session.scalars(query.order_by(Correction.created_at.desc(), Correction.id.desc())).all()
