"""The scheduled check over a million open follow-ups: when nothing is new, and when a thousand are newly late."""

from __future__ import annotations

import time
from datetime import timedelta
from statistics import median
from typing import TYPE_CHECKING, Any

from sqlalchemy import func, insert, literal, select, text, update

from alerts.facts import EmailAddress, Tier
from alerts.follow_up_kinds import kind_named
from service.commands.member_mail import set_mailbox
from service.records import Case, FollowUp, NameVariant, Person
from service.records.base import new_id
from service.records.cases import case_person
from service.vocabulary import Access, DatePrecision, DetentionStatus, FollowUpState, Monitoring, NameKind, Role
from service.worker.jobs import check_overdue
from service.worker.running import settle
from tests import factories
from tests.benchmarks import readers
from tests.benchmarks.figures import Figure
from tests.service.api.calling import make_member

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from datetime import datetime
    from uuid import UUID

    from sqlalchemy import ColumnElement

    from tests.benchmarks.databases import Database
    from tests.benchmarks.figures import Asked

COUNT = 1_000_000
FOLLOW_UPS_A_CASE = 100
NEWLY_LATE = 1_000
NOTHING_NEW_BELOW_MS = 10.0
NEWLY_LATE_BELOW_S = 1.0
LOOKS = 100
TIMES = 3
KIND = "complaint_reply"


class WrongCheck(AssertionError):
    """The check announced something else than what became late."""


def measure(database: Database, asked: Asked) -> Iterator[Figure]:
    """How long one run of the job takes, its transactions included."""
    # The check runs in a worker's process.
    settle()
    now = database.parts.clock.now()
    late = min(NEWLY_LATE, asked.count // FOLLOW_UPS_A_CASE)
    case_ids = _open_cases(database, asked.count // FOLLOW_UPS_A_CASE)
    _open_follow_ups(database, now)
    for number, case_id in enumerate(case_ids[:late]):
        readers.add_followers(database, case_id, [EmailAddress(f"reader{number}@example.org")])
    _appoint_members(database, now)
    database.analyse()

    looks = [_check(database, announced=0) for _ in range(LOOKS)]
    asked_for_one = [_seconds(lambda: _ask_for_one(database)) for _ in range(LOOKS)]
    yield Figure(
        name="check_nothing_new",
        engine=database.engine_name,
        value=median(looks) * 1000,
        unit="ms",
        below=NOTHING_NEW_BELOW_MS,
        beside_what="a transaction that asks SELECT 1",
        beside_value=median(asked_for_one) * 1000,
        command=asked.command,
        also={"follow_ups": asked.count, "slowest": round(max(looks) * 1000, 3)},
    )

    passes = []
    for _ in range(TIMES):
        _make_late(database, case_ids[:late], now)
        passes.append(_check(database, announced=late))
    yield Figure(
        name="check_newly_late",
        engine=database.engine_name,
        value=median(passes),
        unit="s",
        below=NEWLY_LATE_BELOW_S,
        beside_what=f"a bare insert of {late} rows",
        beside_value=_seconds(lambda: _insert(database, late)),
        command=asked.command,
        also={"newly_late": late, "members_told_of_each": 2, "each": [round(one, 3) for one in passes]},
    )


def _check(database: Database, *, announced: int) -> float:
    began = time.perf_counter()
    done = check_overdue(database.parts)
    seconds = time.perf_counter() - began
    if len(done.announced) != announced or sum(one.told for one in done.announced) != announced:
        raise WrongCheck(f"{len(done.announced)} announced in place of {announced}")
    return seconds


def _seconds(work: Callable[[], None]) -> float:
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


def _ask_for_one(database: Database) -> None:
    with database.parts.writing.begin() as session:
        session.execute(text("SELECT 1"))


def _insert(database: Database, count: int) -> None:
    with database.parts.engine.begin() as connection:
        connection.execute(text("CREATE TABLE bare (n INTEGER, word TEXT)"))
        connection.execute(text("INSERT INTO bare VALUES (:n, :word)"), [{"n": n, "word": KIND} for n in range(count)])


def _open_cases(database: Database, count: int) -> list[UUID]:
    """Watched cases, each with one person."""
    ids = [(new_id(), new_id()) for _ in range(count)]
    person = {"tier": Tier.RESTRICTED, "created_at": factories.LONG_AGO, "version": 1}
    name = {"position": 0, "text": "Dana Sample", "kind": NameKind.LEGAL}
    case = {
        "tier": Tier.PUBLIC,
        "title": "Dana Sample, teacher",
        "country": "KZ",
        "time_zone": "Asia/Almaty",
        "detention_status": DetentionStatus.SENTENCED,
        "summary": "A teacher who serves a sentence far from home.",
        "monitoring": Monitoring.ACTIVE,
        "created_at": factories.LONG_AGO,
        "version": 1,
    }
    with database.parts.engine.begin() as connection:
        connection.execute(insert(Person), [{"id": person_id, **person} for _, person_id in ids])
        connection.execute(insert(NameVariant), [{"person_id": person_id, **name} for _, person_id in ids])
        connection.execute(
            insert(Case),
            [
                {"id": case_id, "reference": f"KAZ-{number}", "slug": f"kaz-{number}", **case}
                for number, (case_id, _) in enumerate(ids)
            ],
        )
        connection.execute(insert(case_person), [{"case_id": one, "person_id": other} for one, other in ids])
    return [case_id for case_id, _ in ids]


def _appoint_members(database: Database, now: datetime) -> None:
    """One member who owns every case, and a coordinator: what is critical is mailed to both."""
    with database.parts.writing.begin() as session:
        for name, role in (("alice", Role.OFFICER), ("dora", Role.COORDINATOR)):
            member = make_member(session, name, role=role, all_cases=Access.WRITE)
            set_mailbox(
                session, member, address=f"{name}@example.org", language="en", time_zone="UTC", now=now, by="benchmark",
                vault=database.parts.vault,
            )  # fmt: skip
            if role is Role.OFFICER:
                session.execute(update(Case).values(owner_id=member.id))


def _open_follow_ups(database: Database, now: datetime) -> None:
    """In every case a follow-up that reaches its next level tomorrow, one in two days, and so on."""
    kind = kind_named(KIND)
    for number in range(1, FOLLOW_UPS_A_CASE + 1):
        at = now + timedelta(days=number)
        values: dict[str, Any] = {
            "id": _fresh_id(database),
            "case_id": Case.id,
            "kind": literal(KIND),
            "title": literal("Reply to the complaint about the cell"),
            "basis": literal(kind.basis),
            "tier": literal(Tier.PUBLIC, FollowUp.tier.type),
            "due_on": literal(at.date()),
            "due_precision": literal(DatePrecision.DAY, FollowUp.due_precision.type),
            "due_revision": literal(1),
            "time_zone": Case.time_zone,
            "upcoming_days": literal(kind.thresholds.upcoming),
            "overdue_days": literal(kind.thresholds.overdue),
            "very_overdue_days": literal(kind.thresholds.very_overdue),
            "critical_days": literal(kind.thresholds.critical),
            "state": literal(FollowUpState.OPEN, FollowUp.state.type),
            "next_level_at": literal(at, FollowUp.next_level_at.type),
            "created_at": literal(factories.LONG_AGO, FollowUp.created_at.type),
            "updated_at": literal(factories.LONG_AGO, FollowUp.updated_at.type),
            "version": literal(1),
        }
        with database.parts.engine.begin() as connection:
            connection.execute(insert(FollowUp).from_select(list(values), select(*values.values())))


def _fresh_id(database: Database) -> ColumnElement[Any]:
    return func.gen_random_uuid() if database.engine_name == "postgresql" else func.lower(func.hex(func.randomblob(16)))


def _make_late(database: Database, case_ids: Sequence[UUID], now: datetime) -> None:
    """Let the next follow-up of each of these cases be late since a moment ago."""
    with database.parts.engine.begin() as connection:
        first = (
            select(FollowUp.case_id, func.min(FollowUp.next_level_at).label("at"))
            .where(FollowUp.case_id.in_(case_ids), FollowUp.level.is_(None))
            .group_by(FollowUp.case_id)
            .subquery()
        )
        ids = connection.scalars(
            select(FollowUp.id).join(
                first, (first.c.case_id == FollowUp.case_id) & (first.c.at == FollowUp.next_level_at)
            )
        ).all()
        connection.execute(
            update(FollowUp)
            .where(FollowUp.id.in_(ids))
            .values(due_on=now.date() - timedelta(days=45), next_level_at=now - timedelta(minutes=1))
        )
