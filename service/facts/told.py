"""What an alert keeps, read back as the facts of its kind."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from service.facts.corrections import correction_from_json
from service.facts.snapshots import alert_from_json
from service.facts.urgent_actions import call_from_json
from service.vocabulary import URGENT, AlertKind

if TYPE_CHECKING:
    from alerts.correction_facts import CorrectionAlert
    from alerts.facts import FollowUpAlert
    from alerts.urgent_action_facts import UrgentActionAlert


def told_from_json(plain: dict[str, Any], kind: AlertKind) -> UrgentActionAlert | CorrectionAlert | FollowUpAlert:
    """What an alert of one of the kinds that people follow keeps for one tier."""
    if kind is AlertKind.CORRECTION:
        return correction_from_json(plain)
    return call_from_json(plain) if kind in URGENT else alert_from_json(plain)
