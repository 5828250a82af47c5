"""`vigil deliveries`: what was owed to whom, how it went, and another try for what was given up."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

import typer
from sqlalchemy import select
from sqlalchemy.orm import Session

from service.cli.instants import instant
from service.cli.opening import ACTOR, Opened, opened
from service.cli.speaking import AsJson, ExitCode, say_json, say_table, talk
from service.commands.retry_deliveries import MOST_AT_ONCE, RETRIABLE, Retried, retry
from service.errors import NotFound
from service.last_look import why_not
from service.queries.choice import Choice, ids_after
from service.queries.told import Told, told_by_id, told_of
from service.records import Case
from service.vocabulary import DeliveryState

USUAL = 50
MOST = 1_000
LARGEST_ID = 2**63 - 1

commands = typer.Typer()
deliveries = typer.Typer(no_args_is_help=True)
commands.add_typer(deliveries, name="deliveries", help="What was owed to whom, and how it went.")

OfCase = Annotated[str | None, typer.Option("--case", metavar="REFERENCE", help="Only about this case.")]
ToDestination = Annotated[
    UUID | None,
    typer.Option("--destination", metavar="ID", help="Only to this destination (`vigil destination list`)."),
]
Since = Annotated[
    datetime | None,
    typer.Option("--since", parser=instant, metavar="INSTANT", help="Only what ended, or is due, since then."),
]


@deliveries.command("list")
def show_all(
    state: Annotated[DeliveryState | None, typer.Option(help="Only what stands so.")] = None,
    case: OfCase = None,
    destination: ToDestination = None,
    since: Since = None,
    limit: Annotated[int, typer.Option(min=1, max=MOST, help="How many at most.")] = USUAL,
    as_json: AsJson = False,
) -> None:
    """List deliveries, the newest first; addresses are masked."""
    with opened() as parts, parts.reading() as session:
        choice = Choice(
            states=(state,) if state else (), case_id=_case_id(session, case), destination_id=destination, since=since
        )
        found = told_of(session, choice, vault=parts.vault, limit=limit)
    if as_json:
        say_json({"deliveries": [_as_dict(one) for one in found]})
        return
    headings = ("id", "when", "about", "channel", "to", "state", "tries", "reason")
    say_table(headings, [_row(one) for one in found], numbers=("id", "tries"))


@deliveries.command("show")
def show_one(
    delivery_id: Annotated[int, typer.Argument(metavar="ID", min=1, max=LARGEST_ID)], as_json: AsJson = False
) -> None:
    """Show one delivery with every try at it."""
    with opened() as parts, parts.reading() as session:
        one = told_by_id(session, delivery_id, vault=parts.vault)
    if one is None:
        raise NotFound(f"no delivery bears the id {delivery_id}")
    tries = [
        {
            "n": each.n, "started_at": each.started_at, "outcome": each.outcome.value, "code": each.code,
            "reason": each.reason,
        }
        for each in one.tries
    ]  # fmt: skip
    if as_json:
        say_json({**_as_dict(one), "tries": tries})
        return
    for name, value in _as_dict(one).items():
        print(f"{name.replace('_', ' ')}: {_in_words(value)}")
    if tries:
        say_table(("try", "started", "outcome", "code", "reason"), [[*map(_in_words, each.values())] for each in tries])
    if one.state in RETRIABLE:
        talk(f"To send it again: vigil deliveries retry {one.id}")


@deliveries.command("retry")
def send_again(
    delivery_ids: Annotated[
        list[int] | None, typer.Argument(metavar="[ID]...", min=1, max=LARGEST_ID, help="Which ones.")
    ] = None,
    state: Annotated[DeliveryState | None, typer.Option(help="Instead of ids: all that are dead, or held.")] = None,
    case: OfCase = None,
    destination: ToDestination = None,
    since: Since = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Say what would be queued; queue nothing.")] = False,
    as_json: AsJson = False,
) -> None:
    """Queue again what is dead or held: the ids you name, or all that the options choose.

    Each carries the key that it had, so that a receiver can tell a repeat. What was accepted is never sent again, and
    what no longer stands is not. Ends with 0 when all are queued, 3 when some are not, 1 when none is.
    """
    if bool(delivery_ids) == any((state, case, destination, since)):
        raise typer.BadParameter("name ids, or choose with --state, --case, --destination or --since; not both")
    if state is not None and state not in RETRIABLE:
        raise typer.BadParameter("only what is dead or held can be queued again", param_hint="--state")
    with opened() as parts:
        if delivery_ids:
            batches = _in_batches(sorted(set(delivery_ids)))
        else:
            with parts.reading() as session:
                case_id = _case_id(session, case)
            states = (state,) if state else RETRIABLE
            batches = _chosen(parts, Choice(states=states, case_id=case_id, destination_id=destination, since=since))
        outcome = _retry(parts, batches, dry_run=dry_run)
    _tell(outcome, dry_run=dry_run, as_json=as_json)
    if outcome.refused:
        raise typer.Exit(ExitCode.FINDINGS if outcome.queued else ExitCode.FAILED)


def _retry(parts: Opened, batches: Iterator[list[int]], *, dry_run: bool) -> Retried:
    queued: list[int] = []
    refused: dict[int, str] = {}
    for ids in batches:
        now = parts.clock.now()
        # One transaction a batch: the worker and the pages write between them.
        with parts.writing() as session:
            gone = why_not(session, ids, now=now)
            done = retry(session, ids, gone=gone, now=now, by=ACTOR, vault=parts.vault)
            if dry_run:
                session.rollback()
            else:
                session.commit()
        queued += done.queued
        refused |= done.refused
    return Retried(tuple(queued), refused)


def _in_batches(ids: list[int]) -> Iterator[list[int]]:
    for start in range(0, len(ids), MOST_AT_ONCE):
        yield ids[start : start + MOST_AT_ONCE]


def _chosen(parts: Opened, choice: Choice) -> Iterator[list[int]]:
    """Each once, in the order of their ids: what dies again meanwhile is not queued by the same command."""
    last = 0
    while True:
        with parts.reading() as session:
            ids = ids_after(session, choice, last, limit=MOST_AT_ONCE)
        if not ids:
            return
        yield ids
        last = ids[-1]


def _tell(outcome: Retried, *, dry_run: bool, as_json: bool) -> None:
    if as_json:
        refused = [{"id": one, "reason": reason} for one, reason in outcome.refused.items()]
        say_json({"dry_run": dry_run, "queued": list(outcome.queued), "refused": refused})
        return
    if outcome.refused:
        say_table(
            ("id", "why it is not queued"), [(str(one), why) for one, why in outcome.refused.items()], numbers=("id",)
        )
    verb = "would be queued again" if dry_run else "queued again"
    talk(f"{len(outcome.queued)} {verb}, {len(outcome.refused)} not.")


def _case_id(session: Session, reference: str | None) -> UUID | None:
    if reference is None:
        return None
    case_id = session.scalar(select(Case.id).where(Case.reference == reference))
    if case_id is None:
        raise NotFound(f"no case bears the reference {reference}")
    return case_id


def _as_dict(one: Told) -> dict[str, Any]:
    return {
        "id": one.id, "when": one.finished_at or one.next_try_at, "about": _about(one), "channel": one.channel.value,
        "to": one.to, "state": one.state.value, "attempts": one.attempts, "reason": one.reason,
        "maybe_sent": one.maybe_sent,
    }  # fmt: skip


def _row(one: Told) -> tuple[str, ...]:
    fields = _as_dict(one)
    names = ("id", "when", "about", "channel", "to", "state", "attempts", "reason")
    return tuple(_in_words(fields[name]) for name in names)


def _about(one: Told) -> str | None:
    """The case; or what else it is, where it speaks of none or of several."""
    if one.reference is not None:
        return one.reference
    return f"{one.digest.value} digest" if one.digest else one.kind.value.replace("_", " ") if one.kind else None


def _in_words(value: object) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, datetime):
        return f"{value:%Y-%m-%d %H:%M:%S} UTC"
    return "" if value is None else str(value)
