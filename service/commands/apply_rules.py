"""What follows from the facts of a case is opened, moved or closed, in the transaction that records them."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import select

from alerts.facts import Tier
from alerts.follow_up_kinds import kind_named
from alerts.terms import Unit
from service.commands.audit import audit
from service.commands.due_dates import plan_next_look, set_due, take_thresholds
from service.records import Case, FollowUp, ImportedRow
from service.records.base import new_id
from service.records.imports import BUNDLES
from service.rules.following import asked_by, has_lapsed, what_follows
from service.vocabulary import DatePrecision, FollowUpState

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date, datetime

    from sqlalchemy.orm import Session

    from alerts.rules import Derived
    from service.rules.reading import RuleBook
    from service.security.encryption import Vault

LONGEST_TITLE = 200
NOTHING_ASKS = "nothing on record asks for it any more"


class What(StrEnum):
    """What the rules did to a follow-up."""

    OPENED = "opened"
    ADOPTED = "adopted"
    MOVED = "moved"
    CLOSED = "closed"
    OPENED_AGAIN = "opened_again"


@dataclass(frozen=True, slots=True)
class RuleChange:
    """One follow-up that the rules changed."""

    what: What
    follow_up: FollowUp


def apply_rules(
    session: Session, case: Case, *, book: RuleBook, now: datetime, by: str, vault: Vault
) -> list[RuleChange]:
    """Bring the follow-ups that rules opened in line with the facts that are on record at `now` (UTC).

    A date that people moved stays as they put it until the rule itself gives another; what people closed stays closed.
    Each change is a revision of its date and an entry of the audit. Applying them again changes nothing.
    """
    session.flush()
    # Two who record facts of one case at once would open the same follow-up.
    session.execute(select(Case.id).where(Case.id == case.id).with_for_update())
    today = now.astimezone(ZoneInfo(case.time_zone)).date()
    rows = list(session.scalars(select(FollowUp).where(FollowUp.case_id == case.id).order_by(FollowUp.id)))
    applying = _Applying(session, case, book, rows, today, now)
    derived = what_follows(session, case, rows, book=book, today=today)
    for one in derived:
        applying.apply(one)
    applying.close_the_rest({(one.rule.name, one.trigger) for one in derived})
    session.flush()
    for change in applying.changes:
        row = change.follow_up
        audit(
            session, at=now, actor=by, action=f"rule_{change.what.value}", record="follow_up", record_id=str(row.id),
            detail={"rule": row.rule, "due_on": str(row.due_on), "due_revision": row.due_revision},
            key=vault.audit_key,
        )  # fmt: skip
    return applying.changes


class _Applying:
    """One application of the rules to one case."""

    def __init__(
        self, session: Session, case: Case, book: RuleBook, rows: Sequence[FollowUp], today: date, now: datetime
    ) -> None:
        self.changes: list[RuleChange] = []
        self._session = session
        self._case = case
        self._book = book
        self._today = today
        self._now = now
        self._by_rule = {(row.rule, row.trigger): row for row in rows if row.rule is not None}
        self._stated = [row for row in rows if row.rule is None and row.state is FollowUpState.OPEN]

    def apply(self, one: Derived) -> None:
        """Open it, or bring its row in line."""
        row = self._by_rule.get((one.rule.name, one.trigger)) or self._adopted(one)
        if row is None:
            if one.due_on is not None and one.closing is None and not self._has_lapsed(one):
                self._open(one)
        elif row.state is FollowUpState.OPEN:
            self._bring_in_line(row, one)
        elif row.closed_by_rule and one.closing is None and one.due_on is not None:
            row.state, row.closed_by_rule = FollowUpState.OPEN, False
            row.completed_on = row.evidence = row.waiver_reason = None
            self._take_date(row, one)
            self._note(What.OPENED_AGAIN, row)

    def close_the_rest(self, asked_for: set[tuple[str, str]]) -> None:
        """Cancel what no fact asks for any more."""
        left = [row for key, row in self._by_rule.items() if key not in asked_for and row.state is FollowUpState.OPEN]
        strange = self._under_strange_rules(left)
        for row in left:
            if row.id not in strange:
                row.waiver_reason = f"Rule {row.rule}: {NOTHING_ASKS}."
                self._close(row, FollowUpState.CANCELLED)

    def _under_strange_rules(self, rows: Sequence[FollowUp]) -> set[UUID]:
        """Those that came in a bundle under a rule that is only in force where they came from."""
        known = {rule.name for rule in self._book.rules}
        strange = [row.id for row in rows if row.rule not in known]
        if not strange:
            return set()
        query = select(ImportedRow.id).where(ImportedRow.id.in_(strange), ImportedRow.case_file == BUNDLES)
        return set(self._session.scalars(query))

    def _adopted(self, one: Derived) -> FollowUp | None:
        """The follow-up that people stated themselves for just this."""
        row = next((row for row in self._stated if one.due_on is not None and asked_by(row) == one.asked), None)
        if row is not None:
            self._stated.remove(row)
            row.rule, row.trigger, row.rule_due_on, row.working = one.rule.name, one.trigger, one.due_on, one.working
            self._note(What.ADOPTED, row)
        return row

    def _open(self, one: Derived) -> None:
        kind = kind_named(one.rule.kind)
        row = FollowUp(
            id=new_id(),
            case_id=self._case.id,
            person_id=UUID(one.fact.person) if one.fact.person else None,
            title=one.title(kind.words)[:LONGEST_TITLE],
            basis=one.rule.basis,
            tier=Tier.SEALED if one.fact.is_sealed else kind.tier,
            due_on=one.due_on,
            due_precision=DatePrecision.DAY,
            due_revision=1,
            time_zone=self._case.time_zone,
            recurrence_days=one.rule.every.count if one.rule.every and one.rule.every.unit is Unit.DAY else None,
            state=FollowUpState.OPEN,
            rule=one.rule.name,
            trigger=one.trigger,
            rule_due_on=one.due_on,
            working=one.working,
            created_at=self._now,
        )
        take_thresholds(row, kind, one.rule.thresholds)
        plan_next_look(row)
        self._session.add(row)
        self._note(What.OPENED, row)

    def _bring_in_line(self, row: FollowUp, one: Derived) -> None:
        if one.closing is not None:
            words = f"Rule {one.rule.name}: {one.closing.why}."
            if one.closing.met:
                row.completed_on, row.evidence = one.closing.on, words
            else:
                row.waiver_reason = words
            self._close(row, FollowUpState.DONE if one.closing.met else FollowUpState.CANCELLED)
        elif one.due_on != row.rule_due_on:
            self._take_date(row, one)
            self._note(What.MOVED, row)

    def _take_date(self, row: FollowUp, one: Derived) -> None:
        row.rule_due_on, row.working = one.due_on, one.working
        if one.due_on is None:
            # The clock stands still: nothing is late until it runs again.
            set_due(row, due_on=row.due_on, precision=DatePrecision.UNKNOWN)
        else:
            set_due(row, due_on=one.due_on, precision=DatePrecision.DAY)

    def _close(self, row: FollowUp, state: FollowUpState) -> None:
        row.state, row.level, row.closed_by_rule = state, None, True
        plan_next_look(row)
        self._note(What.CLOSED, row)

    def _note(self, what: What, row: FollowUp) -> None:
        row.updated_at = self._now
        self.changes.append(RuleChange(what, row))

    def _has_lapsed(self, one: Derived) -> bool:
        return has_lapsed(one, book=self._book, case=self._case, today=self._today)
