"""Commands for rules: `rules check`, `rules list`, `rules explain`, `rules apply`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any
from zoneinfo import ZoneInfo

import typer
from sqlalchemy import select

from alerts.terms import day_in_words
from service.cli.opening import ACTOR, keep_unless, opened
from service.cli.speaking import AsJson, ExitCode, say_json, say_table, talk
from service.commands.apply_rules import apply_rules
from service.errors import InvalidRules, NotFound
from service.queries.explaining import explained
from service.records import Case
from service.rules.reading import rule_book
from service.settings import load_settings
from service.vocabulary import Monitoring

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from sqlalchemy.orm import Session

    from alerts.facts import Level
    from service.queries.explaining import Explained


commands = typer.Typer()
rules = typer.Typer(help="What follows from recorded facts, by when, and why.", no_args_is_help=True)
commands.add_typer(rules, name="rules")

OwnFile = Annotated[
    Path | None, typer.Argument(help="An organisation's own rules. Not given: VIGIL_RULES_FILE, if it is set.")
]
Reference = Annotated[str, typer.Argument(help="The case, such as KAZ-2014-006.")]
References = Annotated[
    list[str] | None, typer.Argument(help="Cases, such as KAZ-2014-006. None: all that are watched.")
]


@rules.command("check")
def check(file: OwnFile = None, as_json: AsJson = False) -> None:
    """Read the rules as the service would, and say everything that is wrong with them."""
    own = file or load_settings().rules_file
    try:
        book = rule_book(own)
    except InvalidRules as error:
        if as_json:
            say_json({"file": str(own), "fine": False, "problems": [problem.as_dict() for problem in error.problems]})
        for problem in error.problems:
            talk(f"{own}: {problem}")
        raise typer.Exit(ExitCode.FAILED) from None
    if as_json:
        say_json({"file": str(own) if own else None, "fine": True, "rules": len(book.rules)})
    else:
        print(f"{len(book.rules)} rules in force{f', {own} over the standard ones' if own else ''}.")


@rules.command("list")
def list_rules(file: OwnFile = None, as_json: AsJson = False) -> None:
    """Print the rules in force: what each opens, from which fact, after how long, and its basis."""
    book = rule_book(file or load_settings().rules_file)
    found = [
        (rule.name, rule.kind, rule.of.sort, str(rule.term), str(rule.every or ""), rule.basis) for rule in book.rules
    ]
    headings = ("rule", "opens", "from", "term", "every", "basis")
    if as_json:
        say_json({"rules": [dict(zip(headings, row, strict=True)) for row in found]})
    else:
        say_table(headings, found)


@rules.command("explain")
def explain(
    reference: Reference,
    everything: Annotated[bool, typer.Option("--all", help="Also what is owed no more.")] = False,
    as_json: AsJson = False,
) -> None:
    """Print each follow-up of a case with its rule, the article, and the sum that gives its date.

    After those on record: what the rules ask for and did not open, and why.
    """
    with opened() as parts, parts.reading() as session:
        case, now = _case(session, reference), parts.clock.now()
        found = explained(session, case, book=rule_book(parts.settings.rules_file), now=now)
        zone = case.time_zone
    found = [one for one in found if everything or one.is_owed]
    if as_json:
        say_json({"case": reference, "time_zone": zone, "follow_ups": [_as_data(one) for one in found]})
        return
    print(f"{reference}, days in {zone}")
    for one in found:
        print()
        for line in _lines(one, ZoneInfo(zone), now):
            print(line)


@rules.command("apply")
def apply(
    references: References = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Do the same work and keep nothing of it.")] = False,
    as_json: AsJson = False,
) -> None:
    """Bring follow-ups in line with what is on record: after an import, or when the organisation's rules have changed.

    Whatever is recorded through the service has its rules applied at once.
    """
    changed: list[tuple[str, ...]] = []
    with opened() as parts:
        book = rule_book(parts.settings.rules_file)
        with parts.reading() as session:
            wanted = _references(session, references or [])
        for reference in wanted:
            with parts.writing() as session:
                case = _case(session, reference)
                for change in apply_rules(session, case, book=book, now=parts.clock.now(), by=ACTOR, vault=parts.vault):
                    row = change.follow_up
                    changed.append((reference, change.what.value, row.rule or "", str(row.due_on), row.working or ""))
                keep_unless(session, dry_run=dry_run)
    headings = ("case", "change", "rule", "due on", "sum")
    if as_json:
        changes = [dict(zip(headings, row, strict=True)) for row in changed]
        say_json({"dry_run": dry_run, "cases": len(wanted), "changes": changes})
        return
    if changed:
        say_table(headings, changed)
    talk(f"{len(wanted)} cases, {len(changed)} changes{', nothing kept' if dry_run else ''}.")


def _case(session: Session, reference: str) -> Case:
    case = session.scalar(select(Case).where(Case.reference == reference))
    if case is None:
        raise NotFound(f"No case has the reference {reference}.")
    return case


def _references(session: Session, given: list[str]) -> list[str]:
    if given:
        return [_case(session, reference).reference for reference in given]
    watched = select(Case.reference).where(Case.monitoring == Monitoring.ACTIVE).order_by(Case.reference)
    return list(session.scalars(watched))


def _lines(one: Explained, zone: ZoneInfo, now: datetime) -> list[str]:
    state = f"{one.state.value}, revision {one.due_revision} of its date" if one.state else one.why_not or ""
    lines = [
        one.title,
        f"  kind    {one.kind}",
        f"  rule    {one.rule or 'none'}",
        f"  basis   {one.basis}",
        f"  sum     {one.working}",
    ]
    if one.due_on is not None:
        lines.append(f"  levels  {_levels(one.levels, zone, now)}")
    return [*lines, f"  state   {state}"]


def _levels(levels: Mapping[Level, datetime], zone: ZoneInfo, now: datetime) -> str:
    ordered = sorted(levels.items(), key=lambda pair: pair[0].rank)
    reached = [level for level, at in ordered if at <= now]
    marks = {reached[-1]: " (now)"} if reached else {}
    return "; ".join(
        f"{level.value.replace('_', ' ')} {day_in_words(at.astimezone(zone).date())}{marks.get(level, '')}"
        for level, at in ordered
    )


def _as_data(one: Explained) -> dict[str, Any]:
    return {
        "kind": one.kind,
        "title": one.title,
        "rule": one.rule,
        "basis": one.basis,
        "working": one.working,
        "due_on": str(one.due_on) if one.due_on else None,
        "levels": {level.value: at.isoformat() for level, at in one.levels.items()},
        "state": one.state.value if one.state else None,
        "due_revision": one.due_revision,
        "why_not": one.why_not,
    }
