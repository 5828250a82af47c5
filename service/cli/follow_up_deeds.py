"""How a member's deed on a follow-up is done from the command line: by whom, from which version, and what came of it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import typer
from sqlalchemy import select
from sqlalchemy.orm import Session

from service.cli.opening import ACTOR, opened
from service.cli.speaking import ExitCode, say_json, say_table, talk
from service.commands.audit import audit
from service.errors import InvalidInput, NotFound, Problem
from service.queries.in_hand import in_hand
from service.queries.members import actor_of, member_named, writer_named
from service.queries.visible import follow_ups_of
from service.records import Case, FollowUp, Member
from service.security.encryption import Vault

_COLUMNS = (
    "version", "kind", "title", "due_on", "due_revision", "time_zone", "level", "state", "evidence", "waiver_reason",
)  # fmt: skip


@dataclass(frozen=True)
class Deed:
    """What a verb needs: the follow-up, whose row nobody else changes meanwhile, and who does it when."""

    session: Session
    follow_up: FollowUp
    member: Member
    now: datetime
    vault: Vault

    @property
    def noted(self) -> dict[str, Any]:
        """What every verb takes for the audit."""
        return {"now": self.now, "by": f"{self.member.name} ({ACTOR})", "vault": self.vault}


def do(
    follow_up_id: UUID,
    verb: Callable[[Deed], object],
    *,
    by: str,
    version: int | None,
    wanted: Mapping[str, object],
    as_json: bool,
) -> None:
    """Let the member do it, if the follow-up is still as they read it, and say what it is now; else show both versions.

    `version` None: what was read is part of the deed. Raises NotFound, InvalidInput, and what the verb raises.
    """
    with opened() as parts, parts.writing.begin() as session:
        follow_up = _found(session, follow_up_id, by)
        member = writer_named(session, by, follow_up.case_id, where="--by")
        deed = Deed(session, follow_up, member, parts.clock.now(), parts.vault)
        is_stale = version is not None and version != follow_up.version
        if is_stale:
            note_reading(session, [follow_up], now=deed.now, vault=parts.vault, by=deed.noted["by"])
        else:
            verb(deed)
            session.flush()
        current = all_as_dicts(session, [follow_up], now=deed.now)[0]
    if is_stale:
        _say_both(wanted, current, as_json)
        raise typer.Exit(ExitCode.FAILED)
    if as_json:
        say_json(current)
    else:
        print(in_a_line(current))


def all_as_dicts(session: Session, follow_ups: Sequence[FollowUp], *, now: datetime) -> list[dict[str, Any]]:
    """The follow-ups as plain data, with who has them in hand."""
    hands = in_hand(session, [one.id for one in follow_ups], now=now)
    references = dict(
        session.execute(select(Case.id, Case.reference).where(Case.id.in_({one.case_id for one in follow_ups}))).all()
    )
    return [
        {
            "id": str(one.id),
            "case": references[one.case_id],
            **{name: getattr(one, name) for name in _COLUMNS},
            **asdict(hands[one.id]),
        }
        for one in follow_ups
    ]


def note_reading(
    session: Session, follow_ups: Sequence[FollowUp], *, now: datetime, vault: Vault, by: str = ACTOR
) -> None:
    """Note that these titles were read; nothing is noted when nothing was seen."""
    seen = [str(one.id) for one in follow_ups]
    if seen:
        record_id = seen[0] if len(seen) == 1 else "several"
        audit(
            session, at=now, actor=by, action="read", record="follow_up", record_id=record_id, detail={"ids": seen},
            key=vault.audit_key,
        )  # fmt: skip


def in_a_line(told: Mapping[str, Any]) -> str:
    """What became of it, for a person."""
    how_late = f", {told['level']}" if told["level"] else ""
    parts = [f"{told['case']}: {told['state']}, due on {told['due_on']}{how_late}, version {told['version']}"]
    parts += [f"{word} {told[name]}" for name, word in _WORDS if told[name]]
    return "; ".join(parts)


_WORDS = (
    ("owner", "owner"),
    ("backup", "backup"),
    ("snoozed_until", "quiet until"),
    ("acknowledged_by", "in hand of"),
)


def _found(session: Session, follow_up_id: UUID, by: str) -> FollowUp:
    member = member_named(session, by)
    if member is None:
        raise InvalidInput([Problem("--by", f"no member is called {by}")])
    statement = select(FollowUp).where(FollowUp.id == follow_up_id, follow_ups_of(actor_of(member)))
    follow_up = session.scalars(statement.with_for_update(key_share=True)).one_or_none()
    if follow_up is None:
        raise NotFound(f"no follow-up that {by} may know of bears the id {follow_up_id}")
    return follow_up


def _say_both(wanted: Mapping[str, object], current: Mapping[str, Any], as_json: bool) -> None:
    talk(f"vigil: somebody changed this since you read it, nothing was written; it is at version {current['version']}")
    if as_json:
        say_json({"wanted": dict(wanted), "current": dict(current)})
        return
    names = [*wanted, *(name for name in current if name not in wanted)]
    say_table(
        ("", "you wanted", "it is now"),
        [(name.replace("_", " "), _plain(wanted.get(name)), _plain(current.get(name))) for name in names],
    )


def _plain(value: object) -> str:
    return "" if value is None else str(value)
