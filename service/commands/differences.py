"""What an import changed as a diff may show it: no more than staff without a grant to health may read."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from alerts.facts import Tier
from service.records.base import ABOUT_PERSON

if TYPE_CHECKING:
    from service.commands.taken import Changed
    from service.records import Base

LONGEST_SHOWN = 60
NOT_SHOWN = "(not shown)"
_SPEAKABLE = frozenset({Tier.PUBLIC, Tier.RESTRICTED})


def difference(changed: Changed) -> dict[str, Any]:
    """The change as plain data: `what`, `kind`, `key`, and `fields` before and now. Ask at once: the row may be gone later."""
    row = changed.row
    fields = [
        {
            "field": name,
            "before": _shown(row.record, name, row.fields, before),
            "now": _shown(row.record, name, row.fields, now),
        }
        for name, before, now in changed.fields
    ]
    return {"what": changed.what, "kind": row.kind, "key": row.key, "fields": fields}


def _shown(record: type[Base], name: str, fields: dict[str, Any], value: Any) -> str | None:
    if value is None:
        return None
    column = record.__table__.columns.get(name)
    # what is no column is a list of persons, names or cases
    tier = column.info["tier"] if column is not None else ABOUT_PERSON["tier"]
    own = fields.get("tier")
    if own in _SPEAKABLE and tier is Tier.SEALED:
        # an assertion's text is as open as the assertion
        tier = own
    if tier not in _SPEAKABLE:
        return NOT_SHOWN
    text = ", ".join(map(str, value)) if isinstance(value, list) else str(value)
    return text if len(text) <= LONGEST_SHOWN else text[: LONGEST_SHOWN - 1] + "…"
