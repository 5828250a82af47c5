"""An alert's facts as plain JSON and back, so that a repeat says what the first try said."""

from __future__ import annotations

from dataclasses import asdict, fields
from datetime import date
from typing import Any

from alerts.facts import Citation, Demand, FollowUpAlert, Level


def alert_to_json(alert: FollowUpAlert) -> dict[str, Any]:
    """The facts as JSON can hold them: days in ISO 8601, the level as its word."""
    # Not asdict(), which copies every value deep: a check writes thousands of these.
    plain = {field.name: getattr(alert, field.name) for field in fields(alert)}
    return {
        **plain,
        "level": alert.level.value,
        "due_on": alert.due_on.isoformat(),
        "demands": [asdict(demand) for demand in alert.demands],
        "sources": [{**asdict(source), "as_of": source.as_of.isoformat()} for source in alert.sources],
    }


def alert_from_json(plain: dict[str, Any]) -> FollowUpAlert:
    """What `alert_to_json` made."""
    return FollowUpAlert(
        **{
            **plain,
            "level": Level(plain["level"]),
            "due_on": date.fromisoformat(plain["due_on"]),
            "demands": tuple(Demand(**demand) for demand in plain["demands"]),
            "sources": tuple(
                Citation(**{**source, "as_of": date.fromisoformat(source["as_of"])}) for source in plain["sources"]
            ),
        }
    )
