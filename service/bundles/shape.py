"""What a bundle may hold: the published schema, `vigil schema bundle`, made from the columns that may travel."""

from __future__ import annotations

from datetime import date
from enum import Enum
from typing import TYPE_CHECKING, Annotated, Any, Literal
from uuid import UUID

from pydantic import AfterValidator, AwareDatetime, BaseModel, ConfigDict, Field, StringConstraints, create_model

from alerts.follow_up_kinds import FOLLOW_UP_KINDS
from service.casefile.schema import Country, Reference, TimeZone
from service.records import (
    Assertion,
    Base,
    CareEvent,
    Case,
    CaseText,
    ClockPause,
    Consent,
    Demand,
    DemandAssessment,
    DetentionEpisode,
    FollowUp,
    Footing,
    HealthCondition,
    IsolationPlacement,
    ParoleReview,
    Person,
    Petition,
    Proceeding,
    Sentence,
    Source,
)
from service.vocabulary import NameKind

if TYPE_CHECKING:
    from collections.abc import Mapping

SCHEMA = "vigil-bundle/3"
# Those that are refused: they lack what a bundle holds now.
OLDER_SCHEMAS = ("vigil-bundle/1", "vigil-bundle/2")
LONGEST_TEXT = 20_000
# Beyond this a number is none of ours, and the engines disagree about it.
LARGEST_NUMBER = 1_000_000
_NO_CONTROLS = r"^[^\x00-\x08\x0b-\x1f\x7f-\x9f]*$"

# Which rule opened a follow-up, from which fact, and the sum.
RULE_COLUMNS = ("rule", "trigger", "rule_due_on", "working", "closed_by_rule")
_CITED = ("case_id", "source_id", "as_of", "locator")
# Section, record, and the columns that travel: no owner, no note, nothing of this installation alone.
SECTIONS: Mapping[str, tuple[type[Base], tuple[str, ...]]] = {
    "sources": (Source, ("key", "tier", "title", "publisher", "url", "published_on", "cited_in", "reliability")),
    "persons": (Person, ("tier", "born_on", "sex", "pronoun", "nationality", "occupation", "deceased_on")),
    "consents": (Consent, ("person_id", "scope", "given_by", "since_on", "until_on", "withdrawn_at")),
    "cases": (
        Case,
        ("reference", "tier", "title", "country", "time_zone", "facility", "detention_status", "summary", "monitoring",
         "last_verified_on"),
    ),
    # Who translated it names a member, and stays at home.
    "case_texts": (CaseText, ("case_id", "language", "summary", "made_from", "as_of")),
    "assertions": (
        Assertion,
        (*_CITED, "tier", "attribute", "value", "quote", "connection", "reliability", "verification", "occurred_on",
         "occurred_precision", "disputed_by", "replaced_by_id"),
    ),
    "footings": (Footing, ("case_id", "statement_mark", "assertion_id")),
    "health_conditions": (
        HealthCondition,
        (*_CITED, "person_id", "label", "severity", "certainty", "made_by", "care_access", "official_position",
         "official_assessment"),
    ),
    "care_events": (
        CareEvent,
        (*_CITED, "person_id", "kind", "urgency", "requested_on", "occurred_on", "occurred_precision", "outcome"),
    ),
    "detention_episodes": (
        DetentionEpisode,
        (*_CITED, "person_id", "facility", "place", "regime", "from_on", "from_precision", "until_on", "until_precision",
         "reason"),
    ),
    "isolation_placements": (
        IsolationPlacement, (*_CITED, "person_id", "from_on", "from_precision", "until_on", "reason")
    ),
    "proceedings": (
        Proceeding, (*_CITED, "person_id", "kind", "body", "occurred_on", "occurred_precision", "charge", "outcome")
    ),
    "sentences": (
        Sentence,
        (*_CITED, "person_id", "pronounced_on", "pronounced_precision", "months", "confiscation", "offences", "ends_on"),
    ),
    "parole_reviews": (
        ParoleReview,
        (*_CITED, "person_id", "eligible_on", "hearing_on", "decided_on", "decision", "prosecutor_position",
         "administration_position", "appeal_by"),
    ),
    "petitions": (
        Petition,
        (*_CITED, "person_id", "mechanism", "addressee", "subject", "reference", "sent_on", "sent_precision",
         "reply_within_days", "reply_basis", "counts_working_days", "decided_on", "decision", "answered_on", "answer",
         "withdrawn_on"),
    ),
    "clock_pauses": (ClockPause, ("petition_id", "from_on", "until_on", "reason", "basis")),
    "follow_ups": (
        FollowUp,
        ("case_id", "person_id", "kind", "title", "basis", "tier", "due_on", "due_precision", "due_revision", "time_zone",
         "upcoming_days", "overdue_days", "very_overdue_days", "critical_days", "recurrence_days", "state",
         "completed_on", "evidence", "waiver_reason", *RULE_COLUMNS),
    ),
    "demands": (
        Demand,
        ("case_file", "code", "scope", "text", "addressee", "category", "source_id", "duplicate_of_id", "state_response",
         "implementation"),
    ),
    # When it was written down says which of two of one day counts.
    "demand_assessments": (
        DemandAssessment,
        ("demand_id", "assessed_on", "state_response", "implementation", "evidence", "locator", "source_id", "created_at"),
    ),
}  # fmt: skip
# What is part of something other than a case alone, and by which column: it travels where that travels.
HANGS_ON: Mapping[str, str] = {
    "footings": "assertion_id",
    "clock_pauses": "petition_id",
    "demand_assessments": "demand_id",
}
# What a row lists of other rows.
LISTED: Mapping[str, tuple[str, ...]] = {"cases": ("persons",), "demands": ("persons", "cases", "follow_ups")}
# Whom a row names, and in which section they must be.
REFERENCES: Mapping[str, str] = {
    "case_id": "cases",
    "person_id": "persons",
    "source_id": "sources",
    "duplicate_of_id": "demands",
    "assertion_id": "assertions",
    "replaced_by_id": "assertions",
    "petition_id": "petitions",
    "demand_id": "demands",
    "persons": "persons",
    "cases": "cases",
    "follow_ups": "follow_ups",
}
# The sorts of facts by which a trigger ("sort:id") names one, each with its section.
SECTION_OF_SORT: Mapping[str, str] = {record.__tablename__: section for section, (record, _) in SECTIONS.items()}


def _known_kind(name: str) -> str:
    if name not in FOLLOW_UP_KINDS:
        raise ValueError(f"{name[:40]!r} is no kind of follow-up here")
    return name


class Part(BaseModel):
    """Anything in a bundle: unknown fields are errors, and every field is there."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Name(Part):
    """One way of writing a name."""

    text: Annotated[str, StringConstraints(min_length=1, max_length=200, pattern=_NO_CONTROLS)]
    kind: NameKind
    script: Annotated[str, StringConstraints(max_length=8, pattern=_NO_CONTROLS)] | None
    language: Annotated[str, StringConstraints(max_length=16, pattern=_NO_CONTROLS)] | None


_SHA_256 = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")]
_NARROWER: Mapping[tuple[type[Base], str], Any] = {
    (Case, "reference"): Reference,
    (Case, "country"): Country,
    (Case, "time_zone"): TimeZone,
    (FollowUp, "time_zone"): TimeZone,
    (CaseText, "made_from"): _SHA_256,
    (Footing, "statement_mark"): _SHA_256,
    (FollowUp, "kind"): Annotated[str, AfterValidator(_known_kind)],
    (FollowUp, "rule"): Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9-]{0,62}$")],
    (FollowUp, "trigger"): Annotated[
        str, StringConstraints(pattern=r"^[a-z_]{1,26}:[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$")
    ],
    (FollowUp, "due_revision"): Annotated[int, Field(ge=1, le=LARGEST_NUMBER)],
    (Source, "url"): Annotated[str, StringConstraints(pattern=r"^https?://\S+$", max_length=LONGEST_TEXT)],
}
_LISTS: Mapping[type[Base], dict[str, Any]] = {
    Person: {"names": (Annotated[list[Name], Field(min_length=1, max_length=100)], ...)},
}


def _annotation(record: type[Base], column: Any) -> Any:
    kind = column.type.python_type if not hasattr(column.type, "enum_class") else column.type.enum_class
    plain: Any = _NARROWER.get((record, column.key))
    if plain is None and issubclass(kind, Enum | UUID | bool):
        plain = kind
    elif plain is None and issubclass(kind, str):
        most = getattr(column.type, "length", None) or LONGEST_TEXT
        plain = Annotated[str, StringConstraints(max_length=most, pattern=_NO_CONTROLS)]
    elif plain is None and issubclass(kind, int):
        plain = Annotated[int, Field(ge=0, le=LARGEST_NUMBER)]
    elif plain is None:
        plain = AwareDatetime if column.key.endswith("_at") else date
    return plain | None if column.nullable else plain


def _model(section: str, record: type[Base], columns: tuple[str, ...]) -> type[Part]:
    table = record.__table__.columns
    fields: dict[str, Any] = {column: (_annotation(record, table[column]), ...) for column in columns}
    listed: dict[str, Any] = dict.fromkeys(LISTED.get(section, ()), (list[UUID], ...))
    return create_model(record.__name__, __base__=Part, id=(UUID, ...), **fields, **listed, **_LISTS.get(record, {}))


MODELS: Mapping[str, type[Part]] = {
    section: _model(section, record, columns) for section, (record, columns) in SECTIONS.items()
}
_LISTED: dict[str, Any] = {section: (list[model], ...) for section, model in MODELS.items()}  # type: ignore[valid-type] # made above
Content: type[Part] = create_model("Content", __base__=Part, **_LISTED)


class Bundle(Part):
    """The whole document; `checksum` is SHA-256 over the content as canonical JSON."""

    schema_: Literal["vigil-bundle/3"] = Field(alias="schema")
    checksum: Annotated[str, StringConstraints(pattern=r"^sha256:[0-9a-f]{64}$")]
    content: Content
