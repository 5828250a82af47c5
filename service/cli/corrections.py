"""`vigil correction`: what is wrong with an assertion, told to everybody who was told of its case since."""

from __future__ import annotations

from functools import partial
from typing import Annotated
from uuid import UUID

import typer
from sqlalchemy import select
from sqlalchemy.orm import Session

from service.api.corrections import CorrectionGiven
from service.cli.opening import opened
from service.cli.recordable import checked
from service.cli.speaking import AsJson, say_json, say_table, talk
from service.cli.urgent_action_words import By, acting_as
from service.commands.corrections import NewCorrection, draft_correction, drop_correction, send_correction
from service.errors import NotFound
from service.facts import correction_snapshot, gates_for
from service.queries.visible import open_rows
from service.records import Assertion, Case, Correction
from service.security.policy import Action
from service.vocabulary import CorrectionKind

commands = typer.Typer()
corrections = typer.Typer(no_args_is_help=True)
commands.add_typer(corrections, name="correction", help="What is wrong with what was told, for everybody who was told.")

Id = Annotated[UUID, typer.Argument(metavar="ID", help="The id that `vigil correction list` shows.")]


@corrections.command("list")
def show(as_json: AsJson = False) -> None:
    """List the corrections, the newest first."""
    with opened() as parts, parts.reading() as session:
        query = select(Correction, Case.reference).join(Case, Case.id == Correction.case_id)
        rows = [
            {
                "id": str(one.id), "case": reference, "kind": one.kind.value, "status": one.status.value,
                "told": one.told, "was": one.was, "reads": one.reads, "reason": one.reason,
            }
            for one, reference in session.execute(query.order_by(Correction.created_at.desc(), Correction.id))
        ]  # fmt: skip
    if as_json:
        say_json({"corrections": rows})
    else:
        say_table(
            ("id", "case", "kind", "status", "told", "was", "reads", "reason"),
            [[str(value or "") for value in row.values()] for row in rows],
        )


@corrections.command("draft")
def draft(
    assertion_id: Annotated[UUID, typer.Argument(metavar="ASSERTION", help="The id of the assertion that is wrong.")],
    kind: Annotated[CorrectionKind, typer.Option(help="What became of it.")],
    was: Annotated[str, typer.Option(help="What was said in public; nobody is named.")],
    reason: Annotated[str, typer.Option(help="Why it does not stand so.")],
    by: By,
    reads: Annotated[str | None, typer.Option(help="What is said instead.")] = None,
    disputed_by: Annotated[str | None, typer.Option(help="Who says otherwise.")] = None,
    replacement: Annotated[
        UUID | None, typer.Option(metavar="ID", help="The assertion that takes the place of a corrected one.")
    ] = None,
    speaks_of_health: Annotated[bool, typer.Option("--speaks-of-health", help="The words speak of health.")] = False,
) -> None:
    """Mark the assertion at once, and write down what its readers are to be told; prints the id."""
    words = {
        "assertion_id": assertion_id, "kind": kind.value, "was": was, "reason": reason, "reads": reads,
        "disputed_by": disputed_by, "speaks_of_health": speaks_of_health,
    }  # fmt: skip
    stated = checked(CorrectionGiven, words).stated()
    del stated["assertion_id"], stated["replacement_id"]
    with opened() as parts, parts.writing.begin() as session:
        assertion = _assertion(session, assertion_id)
        other = _assertion(session, replacement) if replacement else None
        who = acting_as(session, by, Action.WRITE_CASE, assertion.case_id)
        made = draft_correction(
            session, session.get_one(Case, assertion.case_id), assertion, NewCorrection(**stated, replacement=other),
            now=parts.clock.now(), by=who, vault=parts.vault,
        )  # fmt: skip
        print(made.id)


@corrections.command("send")
def send(correction_id: Id, by: By) -> None:
    """Approve what another member wrote: it goes out at once."""
    with opened() as parts, parts.writing.begin() as session:
        correction = _correction(session, correction_id)
        who = acting_as(session, by, Action.APPROVE_CORRECTION, correction.case_id)
        told = send_correction(
            session, correction, now=parts.clock.now(), by=who, consents_of=gates_for,
            snapshot=partial(correction_snapshot, links=parts.links), vault=parts.vault,
        )  # fmt: skip
    talk(f"It goes to {told} destinations.")


@corrections.command("drop")
def drop(correction_id: Id, by: By) -> None:
    """Tell nobody of it; what became of the assertion stays."""
    with opened() as parts, parts.writing.begin() as session:
        correction = _correction(session, correction_id)
        who = acting_as(session, by, Action.WRITE_CASE, correction.case_id)
        drop_correction(session, correction, now=parts.clock.now(), by=who, vault=parts.vault)
    talk("Nobody is told.")


def _assertion(session: Session, assertion_id: UUID) -> Assertion:
    found = session.scalar(select(Assertion).where(Assertion.id == assertion_id, open_rows(Assertion)))
    if found is None:
        raise NotFound(f"no assertion bears the id {assertion_id}")
    return found


def _correction(session: Session, correction_id: UUID) -> Correction:
    found = session.get(Correction, correction_id)
    if found is None:
        raise NotFound(f"no correction bears the id {correction_id}")
    return found
