"""`vigil follow-up`: what must happen by a date, and what members do about it."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated
from uuid import UUID

import typer
from sqlalchemy import select

from alerts.facts import Level, Tier
from service.cli.follow_up_deeds import Deed, all_as_dicts, do, note_reading
from service.cli.opening import opened
from service.cli.speaking import AsJson, say_json, say_table
from service.commands import follow_ups as verbs
from service.commands import responsibility, snoozes
from service.errors import InvalidInput, NotFound, Problem
from service.queries.members import writer_named
from service.records import Case, FollowUp, Member
from service.vocabulary import FollowUpState

USUAL = 50
MOST = 1_000
NOBODY = "-"

commands = typer.Typer()
follow_ups = typer.Typer(no_args_is_help=True)
commands.add_typer(follow_ups, name="follow-up", help="What must happen by a date, and what members do about it.")

Id = Annotated[UUID, typer.Argument(metavar="ID", help="The id that `vigil follow-up list` shows.")]
By = Annotated[str, typer.Option("--by", metavar="MEMBER", help="Who does it: a member who may write the case.")]
Version = Annotated[int, typer.Option("--version", help="The version that you read; at another nothing is changed.")]
Reason = Annotated[str, typer.Option(help="Why.")]
Day = Annotated[datetime, typer.Option(formats=["%Y-%m-%d"], metavar="DAY", help="A day at the facility.")]


@follow_ups.command("list")
def show(
    case: Annotated[str | None, typer.Option("--case", metavar="REFERENCE", help="Only of this case.")] = None,
    state: Annotated[FollowUpState, typer.Option(help="What became of them.")] = FollowUpState.OPEN,
    level: Annotated[Level | None, typer.Option(help="Only those that were announced at this level.")] = None,
    limit: Annotated[int, typer.Option(min=1, max=MOST, help="How many at most.")] = USUAL,
    as_json: AsJson = False,
) -> None:
    """List follow-ups by due date, with who has them in hand; the reading is noted in the audit, what is sealed is left out."""
    with opened() as parts, parts.writing.begin() as session:
        query = select(FollowUp).join(Case, Case.id == FollowUp.case_id)
        query = query.where(FollowUp.state == state, FollowUp.tier != Tier.SEALED, Case.tier != Tier.SEALED)
        if case is not None:
            if session.scalar(select(Case.id).where(Case.reference == case)) is None:
                raise NotFound(f"no case bears the reference {case}")
            query = query.where(Case.reference == case)
        if level is not None:
            query = query.where(FollowUp.level == level)
        rows = session.scalars(query.order_by(FollowUp.due_on, FollowUp.id).limit(limit)).all()
        now = parts.clock.now()
        note_reading(session, rows, now=now, vault=parts.vault)
        told = all_as_dicts(session, rows, now=now)
    if as_json:
        say_json({"follow_ups": told})
        return
    names = ("id", "version", "case", "due_on", "level", "title", "owner", "backup", "snoozed_until", "acknowledged_by")
    headings = ("id", "version", "case", "due on", "level", "what", "owner", "backup", "quiet until", "in hand of")
    say_table(headings, [[*("" if one[name] is None else str(one[name]) for name in names)] for one in told])


@follow_ups.command("done")
def done(
    follow_up_id: Id, by: By, version: Version,
    evidence: Annotated[str, typer.Option(help="How you know.")],
    as_json: AsJson = False,
) -> None:  # fmt: skip
    """It has happened. One that recurs stays open for its next date."""

    def verb(deed: Deed) -> None:
        verbs.complete(deed.session, deed.follow_up, evidence=evidence, **deed.noted)

    do(follow_up_id, verb, by=by, version=version, wanted={"state": "done", "evidence": evidence}, as_json=as_json)


@follow_ups.command("move")
def move(follow_up_id: Id, by: By, version: Version, due_on: Day, reason: Reason, as_json: AsJson = False) -> None:
    """Give it another day, which is announced anew."""

    def verb(deed: Deed) -> None:
        verbs.move(deed.session, deed.follow_up, due_on=due_on.date(), reason=reason, **deed.noted)

    wanted = {"due_on": due_on.date(), "reason": reason}
    do(follow_up_id, verb, by=by, version=version, wanted=wanted, as_json=as_json)


@follow_ups.command("waive")
def waive(follow_up_id: Id, by: By, version: Version, reason: Reason, as_json: AsJson = False) -> None:
    """It will not happen, and that is accepted."""

    def verb(deed: Deed) -> None:
        verbs.waive(deed.session, deed.follow_up, reason=reason, **deed.noted)

    do(follow_up_id, verb, by=by, version=version, wanted={"state": "waived", "reason": reason}, as_json=as_json)


@follow_ups.command("snooze")
def snooze(follow_up_id: Id, by: By, version: Version, until: Day, reason: Reason, as_json: AsJson = False) -> None:
    """Keep it quiet until a day begins, 30 days ahead at most; what is queued is not sent, `critical` is always told."""

    def verb(deed: Deed) -> None:
        snoozes.snooze(
            deed.session, deed.follow_up, until=until.date(), reason=reason, member=deed.member, **deed.noted
        )

    wanted = {"snoozed_until": until.date(), "snooze_reason": reason}
    do(follow_up_id, verb, by=by, version=version, wanted=wanted, as_json=as_json)


@follow_ups.command("wake")
def wake(follow_up_id: Id, by: By, version: Version, as_json: AsJson = False) -> None:
    """End a snooze now: the next check announces the level that is reached."""

    def verb(deed: Deed) -> None:
        snoozes.wake(deed.session, deed.follow_up, **deed.noted)

    do(follow_up_id, verb, by=by, version=version, wanted={"snoozed_until": None}, as_json=as_json)


@follow_ups.command("acknowledge")
def acknowledge(
    follow_up_id: Id,
    by: By,
    level: Annotated[Level, typer.Option(help="The level that was announced last, as you saw it.")],
    revision: Annotated[int, typer.Option(help="The revision of its date, as you saw it.")] = 1,
    as_json: AsJson = False,
) -> None:
    """The member has seen it and is on it: no other member is told of this level any more."""

    def verb(deed: Deed) -> None:
        responsibility.acknowledge(
            deed.session, deed.follow_up, due_revision=revision, level=level, member=deed.member, **deed.noted
        )

    do(follow_up_id, verb, by=by, version=None, wanted={"level": level, "due_revision": revision}, as_json=as_json)


@follow_ups.command("reassign")
def reassign(
    follow_up_id: Id,
    by: By,
    version: Version,
    reason: Reason,
    owner: Annotated[
        str | None, typer.Option(metavar="MEMBER", help=f"The new owner; {NOBODY} for the case's own.")
    ] = None,
    backup: Annotated[str | None, typer.Option(metavar="MEMBER", help=f"The new backup; {NOBODY} for nobody.")] = None,
    as_json: AsJson = False,
) -> None:
    """Give it to another owner or backup; one that is not named stays."""
    named = {place: name for place, name in (("owner", owner), ("backup", backup)) if name is not None}
    if not named:
        raise InvalidInput([Problem("--owner", "name an owner, a backup or both")])

    def verb(deed: Deed) -> None:
        new_owner = _answering(deed, "--owner", owner, deed.follow_up.owner_id)
        new_backup = _answering(deed, "--backup", backup, deed.follow_up.backup_id)
        responsibility.reassign(
            deed.session, deed.follow_up, owner=new_owner, backup=new_backup, reason=reason, **deed.noted
        )

    do(follow_up_id, verb, by=by, version=version, wanted={**named, "reason": reason}, as_json=as_json)


def _answering(deed: Deed, option: str, name: str | None, kept: UUID | None) -> Member | None:
    if name is None:
        return deed.session.get(Member, kept) if kept is not None else None
    return None if name == NOBODY else writer_named(deed.session, name, deed.follow_up.case_id, where=option)
