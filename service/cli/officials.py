"""`vigil official`: whom urgent actions ask their readers to write to."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated
from uuid import UUID

import typer
from sqlalchemy import select

from service.cli.opening import opened
from service.cli.speaking import AsJson, say_json, say_table
from service.cli.urgent_action_words import By, acting_as
from service.commands.change import change
from service.commands.target_officials import NewOfficial, add_official, require_past
from service.errors import InvalidInput, NotFound, Problem
from service.records import TargetOfficial
from service.security.policy import Action

commands = typer.Typer()
officials = typer.Typer(no_args_is_help=True)
commands.add_typer(officials, name="official", help="Whom urgent actions ask their readers to write to.")

Verified = Annotated[
    datetime | None, typer.Option("--verified-on", formats=["%Y-%m-%d"], help="The day of the last look (today).")
]


@officials.command("add")
def add(
    office: Annotated[str, typer.Argument(help='The office: "Minister of Internal Affairs".')],
    country: Annotated[str, typer.Option(help="ISO 3166-1 alpha-2.")],
    by: By,
    name: Annotated[str | None, typer.Option(help="Who holds it.")] = None,
    address: Annotated[str | None, typer.Option(help="The postal address, its lines parted by semicolons.")] = None,
    mailbox: Annotated[str | None, typer.Option(help="An e-mail address.")] = None,
    salutation: Annotated[list[str] | None, typer.Option(help="en=Dear Minister; may be repeated.")] = None,
    verified_on: Verified = None,
) -> None:
    """Put an official on record; prints the id."""
    lines = "\n".join(line.strip() for line in address.split(";")) if address else None
    with opened() as parts, parts.writing.begin() as session:
        now, who = parts.clock.now(), acting_as(session, by, Action.WRITE_OFFICIALS)
        given = NewOfficial(
            office=office, country=country, last_verified_on=(verified_on or now).date(), name=name, address=lines,
            mailbox=mailbox, salutations=_salutations(salutation or []),
        )  # fmt: skip
        official = add_official(session, given, now=now, by=who.name, vault=parts.vault)
        print(official.id)


@officials.command("list")
def show(as_json: AsJson = False) -> None:
    """List the officials, and when each was verified."""
    with opened() as parts, parts.reading() as session:
        rows = [
            {
                "id": str(one.id), "office": one.office, "name": one.name, "country": one.country,
                "last_verified_on": str(one.last_verified_on),
            }
            for one in session.scalars(select(TargetOfficial).order_by(TargetOfficial.office))
        ]  # fmt: skip
    if as_json:
        say_json({"officials": rows})
    else:
        say_table(
            ("id", "office", "name", "country", "verified on"), [[str(v or "") for v in row.values()] for row in rows]
        )


@officials.command("verify")
def verify(
    official_id: Annotated[UUID, typer.Argument(metavar="ID", help="The id that `vigil official list` shows.")],
    by: By,
    verified_on: Verified = None,
) -> None:
    """Note that name and addresses were looked at and are right."""
    with opened() as parts, parts.writing.begin() as session:
        official = session.get(TargetOfficial, official_id)
        if official is None:
            raise NotFound(f"no official bears the id {official_id}")
        now, who = parts.clock.now(), acting_as(session, by, Action.WRITE_OFFICIALS)
        day = (verified_on or now).date()
        require_past(day, now=now)
        change(session, official, {"last_verified_on": day}, now=now, by=who.name, vault=parts.vault)
        print(f"{official.office}: verified on {day}")


def _salutations(given: list[str]) -> dict[str, str]:
    found = {}
    for one in given:
        language, _, text = one.partition("=")
        if not text:
            raise InvalidInput([Problem("--salutation", "write the language, an equals sign and the words")])
        found[language] = text
    return found
