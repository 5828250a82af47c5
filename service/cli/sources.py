"""`vigil source`: the documents, reports and witnesses from which facts are taken."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

import typer
from sqlalchemy import select

from alerts.facts import Tier
from service.api.sources import SourceGiven, SourceShown
from service.cli.opening import ACTOR, opened
from service.cli.recordable import checked
from service.cli.speaking import AsJson, say_json, say_table
from service.commands.sources import NewSource, add_source
from service.records import Source
from service.vocabulary import Reliability

commands = typer.Typer()
sources = typer.Typer(no_args_is_help=True)
commands.add_typer(sources, name="source", help="The documents, reports and witnesses from which facts are taken.")


@sources.command("add")
def add(
    key: Annotated[str, typer.Argument(help="How people call it: small letters, digits, hyphens.")],
    title: Annotated[str, typer.Option(help="As it is cited; everybody sees that of a public one.")],
    tier: Annotated[Tier, typer.Option(help="How closely it is held.")] = Tier.RESTRICTED,
    publisher: Annotated[str | None, typer.Option(help="Who published it.")] = None,
    url: Annotated[str | None, typer.Option(help="Where it can be read.")] = None,
    published_on: Annotated[datetime | None, typer.Option(formats=["%Y-%m-%d"], help="When it came out.")] = None,
    reliability: Annotated[Reliability, typer.Option(help="How far it can be relied on.")] = Reliability.UNDETERMINED,
) -> None:
    """Put a source on record; prints its id."""
    given = {
        "key": key, "title": title, "tier": tier.value, "publisher": publisher, "url": url,
        "published_on": published_on.date().isoformat() if published_on else None, "reliability": reliability.value,
    }  # fmt: skip
    new = NewSource(**checked(SourceGiven, given).stated())
    with opened() as parts, parts.writing.begin() as session:
        print(add_source(session, new, now=parts.clock.now(), by=ACTOR, vault=parts.vault).id)


@sources.command("list")
def show(as_json: AsJson = False) -> None:
    """List the sources that are not sealed, by their keys."""
    with opened() as parts, parts.reading() as session:
        found = session.scalars(select(Source).where(Source.tier != Tier.SEALED).order_by(Source.key)).all()
        rows = [SourceShown.model_validate(one).model_dump(mode="json") for one in found]
    if as_json:
        say_json({"sources": rows})
    else:
        say_table(
            ("key", "tier", "title", "id"), [[row[name] for name in ("key", "tier", "title", "id")] for row in rows]
        )
