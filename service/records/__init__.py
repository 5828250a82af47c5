"""The tables, a close family a file; importing this package makes all of them known to SQLAlchemy."""

from service.records.alerts import Alert
from service.records.audit import AuditEntry
from service.records.base import Base
from service.records.cases import Case
from service.records.consents import Consent
from service.records.deliveries import Attempt, Delivery
from service.records.demands import Demand, DemandAssessment
from service.records.detention import DetentionEpisode, IsolationPlacement
from service.records.digests import Digest, DigestItem
from service.records.documents import Document
from service.records.evidence import Correction, Footing
from service.records.follow_ups import FollowUp, OverdueEpisode
from service.records.gates import Gate
from service.records.health import CareEvent, HealthCondition
from service.records.imports import ImportedRow
from service.records.justice import ParoleReview, Proceeding, Sentence
from service.records.members import ApiToken, Grant, Member, StaffSession
from service.records.people import NameVariant, Person
from service.records.petitions import ClockPause, Petition
from service.records.running import Heartbeat, IdempotencyKey, RateLimit
from service.records.sources import Assertion, Finding, Source
from service.records.stop_signs import StopSign
from service.records.subscribers import Destination, Subscriber, Subscription
from service.records.target_officials import TargetOfficial
from service.records.timetables import Timetable
from service.records.urgent_actions import (
    LetterReport,
    UrgentAction,
    UrgentActionDemand,
    UrgentActionLetter,
    UrgentActionNumber,
    UrgentActionSource,
)

__all__ = [
    "Alert",
    "ApiToken",
    "Assertion",
    "Attempt",
    "AuditEntry",
    "Base",
    "CareEvent",
    "Case",
    "ClockPause",
    "Consent",
    "Correction",
    "Delivery",
    "Demand",
    "DemandAssessment",
    "Destination",
    "DetentionEpisode",
    "Digest",
    "DigestItem",
    "Document",
    "Finding",
    "FollowUp",
    "Footing",
    "Gate",
    "Grant",
    "HealthCondition",
    "Heartbeat",
    "IdempotencyKey",
    "ImportedRow",
    "IsolationPlacement",
    "LetterReport",
    "Member",
    "NameVariant",
    "OverdueEpisode",
    "ParoleReview",
    "Person",
    "Petition",
    "Proceeding",
    "RateLimit",
    "Sentence",
    "Source",
    "StaffSession",
    "StopSign",
    "Subscriber",
    "Subscription",
    "TargetOfficial",
    "Timetable",
    "UrgentAction",
    "UrgentActionDemand",
    "UrgentActionLetter",
    "UrgentActionNumber",
    "UrgentActionSource",
]
