"""`vigil token`: the tokens by which programs call the API."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

import typer
from rich.table import Table
from sqlalchemy import select

from service.cli.opening import opened
from service.cli.speaking import AsJson, results, say_json, talk
from service.commands.tokens import TokenScope, create_token, revoke_token
from service.errors import InvalidInput, NotFound, Problem
from service.records import ApiToken

USUAL_DAYS = 90

commands = typer.Typer()
tokens = typer.Typer(no_args_is_help=True)
commands.add_typer(tokens, name="token", help="Tokens of the API: never more than their member may do.")


@tokens.command("create")
def create(
    member: Annotated[str, typer.Option(help="Whose grants the token uses.")],
    name: Annotated[str, typer.Option(help="What it is for, to know it again.")],
    scopes: Annotated[str, typer.Option(help="What it may do: read, write, or both with a comma between.")] = "read",
    days: Annotated[int, typer.Option(help="How long it lives.")] = USUAL_DAYS,
    as_json: AsJson = False,
) -> None:
    """Make a token and print it, this once."""
    wanted = _scopes(scopes)
    with opened() as parts, parts.writing.begin() as session:
        token, text = create_token(
            session, member=member, name=name, scopes=wanted, days=days, now=parts.clock.now(), vault=parts.vault
        )
    if as_json:
        say_json({"id": str(token.id), "token": text, "scopes": token.scopes.split(), "expires_at": token.expires_at})
        return
    print(text)
    talk(
        f"It is not shown again. It ends on {token.expires_at:%-d %B %Y}; `vigil token revoke {token.id}` ends it now."
    )


@tokens.command("list")
def show(as_json: AsJson = False) -> None:
    """List the tokens; what was printed once is not kept."""
    with opened() as parts, parts.reading() as session:
        known = session.scalars(select(ApiToken).order_by(ApiToken.id)).all()
    rows = [
        {
            "id": str(one.id), "member": one.member.name, "name": one.name, "scopes": one.scopes.split(),
            "expires_at": one.expires_at, "revoked_at": one.revoked_at,
        }
        for one in known
    ]  # fmt: skip
    if as_json:
        say_json({"tokens": rows})
        return
    table = Table("id", "member", "name", "scopes", "ends")
    for one in known:
        ended = f"revoked {one.revoked_at:%Y-%m-%d}" if one.revoked_at else f"{one.expires_at:%Y-%m-%d}"
        table.add_row(str(one.id), one.member.name, one.name, one.scopes, ended)
    results().print(table)


@tokens.command("revoke")
def revoke(
    token_id: Annotated[UUID, typer.Argument(metavar="ID", help="The id that `vigil token list` shows.")],
) -> None:
    """End a token now."""
    with opened() as parts, parts.writing.begin() as session:
        token = session.get(ApiToken, token_id)
        if token is None:
            raise NotFound(f"no token bears the id {token_id}")
        revoke_token(session, token, now=parts.clock.now(), vault=parts.vault)
    talk("The token is revoked.")


def _scopes(text: str) -> frozenset[TokenScope]:
    try:
        return frozenset(TokenScope(word.strip()) for word in text.split(","))
    except ValueError:
        known = ", ".join(TokenScope)
        raise InvalidInput([Problem("--scopes", f"use one or more of {known}, with commas between")]) from None
