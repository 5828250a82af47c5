"""`vigil openpgp`: what key a reader gave, by its fingerprint alone, and taken away where they ask for that."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

import typer
from sqlalchemy import select
from sqlalchemy.orm import Session

from alerts.facts import EmailAddress
from service.cli.opening import ACTOR, Opened, opened
from service.cli.speaking import AsJson, say_json, talk
from service.commands.audit import audit
from service.commands.openpgp_keys import remove_key_for
from service.commands.subscribe import normalised
from service.errors import NotFound
from service.queries.openpgp_keys import key_of
from service.records import Destination
from service.security.addresses import index_of
from service.vocabulary import ChannelName

commands = typer.Typer()
keys = typer.Typer(no_args_is_help=True)
commands.add_typer(keys, name="openpgp", help="The keys by which readers' mail is encrypted.")

Reader = Annotated[str, typer.Argument(metavar="ADDRESS", help="The reader's exact address.")]


@keys.command("show")
def show(address: Reader, as_json: AsJson = False) -> None:
    """Show the fingerprint of a reader's key, and until when it works; that it was looked at is noted."""
    with opened() as parts, parts.writing.begin() as session:
        subscriber_id = _reader(session, parts, address)
        key = key_of(session, subscriber_id)
        if key is None:
            raise NotFound("this reader gave no key")
        audit(
            session, at=parts.clock.now(), actor=ACTOR, action="read", record="openpgp_key",
            record_id=str(subscriber_id), detail={}, key=parts.vault.audit_key,
        )  # fmt: skip
    until = key.expires_at.isoformat(timespec="seconds") if key.expires_at else None
    if as_json:
        say_json({"fingerprint": key.fingerprint, "expires_at": until, "uploaded_at": key.uploaded_at.isoformat()})
        return
    print(key.in_groups)
    talk(f"works until {until}" if until else "works without end")


@keys.command("remove")
def remove(
    address: Reader,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
    as_json: AsJson = False,
) -> None:
    """Remove a reader's key at their wish: from then on their mail is not encrypted."""
    with opened() as parts, parts.writing.begin() as session:
        subscriber_id = _reader(session, parts, address)
        if not yes:
            typer.confirm("From then on their mail is not encrypted. Did they ask for it?", abort=True, err=True)
        remove_key_for(session, subscriber_id, now=parts.clock.now(), by=ACTOR, vault=parts.vault)
    if as_json:
        say_json({"removed": True})
    else:
        talk("removed")


def _reader(session: Session, parts: Opened, address: str) -> UUID:
    index = index_of(parts.vault, ChannelName.EMAIL, EmailAddress(normalised(address)))
    found = session.scalar(select(Destination.subscriber_id).where(Destination.address_hmac == index))
    if found is None:
        raise NotFound("nobody reads at this address")
    return found
