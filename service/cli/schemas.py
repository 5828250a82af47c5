"""Commands for what files may hold: `schema casefile`, `schema kinds`, `schema bundle`, `schema rules`."""

from __future__ import annotations

import json
from typing import Any

import typer

from alerts.follow_up_kinds import FOLLOW_UP_KINDS, FollowUpKind
from service.bundles.shape import Bundle
from service.casefile.schema import CaseFile
from service.cli.speaking import AsJson, say_json, say_table
from service.rules.schema import RuleFile

commands = typer.Typer()
schema = typer.Typer(help="What case files may hold.", no_args_is_help=True)
commands.add_typer(schema, name="schema")


@schema.command("casefile")
def casefile() -> None:
    """Print the JSON Schema (2020-12) of case files."""
    described = {"$schema": "https://json-schema.org/draft/2020-12/schema", **CaseFile.model_json_schema()}
    print(json.dumps(described, indent=2, ensure_ascii=False))


@schema.command("bundle")
def bundle() -> None:
    """Print the JSON Schema (2020-12) of case bundles."""
    described = {"$schema": "https://json-schema.org/draft/2020-12/schema", **Bundle.model_json_schema()}
    print(json.dumps(described, indent=2, ensure_ascii=False))


@schema.command("rules")
def rules() -> None:
    """Print the JSON Schema (2020-12) of files of rules."""
    described = {"$schema": "https://json-schema.org/draft/2020-12/schema", **RuleFile.model_json_schema()}
    print(json.dumps(described, indent=2, ensure_ascii=False))


@schema.command("kinds")
def kinds(as_json: AsJson = False) -> None:
    """Print the kinds of follow-up: when each level begins, in days from the due date, and by which rule."""
    if as_json:
        say_json({"kinds": [_kind(name) for name in FOLLOW_UP_KINDS]})
        return
    headings = ("kind", "what must happen", "upcoming", "overdue", "very overdue", "critical", "basis")
    say_table(headings, [_row(kind) for kind in FOLLOW_UP_KINDS.values()], numbers=headings[2:6])


def _row(kind: FollowUpKind) -> tuple[str, ...]:
    days = kind.thresholds
    upcoming = f"-{days.upcoming}" if days.upcoming else ""
    later = (f"+{days.overdue}", f"+{days.very_overdue}", f"+{days.critical}")
    return (kind.name, kind.words, upcoming, *later, kind.basis)


def _kind(name: str) -> dict[str, Any]:
    kind = FOLLOW_UP_KINDS[name]
    return {
        "name": name,
        "words": kind.words,
        "actor": kind.actor,
        "upcoming_days": kind.thresholds.upcoming,
        "overdue_days": kind.thresholds.overdue,
        "very_overdue_days": kind.thresholds.very_overdue,
        "critical_days": kind.thresholds.critical,
        "recurrence_days": kind.recurrence_days,
        "about_health": kind.about_health,
        "tier": kind.tier.value,
        "basis": kind.basis,
    }
