"""What a case file may contain: the published schema, `vigil schema casefile`.

Keys name things within one file and must be unique there; the import makes stable identifiers from them,
so that importing a changed file again changes only what changed.
"""

from __future__ import annotations

from datetime import date
from typing import Annotated, Literal
from zoneinfo import available_timezones

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StringConstraints

from alerts.facts import Tier
from service.translations import LONGEST_SUMMARY, fault_of_language, fault_of_summary
from service.vocabulary import (
    CareAccess,
    CareKind,
    Certainty,
    ConsentScope,
    DatePrecision,
    DetentionStatus,
    GivenBy,
    Implementation,
    Mechanism,
    Monitoring,
    NameKind,
    OfficialPosition,
    ParoleDecision,
    Position,
    ProceedingKind,
    Pronoun,
    Regime,
    Reliability,
    Severity,
    SourceConnection,
    StateResponse,
    Urgency,
    Verification,
)

SCHEMA_NAME = "vigil-casefile/1"


def _known_zone(name: str) -> str:
    if name not in available_timezones():
        raise ValueError(f"{name[:40]!r} is not a time zone of the IANA database")
    return name


def _other_language(tag: str) -> str:
    if (fault := fault_of_language(tag)) is not None:
        raise ValueError(fault)
    return tag


def _translated(text: str) -> str:
    if (fault := fault_of_summary(text)) is not None:
        raise ValueError(fault)
    return text


Key = Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9-]{0,62}$")]
Reference = Annotated[str, StringConstraints(pattern=r"^[A-Z]{3}-\d{4}-\d{3}$")]
Line = Annotated[str, StringConstraints(min_length=1, max_length=200, pattern=r"^[^\r\n]+$")]
Text = Annotated[str, StringConstraints(min_length=1, max_length=5_000)]
Country = Annotated[str, StringConstraints(pattern=r"^[A-Z]{2}$")]
TimeZone = Annotated[str, AfterValidator(_known_zone)]


class Entry(BaseModel):
    """Anything in a case file: unknown fields are errors, so that a misspelt one is not lost."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Name(Entry):
    """One way of writing a name; `script` and `language` are BCP 47 subtags."""

    text: Line
    kind: NameKind
    script: Annotated[str, StringConstraints(pattern=r"^[A-Z][a-z]{3}$")] | None = None
    language: Annotated[str, StringConstraints(pattern=r"^[a-z]{2,3}$")] | None = None


class Consent(Entry):
    """What somebody agreed to, or what stands in its place, for one person."""

    scope: ConsentScope
    given_by: GivenBy
    since: date
    until: date | None = None
    note: Text | None = None


class Person(Entry):
    """A person; the first name is the one by which the organisation calls them."""

    key: Key
    names: Annotated[list[Name], Field(min_length=1)]
    tier: Tier = Tier.RESTRICTED
    sex: Literal["female", "male", "other"] | None = None
    pronoun: Pronoun | None = None
    born: date | None = None
    nationality: Country | None = None
    occupation: Line | None = None
    deceased: date | None = None
    consents: list[Consent] = []


class Source(Entry):
    """A document, report or witness; `cited_in` is the section of the main document that cites it."""

    key: Key
    title: Text
    publisher: Line | None = None
    url: Annotated[str, StringConstraints(pattern=r"^https?://\S+$")] | None = None
    published: date | None = None
    cited_in: Annotated[Line, StringConstraints(max_length=64)] | None = None
    reliability: Reliability = Reliability.UNDETERMINED
    tier: Tier = Tier.PUBLIC


class Cited(Entry):
    """Anything that rests on a source: `source` is its key (none: the file's main source), `locator` its place there."""

    source: Key | None = None
    locator: Line
    as_of: date | None = None


class Assertion(Cited):
    """One fact: `attribute` is what it speaks of, `value` what it says.

    Two assertions of one case with the same attribute and different values contradict each other: a finding.
    """

    key: Key
    attribute: Key
    value: Text
    connection: SourceConnection = SourceConnection.NGO
    reliability: Reliability = Reliability.UNDETERMINED
    verification: Verification = Verification.ALLEGED
    tier: Tier = Tier.RESTRICTED
    quote: Text | None = None
    occurred: date | None = None
    occurred_precision: DatePrecision = DatePrecision.DAY
    disputed_by: Text | None = None
    incomplete: bool = Field(default=False, description="The source breaks off here: a finding.")


class HealthCondition(Cited):
    """A diagnosis or complaint as stated."""

    key: Key
    person: Key
    label: Line
    severity: Severity = Severity.UNKNOWN
    certainty: Certainty = Certainty.REPORTED
    made_by: Line | None = None
    care_access: CareAccess = CareAccess.UNKNOWN
    official_position: OfficialPosition | None = None
    official_assessment: Text | None = None


class CareEvent(Cited):
    """An examination, treatment or refusal."""

    key: Key
    person: Key
    kind: CareKind
    outcome: Text
    urgency: Urgency | None = None
    requested: date | None = None
    occurred: date | None = None
    occurred_precision: DatePrecision = DatePrecision.UNKNOWN


class DetentionEpisode(Cited):
    """A stay in a facility; dates are the latest possible day of what is known."""

    key: Key
    person: Key
    facility: Line
    place: Line | None = None
    regime: Regime | None = None
    from_: date | None = Field(default=None, alias="from")
    from_precision: DatePrecision = DatePrecision.UNKNOWN
    until: date | None = None
    until_precision: DatePrecision = DatePrecision.UNKNOWN
    reason: Text | None = None


class IsolationPlacement(Cited):
    """A placement in solitary confinement."""

    key: Key
    person: Key
    from_: date | None = Field(default=None, alias="from")
    from_precision: DatePrecision = DatePrecision.UNKNOWN
    until: date | None = None
    reason: Text | None = None


class Proceeding(Cited):
    """A step before a court or authority."""

    key: Key
    person: Key | None = None
    kind: ProceedingKind
    body: Line | None = None
    occurred: date | None = None
    occurred_precision: DatePrecision = DatePrecision.UNKNOWN
    charge: Text | None = None
    outcome: Text | None = None


class Sentence(Cited):
    """A term as pronounced, in months."""

    key: Key
    person: Key
    pronounced: date | None = None
    pronounced_precision: DatePrecision = DatePrecision.UNKNOWN
    months: Annotated[int, Field(ge=0, le=1_200)] | None = None
    confiscation: bool = False
    offences: Text | None = None
    ends: date | None = None


class ParoleReview(Cited):
    """A parole review: positions and decision."""

    key: Key
    person: Key
    eligible: date | None = None
    hearing: date | None = None
    decided: date | None = None
    decision: ParoleDecision
    prosecutor: Position = Position.UNKNOWN
    administration: Position = Position.UNKNOWN
    appeal_by: date | None = None


class ClockPause(Entry):
    """Days on which a petition's clock stands still, the first and the last included; `basis` is what lets it."""

    key: Key
    from_: date = Field(alias="from")
    until: date | None = Field(default=None, description="Not given: it still stands.")
    reason: Text
    basis: Text


class Petition(Cited):
    """A complaint, communication or report to whoever must answer or decide.

    `reply_within_days` is the term that a law gives, which `reply_basis` names; not given: the mechanism's own.
    """

    key: Key
    person: Key | None = None
    mechanism: Mechanism
    addressee: Line
    subject: Text
    reference: Line | None = None
    sent: date | None = None
    sent_precision: DatePrecision = Field(default=DatePrecision.DAY, description="Says nothing without `sent`.")
    reply_within_days: Annotated[int, Field(ge=1, le=3_660)] | None = None
    reply_basis: Text | None = None
    counts_working_days: bool = False
    decided: date | None = None
    decision: Text | None = None
    answered: date | None = None
    answer: Text | None = None
    withdrawn: date | None = None
    pauses: list[ClockPause] = []


class FollowUp(Entry):
    """Something that must happen by `due`, a calendar day at the facility.

    `kind` is one of `vigil schema kinds`; thresholds and recurrence come from it unless given here.
    `basis` names the rule and shows how the date follows from it.
    """

    key: Key
    kind: Annotated[str, StringConstraints(pattern=r"^[a-z_]{1,32}$")]
    title: Line
    due: date
    due_precision: DatePrecision = DatePrecision.DAY
    basis: Text
    person: Key | None = None
    tier: Tier | None = Field(default=None, description="Not given: the kind's own.")
    recurrence_days: Annotated[int, Field(ge=1, le=3_660)] | None = None


class CaseText(Entry):
    """The case's summary, as this file has it, in another language (BCP 47); `as_of` is the day of the translation."""

    language: Annotated[str, AfterValidator(_other_language)]
    summary: Annotated[str, StringConstraints(max_length=LONGEST_SUMMARY), AfterValidator(_translated)]
    as_of: date | None = Field(default=None, description="Not given: the file's own.")


class Case(Entry):
    """One case: the unit people subscribe to. `summary` is written for the public.

    `rests_on` lists for each sentence of the summary, in their order, the keys of the assertions on which it rests.
    A sentence that rests on none is a finding, and is not published.
    """

    reference: Reference
    title: Line
    summary: Text
    rests_on: list[list[Key]] = []
    texts: list[CaseText] = []
    status: DetentionStatus
    tier: Tier = Tier.RESTRICTED
    monitoring: Monitoring = Monitoring.ACTIVE
    country: Country | None = None
    time_zone: TimeZone | None = None
    facility: Line | None = None
    last_verified: date | None = None
    persons: list[Key] = []
    assertions: list[Assertion] = []
    health_conditions: list[HealthCondition] = []
    care_events: list[CareEvent] = []
    detention_episodes: list[DetentionEpisode] = []
    isolation_placements: list[IsolationPlacement] = []
    proceedings: list[Proceeding] = []
    sentences: list[Sentence] = []
    parole_reviews: list[ParoleReview] = []
    petitions: list[Petition] = []
    follow_ups: list[FollowUp] = []


class Demand(Entry):
    """A recommendation; `code` is section, G (general) or S (specific), order ("1S2")."""

    code: Annotated[str, StringConstraints(pattern=r"^[1-9][GS][1-9]\d?$")]
    text: Text
    addressee: Line
    category: Annotated[int, Field(ge=1, le=5)] | None = None
    persons: list[Key] = []
    cases: list[Reference] = []
    follow_ups: list[Key] = Field(default=[], description="The follow-ups that ask what became of it.")
    duplicate_of: str | None = None
    overlaps: str | None = None
    state_response: StateResponse | None = None
    implementation: Implementation = Implementation.NOT_ASSESSED


class CaseFile(Entry):
    """A whole case file: `case_file` is its name, `as_of` the day for which its main source speaks."""

    schema_: Literal["vigil-casefile/1"] = Field(alias="schema")
    case_file: Key
    title: Line
    as_of: date
    country: Country
    time_zone: TimeZone
    main_source: Key
    sources: Annotated[list[Source], Field(min_length=1)]
    persons: list[Person] = []
    cases: Annotated[list[Case], Field(min_length=1)]
    demands: list[Demand] = []
