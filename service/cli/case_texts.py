"""`vigil case-text`: the public summary of a case in other languages."""

from __future__ import annotations

import sys
from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer
from sqlalchemy import select

from service.cli.opening import opened
from service.cli.speaking import AsJson, say_json, say_table, talk
from service.cli.urgent_action_words import By, acting_as, case_of
from service.commands.case_texts import remove_case_text, set_case_text
from service.errors import InvalidInput, Problem
from service.records import CaseText
from service.security.policy import Action
from service.translations import LONGEST_SUMMARY, sum_of

commands = typer.Typer()
texts = typer.Typer(no_args_is_help=True)
commands.add_typer(texts, name="case-text", help="The public summary of a case in other languages.")

Reference = Annotated[str, typer.Argument(metavar="REFERENCE", help="The case.")]
Language = Annotated[str, typer.Argument(help="The language (BCP 47), such as ru.")]


@texts.command("set")
def put(
    reference: Reference,
    language: Language,
    file: Annotated[Path, typer.Option("--file", help="The translation, plain text in UTF-8; - is standard input.")],
    by: By,
    translated_by: Annotated[
        str | None, typer.Option(help="Who answers for the translation; staff alone see it.")
    ] = None,
    on: Annotated[datetime | None, typer.Option(formats=["%Y-%m-%d"], help="Of which day it is (today).")] = None,
) -> None:
    """Keep a translation of the summary as it is published now; it is shown until the original changes."""
    summary = _read(file)
    with opened() as parts, parts.writing.begin() as session:
        case = case_of(session, reference)
        who = acting_as(session, by, Action.WRITE_CASE, case.id)
        now = parts.clock.now()
        set_case_text(
            session, case, language=language, summary=summary, original=case.summary, translated_by=translated_by,
            as_of=(on or now).date(), now=now, by=who.name, vault=parts.vault,
        )  # fmt: skip
    talk(f"{reference} is told in {language} from now on.")


@texts.command("remove")
def take_out(reference: Reference, language: Language, by: By) -> None:
    """Show the original again to readers of this language."""
    with opened() as parts, parts.writing.begin() as session:
        case = case_of(session, reference)
        who = acting_as(session, by, Action.WRITE_CASE, case.id)
        remove_case_text(session, case, language=language, now=parts.clock.now(), by=who.name, vault=parts.vault)


@texts.command("list")
def show(reference: Reference, as_json: AsJson = False) -> None:
    """List the translations of a case, and which of them are outdated and so not shown."""
    with opened() as parts, parts.reading() as session:
        case = case_of(session, reference)
        found = session.scalars(select(CaseText).where(CaseText.case_id == case.id).order_by(CaseText.language)).all()
        rows = [
            {
                "language": one.language, "as_of": one.as_of.isoformat(), "translated_by": one.translated_by,
                "is_shown": one.made_from == sum_of(case.summary),
            }
            for one in found
        ]  # fmt: skip
    if as_json:
        say_json({"case": reference, "texts": rows})
        return
    lines = [
        (str(row["language"]), str(row["as_of"]), str(row["translated_by"] or ""), "yes" if row["is_shown"] else "no: the original has changed")
        for row in rows
    ]  # fmt: skip
    say_table(("language", "as of", "translated by", "shown"), lines)


def _read(file: Path) -> str:
    try:
        # One more than is allowed shows that there is more; UTF-8 needs at most four bytes for it.
        raw = sys.stdin.buffer.read(4 * LONGEST_SUMMARY + 4) if str(file) == "-" else file.read_bytes()
        return raw.decode("utf-8")
    except OSError as error:
        raise InvalidInput([Problem("--file", f"{file} cannot be read: {error.strerror}")]) from None
    except UnicodeDecodeError:
        raise InvalidInput([Problem("--file", f"{file} is not text in UTF-8")]) from None
