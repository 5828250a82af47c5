"""`vigil simulate`: what would have been announced when, had the rules been in force."""

from __future__ import annotations

import tempfile
from collections import Counter
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.progress import BarColumn, Progress, TextColumn

from alerts.follow_up_kinds import FOLLOW_UP_KINDS
from service.casefile.reading import read_case_file
from service.cli.speaking import AsJson, say_json, say_table, talk, talking
from service.demo.play import CASE_FILE
from service.errors import InvalidInput
from service.rules.reading import rule_book
from service.settings import load_settings
from service.simulation.drawing import drawn
from service.simulation.replay import Event, Line, replay

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date

commands = typer.Typer()

DAY = ["%Y-%m-%d"]
HIDDEN = "a follow-up"


@commands.command()
def simulate(
    file: Annotated[
        Path, typer.Argument(help="A case file. Not given: the one of the demonstration.", show_default=False)
    ] = CASE_FILE,
    *,
    first: Annotated[datetime, typer.Option("--from", formats=DAY, help="The first day.")] = datetime(
        2012, 1, 1, tzinfo=UTC
    ),
    last: Annotated[datetime, typer.Option("--to", formats=DAY, help="The last day.")] = datetime(
        2014, 12, 31, tzinfo=UTC
    ),
    rules: Annotated[
        Path | None, typer.Option(help="An organisation's own rules. Not given: VIGIL_RULES_FILE, if it is set.")
    ] = None,
    public: Annotated[
        bool, typer.Option("--public", help="Say no more than the public may know: no kind that is about health.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Replay a case file on a copy, as if its facts had been recorded on the day on which they happened.

    Prints day by day what was recorded, opened, moved, closed and announced, and draws it. Nothing is sent, and no
    installation is needed or touched.
    """
    days = (first.date(), last.date())
    if days[0] > days[1]:
        raise InvalidInput(f"--from {days[0]} is later than --to {days[1]}")
    lines = _replayed(file, days, rules)
    shown = [_public(line) if public else line for line in lines]
    counts = totals(lines)
    if as_json:
        say_json({"file": str(file), "from": str(days[0]), "to": str(days[1]), "totals": counts,
                  "ledger": [_as_data(line) for line in shown]})  # fmt: skip
        return
    say_table(
        ("day", "case", "event", "what", "due", "level", "rule and sum"),
        [_row(line) for line in shown if line.event is not Event.RECORDED],
    )
    for text in drawn(lines, first=days[0], last=days[1]):
        print(text)
    talk(", ".join(f"{count} {name.replace('_', ' ')}" for name, count in counts.items()) + ".")


def totals(lines: Sequence[Line]) -> dict[str, int]:
    """How often each event happened, and each level was announced."""
    events = Counter(line.event.value for line in lines)
    levels = Counter(f"announced_{line.level.value}" for line in lines if line.level is not None)
    return {**{event.value: events[event.value] for event in Event}, **dict(sorted(levels.items()))}


def _replayed(file: Path, days: tuple[date, date], rules: Path | None) -> list[Line]:
    document = read_case_file(file)
    book = rule_book(rules or load_settings().rules_file)
    bar = Progress(TextColumn("{task.description}"), BarColumn(), console=talking(), transient=True)
    with tempfile.TemporaryDirectory(prefix="vigil-simulation-") as folder, bar:
        task = bar.add_task("replaying", total=(days[1] - days[0]).days)

        def tell(on: date) -> None:
            bar.update(task, completed=(on - days[0]).days, description=str(on))

        return replay(document, Path(folder), first=days[0], last=days[1], book=book, tell=tell)


def _public(line: Line) -> Line:
    kind = FOLLOW_UP_KINDS.get(line.kind)
    if kind is None or not kind.about_health:
        return line
    return Line(line.on, line.reference, line.event, HIDDEN, line.due_on, line.level)


def _row(line: Line) -> tuple[str, ...]:
    rule = f"{line.rule}: {line.working}" if line.rule else ""
    level = line.level.value.replace("_", " ") if line.level else ""
    event = line.event.value.replace("_", " ")
    return (str(line.on), line.reference, event, line.kind, str(line.due_on or ""), level, rule)


def _as_data(line: Line) -> dict[str, Any]:
    return {
        "on": str(line.on),
        "case": line.reference,
        "event": line.event.value,
        "kind": line.kind,
        "due_on": str(line.due_on) if line.due_on else None,
        "level": line.level.value if line.level else None,
        "rule": line.rule,
        "working": line.working or None,
    }
