"""An alert's facts as plain JSON and back, so that a repeat says what the first try said."""

from __future__ import annotations

from dataclasses import asdict
from datetime import date
from typing import Any

from alerts.facts import Citation, Demand, FollowUpAlert, Level


def alert_to_json(alert: FollowUpAlert) -> dict[str, Any]:
    """The facts as JSON can hold them: days in ISO 8601, the level as its word."""
    plain = asdict(alert)
    return {
        **plain,
        "level": alert.level.value,
        "due_on": alert.due_on.isoformat(),
        "demands": list(plain["demands"]),
        "sources": [{**source, "as_of": source["as_of"].isoformat()} for source in plain["sources"]],
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
