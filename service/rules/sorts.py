"""The sorts of facts that rules may speak of: what their words, days and own terms are called."""

from __future__ import annotations

from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING

from service.vocabulary import (
    CareAccess,
    CareKind,
    Certainty,
    Mechanism,
    Monitoring,
    ParoleDecision,
    ProceedingKind,
    Regime,
    Severity,
    Urgency,
    Verification,
)

if TYPE_CHECKING:
    from collections.abc import Mapping
    from enum import StrEnum


@dataclass(frozen=True, slots=True)
class Sort:
    """`words`: each with the values it can have, empty: any; `days` and `terms`: their names."""

    words: Mapping[str, frozenset[str]]
    days: frozenset[str]
    terms: frozenset[str] = frozenset()


def _of(words: type[StrEnum]) -> frozenset[str]:
    return frozenset(word.value for word in words)


ANYTHING: frozenset[str] = frozenset()
# Whether a day is stated at all.
KNOWN = frozenset({"known", "unknown"})

SORTS: Mapping[str, Sort] = MappingProxyType(
    {
        "case": Sort(
            {"health": frozenset({"critical", "not_critical"}), "monitoring": _of(Monitoring)},
            frozenset({"last_verified_on"}),
        ),
        "detention_episode": Sort({"regime": _of(Regime)}, frozenset({"from_on", "until_on"})),
        "isolation_placement": Sort({"begun": KNOWN}, frozenset({"from_on", "until_on", "as_of"})),
        "health_condition": Sort(
            {"severity": _of(Severity), "certainty": _of(Certainty), "care_access": _of(CareAccess)},
            frozenset({"as_of"}),
        ),
        "care_event": Sort(
            {"kind": _of(CareKind), "urgency": _of(Urgency)}, frozenset({"requested_on", "occurred_on", "as_of"})
        ),
        "assertion": Sort(
            {
                "attribute": ANYTHING,
                "verification": _of(Verification),
                "persons": frozenset({"none", "one", "several"}),
            },
            frozenset({"occurred_on", "as_of"}),
        ),
        "proceeding": Sort({"kind": _of(ProceedingKind)}, frozenset({"occurred_on", "as_of"})),
        "sentence": Sort({"begun": KNOWN, "end": KNOWN}, frozenset({"pronounced_on", "ends_on", "as_of"})),
        "parole_review": Sort(
            {"decision": _of(ParoleDecision)}, frozenset({"eligible_on", "hearing_on", "decided_on", "appeal_by"})
        ),
        "petition": Sort(
            {"mechanism": _of(Mechanism)},
            frozenset({"sent_on", "decided_on", "answered_on", "withdrawn_on"}),
            frozenset({"reply_within"}),
        ),
    }
)
