"""The tables, a close family a file; importing this package makes all of them known to SQLAlchemy."""

from service.records.alerts import Alert
from service.records.askings import Asking
from service.records.audit import AuditEntry
from service.records.base import Base
from service.records.case_texts import CaseText
from service.records.cases import Case
from service.records.consents import Consent
from service.records.deliveries import Attempt, Delivery
from service.records.demands import Demand, DemandAssessment
from service.records.detention import DetentionEpisode, IsolationPlacement
from service.records.digests import Digest, DigestItem
from service.records.documents import Document
from service.records.evidence import Correction, Footing
from service.records.feeds import FeedToken
from service.records.follow_ups import FollowUp, OverdueEpisode
from service.records.gates import Gate
from service.records.health import CareEvent, HealthCondition
from service.records.imports import ImportedRow
from service.records.justice import ParoleReview, Proceeding, Sentence
from service.records.managing import AddressChange, Erasure, ManageVisit
from service.records.members import ApiToken, Grant, Member, StaffSession
from service.records.openpgp import Ciphertext, OpenpgpKey
from service.records.people import NameVariant, Person
from service.records.petitions import ClockPause, Petition
from service.records.returned_mail import BounceScore, IncomingMail, Suppression
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
    "AddressChange",
    "Alert",
    "ApiToken",
    "Asking",
    "Assertion",
    "Attempt",
    "AuditEntry",
    "Base",
    "BounceScore",
    "CareEvent",
    "Case",
    "CaseText",
    "Ciphertext",
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
    "Erasure",
    "FeedToken",
    "Finding",
    "FollowUp",
    "Footing",
    "Gate",
    "Grant",
    "HealthCondition",
    "Heartbeat",
    "IdempotencyKey",
    "ImportedRow",
    "IncomingMail",
    "IsolationPlacement",
    "LetterReport",
    "ManageVisit",
    "Member",
    "NameVariant",
    "OpenpgpKey",
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
    "Suppression",
    "TargetOfficial",
    "Timetable",
    "UrgentAction",
    "UrgentActionDemand",
    "UrgentActionLetter",
    "UrgentActionNumber",
    "UrgentActionSource",
]
