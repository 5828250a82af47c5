"""Follow-ups of a bundle whose rule has opened the same one here: that one stands for them, so that none is there twice."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from sqlalchemy import select

from service.bundles.shape import RULE_COLUMNS
from service.commands.take_rows import in_batches
from service.records import FollowUp

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence
    from uuid import UUID

    from sqlalchemy.orm import Session

    from service.commands.file_rows import FileRow


def without_those_here(
    session: Session, rows: Sequence[FileRow], *, known: Collection[UUID]
) -> tuple[list[FileRow], dict[UUID, UUID]]:
    """The rows that enter, and for each that one opened here stands for, the identifier of that one.

    A row that came in an earlier bundle (`known`) stays, and says nothing of its rule any more.
    """
    wanted = {_asked(row): row for row in rows if row.fields["rule"] is not None}
    standing: dict[UUID, UUID] = {}
    for batch in in_batches(list(wanted.values())):
        query = select(FollowUp.id, FollowUp.case_id, FollowUp.rule, FollowUp.trigger).where(
            FollowUp.case_id.in_({row.fields["case_id"] for row in batch}), FollowUp.rule.is_not(None)
        )
        for identity, case_id, rule, trigger in session.execute(query):
            row = wanted.get((case_id, str(rule), str(trigger)))
            if row is not None and row.id != identity:
                standing[row.id] = identity
    entering = [
        row if row.id not in standing else replace(row, fields=_without_rule(row))
        for row in rows
        if row.id not in standing or row.id in known
    ]
    return entering, standing


def _asked(row: FileRow) -> tuple[UUID, str, str]:
    return row.fields["case_id"], row.fields["rule"], row.fields["trigger"]


def _without_rule(row: FileRow) -> dict[str, object]:
    return {name: value for name, value in row.fields.items() if name not in RULE_COLUMNS}
