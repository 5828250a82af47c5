"""The sections of a case file as tables: which fields a row of each has, and of what sort each is."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from enum import Enum, auto
from types import NoneType
from typing import TYPE_CHECKING, Annotated, Any, get_args, get_origin

from pydantic import BaseModel, Field

from service.casefile import schema
from service.casefile.schema import Key, Reference

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pydantic.fields import FieldInfo


class Sort(Enum):
    """How the text of a cell becomes a value."""

    TEXT = auto()
    DATE = auto()
    WHOLE = auto()
    TRUTH = auto()
    KEYS = auto()
    NAMES = auto()


@dataclass(frozen=True, slots=True)
class TableField:
    """One column of a section; `attribute` is what the schema's class calls it."""

    name: str
    attribute: str
    sort: Sort
    annotation: Any
    info: FieldInfo
    nullable: bool

    @property
    def required(self) -> bool:
        """Whether a new row must have it."""
        return self.info.is_required()


@dataclass(frozen=True, slots=True)
class Section:
    """One section: its rows are made into `model`; `own` are the fields by which a row finds its place in the file."""

    name: str
    model: type[BaseModel]
    fields: Mapping[str, TableField]
    own: tuple[str, ...]
    key: tuple[str, ...]


class _OfCase(BaseModel):
    case: Reference


class _OfPerson(BaseModel):
    person: Key


class _OfSource(BaseModel):
    source: Key


# Lists of parts are tables of their own.
_PARTS_OF_CASE: Mapping[str, type[BaseModel]] = {
    "assertions": schema.Assertion,
    "health_conditions": schema.HealthCondition,
    "care_events": schema.CareEvent,
    "detention_episodes": schema.DetentionEpisode,
    "isolation_placements": schema.IsolationPlacement,
    "proceedings": schema.Proceeding,
    "sentences": schema.Sentence,
    "parole_reviews": schema.ParoleReview,
    "petitions": schema.Petition,
    "follow_ups": schema.FollowUp,
}
# What a whole case file says once, each row of a table must say for itself.
_ALWAYS = {
    "source": Field(description="The key of the source."),
    "as_of": Field(),
    "country": Field(),
    "time_zone": Field(),
}
_NOT_IN_TABLES = {"overlaps", "incomplete", "consents", "pauses", "rests_on", "texts", *_PARTS_OF_CASE}


def _fields(model: type[BaseModel], owner: type[BaseModel] | None, *, always: tuple[str, ...]) -> dict[str, TableField]:
    found = {**(owner.model_fields if owner else {}), **model.model_fields}
    fields = {}
    for attribute, info in found.items():
        if attribute not in _NOT_IN_TABLES:
            name = info.alias or attribute
            needed = attribute in always
            annotation = _without_none(info) if needed else _annotated(info)
            known = _ALWAYS[attribute] if needed else info
            sort = _sort(attribute, info.annotation)
            fields[name] = TableField(name, attribute, sort, annotation, known, not needed and _takes_none(info))
    return fields


def _annotated(info: FieldInfo) -> Any:
    return Annotated[(info.annotation, *info.metadata)] if info.metadata else info.annotation


def _without_none(info: FieldInfo) -> Any:
    kinds = [one for one in get_args(info.annotation) if one is not NoneType]
    plain = kinds[0] if kinds and get_origin(info.annotation) is not Annotated else info.annotation
    return Annotated[(plain, *info.metadata)] if info.metadata else plain


def _takes_none(info: FieldInfo) -> bool:
    return NoneType in get_args(info.annotation)


def _sort(attribute: str, annotation: Any) -> Sort:
    if attribute == "names":
        return Sort.NAMES
    if get_origin(annotation) is list:
        return Sort.KEYS
    kinds = {annotation, *get_args(annotation)}
    kinds |= {inner for one in kinds for inner in get_args(one)}
    if date in kinds:
        return Sort.DATE
    if bool in kinds:
        return Sort.TRUTH
    return Sort.WHOLE if int in kinds else Sort.TEXT


def _part(name: str, model: type[BaseModel]) -> Section:
    always = ("source", "as_of") if issubclass(model, schema.Cited) else ()
    return Section(name, model, _fields(model, _OfCase, always=always), ("case",), ("key",))


SECTIONS: Mapping[str, Section] = {
    "sources": Section("sources", schema.Source, _fields(schema.Source, None, always=()), (), ("key",)),
    "persons": Section("persons", schema.Person, _fields(schema.Person, None, always=()), (), ("key",)),
    "consents": Section(
        "consents", schema.Consent, _fields(schema.Consent, _OfPerson, always=()), ("person",),
        ("person", "scope", "given_by"),
    ),
    "cases": Section(
        "cases", schema.Case, _fields(schema.Case, None, always=("country", "time_zone")), (), ("reference",)
    ),
    **{name: _part(name, model) for name, model in _PARTS_OF_CASE.items()},
    "demands": Section("demands", schema.Demand, _fields(schema.Demand, _OfSource, always=()), ("source",), ("code",)),
}  # fmt: skip

# Where the schema's field and the record's column bear other names, or one field decides two columns.
COLUMNS: Mapping[str, tuple[str, ...]] = {
    "case": ("case_id",),
    "person": ("person_id",),
    "source": ("source_id",),
    "occurred": ("occurred_on",),
    "requested": ("requested_on",),
    "from": ("from_on",),
    "until": ("until_on",),
    "pronounced": ("pronounced_on",),
    "ends": ("ends_on",),
    "eligible": ("eligible_on",),
    "hearing": ("hearing_on",),
    "decided": ("decided_on",),
    "prosecutor": ("prosecutor_position",),
    "administration": ("administration_position",),
    "born": ("born_on",),
    "deceased": ("deceased_on",),
    "published": ("published_on",),
    "sent": ("sent_on",),
    "answered": ("answered_on",),
    "withdrawn": ("withdrawn_on",),
    "status": ("detention_status",),
    "last_verified": ("last_verified_on",),
    "duplicate_of": ("duplicate_of_id",),
    "since": ("since_on",),
    # a day alone is exact, and what a kind tells of decides how closely it is held
    "due": ("due_on", "due_precision"),
    "kind": ("kind", "tier"),
}
