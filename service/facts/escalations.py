"""Escalations as facts: what a member was told of a follow-up, with the way to its case on the staff board."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Any

from alerts.facts import Escalation, Level

if TYPE_CHECKING:
    from collections.abc import Mapping

    from service.links import Links


def escalation_facts(told: Mapping[str, Any], *, links: Links) -> Escalation:
    """What one projection of `Alert.facts` says in an escalation."""
    return Escalation(
        **{
            **told,
            "case_url": links.staff_case(told["case_reference"]),
            "level": Level(told["level"]),
            "due_on": date.fromisoformat(told["due_on"]),
        }
    )
