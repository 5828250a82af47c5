"""`vigil destination timetable`: when the readers of one of the organisation's own destinations are told."""

from __future__ import annotations

from datetime import time
from typing import Annotated, Any
from uuid import UUID

import typer

from service.cli.destinations import own_destination
from service.cli.opening import ACTOR, opened
from service.cli.speaking import AsJson, say_json, talk
from service.commands.staff_timetables import change_timetable_of, reader_without_page
from service.commands.timetables import CHOSEN, timetable_of
from service.errors import InvalidInput, Problem

commands = typer.Typer()
_SHAPE = "say from when until when, such as 22:00-06:30"


@commands.command("timetable")
def timetable(
    destination_id: Annotated[UUID, typer.Argument(metavar="ID", help="The id that `vigil destination list` shows.")],
    digest_hour: Annotated[int | None, typer.Option(help="The full hour at which digests leave, 0 to 23.")] = None,
    digest_weekday: Annotated[
        int | None, typer.Option(help="The day on which weekly digests leave, 1 (Monday) to 7 (Sunday).")
    ] = None,
    quiet: Annotated[str | None, typer.Option(help="Hours in which nothing leaves that can wait: 22:00-06:30.")] = None,
    no_quiet: Annotated[bool, typer.Option("--no-quiet", help="End the quiet hours.")] = False,
    critical_may_wake: Annotated[
        bool | None,
        typer.Option(
            "--critical-may-wake/--critical-waits", help="Whether a critical alert leaves in the quiet hours too."
        ),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Show when its readers are told, by their own clock; with options, change that first.

    What is gathered, or waits for the end of quiet hours, follows at once. Other ways to the same readers follow too.
    """
    chosen = {"digest_hour": digest_hour, "digest_weekday": digest_weekday, "critical_may_wake": critical_may_wake}
    changes = {name: value for name, value in chosen.items() if value is not None} | _hours(quiet, none=no_quiet)
    with opened() as parts, parts.writing.begin() as session:
        destination = own_destination(session, destination_id)
        reader = reader_without_page(session, destination)
        if changes:
            change_timetable_of(session, destination, changes, now=parts.clock.now(), by=ACTOR, vault=parts.vault)
        now_chosen = timetable_of(session, reader)
        said = {"time_zone": reader.time_zone, **{name: _said(getattr(now_chosen, name)) for name in CHOSEN}}
    if as_json:
        say_json({"id": str(destination_id), **said})
        return
    for name, value in said.items():
        print(f"{name.replace('_', ' ')}: {_in_words(value)}")
    if changes:
        talk("Changed.")


def _hours(quiet: str | None, *, none: bool) -> dict[str, time | None]:
    if none and quiet is not None:
        raise InvalidInput([Problem("--no-quiet", "either there are quiet hours or there are none")])
    if quiet is None:
        return {"quiet_from": None, "quiet_until": None} if none else {}
    begin, _, end = quiet.partition("-")
    try:
        return {"quiet_from": _clock(begin), "quiet_until": _clock(end)}
    except ValueError:
        raise InvalidInput([Problem("--quiet", _SHAPE)]) from None


def _clock(text: str) -> time:
    at = time.fromisoformat(text.strip())
    if at.tzinfo is not None or at.second or at.microsecond:
        raise ValueError(text)
    return at


def _in_words(value: Any) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return "none" if value is None else str(value)


def _said(value: Any) -> Any:
    return value.strftime("%H:%M") if isinstance(value, time) else value
