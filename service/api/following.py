"""What follows from what a request wrote."""

from __future__ import annotations

from typing import TYPE_CHECKING

from service.commands.apply_rules import apply_rules
from service.rules.reading import rule_book

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy.orm import Session

    from service.api.access import Caller
    from service.records import Case
    from service.web import Parts


def follow_rules(session: Session, case: Case, caller: Caller, parts: Parts, *, now: datetime) -> None:
    """Open, move and close the follow-ups of the case, in the request's transaction."""
    book = rule_book(parts.settings.rules_file)
    apply_rules(session, case, book=book, now=now, by=caller.name, vault=parts.vault)
