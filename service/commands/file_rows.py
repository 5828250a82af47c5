"""A case file taken apart into the rows that it stands for, each with the identifier that it always gets."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from service.commands.case_rows import SECTIONS
from service.commands.file_ids import FileIds
from service.records import Base, Case, CaseText, ClockPause, Consent, Demand, Footing, Person, Source
from service.statements import mark_of, statements_of
from service.translations import sum_of

if TYPE_CHECKING:
    from collections.abc import Iterator
    from uuid import UUID

    from service.casefile import schema
    from service.casefile.tree import Path


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


def rows_of(file: schema.CaseFile) -> Iterator[FileRow]:
    """Every row of the file, those that others refer to first."""
    ids = FileIds(file)
    yield from _without_parts(ids)
    for section, fields_of in SECTIONS.items():
        for number, case in enumerate(file.cases):
            for place, entry in enumerate(getattr(case, section)):
                record, fields = fields_of(ids, case, entry)
                yield _row(ids, section, entry.key, record, fields, ("cases", number, section, place))
    yield from _pauses(ids)
    yield from _footings(ids)
    for number, demand in enumerate(file.demands):
        yield demand_row(ids, file.main_source, demand, ("demands", number))


def _without_parts(ids: FileIds) -> Iterator[FileRow]:
    file = ids.file
    for number, source in enumerate(file.sources):
        yield source_row(ids, source, ("sources", number))
    for number, person in enumerate(file.persons):
        yield person_row(ids, person, ("persons", number))
    for number, person in enumerate(file.persons):
        for place, consent in enumerate(person.consents):
            yield consent_row(ids, person.key, consent, ("persons", number, "consents", place))
    for number, case in enumerate(file.cases):
        yield case_row(ids, case, ("cases", number))
    yield from _texts(ids)


def source_row(ids: FileIds, source: schema.Source, path: Path) -> FileRow:
    """A source."""
    fields = {
        "key": source.key,
        "title": source.title,
        "publisher": source.publisher,
        "url": source.url,
        "cited_in": source.cited_in,
        "reliability": source.reliability,
        "tier": source.tier,
        "published_on": source.published,
    }
    return _row(ids, "sources", source.key, Source, fields, path)


def _texts(ids: FileIds) -> Iterator[FileRow]:
    for number, case in enumerate(ids.file.cases):
        for place, text in enumerate(case.texts):
            fields = {
                "case_id": ids.of("cases", case.reference),
                "language": text.language,
                "summary": text.summary.strip(),
                # of the summary that stands beside it, whatever staff have made of that since
                "made_from": sum_of(case.summary),
                "as_of": text.as_of or ids.file.as_of,
            }
            key = f"{case.reference}/{text.language}"
            yield _row(ids, "case_texts", key, CaseText, fields, ("cases", number, "texts", place))


def _pauses(ids: FileIds) -> Iterator[FileRow]:
    for number, case in enumerate(ids.file.cases):
        for place, petition in enumerate(case.petitions):
            for turn, pause in enumerate(petition.pauses):
                fields = {
                    "petition_id": ids.of("petitions", petition.key),
                    "from_on": pause.from_,
                    "until_on": pause.until,
                    "reason": pause.reason,
                    "basis": pause.basis,
                }
                path = ("cases", number, "petitions", place, "pauses", turn)
                yield _row(ids, "clock_pauses", pause.key, ClockPause, fields, path)


def _footings(ids: FileIds) -> Iterator[FileRow]:
    for number, case in enumerate(ids.file.cases):
        resting: dict[str, dict[str, None]] = {}
        for statement, keys in zip(statements_of(case.summary), case.rests_on, strict=bool(case.rests_on)):
            # the same sentence twice is one statement
            resting.setdefault(mark_of(statement), {}).update(dict.fromkeys(keys))
        for mark, key in ((mark, key) for mark, keys in resting.items() for key in keys):
            fields = {
                "case_id": ids.of("cases", case.reference),
                "statement_mark": mark,
                "assertion_id": ids.of("assertions", key),
            }
            yield _row(
                ids, "footings", f"{case.reference}/{mark}/{key}", Footing, fields, ("cases", number, "rests_on")
            )  # fmt: skip


def person_row(ids: FileIds, person: schema.Person, path: Path) -> FileRow:
    """A person with their names."""
    fields = {
        "tier": person.tier,
        "born_on": person.born,
        "sex": person.sex,
        "pronoun": person.pronoun,
        "nationality": person.nationality,
        "occupation": person.occupation,
        "deceased_on": person.deceased,
        "names": [(name.text, name.kind, name.script, name.language) for name in person.names],
    }
    return _row(ids, "persons", person.key, Person, fields, path)


def consent_row(ids: FileIds, person: str, consent: schema.Consent, path: Path) -> FileRow:
    """A consent of the person of this key."""
    fields = {
        "person_id": ids.person(person),
        "scope": consent.scope,
        "given_by": consent.given_by,
        "since_on": consent.since,
        "until_on": consent.until,
        "note": consent.note,
    }
    key = f"{person}/{consent.scope.value}/{consent.given_by.value}"
    return _row(ids, "consents", key, Consent, fields, path)


def case_row(ids: FileIds, case: schema.Case, path: Path) -> FileRow:
    """A case without its parts."""
    fields = {
        "reference": case.reference,
        "slug": case.reference.lower(),
        "tier": case.tier,
        "title": case.title,
        "country": case.country or ids.file.country,
        "time_zone": ids.zone(case),
        "facility": case.facility,
        "detention_status": case.status,
        "summary": case.summary,
        "monitoring": case.monitoring,
        "last_verified_on": case.last_verified,
        "persons": [ids.person(key) for key in dict.fromkeys(case.persons)],
    }
    return _row(ids, "cases", case.reference, Case, fields, path)


def demand_row(ids: FileIds, source: str, demand: schema.Demand, path: Path) -> FileRow:
    """A demand, taken from the source of this key."""
    fields = {
        "case_file": ids.file.case_file,
        "code": demand.code,
        "scope": "general" if "G" in demand.code else "specific",
        "text": demand.text,
        "addressee": demand.addressee,
        "category": demand.category,
        "source_id": ids.of("sources", source),
        "state_response": demand.state_response,
        "implementation": demand.implementation,
        "cases": [ids.of("cases", reference) for reference in dict.fromkeys(demand.cases)],
        "persons": [ids.person(key) for key in dict.fromkeys(demand.persons)],
        "follow_ups": [ids.of("follow_ups", key) for key in dict.fromkeys(demand.follow_ups)],
        "duplicate_of_id": ids.of("demands", demand.duplicate_of) if demand.duplicate_of else None,
    }
    return _row(ids, "demands", demand.code, Demand, fields, path)


def _row(ids: FileIds, kind: str, key: str, record: type[Base], fields: dict[str, Any], path: Path) -> FileRow:
    return FileRow(kind, key, ids.of(kind, key), record, fields, path)
