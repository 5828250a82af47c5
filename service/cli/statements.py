"""`vigil statement`: what is published of a case, sentence by sentence, and the assertions on which it rests."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

import typer

from service.cli.opening import ACTOR, opened
from service.cli.speaking import AsJson, say_json, say_table, talk
from service.cli.urgent_action_words import case_of
from service.commands.footings import rest_on
from service.errors import InvalidInput, Problem
from service.queries.statements import statements_in

commands = typer.Typer()
statements = typer.Typer(no_args_is_help=True)
commands.add_typer(
    statements, name="statement", help="What is published of a case, sentence by sentence, and on what it rests."
)

Reference = Annotated[str, typer.Argument(metavar="CASE", help="The reference of the case.")]


@statements.command("list")
def show(case: Reference, as_json: AsJson = False) -> None:
    """List the sentences of the summary and of open urgent actions; one without assertions is not published."""
    with opened() as parts, parts.reading() as session:
        lines = statements_in(session, case_of(session, case))
    if as_json:
        shown = [
            {"text": one.text, "where": one.where, "assertion_ids": [str(id_) for id_ in one.assertion_ids]}
            for one in lines
        ]
        say_json({"statements": shown})
        return
    rows = [
        (str(number), one.where, one.text, ", ".join(map(str, one.assertion_ids)) or "nothing: not published")
        for number, one in enumerate(lines, start=1)
    ]
    say_table(("number", "where", "sentence", "rests on"), rows)


@statements.command("rest")
def rest(
    case: Reference,
    number: Annotated[int, typer.Argument(min=1, help="The sentence's number in `vigil statement list`.")],
    on: Annotated[
        list[UUID] | None,
        typer.Option("--on", metavar="ID", help="An assertion that `vigil record assertion CASE --list` shows."),
    ] = None,
) -> None:
    """Let a sentence rest on these assertions and on no others; without --on on nothing."""
    with opened() as parts, parts.writing.begin() as session:
        about = case_of(session, case)
        lines = statements_in(session, about)
        if number > len(lines):
            raise InvalidInput([Problem("NUMBER", f"There are {len(lines)} sentences.")])
        rest_on(
            session, about, lines[number - 1].text, on or (), now=parts.clock.now(), by=ACTOR, vault=parts.vault
        )  # fmt: skip
    talk(f"Sentence {number} rests on {len(set(on or ()))} assertions.")
