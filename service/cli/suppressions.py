"""`vigil suppression`: addresses to which nothing may be sent."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated
from uuid import UUID

import typer
from sqlalchemy import ColumnElement, select

from alerts.facts import EmailAddress
from service.cli.opening import ACTOR, opened
from service.cli.speaking import AsJson, say_json, say_table, talk
from service.commands.subscribe import normalised
from service.commands.suppressions import lift, suppress_address
from service.errors import InvalidInput, NotFound, Problem
from service.records import Suppression
from service.security.addresses import index_of
from service.security.encryption import Vault
from service.vocabulary import ChannelName

commands = typer.Typer()
suppressions = typer.Typer(no_args_is_help=True)
commands.add_typer(suppressions, name="suppression", help="Addresses to which nothing may be sent.")


@suppressions.command("list")
def show(as_json: AsJson = False) -> None:
    """List them with their reasons; the addresses themselves are not kept, only a keyed hash of each."""
    with opened() as parts, parts.reading() as session:
        rows = [
            {
                "id": str(one.id), "reason": one.reason.value, "since": one.created_at.isoformat(timespec="seconds"),
                "until": one.until and one.until.isoformat(timespec="seconds"),
            }
            for one in session.scalars(select(Suppression).order_by(Suppression.id))
        ]  # fmt: skip
    if as_json:
        say_json({"suppressions": rows})
        return
    names = ("id", "reason", "since", "until")
    say_table([name.capitalize() for name in names], [[row[name] or "" for name in names] for row in rows])


@suppressions.command("add")
def add(
    address: Annotated[str, typer.Argument(help="The mailbox.")],
    until: Annotated[datetime | None, typer.Option(help="Until then (UTC); else until it is lifted.")] = None,
    as_json: AsJson = False,
) -> None:
    """Send nothing more to this mailbox, whatever is queued for it."""
    with opened() as parts, parts.writing.begin() as session:
        row = suppress_address(
            session, EmailAddress(normalised(address)), until=until and until.replace(tzinfo=UTC),
            now=parts.clock.now(), by=ACTOR, vault=parts.vault,
        )  # fmt: skip
    if as_json:
        say_json({"id": str(row.id)})
    else:
        print(row.id)


@suppressions.command("lift")
def take_off(
    which: Annotated[str, typer.Argument(metavar="ADDRESS|ID", help="The mailbox, or the id that the list shows.")],
    as_json: AsJson = False,
) -> None:
    """Let this mailbox be written to again. Whoever complained has to subscribe anew."""
    with opened() as parts, parts.writing.begin() as session:
        row = session.scalar(select(Suppression).where(_is_named(which, parts.vault)).with_for_update())
        if row is None:
            raise NotFound("this address is not on the list")
        lift(session, row, now=parts.clock.now(), by=ACTOR, vault=parts.vault)
    if as_json:
        say_json({"lifted": str(row.id)})
    else:
        talk("It may be written to again.")


def _is_named(which: str, vault: Vault) -> ColumnElement[bool]:
    if "@" in which:
        return Suppression.address_hmac == index_of(vault, ChannelName.EMAIL, EmailAddress(normalised(which)))
    try:
        return Suppression.id == UUID(which)
    except ValueError:
        raise InvalidInput([Problem("ADDRESS|ID", "this is neither an address nor an id")]) from None
