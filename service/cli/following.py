"""What follows from what a command wrote, in words for the terminal."""

from __future__ import annotations

from typing import TYPE_CHECKING

from service.cli.opening import ACTOR
from service.commands.apply_rules import apply_rules
from service.rules.reading import rule_book

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from service.cli.opening import Opened
    from service.commands.apply_rules import RuleChange
    from service.records import Case


def follow_rules(session: Session, case: Case, parts: Opened) -> list[str]:
    """Open, move and close the follow-ups of the case; a line for each, with its rule and its sum."""
    book = rule_book(parts.settings.rules_file)
    changes = apply_rules(session, case, book=book, now=parts.clock.now(), by=ACTOR, vault=parts.vault)
    return [_in_words(change) for change in changes]


def _in_words(change: RuleChange) -> str:
    row = change.follow_up
    return f"{change.what.value.replace('_', ' ')}: {row.kind}, due {row.due_on} ({row.rule}: {row.working})"
