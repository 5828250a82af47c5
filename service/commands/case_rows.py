"""The parts of a case, each as the columns of its record."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from alerts.follow_up_kinds import kind_named
from service.records import (
    Assertion,
    Base,
    CareEvent,
    DetentionEpisode,
    FollowUp,
    HealthCondition,
    IsolationPlacement,
    ParoleReview,
    Petition,
    Proceeding,
    Sentence,
)
from service.vocabulary import DatePrecision

if TYPE_CHECKING:
    from service.casefile import schema
    from service.commands.file_ids import FileIds

# From the file, the case and the part: the record and its fields.
FieldsOf = Callable[["FileIds", "schema.Case", Any], tuple[type[Base], dict[str, Any]]]


def _assertion(ids: FileIds, case: schema.Case, entry: schema.Assertion) -> tuple[type[Base], dict[str, Any]]:
    fields = _own(
        entry, "attribute", "value", "connection", "reliability", "verification", "tier", "quote", "disputed_by"
    )
    dated = {"occurred_on": entry.occurred, "occurred_precision": entry.occurred_precision}
    return Assertion, ids.cited(case, entry) | fields | dated


def _condition(ids: FileIds, case: schema.Case, entry: schema.HealthCondition) -> tuple[type[Base], dict[str, Any]]:
    names = ("label", "severity", "certainty", "made_by", "care_access", "official_position", "official_assessment")
    return HealthCondition, ids.cited(case, entry) | _own(entry, *names) | {"person_id": ids.person(entry.person)}


def _care_event(ids: FileIds, case: schema.Case, entry: schema.CareEvent) -> tuple[type[Base], dict[str, Any]]:
    return CareEvent, ids.cited(case, entry) | _own(entry, "kind", "urgency", "occurred_precision", "outcome") | {
        "person_id": ids.person(entry.person),
        "requested_on": entry.requested,
        "occurred_on": entry.occurred,
    }


def _episode(ids: FileIds, case: schema.Case, entry: schema.DetentionEpisode) -> tuple[type[Base], dict[str, Any]]:
    own = _own(entry, "facility", "place", "regime", "from_precision", "until_precision", "reason")
    return DetentionEpisode, ids.cited(case, entry) | own | {
        "person_id": ids.person(entry.person),
        "from_on": entry.from_,
        "until_on": entry.until,
    }


def _placement(ids: FileIds, case: schema.Case, entry: schema.IsolationPlacement) -> tuple[type[Base], dict[str, Any]]:
    return IsolationPlacement, ids.cited(case, entry) | _own(entry, "from_precision", "reason") | {
        "person_id": ids.person(entry.person),
        "from_on": entry.from_,
        "until_on": entry.until,
    }


def _proceeding(ids: FileIds, case: schema.Case, entry: schema.Proceeding) -> tuple[type[Base], dict[str, Any]]:
    own = _own(entry, "kind", "body", "occurred_precision", "charge", "outcome")
    dated = {"person_id": ids.person(entry.person), "occurred_on": entry.occurred}
    return Proceeding, ids.cited(case, entry) | own | dated


def _sentence(ids: FileIds, case: schema.Case, entry: schema.Sentence) -> tuple[type[Base], dict[str, Any]]:
    return Sentence, ids.cited(case, entry) | _own(
        entry, "pronounced_precision", "months", "confiscation", "offences"
    ) | {
        "person_id": ids.person(entry.person),
        "pronounced_on": entry.pronounced,
        "ends_on": entry.ends,
    }


def _parole_review(ids: FileIds, case: schema.Case, entry: schema.ParoleReview) -> tuple[type[Base], dict[str, Any]]:
    return ParoleReview, ids.cited(case, entry) | _own(entry, "decision", "appeal_by") | {
        "person_id": ids.person(entry.person),
        "eligible_on": entry.eligible,
        "hearing_on": entry.hearing,
        "decided_on": entry.decided,
        "prosecutor_position": entry.prosecutor,
        "administration_position": entry.administration,
    }


def _petition(ids: FileIds, case: schema.Case, entry: schema.Petition) -> tuple[type[Base], dict[str, Any]]:
    own = _own(
        entry, "mechanism", "addressee", "subject", "reference", "reply_within_days", "reply_basis",
        "counts_working_days", "decision", "answer",
    )  # fmt: skip
    return Petition, ids.cited(case, entry) | own | {
        "person_id": ids.person(entry.person),
        "sent_on": entry.sent,
        "sent_precision": entry.sent_precision if entry.sent else DatePrecision.UNKNOWN,
        "decided_on": entry.decided,
        "answered_on": entry.answered,
        "withdrawn_on": entry.withdrawn,
    }


def _follow_up(ids: FileIds, case: schema.Case, entry: schema.FollowUp) -> tuple[type[Base], dict[str, Any]]:
    return FollowUp, _own(entry, "kind", "title", "basis", "due_precision", "recurrence_days") | {
        "case_id": ids.of("cases", case.reference),
        "person_id": ids.person(entry.person),
        "tier": entry.tier or kind_named(entry.kind).tier,
        "due_on": entry.due_precision.latest(entry.due),
        "time_zone": ids.zone(case),
    }


def _own(entry: schema.Entry, *names: str) -> dict[str, Any]:
    return {name: getattr(entry, name) for name in names}


SECTIONS: Mapping[str, FieldsOf] = {
    "assertions": _assertion,
    "health_conditions": _condition,
    "care_events": _care_event,
    "detention_episodes": _episode,
    "isolation_placements": _placement,
    "proceedings": _proceeding,
    "sentences": _sentence,
    "parole_reviews": _parole_review,
    "petitions": _petition,
    "follow_ups": _follow_up,
}
