"""Rows become facts, projected for a tier: the one seam, used by worker and pages alike."""

from service.facts.consents import Gates, gates_for, is_named_publicly
from service.facts.corrections import correction_snapshot
from service.facts.destinations import notice_facts
from service.facts.digests import digest_told, standing_items
from service.facts.escalations import escalation_facts
from service.facts.follow_ups import follow_up_facts, snapshots_of
from service.facts.public_calls import PublicCall, public_call, public_calls
from service.facts.public_cases import PublicCase, PublicDate, public_case
from service.facts.snapshots import alert_from_json, alert_to_json
from service.facts.told import told_from_json
from service.facts.urgent_actions import urgent_snapshot
from service.facts.withdrawn import says_too_much

__all__ = [
    "Gates",
    "PublicCall",
    "PublicCase",
    "PublicDate",
    "alert_from_json",
    "alert_to_json",
    "correction_snapshot",
    "digest_told",
    "escalation_facts",
    "follow_up_facts",
    "gates_for",
    "is_named_publicly",
    "notice_facts",
    "public_call",
    "public_calls",
    "public_case",
    "says_too_much",
    "snapshots_of",
    "standing_items",
    "told_from_json",
    "urgent_snapshot",
]
