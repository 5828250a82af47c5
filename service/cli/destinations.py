"""`vigil destination`: the rooms, webhooks and mailboxes of the organisation."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Annotated
from uuid import UUID, uuid4

import typer
from rich.table import Table
from sqlalchemy import select
from sqlalchemy.orm import Session

from alerts.channels import form_of
from alerts.delivery import deliver
from alerts.destination_facts import DestinationTest
from alerts.facts import Address, Envelope, Level, Recipient, SignedWebhook
from alerts.follow_up_kinds import FOLLOW_UP_KINDS
from alerts.outcomes import Accepted, Outcome, Refused, Unknown
from service.app import build_parts
from service.cli.destination_addresses import address_from_options
from service.cli.opening import ACTOR, Opened, opened
from service.cli.speaking import AsJson, ExitCode, results, say_json, talk
from service.commands.destinations import add_destination, note_try, require_outside
from service.commands.enabling import enable_destination
from service.commands.staff_subscriptions import subscribe_destination
from service.commands.wishes import Wish
from service.errors import Conflict, InvalidInput, NotFound, Problem
from service.queries.channels import off_by_failures
from service.queries.openpgp_keys import key_of
from service.records import Case, Destination
from service.security import addresses
from service.vocabulary import ChannelName
from service.worker.sending import open_sender

commands = typer.Typer()
destinations = typer.Typer(no_args_is_help=True)
commands.add_typer(destinations, name="destination", help="Where the organisation's own messages go.")


@destinations.command("add")
def add(
    channel: Annotated[ChannelName, typer.Argument(help="By which way.")],
    label: Annotated[str, typer.Option(help="What staff call it.")],
    url: Annotated[str | None, typer.Option(help="webhook: the https address that takes the messages.")] = None,
    address: Annotated[str | None, typer.Option(help="email: the mailbox.")] = None,
    homeserver: Annotated[str | None, typer.Option(help="matrix: the homeserver's https address.")] = None,
    room: Annotated[
        str | None, typer.Option(help="matrix: the room's id, which begins with an exclamation mark.")
    ] = None,
    token_stdin: Annotated[
        bool,
        typer.Option(
            "--token-stdin", help="Read the secret (slack: the webhook's URL, matrix: the token) from standard input."
        ),
    ] = False,
    case: Annotated[str | None, typer.Option(help="Subscribe it to the case of this reference.")] = None,
    country: Annotated[str | None, typer.Option(help="Subscribe it to a country (ISO 3166-1 alpha-2).")] = None,
    kind: Annotated[str | None, typer.Option(help="Subscribe it to a kind of follow-up.")] = None,
    least_level: Annotated[Level, typer.Option(help="From which level it hears.")] = Level.UPCOMING,
    beside: Annotated[
        UUID | None,
        typer.Option(help="The id of another way to the same readers: each is told when the other fails."),
    ] = None,
    language: Annotated[str, typer.Option(help="The language of its readers (BCP 47).")] = "en",
    time_zone: Annotated[str, typer.Option(help="The time zone of its readers (IANA).")] = "UTC",
    as_json: AsJson = False,
) -> None:
    """Add a destination, and subscribe it where --case, --country or --kind says so.

    Secrets are asked for, or come in on standard input; they are never arguments, which other users could see.
    """
    where = address_from_options(
        channel, url=url, address=address, homeserver=homeserver, room=room, from_stdin=token_stdin
    )
    with opened() as parts, parts.writing.begin() as session:
        require_outside(where, trusted=parts.settings.trusted_origins)
        now = parts.clock.now()
        destination = add_destination(
            session, channel=channel, address=where, label=label, language=language, time_zone=time_zone, now=now,
            vault=parts.vault, beside=own_destination(session, beside) if beside else None,
        )  # fmt: skip
        subscription = None
        if any((case, country, kind)):
            wish = _wish(session, case=case, country=country, kind=kind, least_level=least_level)
            subscription = subscribe_destination(session, destination, wish, now=now, by=ACTOR, vault=parts.vault)
    secret = where.secrets[0] if isinstance(where, SignedWebhook) else None
    if as_json:
        numbers = {"id": str(destination.id), "subscription": subscription.id if subscription else None}
        say_json({**numbers, "channel": channel.value, "label": destination.label, "secret": secret})
        return
    print(destination.id)
    if secret is not None:
        print(secret)
        talk("The second line is the secret that signs each message (Standard Webhooks). It is not shown again.")
    if subscription is not None:
        talk(f"Its subscription is number {subscription.id}, by which VIGIL_CANARY_SUBSCRIPTION would name it.")
    talk(f"Try it: vigil destination test {destination.id}")


@destinations.command("list")
def show(as_json: AsJson = False) -> None:
    """List the organisation's destinations, and which of them fail or are off; addresses are masked."""
    with opened() as parts, parts.reading() as session:
        statement = select(Destination).where(Destination.label != "").order_by(Destination.id)
        rows = [
            {
                "id": str(one.id), "channel": one.channel.value, "label": one.label,
                "address": addresses.masked(_opened_address(parts, one)), "state": one.state.value,
                "failures": one.failures,
                "failing_since": one.first_failure_at and one.first_failure_at.isoformat(timespec="seconds"),
                "reason": one.disabled_reason,
            }
            for one in session.scalars(statement)
        ]  # fmt: skip
    if as_json:
        say_json({"destinations": rows})
        return
    table = Table("id", "channel", "label", "address", "state", "failures", "failing since", "why it is off")
    for row in rows:
        table.add_row(*("" if value is None else str(value) for value in row.values()))
    results().print(table)


@destinations.command("test")
def try_out(
    destination_id: Annotated[UUID, typer.Argument(metavar="ID", help="The id that `vigil destination list` shows.")],
    as_json: AsJson = False,
) -> None:
    """Send a message without private data there now, and print the receiver's own answer."""
    with opened() as parts:
        with parts.writing.begin() as session:
            destination = own_destination(session, destination_id)
            if key_of(session, destination.subscriber_id) is not None:
                raise Conflict("its owner gave an OpenPGP key, and the worker alone encrypts: test it through the API")
            note_try(session, destination, now=parts.clock.now(), by=ACTOR, vault=parts.vault)
            language = destination.subscriber.language
        # The transaction is closed: nothing is held open while the network answers.
        outcome = asyncio.run(_send(parts, destination, language))
    words, code = _in_words(outcome)
    if as_json:
        say_json({"id": str(destination_id), "accepted": isinstance(outcome, Accepted), "code": code, "answer": words})
    else:
        print(words)
    if not isinstance(outcome, Accepted):
        raise typer.Exit(ExitCode.FAILED)


@destinations.command("enable")
def switch_on(
    destination_id: Annotated[UUID | None, typer.Argument(metavar="ID", help="The id of the one to switch on.")] = None,
    off_since: Annotated[
        datetime | None,
        typer.Option(help="All that failures switched off since then (UTC), readers' own mailboxes too."),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Switch on what was switched off, and forget its failures; what was cancelled meanwhile is not sent.

    --off-since mends what a relay did that called addresses unknown which are not.
    """
    with opened() as parts, parts.writing.begin() as session:
        for destination in (chosen := _chosen(session, destination_id, off_since)):
            enable_destination(session, destination, now=parts.clock.now(), by=ACTOR, vault=parts.vault)
    if as_json:
        say_json({"enabled": [str(one.id) for one in chosen]})
    else:
        print(f"{len(chosen)} switched on")


async def _send(own: Opened, destination: Destination, language: str) -> Outcome:
    parts = build_parts(own.settings, engine=own.engine, vault=own.vault)
    facts = DestinationTest(destination=destination.label)
    message = parts.renderer.render(facts, language, form=form_of(destination.channel))
    now = own.clock.now()
    envelope = Envelope(
        key=str(uuid4()), recipient=Recipient(), written_at=now, now=now, resource_url=parts.settings.public_url
    )
    async with open_sender(parts) as channels:
        return await deliver(message, _opened_address(own, destination), envelope, channels=channels)


def _in_words(outcome: Outcome) -> tuple[str, int | None]:
    match outcome:
        case Accepted():
            return f"Accepted by the receiving server ({outcome.code}).", outcome.code
        case Refused():
            later = "for good" if outcome.permanent else "for now"
            return f"Refused {later}: {outcome.reason}", outcome.code
        case Unknown():
            return f"It may have arrived: {outcome.reason}", None


def _wish(session: Session, *, case: str | None, country: str | None, kind: str | None, least_level: Level) -> Wish:
    if kind is not None and kind not in FOLLOW_UP_KINDS:
        raise InvalidInput([Problem("--kind", "no kind of follow-up is called so; `vigil schema kinds` lists them")])
    case_id = session.scalar(select(Case.id).where(Case.reference == case)) if case else None
    if case and case_id is None:
        raise NotFound(f"no case bears the reference {case}")
    return Wish(case_id=case_id, country=country, follow_up_kind=kind, least_level=least_level)


def _chosen(session: Session, destination_id: UUID | None, off_since: datetime | None) -> Sequence[Destination]:
    if destination_id is not None and off_since is None:
        return [own_destination(session, destination_id)]
    if destination_id is None and off_since is not None:
        return off_by_failures(session, since=off_since.replace(tzinfo=UTC))
    raise InvalidInput([Problem("", "name one destination, or say --off-since")])


def own_destination(session: Session, destination_id: UUID) -> Destination:
    """The organisation's own destination of this id. Raises NotFound."""
    destination = session.get(Destination, destination_id)
    if destination is None or not destination.label:
        raise NotFound(f"no destination of the organisation bears the id {destination_id}")
    return destination


def _opened_address(parts: Opened, destination: Destination) -> Address:
    return addresses.opened(parts.vault, destination.channel, destination.address_sealed, destination.id)
