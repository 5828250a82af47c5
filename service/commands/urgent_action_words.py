"""What a version of an urgent action says, as it is given and written down."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, time, timedelta
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from sqlalchemy import select

from alerts.facts import Tier
from alerts.free_text import safe_mailbox, safe_url
from service.errors import InvalidInput, Problem
from service.records import (
    Demand,
    Person,
    Source,
    TargetOfficial,
    UrgentActionDemand,
    UrgentActionLetter,
    UrgentActionSource,
)
from service.records.demands import demand_case
from service.vocabulary import UrgentActionKind

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import date
    from uuid import UUID

    from sqlalchemy.orm import Session

    from service.records import UrgentAction
    from service.vocabulary import UrgentActionOutcome

# A mail is cut off at about 100 kB, and a reader stops long before.
MOST_LETTERS = 4
MOST_DEMANDS = 10
MOST_TARGETS = 10
MOST_COPIES = 5
MOST_SOURCES = 10
MOST_CHARACTERS = 12_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """One thing that the letters ask for; `demand_id` where it stands in the ledger of recommendations too."""

    text: str
    demand_id: UUID | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Cited:
    """A source of the background, and the day for which it speaks."""

    source_id: UUID
    as_of: date


@dataclass(frozen=True, slots=True, kw_only=True)
class Words:
    """Everything that a version says. `act_by` is a day in the case's time zone; languages are BCP 47.

    `copy_ids` are officials who are sent a copy and asked for nothing. `guidance` on how to write, `letters` and the subject
    lines of the letters are by language. `report_to` is a mailbox or an https address.
    """

    headline: str
    summary: str
    index_number: str | None = None
    what_changed: str | None = None
    background: str | None = None
    sources: Sequence[Cited] = ()
    speaks_of_health: bool = False
    act_by: date | None = None
    write_in: Sequence[str] = ()
    outcome: UrgentActionOutcome | None = None
    person_ids: Sequence[UUID] = ()
    target_ids: Sequence[UUID] = ()
    copy_ids: Sequence[UUID] = ()
    demands: Sequence[Asked] = ()
    guidance: Mapping[str, str] = field(default_factory=dict)
    letters: Mapping[str, str] = field(default_factory=dict)
    letter_subjects: Mapping[str, str] = field(default_factory=dict)
    report_to: str | None = None


def write_words(session: Session, action: UrgentAction, words: Words) -> None:
    """Put the words on the record. Raises InvalidInput for what this kind of version cannot say."""
    problems = [*_wrong_for(action.kind, words), *_too_many(words), *_meaningless(words)]
    if problems:
        raise InvalidInput(problems)
    # One change, one new version of the record.
    with session.no_autoflush:
        action.persons = _persons(action, words.person_ids)
        action.targets = _officials(session, words.target_ids, "target_ids")
        action.copies = _officials(session, words.copy_ids, "copy_ids")
        _require_sources(session, words.sources)
        _require_demands(session, action, words.demands)
        action.index_number, action.headline, action.summary = words.index_number, words.headline, words.summary
        action.what_changed, action.background = words.what_changed, words.background
        action.guidance, action.report_to = dict(sorted(words.guidance.items())), words.report_to
        action.speaks_of_health = words.speaks_of_health
        action.act_by, action.expires_at = words.act_by, end_of_day(words.act_by, action.time_zone)
        action.write_in = " ".join(words.write_in)
        action.outcome = words.outcome
        action.demands = [
            UrgentActionDemand(position=place, text=one.text, demand_id=one.demand_id)
            for place, one in enumerate(words.demands)
        ]
        action.letters = [
            UrgentActionLetter(language=tag, subject=words.letter_subjects.get(tag), text=text)
            for tag, text in sorted(words.letters.items())
        ]
        action.sources = [
            UrgentActionSource(position=place, source_id=one.source_id, as_of=one.as_of)
            for place, one in enumerate(words.sources)
        ]


def words_of(action: UrgentAction) -> Words:
    """What the version says now, to be changed in part."""
    return Words(
        headline=action.headline, summary=action.summary, index_number=action.index_number,
        what_changed=action.what_changed, background=action.background,
        sources=tuple(Cited(source_id=one.source_id, as_of=one.as_of) for one in action.sources),
        speaks_of_health=action.speaks_of_health, act_by=action.act_by, write_in=tuple(action.write_in.split()),
        outcome=action.outcome, person_ids=tuple(person.id for person in action.persons),
        target_ids=tuple(official.id for official in action.targets),
        copy_ids=tuple(official.id for official in action.copies), guidance=action.guidance, report_to=action.report_to,
        letter_subjects={one.language: one.subject for one in action.letters if one.subject},
        demands=tuple(Asked(text=one.text, demand_id=one.demand_id) for one in action.demands),
        letters={one.language: one.text for one in action.letters},
    )  # fmt: skip


def end_of_day(day: date | None, time_zone: str) -> datetime | None:
    """The first instant after this day in this zone (IANA)."""
    return datetime.combine(day + timedelta(days=1), time.min, ZoneInfo(time_zone)) if day else None


def _wrong_for(kind: UrgentActionKind, words: Words) -> list[Problem]:
    if kind is UrgentActionKind.INITIAL and words.what_changed:
        return [Problem("what_changed", "The first version has changed nothing.")]
    if kind is not UrgentActionKind.STOP_ACTION:
        return []
    asks = {
        "demands": words.demands, "target_ids": words.target_ids, "copy_ids": words.copy_ids, "act_by": words.act_by,
        "letters": words.letters, "letter_subjects": words.letter_subjects, "write_in": words.write_in,
        "guidance": words.guidance, "report_to": words.report_to,
    }  # fmt: skip
    return [Problem(name, "A stop action asks nobody to write.") for name, given in asks.items() if given]


def _too_many(words: Words) -> list[Problem]:
    limits = (
        ("letters", len(words.letters), MOST_LETTERS),
        ("demands", len(words.demands), MOST_DEMANDS),
        ("target_ids", len(words.target_ids), MOST_TARGETS),
        ("copy_ids", len(words.copy_ids), MOST_COPIES),
        ("sources", len(words.sources), MOST_SOURCES),
    )
    found = [Problem(name, f"Use {most} at most.") for name, count, most in limits if count > most]
    parts = [words.headline, words.summary, words.what_changed or "", words.background or ""]
    parts += [one.text for one in words.demands]
    parts += [text for texts in (words.guidance, words.letters, words.letter_subjects) for text in texts.values()]
    if (length := sum(map(len, parts))) > MOST_CHARACTERS:
        found.append(Problem("", f"All texts together have {length} characters; use {MOST_CHARACTERS} at most."))
    return found


def _meaningless(words: Words) -> list[Problem]:
    found = []
    if set(words.letter_subjects) - set(words.letters):
        found.append(Problem("letter_subjects", "There is no letter in one of these languages."))
    if set(words.copy_ids) & set(words.target_ids):
        found.append(Problem("copy_ids", "Whoever is written to needs no copy."))
    if len({one.source_id for one in words.sources}) < len(words.sources):
        found.append(Problem("sources", "Name each source once."))
    if words.report_to is not None and not is_where_to_report(words.report_to):
        found.append(Problem("report_to", "Use an e-mail address or a page that begins with https://."))
    return found


def is_where_to_report(place: str) -> bool:
    """Whether this is a mailbox or an https address that may stand in a message as it is."""
    is_page = place.startswith("https://") and safe_url(place) is not None
    return is_page or safe_mailbox(place) is not None


def _persons(action: UrgentAction, ids: Sequence[UUID]) -> list[Person]:
    of_case = {person.id: person for person in action.case.persons}
    if set(ids) - set(of_case):
        raise InvalidInput([Problem("person_ids", "The case is not about one of these persons.")])
    return [of_case[one] for one in sorted(set(ids))]


def _officials(session: Session, ids: Sequence[UUID], where: str) -> list[TargetOfficial]:
    found = list(
        session.scalars(select(TargetOfficial).where(TargetOfficial.id.in_(ids)).order_by(TargetOfficial.office))
    )
    if len(found) != len(set(ids)):
        raise InvalidInput([Problem(where, "One of these officials is not on record.")])
    return found


def _require_sources(session: Session, cited: Sequence[Cited]) -> None:
    ids = {one.source_id for one in cited}
    # One that is held closely is answered like one that is missing.
    known = select(Source.id).where(Source.id.in_(ids), Source.tier == Tier.PUBLIC)
    if ids - set(session.scalars(known)):
        raise InvalidInput([Problem("sources", "One of these is not on record as a public source.")])


def _require_demands(session: Session, action: UrgentAction, demands: Sequence[Asked]) -> None:
    ids = {one.demand_id for one in demands if one.demand_id is not None}
    known = select(Demand.id).join(demand_case, demand_case.c.demand_id == Demand.id)
    found = set(session.scalars(known.where(Demand.id.in_(ids), demand_case.c.case_id == action.case.id)))
    if ids - found:
        raise InvalidInput([Problem("demands", "One of these does not stand in the ledger for this case.")])
