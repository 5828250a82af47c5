"""A case file taken apart into the rows that it stands for, each with the identifier that it always gets."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from uuid import UUID, uuid5

from alerts.follow_up_kinds import kind_named
from service.commands.due_dates import latest_possible
from service.records import (
    Assertion,
    Base,
    CareEvent,
    Case,
    Consent,
    Demand,
    DetentionEpisode,
    FollowUp,
    HealthCondition,
    IsolationPlacement,
    ParoleReview,
    Person,
    Proceeding,
    Sentence,
    Source,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from service.casefile import schema
    from service.casefile.schema import CaseFile
    from service.casefile.tree import Path

# The namespace of everything that comes from case files (UUID version 4, drawn once).
_NAMESPACE = UUID("5c0c2a0e-6a4e-4f0b-9a35-0b6c0f2f6d51")


@dataclass(frozen=True, slots=True)
class FileRow:
    """One row of the file: `kind` is its section, `fields` are columns and relationships of its `record`.

    `names` of a person are tuples, `persons` and `cases` are identifiers.
    """

    kind: str
    key: str
    id: UUID
    record: type[Base]
    fields: dict[str, Any]
    path: Path


def row_id(case_file: str, kind: str, key: str) -> UUID:
    """The identifier of a row of a case file: name-based, UUID version 5 (RFC 9562)."""
    return uuid5(_NAMESPACE, f"{case_file}|{kind}|{key}")


def rows_of(file: CaseFile) -> Iterator[FileRow]:
    """Every row of the file, those that others refer to first."""
    make = _Maker(file)
    yield from make.sources()
    yield from make.persons()
    yield from make.consents()
    yield from make.cases()
    for section, fields_of in _SECTIONS.items():
        for number, case in enumerate(file.cases):
            for place, entry in enumerate(getattr(case, section)):
                record, fields = fields_of(make, case, entry)
                yield make.row(section, entry.key, record, fields, ("cases", number, section, place))
    yield from make.demands()


@dataclass(frozen=True, slots=True)
class _Maker:
    file: CaseFile

    def id(self, kind: str, key: str) -> UUID:
        return row_id(self.file.case_file, kind, key)

    def row(self, kind: str, key: str, record: type[Base], fields: dict[str, Any], path: Path) -> FileRow:
        return FileRow(kind, key, self.id(kind, key), record, fields, path)

    def person_id(self, key: str | None) -> UUID | None:
        return self.id("persons", key) if key else None

    def cited(self, case: schema.Case, entry: schema.Cited) -> dict[str, Any]:
        return {
            "case_id": self.id("cases", case.reference),
            "source_id": self.id("sources", entry.source or self.file.main_source),
            "as_of": entry.as_of or self.file.as_of,
            "locator": entry.locator,
        }

    def sources(self) -> Iterator[FileRow]:
        for number, source in enumerate(self.file.sources):
            fields = source.model_dump(exclude={"published"}) | {"published_on": source.published}
            yield self.row("sources", source.key, Source, fields, ("sources", number))

    def persons(self) -> Iterator[FileRow]:
        for number, person in enumerate(self.file.persons):
            fields = {
                "tier": person.tier,
                "born_on": person.born,
                "sex": person.sex,
                "nationality": person.nationality,
                "occupation": person.occupation,
                "deceased_on": person.deceased,
                "names": [(name.text, name.kind, name.script, name.language) for name in person.names],
            }
            yield self.row("persons", person.key, Person, fields, ("persons", number))

    def consents(self) -> Iterator[FileRow]:
        for number, person in enumerate(self.file.persons):
            for place, consent in enumerate(person.consents):
                fields = {
                    "person_id": self.person_id(person.key),
                    "scope": consent.scope,
                    "given_by": consent.given_by,
                    "since_on": consent.since,
                    "until_on": consent.until,
                    "note": consent.note,
                }
                key = f"{person.key}/{consent.scope.value}/{consent.given_by.value}"
                yield self.row("consents", key, Consent, fields, ("persons", number, "consents", place))

    def cases(self) -> Iterator[FileRow]:
        for number, case in enumerate(self.file.cases):
            fields = {
                "reference": case.reference,
                "slug": case.reference.lower(),
                "tier": case.tier,
                "title": case.title,
                "country": case.country or self.file.country,
                "time_zone": self.zone(case),
                "facility": case.facility,
                "detention_status": case.status,
                "summary": case.summary,
                "monitoring": case.monitoring,
                "last_verified_on": case.last_verified,
                "persons": [self.person_id(key) for key in dict.fromkeys(case.persons)],
            }
            yield self.row("cases", case.reference, Case, fields, ("cases", number))

    def zone(self, case: schema.Case) -> str:
        return case.time_zone or self.file.time_zone

    def demands(self) -> Iterator[FileRow]:
        for number, demand in enumerate(self.file.demands):
            fields = {
                "case_file": self.file.case_file,
                "code": demand.code,
                "scope": "general" if "G" in demand.code else "specific",
                "text": demand.text,
                "addressee": demand.addressee,
                "category": demand.category,
                "source_id": self.id("sources", self.file.main_source),
                "state_response": demand.state_response,
                "implementation": demand.implementation,
                "cases": [self.id("cases", reference) for reference in dict.fromkeys(demand.cases)],
                "persons": [self.person_id(key) for key in dict.fromkeys(demand.persons)],
                "duplicate_of_id": self.id("demands", demand.duplicate_of) if demand.duplicate_of else None,
            }
            yield self.row("demands", demand.code, Demand, fields, ("demands", number))


def _assertion(make: _Maker, case: schema.Case, entry: schema.Assertion) -> tuple[type[Base], dict[str, Any]]:
    fields = _own(
        entry, "attribute", "value", "connection", "reliability", "verification", "tier", "quote", "disputed_by"
    )
    dated = {"occurred_on": entry.occurred, "occurred_precision": entry.occurred_precision}
    return Assertion, make.cited(case, entry) | fields | dated


def _condition(make: _Maker, case: schema.Case, entry: schema.HealthCondition) -> tuple[type[Base], dict[str, Any]]:
    names = ("label", "severity", "certainty", "made_by", "care_access", "official_position", "official_assessment")
    return HealthCondition, make.cited(case, entry) | _own(entry, *names) | {"person_id": make.person_id(entry.person)}


def _care_event(make: _Maker, case: schema.Case, entry: schema.CareEvent) -> tuple[type[Base], dict[str, Any]]:
    return CareEvent, make.cited(case, entry) | _own(entry, "kind", "urgency", "occurred_precision", "outcome") | {
        "person_id": make.person_id(entry.person),
        "requested_on": entry.requested,
        "occurred_on": entry.occurred,
    }


def _episode(make: _Maker, case: schema.Case, entry: schema.DetentionEpisode) -> tuple[type[Base], dict[str, Any]]:
    own = _own(entry, "facility", "place", "regime", "from_precision", "until_precision", "reason")
    return DetentionEpisode, make.cited(case, entry) | own | {
        "person_id": make.person_id(entry.person),
        "from_on": entry.from_,
        "until_on": entry.until,
    }


def _placement(make: _Maker, case: schema.Case, entry: schema.IsolationPlacement) -> tuple[type[Base], dict[str, Any]]:
    return IsolationPlacement, make.cited(case, entry) | _own(entry, "from_precision", "reason") | {
        "person_id": make.person_id(entry.person),
        "from_on": entry.from_,
        "until_on": entry.until,
    }


def _proceeding(make: _Maker, case: schema.Case, entry: schema.Proceeding) -> tuple[type[Base], dict[str, Any]]:
    own = _own(entry, "kind", "body", "occurred_precision", "charge", "outcome")
    dated = {"person_id": make.person_id(entry.person), "occurred_on": entry.occurred}
    return Proceeding, make.cited(case, entry) | own | dated


def _sentence(make: _Maker, case: schema.Case, entry: schema.Sentence) -> tuple[type[Base], dict[str, Any]]:
    return Sentence, make.cited(case, entry) | _own(
        entry, "pronounced_precision", "months", "confiscation", "offences"
    ) | {
        "person_id": make.person_id(entry.person),
        "pronounced_on": entry.pronounced,
        "ends_on": entry.ends,
    }


def _parole_review(make: _Maker, case: schema.Case, entry: schema.ParoleReview) -> tuple[type[Base], dict[str, Any]]:
    return ParoleReview, make.cited(case, entry) | _own(entry, "decision", "appeal_by") | {
        "person_id": make.person_id(entry.person),
        "eligible_on": entry.eligible,
        "hearing_on": entry.hearing,
        "decided_on": entry.decided,
        "prosecutor_position": entry.prosecutor,
        "administration_position": entry.administration,
    }


def _follow_up(make: _Maker, case: schema.Case, entry: schema.FollowUp) -> tuple[type[Base], dict[str, Any]]:
    return FollowUp, _own(entry, "kind", "title", "basis", "due_precision", "recurrence_days") | {
        "case_id": make.id("cases", case.reference),
        "person_id": make.person_id(entry.person),
        "tier": entry.tier or kind_named(entry.kind).tier,
        "due_on": latest_possible(entry.due, entry.due_precision),
        "time_zone": make.zone(case),
    }


def _own(entry: schema.Entry, *names: str) -> dict[str, Any]:
    return {name: getattr(entry, name) for name in names}


_SECTIONS: dict[str, Any] = {
    "assertions": _assertion,
    "health_conditions": _condition,
    "care_events": _care_event,
    "detention_episodes": _episode,
    "isolation_placements": _placement,
    "proceedings": _proceeding,
    "sentences": _sentence,
    "parole_reviews": _parole_review,
    "follow_ups": _follow_up,
}
