"""Commands for the ledger of recommendations: `demand list`, `history`, `assess`, `midterm`."""

from __future__ import annotations

from dataclasses import asdict
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated, Any

import typer
from sqlalchemy import select

from service.cli.opening import ACTOR, opened
from service.cli.speaking import AsJson, say_json, say_table, talk
from service.commands.demands import NewAssessment, assess
from service.errors import NotFound
from service.queries.ledger import history, ledger, mid_term
from service.records import Demand
from service.vocabulary import Implementation, StateResponse

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from service.queries.ledger import LedgerRow, MidTerm

DAY = ["%Y-%m-%d"]
LONGEST_TEXT = 80

commands = typer.Typer()
demand = typer.Typer(help="What is asked of the state, and what became of it.", no_args_is_help=True)
commands.add_typer(demand, name="demand")

Code = Annotated[str, typer.Argument(help="The demand's code, such as 1S2.")]
CaseFile = Annotated[str | None, typer.Option("--case-file", help="The case file that it comes from.")]


@demand.command("list")
def list_demands(case_file: CaseFile = None, as_json: AsJson = False) -> None:
    """Print the ledger: each demand with the state's answer, how far it is carried out, and the evidence."""
    with opened() as parts, parts.reading() as session:
        rows = ledger(session, case_file=case_file)
    if as_json:
        say_json({"demands": [asdict(row) for row in rows]})
        return
    headings = ("demand", "file", "asked", "answer", "implementation", "as of", "evidence", "review due")
    say_table(headings, [_row(row) for row in rows])


@demand.command("midterm")
def midterm(case_file: CaseFile = None, as_json: AsJson = False) -> None:
    """Print how far the state has come, by section: what a mid-term report of a periodic review asks for."""
    with opened() as parts, parts.reading() as session:
        found = mid_term(ledger(session, case_file=case_file))
    if as_json:
        say_json({"sections": [asdict(one) for one in found]})
        return
    words = [implementation.value.replace("_", " ") for implementation in Implementation]
    headings = ("section", "demands", "answered", *words)
    say_table(headings, [_section(one) for one in found], numbers=headings[1:])


@demand.command("history")
def show_history(code: Code, case_file: CaseFile = None, as_json: AsJson = False) -> None:
    """Print every assessment of a demand, the latest first."""
    with opened() as parts, parts.reading() as session:
        found = [
            (
                str(one.assessed_on),
                _words(one.state_response),
                _words(one.implementation),
                one.evidence,
                one.source.title,
            )
            for one in history(session, _demand(session, code, case_file))
        ]
    headings = ("day", "answer", "implementation", "evidence", "source")
    if as_json:
        say_json({"code": code, "assessments": [dict(zip(headings, row, strict=True)) for row in found]})
    else:
        say_table(headings, found)


@demand.command("assess")
def assess_demand(
    code: Code,
    *,
    case_file: CaseFile = None,
    on: Annotated[datetime, typer.Option("--on", formats=DAY, help="The day for which it was found.")],
    implementation: Annotated[Implementation, typer.Option(help="How far it is carried out.")],
    evidence: Annotated[str, typer.Option(help="What shows it, in one or two sentences for the public.")],
    source: Annotated[str, typer.Option(help="The key of the public source that says so.")],
    response: Annotated[StateResponse | None, typer.Option(help="How the state answered, if that is new.")] = None,
    locator: Annotated[str | None, typer.Option(help="The place in the source.")] = None,
) -> None:
    """Record what became of a demand; nothing that was found before is written over."""
    given = NewAssessment(
        assessed_on=on.replace(tzinfo=UTC).date(), implementation=implementation, evidence=evidence, source=source,
        state_response=response, locator=locator,
    )  # fmt: skip
    with opened() as parts, parts.writing.begin() as session:
        found = _demand(session, code, case_file)
        assess(session, found, given, now=parts.clock.now(), by=ACTOR, vault=parts.vault)
        stands = _words(found.implementation)
    talk(f"{code} is {stands}.")


def _demand(session: Session, code: str, case_file: str | None) -> Demand:
    query = select(Demand).where(Demand.code == code)
    found = session.scalars(query.where(Demand.case_file == case_file) if case_file else query).all()
    if not found:
        raise NotFound(f"No demand has the code {code}.")
    if len(found) > 1:
        files = ", ".join(sorted(one.case_file for one in found))
        raise NotFound(f"{code} is in several case files ({files}): name one with --case-file.")
    return found[0]


def _row(row: LedgerRow) -> tuple[str, ...]:
    asked = row.text if len(row.text) <= LONGEST_TEXT else f"{row.text[: LONGEST_TEXT - 1]}…"
    review = row.reviews[0].due_on if row.reviews else ""
    code = f"{row.code} (= {row.duplicate_of})" if row.duplicate_of else row.code
    return (
        code, row.case_file, asked, _words(row.state_response), _words(row.implementation), str(row.assessed_on or ""),
        row.evidence or "", str(review),
    )  # fmt: skip


def _section(one: MidTerm) -> tuple[str, ...]:
    counts = [str(one.by_implementation.get(implementation, 0)) for implementation in Implementation]
    return (f"§{one.section}", str(one.demands), str(one.answered), *counts)


def _words(word: Any) -> str:
    return word.value.replace("_", " ") if word is not None else ""
