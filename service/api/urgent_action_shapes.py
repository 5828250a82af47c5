"""The shapes of urgent actions at this door."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated
from uuid import UUID

from pydantic import AfterValidator, Field, StringConstraints, model_validator

from service.api.shapes import Given, Language, Line, Shown, Text, example, not_null
from service.commands.urgent_action_words import (
    MOST_COPIES,
    MOST_DEMANDS,
    MOST_LETTERS,
    MOST_SOURCES,
    MOST_TARGETS,
    Asked,
    Cited,
    Words,
    is_where_to_report,
)
from service.records import UrgentAction
from service.vocabulary import UrgentActionKind, UrgentActionOutcome, UrgentActionStatus

_ASKED = {
    "text": "Let independent observers visit the colony.", "demand_id": "01932a10-7a3e-7c11-8f4e-5f1d2c3b4a90",
}  # fmt: skip
_CITED = {"source_id": "01932a10-7a3e-7c11-8f4e-5f1d2c3b4a91", "as_of": "2030-02-01"}
_WORDS = {
    "index_number": "CA 12/2030", "headline": "Dana Sample is kept from independent observers",
    "summary": "Nobody from outside has been let in since January.", "what_changed": None,
    "background": "The colony has been closed to observers since 2028.", "sources": [_CITED], "speaks_of_health": False,
    "act_by": "2030-04-20", "write_in": ["ru", "en"], "outcome": None,
    "person_ids": ["01932a10-7a3e-7c11-8f4e-5f1d2c3b4a60"], "target_ids": ["01932a10-7a3e-7c11-8f4e-5f1d2c3b4a70"],
    "copy_ids": ["01932a10-7a3e-7c11-8f4e-5f1d2c3b4a72"], "demands": [_ASKED],
    "guidance": {"en": "Say how you heard of the case."},
    "letters": {"en": "I am worried about Dana Sample. Please let observers in."},
    "letter_subjects": {"en": "Observers for Colony 12"}, "report_to": "letters@example.org",
}  # fmt: skip

Letter = Annotated[str, StringConstraints(min_length=1, max_length=3_000, pattern=r"^[^\x00-\x08\x0b-\x1f\x7f-\x9f]+$")]
Demanded = Annotated[str, StringConstraints(min_length=1, max_length=500, pattern=r"^[^\x00-\x1f\x7f-\x9f]+$")]
Letters = Annotated[dict[Language, Letter], Field(max_length=MOST_LETTERS)]
Persons = Annotated[tuple[UUID, ...], Field(max_length=50)]
Subjects = Annotated[dict[Language, Line], Field(max_length=MOST_LETTERS)]
Guidance = Annotated[dict[Language, Letter], Field(max_length=10)]
Targets = Annotated[tuple[UUID, ...], Field(max_length=MOST_TARGETS)]
Copies = Annotated[tuple[UUID, ...], Field(max_length=MOST_COPIES)]
IndexNumber = Annotated[str, StringConstraints(min_length=1, max_length=64, pattern=r"^[^\x00-\x1f\x7f-\x9f]+$")]
Languages = Annotated[tuple[Language, ...], Field(max_length=10)]


def _where_to_report(place: str) -> str:
    if not is_where_to_report(place):
        raise ValueError("This is neither an e-mail address nor a page that begins with https://.")
    return place


ReportTo = Annotated[str, StringConstraints(max_length=254), AfterValidator(_where_to_report)]


class CitedShown(Shown):
    """A source of the background, and the day for which it speaks."""

    source_id: UUID
    as_of: date


class DemandShown(Shown):
    """One thing that the letters ask for; `demand_id` where it stands in the ledger too."""

    text: str
    demand_id: UUID | None


class UrgentActionShown(Shown):
    """One version of an urgent action; once issued, its page is `/ua/{slug}` where the case is public.

    `act_by` is a day in `time_zone`; `leaves_at` ends the hold-back.
    """

    model_config = example(
        id="01932a10-7a3e-7c11-8f4e-5f1d2c3b4a71", number="UA 12/30", slug="12-2030", kind="initial", status="approved",
        case_id="01932a10-7a3e-7c11-8f4e-5f1d2c3b4a59", previous_id=None, alert_id=None, **_WORDS,
        time_zone="Asia/Almaty", expires_at="2030-04-20T19:00:00Z", author_id="01932a10-7a3e-7c11-8f4e-5f1d2c3b4a80",
        approver_id="01932a10-7a3e-7c11-8f4e-5f1d2c3b4a81", suspended_because=None,
        approved_at="2030-04-06T10:00:00Z", leaves_at="2030-04-06T10:01:00Z", issued_at=None, closed_at=None,
        created_at="2030-04-06T09:00:00Z", updated_at="2030-04-06T10:00:00Z", version=3,
    )  # fmt: skip

    id: UUID
    number: str
    slug: str
    kind: UrgentActionKind
    status: UrgentActionStatus
    case_id: UUID
    previous_id: UUID | None
    alert_id: UUID | None
    index_number: str | None
    headline: str
    summary: str
    what_changed: str | None
    background: str | None
    sources: tuple[CitedShown, ...]
    speaks_of_health: bool
    act_by: date | None
    time_zone: str
    expires_at: datetime | None
    write_in: tuple[str, ...]
    outcome: UrgentActionOutcome | None
    person_ids: tuple[UUID, ...]
    target_ids: tuple[UUID, ...]
    copy_ids: tuple[UUID, ...]
    demands: tuple[DemandShown, ...]
    guidance: dict[str, str]
    letters: dict[str, str]
    letter_subjects: dict[str, str]
    report_to: str | None
    author_id: UUID | None
    approver_id: UUID | None
    suspended_because: str | None
    approved_at: datetime | None
    leaves_at: datetime | None
    issued_at: datetime | None
    closed_at: datetime | None
    created_at: datetime
    updated_at: datetime
    version: int

    @classmethod
    def of(cls, action: UrgentAction) -> UrgentActionShown:
        """The version as a token holder with a grant on its case sees it."""
        lists = {
            "write_in": tuple(action.write_in.split()),
            "person_ids": tuple(person.id for person in action.persons),
            "target_ids": tuple(official.id for official in action.targets),
            "demands": tuple(DemandShown.model_validate(one) for one in action.demands),
            "copy_ids": tuple(official.id for official in action.copies),
            "sources": tuple(CitedShown.model_validate(one) for one in action.sources),
            "letters": {one.language: one.text for one in action.letters},
            "letter_subjects": {one.language: one.subject for one in action.letters if one.subject},
        }
        columns = {name: getattr(action, name) for name in cls.model_fields if name not in lists}
        return cls(**columns, **lists)


class DemandGiven(Given):
    """One thing to ask for."""

    text: Demanded
    demand_id: UUID | None = None


class CitedGiven(Given):
    """A public source of the background, and the day for which it speaks."""

    source_id: UUID
    as_of: date


Sources = Annotated[tuple[CitedGiven, ...], Field(max_length=MOST_SOURCES)]


class WordsGiven(Given):
    """What a version is to say; a stop action takes a headline, a summary, an outcome and the persons it names."""

    model_config = example(**{name: value for name, value in _WORDS.items() if value is not None})

    headline: Line
    summary: Text
    index_number: IndexNumber | None = None
    what_changed: Text | None = None
    background: Text | None = None
    sources: Sources = ()
    speaks_of_health: bool = False
    act_by: date | None = None
    write_in: Languages = ()
    outcome: UrgentActionOutcome | None = None
    person_ids: Persons = ()
    target_ids: Targets = ()
    copy_ids: Copies = ()
    demands: Annotated[tuple[DemandGiven, ...], Field(max_length=MOST_DEMANDS)] = ()
    guidance: Guidance = Field(default_factory=dict)
    letters: Letters = Field(default_factory=dict)
    letter_subjects: Subjects = Field(default_factory=dict)
    report_to: ReportTo | None = None

    def words(self) -> Words:
        """The same for the command."""
        plain = set(WordsGiven.model_fields) - {"demands", "sources"}
        given = {name: getattr(self, name) for name in plain}
        return Words(**given, demands=asked(self.demands), sources=cited(self.sources))


class UrgentActionGiven(WordsGiven):
    """The first version of an urgent action to draft; its number is given to it."""

    model_config = example(
        case_id="01932a10-7a3e-7c11-8f4e-5f1d2c3b4a59",
        **{name: value for name, value in _WORDS.items() if value is not None},
    )

    case_id: UUID


class UrgentActionChanges(Given):
    """What of a draft is to change; each list that is named is replaced."""

    model_config = example(act_by="2030-04-27")

    headline: Line | None = None
    summary: Text | None = None
    index_number: IndexNumber | None = None
    what_changed: Text | None = None
    background: Text | None = None
    sources: Sources | None = None
    speaks_of_health: bool | None = None
    act_by: date | None = None
    write_in: Languages | None = None
    outcome: UrgentActionOutcome | None = None
    person_ids: Persons | None = None
    target_ids: Targets | None = None
    copy_ids: Copies | None = None
    demands: Annotated[tuple[DemandGiven, ...], Field(max_length=MOST_DEMANDS)] | None = None
    guidance: Guidance | None = None
    letters: Letters | None = None
    letter_subjects: Subjects | None = None
    report_to: ReportTo | None = None

    @model_validator(mode="after")
    def _no_empty_columns(self) -> UrgentActionChanges:
        not_null(
            self, "headline", "summary", "sources", "speaks_of_health", "write_in", "person_ids", "target_ids",
            "copy_ids", "demands", "guidance", "letters", "letter_subjects",
        )  # fmt: skip
        return self


def asked(given: tuple[DemandGiven, ...]) -> tuple[Asked, ...]:
    """The demands for the command."""
    return tuple(Asked(text=one.text, demand_id=one.demand_id) for one in given)


def cited(given: tuple[CitedGiven, ...]) -> tuple[Cited, ...]:
    """The sources for the command."""
    return tuple(Cited(source_id=one.source_id, as_of=one.as_of) for one in given)
