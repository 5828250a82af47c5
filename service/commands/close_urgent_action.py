"""What became of an urgent action: its outcome, and how many letters were written."""

from __future__ import annotations

from typing import TYPE_CHECKING

from service.commands.inserting import insert_into
from service.commands.later_versions import OUT, versions_of
from service.commands.stop_queued import cancel_deliveries
from service.commands.tell_again import told_of
from service.commands.urgent_actions import written
from service.errors import Conflict, InvalidInput, Problem
from service.records import LetterReport
from service.vocabulary import UrgentActionStatus

if TYPE_CHECKING:
    from datetime import date, datetime

    from sqlalchemy.orm import Session

    from service.records import UrgentAction
    from service.security.encryption import Vault
    from service.vocabulary import UrgentActionOutcome

# More in one report is a slip of the hand.
MOST_LETTERS_AT_ONCE = 100_000


def close(
    session: Session, action: UrgentAction, *, outcome: UrgentActionOutcome, now: datetime, by: str, vault: Vault
) -> None:
    """End all versions that are out with this outcome, without asking anybody to stop; what is queued stays unsent.

    Raises Conflict unless one of them is out.
    """
    out = [one for one in versions_of(session, action) if one.status in OUT]
    if not out:
        raise Conflict("No version of this urgent action is out.")
    cancel_deliveries(session, told_of(out), reason="The urgent action is closed.")
    for one in out:
        one.status, one.outcome, one.closed_at = UrgentActionStatus.CLOSED, outcome, now
        written(session, one, "close", {"outcome": outcome.value}, now=now, by=by, vault=vault)


def report_letters(
    session: Session, action: UrgentAction, *, reported_on: date, language: str, letters: int, now: datetime, by: str,
    vault: Vault,
) -> None:  # fmt: skip
    """Add so many letters in this language (BCP 47) on this day; who wrote them is nowhere asked or kept.

    Raises Conflict for what was never issued, InvalidInput for a count that is none or a day that is still to come.
    """
    if action.issued_at is None:
        raise Conflict("This version was never issued, so nobody can have written.")
    problems = []
    if not 0 < letters <= MOST_LETTERS_AT_ONCE:
        problems.append(Problem("letters", f"Report from 1 to {MOST_LETTERS_AT_ONCE} letters."))
    if reported_on > now.date():
        problems.append(Problem("reported_on", "This day is still to come."))
    if problems:
        raise InvalidInput(problems)
    table = LetterReport.__table__
    insert = insert_into(session, LetterReport).values(
        urgent_action_id=action.id, reported_on=reported_on, language=language, letters=letters
    )
    session.execute(
        insert.on_conflict_do_update(
            index_elements=[table.c.urgent_action_id, table.c.reported_on, table.c.language],
            set_={"letters": table.c.letters + insert.excluded.letters},
        )
    )
    detail = {"letters": letters, "language": language, "on": str(reported_on)}
    written(session, action, "report_letters", detail, now=now, by=by, vault=vault)
