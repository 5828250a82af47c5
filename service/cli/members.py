"""`vigil member`: somebody joins the staff, and is told by mail of what is theirs to act on."""

from __future__ import annotations

import sys
from typing import Annotated

import typer

from service.cli.opening import opened
from service.cli.speaking import AsJson, say_json, talk
from service.commands.add_member import add_member
from service.commands.member_mail import set_mailbox
from service.errors import InvalidInput, NotFound, Problem
from service.queries.members import member_named
from service.security.totp import enrolment_uri
from service.vocabulary import Role

commands = typer.Typer()
members = typer.Typer(no_args_is_help=True)
commands.add_typer(members, name="member", help="The staff: who may sign in, and which cases they may read.")


@members.command("add")
def add(
    name: Annotated[str, typer.Argument(help="The name to sign in with.")],
    role: Annotated[Role, typer.Option(help="What the member is in the organisation.")] = Role.OFFICER,
    all_cases: Annotated[bool, typer.Option("--all-cases", help="Grant every case, also later ones.")] = False,
    case: Annotated[list[str] | None, typer.Option(help="Grant the case of this reference; may be repeated.")] = None,
    password_stdin: Annotated[
        bool, typer.Option("--password-stdin", help="Read the password from standard input instead of asking.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Add a member, and print once the otpauth address for their authenticator app."""
    password = _from_stdin() if password_stdin else _asked_for()
    with opened() as parts:
        with parts.writing.begin() as session:
            member, seed = add_member(
                session,
                name=name,
                role=role,
                password=password,
                all_cases=all_cases,
                cases=case or [],
                now=parts.clock.now(),
                vault=parts.vault,
            )
        uri = enrolment_uri(seed, member=member.name, organisation=parts.settings.organisation)
        sign_in_at = f"{parts.settings.public_url}/staff/sign-in"
    if as_json:
        say_json({"member": member.name, "role": member.role.value, "otpauth": uri, "sign_in": sign_in_at})
        return
    print(uri)
    talk(f"{member.name} may sign in at {sign_in_at}")
    talk("Put the address above into an authenticator app now: it is not shown again.")
    if not member.grants:
        talk("No case was granted: the board will be empty. Grant some with --case REFERENCE or --all-cases.")


@members.command("mail")
def mail(
    name: Annotated[str, typer.Argument(help="The member.")],
    address: Annotated[str, typer.Argument(help="The mailbox, for which you vouch.")],
    language: Annotated[str, typer.Option(help="The member's language (BCP 47).")] = "en",
    time_zone: Annotated[str, typer.Option(help="The member's time zone (IANA).")] = "UTC",
    as_json: AsJson = False,
) -> None:
    """Tell the member at this mailbox, from now on, of late follow-ups that are theirs to act on."""
    with opened() as parts, parts.writing.begin() as session:
        member = member_named(session, name)
        if member is None:
            raise NotFound(f"no member is called {name}")
        destination = set_mailbox(
            session, member, address=address, language=language, time_zone=time_zone, now=parts.clock.now(),
            by="command line", vault=parts.vault,
        )  # fmt: skip
    if as_json:
        say_json({"member": name, "destination": str(destination.id)})
        return
    talk(f"{name} is told there from now on. Try it: vigil destination test {destination.id}")


def _from_stdin() -> str:
    password = sys.stdin.readline().rstrip("\r\n")
    if not password:
        raise InvalidInput([Problem("--password-stdin", "nothing came in on standard input")])
    return password


def _asked_for() -> str:
    password: str = typer.prompt(
        "Password (15 characters or more)", hide_input=True, confirmation_prompt=True, err=True
    )
    return password
