"""One section of a case file as it stands here now, in the fields in which a table of it is read."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import select

from alerts.facts import Tier
from service.errors import NotFound
from service.queries.visible import open_rows
from service.records import (
    Assertion,
    CareEvent,
    Case,
    Consent,
    Demand,
    DetentionEpisode,
    FollowUp,
    HealthCondition,
    ImportedRow,
    IsolationPlacement,
    ParoleReview,
    Person,
    Petition,
    Proceeding,
    Sentence,
    Source,
)
from service.tables.sections import COLUMNS

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from uuid import UUID

    from sqlalchemy.orm import Session

    from service.tables.sections import Section

AT_ONCE = 500
_RECORDS: Mapping[str, type[Any]] = {
    "sources": Source,
    "persons": Person,
    "consents": Consent,
    "cases": Case,
    "assertions": Assertion,
    "health_conditions": HealthCondition,
    "care_events": CareEvent,
    "detention_episodes": DetentionEpisode,
    "isolation_placements": IsolationPlacement,
    "proceedings": Proceeding,
    "sentences": Sentence,
    "parole_reviews": ParoleReview,
    "petitions": Petition,
    "follow_ups": FollowUp,
    "demands": Demand,
}
_NAMING = ("sources", "persons", "cases", "demands")


def section_rows(session: Session, case_file: str, section: Section) -> Iterator[dict[str, Any]]:
    """The rows by key, a few hundred at a time; what is sealed, or about somebody who is, is missing.

    Raises NotFound when no case file of this name is here.
    """
    keys = _keys_here(session, case_file)
    if not keys:
        raise NotFound(f"no case file here is called {case_file}")
    record = _RECORDS[section.name]
    here = session.execute(
        select(ImportedRow.key, ImportedRow.id).where(
            ImportedRow.case_file == case_file, ImportedRow.kind == section.name
        )
    )
    order = sorted((key, identity) for key, identity in here)
    for start in range(0, len(order), AT_ONCE):
        batch = order[start : start + AT_ONCE]
        query = select(record).where(record.id.in_([identity for _, identity in batch]), open_rows(record))
        there = {row.id: row for row in session.scalars(query)}
        for key, identity in batch:
            if identity in there:
                yield _entry(there[identity], key, section, keys)
        session.expire_all()


def _keys_here(session: Session, case_file: str) -> dict[UUID, str]:
    query = select(ImportedRow.id, ImportedRow.key).where(
        ImportedRow.case_file == case_file, ImportedRow.kind.in_(_NAMING)
    )
    return {row.id: row.key for row in session.execute(query)}


def _entry(row: Any, key: str, section: Section, keys: Mapping[UUID, str]) -> dict[str, Any]:
    entry: dict[str, Any] = {}
    for name in section.fields:
        column = COLUMNS.get(name, (name,))[0]
        if name in section.key and not hasattr(row, column):
            entry[name] = key
        elif name in ("persons", "cases"):
            entry[name] = sorted(
                keys[one.id] for one in getattr(row, name) if one.id in keys and one.tier is not Tier.SEALED
            )
        elif column.endswith("_id"):
            entry[name] = keys.get(getattr(row, column))
        else:
            entry[name] = getattr(row, column)
    return entry
