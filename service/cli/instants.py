"""Instants as a person writes them at the command line."""

from __future__ import annotations

from datetime import UTC, datetime

import typer


def instant(text: str | datetime) -> datetime:
    """The instant (UTC) that the text names in ISO 8601; it must say in which zone. A parser for options."""
    try:
        at = datetime.fromisoformat(str(text))
    except ValueError:
        raise typer.BadParameter("write an instant as 2014-11-20T09:00:00Z") from None
    if at.tzinfo is None:
        raise typer.BadParameter("say in which zone: 2014-11-20T09:00:00Z, or +05:00 in place of Z")
    return at.astimezone(UTC)
