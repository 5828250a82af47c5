"""`vigil mail`: what a mail server hands over, one message at a time."""

from __future__ import annotations

import sys
from enum import IntEnum
from typing import Annotated

import typer

from alerts.returned_mail import LONGEST_READ
from service.cli.opening import opened
from service.cli.speaking import AsJson, say_json, talk
from service.commands.take_in_mail import take_in_mail
from service.errors import ConfigurationError, DatabaseNotReady
from service.security.return_addresses import ReturnAddresses
from service.vocabulary import MailTakenIn

commands = typer.Typer()
mails = typer.Typer(no_args_is_help=True)
commands.add_typer(mails, name="mail", help="Mail that comes back: bounces, complaints, wishes to stop.")

_AT_ONCE = 64 * 1024


class SysExit(IntEnum):
    """What a mail server understands (sysexits.h): kept and tried again, or done with."""

    NO_INPUT = 66
    TRY_AGAIN = 75


@mails.command("intake")
def intake(
    recipient: Annotated[
        list[str] | None, typer.Option(help="An address of the envelope, where the server names it; may be repeated.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Take in one message from standard input, as a mail server's pipe hands it over; the same message again does nothing.

    Ends with 0 when it is dealt with, also where it means nothing; with 75 where the database or the settings are at
    fault, so that the server keeps it and tries again; with 66 where nothing came in.
    """
    raw = _from_stdin()
    if not raw:
        talk("vigil: nothing came in on standard input")
        raise typer.Exit(SysExit.NO_INPUT)
    try:
        led_to = _taken_in(raw, recipient or ())
    except Exception as error:  # noqa: BLE001 - whatever it is, the server is to keep the mail until it is mended
        # Only the words of our own errors are known to quote nothing of the mail.
        expected = isinstance(error, ConfigurationError | DatabaseNotReady)
        talk(f"vigil: not taken in, try again later: {error if expected else type(error).__name__}")
        raise typer.Exit(SysExit.TRY_AGAIN) from None
    if as_json:
        say_json({"led_to": led_to.value})
    else:
        print(led_to.value)


def _taken_in(raw: bytes, recipients: list[str] | tuple[()]) -> MailTakenIn:
    with opened() as parts:
        if parts.settings.intake.domain is None:
            raise ConfigurationError("VIGIL_INTAKE__DOMAIN: not set, so no address of ours can be known")
        addresses = ReturnAddresses.of(parts.vault, parts.settings.intake.domain)
        with parts.writing.begin() as session:
            return take_in_mail(
                session, raw, addresses=addresses, now=parts.clock.now(), vault=parts.vault, recipients=recipients
            )


def _from_stdin() -> bytes:
    """What is looked at of the message; the rest is read too, or the server would take the broken pipe for a failure."""
    kept = sys.stdin.buffer.read(LONGEST_READ)
    while sys.stdin.buffer.read(_AT_ONCE):
        pass
    return kept
