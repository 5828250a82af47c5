"""Replays a case file day by day, with the rules, the check and the commands of the service itself."""

from __future__ import annotations

import secrets
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from functools import partial
from itertools import groupby
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from sqlalchemy import select

from service.clock import FixedClock
from service.commands.announce_overdue import announce_overdue
from service.commands.apply_rules import apply_rules
from service.commands.case_rows import SECTIONS
from service.commands.import_case_file import import_case_file
from service.commands.take_rows import Taker
from service.database import open_engine, sessions
from service.facts import snapshots_of
from service.links import Links
from service.migrating import migrate
from service.queries.due import announcements, next_due_at
from service.records import Case, ImportedRow
from service.security.encryption import Vault
from service.security.tokens import Signer
from service.simulation.known import known_rows

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path

    from sqlalchemy.orm import Session, sessionmaker

    from alerts.facts import Level
    from service.casefile.reading import Document
    from service.commands.apply_rules import RuleChange
    from service.commands.file_rows import FileRow
    from service.queries.due import Announcement
    from service.rules.reading import RuleBook
    from service.simulation.known import Known

# What happened on a day is on record at noon.
NOON = time(12)
_BY = "simulation"


class Event(StrEnum):
    """What happened in the simulation."""

    RECORDED = "recorded"
    OPENED = "opened"
    ADOPTED = "adopted"
    MOVED = "moved"
    CLOSED = "closed"
    OPENED_AGAIN = "opened_again"
    ANNOUNCED = "announced"


@dataclass(frozen=True, slots=True)
class Line:
    """One line of the ledger: `on` is the day at the facility; `kind` is a follow-up's, or the section of what was recorded."""

    on: date
    reference: str
    event: Event
    kind: str
    due_on: date | None = None
    level: Level | None = None
    rule: str | None = None
    working: str = ""


def replay(
    document: Document, folder: Path, *, first: date, last: date, book: RuleBook, tell: Callable[[date], None]
) -> list[Line]:
    """Every event from `first` to `last`, both included, in its order; nothing is sent.

    The copy is a database of its own in `folder`. What happened before `first` is on record when it begins. `tell` hears
    each day on which something happens.
    """
    with _copy(folder, document, _noon(first, document.file.time_zone)) as stage:
        lines: list[Line] = []
        end = _noon(last, document.file.time_zone) + timedelta(hours=12)
        for at, rows in _instants(stage, known_rows(document.file), _noon(first, document.file.time_zone), end):
            stage.clock.at = at
            with stage.writing.begin() as session:
                happened = [*stage.record(session, rows, book), *stage.check(session)]
            lines += happened
            if happened:
                tell(happened[0].on)
        return lines


@dataclass
class _Stage:
    """The copy, with a clock that only the simulation moves."""

    writing: sessionmaker[Session]
    clock: FixedClock
    vault: Vault
    links: Links
    document: Document

    def record(self, session: Session, known: Sequence[Known], book: RuleBook) -> Iterator[Line]:
        """Write these rows, and apply the rules to the cases that they belong to."""
        now = self.clock.now()
        for kind, rows in groupby(sorted(known, key=lambda one: list(SECTIONS).index(one.row.kind)), _kind):
            self._take(session, [one.row for one in rows], now)
            yield from (self._recorded(one, kind) for one in known if one.row.kind == kind)
        if any(one.on >= self.document.file.as_of for one in known):
            self._verify(session)
        for reference in sorted({one.reference for one in known}):
            case = session.scalars(select(Case).where(Case.reference == reference)).one()
            for change in apply_rules(session, case, book=book, now=now, by=_BY, vault=self.vault):
                yield _changed(change, case, now)

    def check(self, session: Session) -> Iterator[Line]:
        """Announce what has become later, as the service's own check does."""
        now = self.clock.now()
        while True:
            done = announce_overdue(session, now=now, snapshots=partial(snapshots_of, links=self.links))
            for one in announcements(session, done.alert_ids):
                yield self._announced(one, now)
            if not done.looked_at:
                return

    def _take(self, session: Session, rows: Sequence[FileRow], now: datetime) -> None:
        file = self.document.file
        known = {
            row.id: row for row in session.scalars(select(ImportedRow).where(ImportedRow.case_file == file.case_file))
        }
        taker = Taker(session, file.case_file, self.vault, now)
        taker.take(rows, known)
        taker.finish_kind()

    def _verify(self, session: Session) -> None:
        """On the day for which the source speaks, what the file says of each case is verified."""
        for entry in self.document.file.cases:
            case = session.scalars(select(Case).where(Case.reference == entry.reference)).one()
            case.last_verified_on = entry.last_verified

    def _recorded(self, one: Known, kind: str) -> Line:
        return Line(self._day(self.clock.now()), one.reference, Event.RECORDED, kind)

    def _announced(self, one: Announcement, now: datetime) -> Line:
        return Line(self._day(now), one.case_reference, Event.ANNOUNCED, one.kind, one.due_on, one.level)

    def _day(self, at: datetime) -> date:
        return at.astimezone(ZoneInfo(self.document.file.time_zone)).date()


@contextmanager
def _copy(folder: Path, document: Document, at: datetime) -> Iterator[_Stage]:
    engine = open_engine(f"sqlite:///{folder / 'simulation.db'}")
    try:
        migrate(engine)
        vault = Vault(secrets.token_bytes(32))
        links = Links("https://simulation.invalid", Signer(secrets.token_bytes(32)))
        stage = _Stage(sessions(engine), FixedClock(at), vault, links, document)
        with stage.writing.begin() as session:
            import_case_file(session, _bare(document), now=at, by=_BY, vault=vault)
        yield stage
    finally:
        engine.dispose()


def _bare(document: Document) -> Document:
    """The file without the parts of its cases, none of which is verified yet."""
    nothing: dict[str, object] = {section: [] for section in SECTIONS}
    cases = [case.model_copy(update=nothing | {"last_verified": None, "rests_on": []}) for case in document.file.cases]
    demands = [demand.model_copy(update={"follow_ups": []}) for demand in document.file.demands]
    return replace(document, file=document.file.model_copy(update={"cases": cases, "demands": demands}))


def _instants(
    stage: _Stage, known: Sequence[Known], begin: datetime, end: datetime
) -> Iterator[tuple[datetime, list[Known]]]:
    """Each instant before `end` at which something is recorded or reaches a level, with what is recorded then."""
    zone, left, at = stage.document.file.time_zone, list(known), begin
    while at < end:
        now = [one for one in left if _noon(one.on, zone) <= at]
        left = left[len(now) :]
        yield at, now
        with stage.writing() as session:
            due_at = next_due_at(session)
        coming = [_noon(left[0].on, zone)] if left else []
        coming += [due_at] if due_at is not None else []
        at = max(min(coming, default=end), at + timedelta(microseconds=1))


def _changed(change: RuleChange, case: Case, now: datetime) -> Line:
    row = change.follow_up
    return Line(
        now.astimezone(ZoneInfo(case.time_zone)).date(),
        case.reference,
        Event(change.what.value),
        row.kind,
        row.due_on,
        rule=row.rule,
        working=row.working or "",
    )


def _kind(one: Known) -> str:
    return one.row.kind


def _noon(day: date, zone: str) -> datetime:
    return datetime.combine(day, NOON, tzinfo=ZoneInfo(zone)).astimezone(UTC)
