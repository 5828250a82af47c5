"""The closed word lists of the field: each stored as its short string, so that a new word needs no migration.

Terms follow the human-rights documentation practice of HURIDOCS where it has one.
"""

from __future__ import annotations

from calendar import monthrange
from enum import StrEnum
from functools import cached_property
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import date


class DetentionStatus(StrEnum):
    """What is known of somebody's liberty."""

    AT_LIBERTY = "at_liberty"
    WANTED_ABROAD = "wanted_abroad"
    ADMINISTRATIVE_DETENTION = "administrative_detention"
    PRE_TRIAL = "pre_trial"
    ON_TRIAL = "on_trial"
    SENTENCED = "sentenced"
    ISOLATION = "isolation"
    FORCED_PSYCHIATRIC = "forced_psychiatric"
    HOUSE_ARREST = "house_arrest"
    RESTRICTED_LIBERTY = "restricted_liberty"
    RELEASED_PAROLE = "released_parole"
    RELEASED_SERVED = "released_served"
    RELEASED_HEALTH = "released_health"
    PARDONED = "pardoned"
    ACQUITTED = "acquitted"
    EXTRADITION_DETENTION = "extradition_detention"
    DISAPPEARED = "disappeared"
    DIED_IN_CUSTODY = "died_in_custody"
    DIED_AFTER_RELEASE = "died_after_release"
    UNKNOWN = "unknown"

    @property
    def is_held(self) -> bool:
        """Whether the state holds this person, or may: what is not known counts as held."""
        return self not in (*DEATHS, *RELEASES, DetentionStatus.WANTED_ABROAD, DetentionStatus.RESTRICTED_LIBERTY)


DEATHS = (DetentionStatus.DIED_IN_CUSTODY, DetentionStatus.DIED_AFTER_RELEASE)
RELEASES = (
    DetentionStatus.AT_LIBERTY, DetentionStatus.RELEASED_PAROLE, DetentionStatus.RELEASED_SERVED,
    DetentionStatus.RELEASED_HEALTH, DetentionStatus.PARDONED, DetentionStatus.ACQUITTED,
)  # fmt: skip


class Regime(StrEnum):
    """The regime under which somebody is held."""

    GENERAL = "general"
    STRICT = "strict"
    SPECIAL = "special"
    SETTLEMENT_COLONY = "settlement_colony"
    MINIMUM = "minimum"
    PUNISHMENT_CELL = "punishment_cell"
    PRISON_HOSPITAL = "prison_hospital"
    PSYCHIATRIC_SPECIAL = "psychiatric_special"


class Severity(StrEnum):
    """How grave a condition is."""

    LIFE_THREATENING = "life_threatening"
    SEVERE = "severe"
    MODERATE = "moderate"
    MILD = "mild"
    UNKNOWN = "unknown"


class Urgency(StrEnum):
    """How soon care is needed."""

    EMERGENCY = "emergency"
    URGENT = "urgent"
    ROUTINE = "routine"


class Certainty(StrEnum):
    """How sure a diagnosis is, and who is sure of it."""

    CONFIRMED_INDEPENDENT = "confirmed_independent"
    CONFIRMED_CUSTODIAL = "confirmed_custodial"
    SUSPECTED = "suspected"
    REPORTED = "reported"
    DISPUTED = "disputed"


class CareKind(StrEnum):
    """What was done, or withheld."""

    EXAM = "exam"
    TREATMENT = "treatment"
    SURGERY = "surgery"
    HOSPITAL_TRANSFER = "hospital_transfer"
    REFUSAL = "refusal"
    MEDICATION_WITHHELD = "medication_withheld"


class CareAccess(StrEnum):
    """Whether care that is needed can be had."""

    ADEQUATE = "adequate"
    PARTIAL = "partial"
    DELAYED = "delayed"
    DENIED = "denied"
    CONDITIONAL = "conditional"
    UNKNOWN = "unknown"


class OfficialPosition(StrEnum):
    """What the authorities say of somebody's health."""

    SATISFACTORY_CLAIMED = "satisfactory_claimed"
    ACKNOWLEDGED = "acknowledged"
    NO_REPLY = "no_reply"


class ParoleDecision(StrEnum):
    """What became of a parole review."""

    PENDING = "pending"
    GRANTED = "granted"
    REFUSED = "refused"
    RETURNED = "returned"
    WITHDRAWN = "withdrawn"
    NOT_APPLIED_ON_PRINCIPLE = "not_applied_on_principle"


class Position(StrEnum):
    """Where a prosecutor or an administration stands on a parole."""

    SUPPORT = "support"
    OPPOSE = "oppose"
    NONE = "none"
    UNKNOWN = "unknown"


class Reliability(StrEnum):
    """How far a source can be relied on."""

    HIGHLY = "highly"
    MODERATELY = "moderately"
    LOW = "low"
    UNRELIABLE = "unreliable"
    UNDETERMINED = "undetermined"


class Verification(StrEnum):
    """How far a statement has been verified."""

    CONFIRMED = "confirmed"
    PROBABLE = "probable"
    ALLEGED = "alleged"
    REFUTED = "refuted"


class CorrectionKind(StrEnum):
    """What became of an assertion that had been relied on."""

    CORRECTED = "corrected"
    DISPUTED = "disputed"
    RETRACTED = "retracted"


class CorrectionStatus(StrEnum):
    """Where a correction stands on its way to those who were told."""

    DRAFT = "draft"
    SENT = "sent"
    DROPPED = "dropped"


class SourceConnection(StrEnum):
    """How the one who made a statement is connected to it."""

    VICTIM = "victim"
    FAMILY = "family"
    LAWYER = "lawyer"
    CELLMATE = "cellmate"
    WITNESS = "witness"
    OFFICIAL = "official"
    MEDIA = "media"
    NGO = "ngo"
    COURT_DOCUMENT = "court_document"
    MEDICAL_DOCUMENT = "medical_document"


class NameKind(StrEnum):
    """What sort of name a variant is."""

    LEGAL = "legal"
    ALIAS = "alias"
    TRANSLITERATION = "transliteration"
    AS_IN_SOURCE = "as_in_source"


class Pronoun(StrEnum):
    """How a person wishes to be written of; where it is not known, letters repeat the name."""

    SHE = "she"
    HE = "he"
    THEY = "they"


class Monitoring(StrEnum):
    """Whether a case is being watched."""

    ACTIVE = "active"
    DORMANT = "dormant"
    CLOSED = "closed"


class FollowUpState(StrEnum):
    """What became of a follow-up."""

    OPEN = "open"
    DONE = "done"
    WAIVED = "waived"
    CANCELLED = "cancelled"


class StateResponse(StrEnum):
    """How the state answered a demand."""

    SUPPORTED = "supported"
    PARTIALLY_SUPPORTED = "partially_supported"
    NOTED = "noted"
    NO_RESPONSE = "no_response"
    NOT_ADDRESSED = "not_addressed"


class Implementation(StrEnum):
    """How far a demand has been carried out."""

    NOT_ASSESSED = "not_assessed"
    NO_ACTION = "no_action"
    IN_PROGRESS = "in_progress"
    PARTIALLY = "partially"
    FULLY = "fully"
    REGRESSED = "regressed"
    MOOT = "moot"


class ConsentScope(StrEnum):
    """What somebody agreed to."""

    RECORD = "record"
    STORE_HEALTH = "store_health"
    SHARE_PARTNERS = "share_partners"
    SHARE_UN = "share_un"
    SHARE_STATE = "share_state"
    NAME_PUBLICLY = "name_publicly"
    PUBLISH_HEALTH = "publish_health"
    PUBLISH_PHOTO = "publish_photo"
    CONTACT_FAMILY = "contact_family"
    SUPPORTER_LETTERS = "supporter_letters"


class GivenBy(StrEnum):
    """Who gave a consent, or what stands in its place."""

    PERSON = "person"
    GUARDIAN = "guardian"
    FAMILY = "family"
    LAWYER = "lawyer"
    NONE_VITAL_INTEREST = "none_vital_interest"
    MANIFESTLY_PUBLIC = "manifestly_public"


class DatePrecision(StrEnum):
    """How exactly a date is known; lateness uses the latest possible day."""

    DAY = "day"
    MONTH = "month"
    YEAR = "year"
    UNKNOWN = "unknown"

    def earliest(self, day: date) -> date:
        """The first day that a date of this precision can mean: nothing is called impossible too early."""
        if self is DatePrecision.MONTH:
            return day.replace(day=1)
        return day.replace(month=1, day=1) if self is DatePrecision.YEAR else day

    def latest(self, day: date) -> date:
        """The last day that it can mean: nobody is called late too early."""
        if self is DatePrecision.MONTH:
            return day.replace(day=monthrange(day.year, day.month)[1])
        return day.replace(month=12, day=31) if self is DatePrecision.YEAR else day


class ProceedingKind(StrEnum):
    """What sort of step before a court or authority."""

    ARREST = "arrest"
    TRIAL = "trial"
    CONVICTION = "conviction"
    APPEAL = "appeal"
    SUPREME_COURT = "supreme_court"
    RELEASE = "release"
    FORCED_EXAMINATION = "forced_examination"
    HOSPITALISATION = "hospitalisation"
    EXTRADITION = "extradition"
    ASYLUM = "asylum"
    DEPORTATION = "deportation"
    ATTACK = "attack"
    OTHER = "other"


class Mechanism(StrEnum):
    """By which procedure a petition asks for an answer or a decision."""

    DOMESTIC_COMPLAINT = "domestic_complaint"
    OSCE_VIENNA = "osce_vienna"
    SPECIAL_PROCEDURE = "special_procedure"
    WGAD = "wgad"
    CAT_ARTICLE_22 = "cat_article_22"
    HUMAN_RIGHTS_COMMITTEE = "human_rights_committee"
    UPR = "upr"
    OTHER = "other"


class Cadence(StrEnum):
    """How often a subscription speaks."""

    IMMEDIATE = "immediate"
    DAILY = "daily"
    WEEKLY = "weekly"


class Detail(StrEnum):
    """How much of what its tier allows a message says, from most to least."""

    FULL = "full"
    REFERENCE = "reference"
    NOTICE = "notice"

    @cached_property
    def rank(self) -> int:
        """0 for full, 2 for notice."""
        return list(Detail).index(self)


class SubscriptionState(StrEnum):
    """Whether a subscription is heard."""

    PENDING = "pending"
    ACTIVE = "active"
    ENDED = "ended"


class EndedReason(StrEnum):
    """Why a subscription ended."""

    UNSUBSCRIBED = "unsubscribed"
    NEVER_CONFIRMED = "never_confirmed"
    NO_SUCH_ADDRESS = "no_such_address"
    COMPLAINT = "complaint"
    BY_MEMBER = "by_member"
    CASE_CLOSED = "case_closed"


class ChannelName(StrEnum):
    """The ways a message can take."""

    EMAIL = "email"
    SLACK = "slack"
    MATRIX = "matrix"
    WEBHOOK = "webhook"


class DestinationState(StrEnum):
    """Whether a destination may be written to."""

    PENDING = "pending"
    READY = "ready"
    DISABLED = "disabled"


class SuppressionReason(StrEnum):
    """Why an address must not be written to."""

    COMPLAINT = "complaint"
    BY_MEMBER = "by_member"


class MailTakenIn(StrEnum):
    """What a mail that came in led to."""

    NOTHING = "nothing"
    AGAIN = "again"
    BOUNCE = "bounce"
    PROBED = "probed"
    SWITCHED_OFF = "switched_off"
    COMPLAINT = "complaint"
    UNSUBSCRIBED = "unsubscribed"


class CaseChannels(StrEnum):
    """Whether those who follow a case can be told of it."""

    WORKING = "working"
    FAILING = "failing"
    SWITCHED_OFF = "switched_off"
    NOBODY = "nobody"


class AlertKind(StrEnum):
    """What an alert tells."""

    FOLLOW_UP = "follow_up"
    ESCALATION = "escalation"
    CONFIRMATION = "confirmation"
    ALREADY_FOLLOWING = "already_following"
    DESTINATION_TEST = "destination_test"
    DESTINATION_FAILING = "destination_failing"
    DESTINATION_DISABLED = "destination_disabled"
    ALERTS_STOPPED = "alerts_stopped"
    CANARY = "canary"
    BOUNCE_PROBE = "bounce_probe"
    URGENT_ACTION = "urgent_action"
    FURTHER_INFORMATION = "further_information"
    STOP_ACTION = "stop_action"
    CORRECTION = "correction"
    CASE_CLOSED = "case_closed"
    MANAGE_LINK = "manage_link"
    NEW_ADDRESS = "new_address"
    ADDRESS_CHANGED = "address_changed"


# Written by staff, approved by a second member, and told at once: none waits for a digest.
URGENT = (AlertKind.URGENT_ACTION, AlertKind.FURTHER_INFORMATION, AlertKind.STOP_ACTION)
# What subscriptions are about.
FOLLOWED = (AlertKind.FOLLOW_UP, AlertKind.CORRECTION, *URGENT)
# What is told of a follow-up: to those who follow, and to those who must act.
ABOUT_FOLLOW_UPS = (AlertKind.FOLLOW_UP, AlertKind.ESCALATION)
# What tells an owner of a destination by another way.
NOTICES = (AlertKind.DESTINATION_FAILING, AlertKind.DESTINATION_DISABLED, AlertKind.ALERTS_STOPPED)
# What a subscriber asked for on the pages, and what guards that.
PERSONAL = (AlertKind.MANAGE_LINK, AlertKind.NEW_ADDRESS, AlertKind.ADDRESS_CHANGED)
# What no subscription is the reason for.
ABOUT_DESTINATIONS = (AlertKind.DESTINATION_TEST, AlertKind.BOUNCE_PROBE, *NOTICES, *PERSONAL)


class AskingKind(StrEnum):
    """What a public form asked for."""

    SUBSCRIBE = "subscribe"
    MANAGE = "manage"


class UrgentActionKind(StrEnum):
    """What a version of an urgent action is for."""

    INITIAL = "initial"
    FURTHER_INFORMATION = "further_information"
    STOP_ACTION = "stop_action"


class UrgentActionStatus(StrEnum):
    """Where a version of an urgent action stands; see docs/urgent-actions.md for the arrows between them."""

    DRAFT = "draft"
    IN_REVIEW = "in_review"
    APPROVED = "approved"
    ISSUED = "issued"
    EXPIRED = "expired"
    SUSPENDED = "suspended"
    CLOSED = "closed"


class CallStanding(StrEnum):
    """Whether an issued version still asks its readers to write, and if not, why."""

    OPEN = "open"
    EXPIRED = "expired"
    PAUSED = "paused"
    SUPERSEDED = "superseded"
    CLOSED = "closed"
    STOPPED = "stopped"
    STOP = "stop"


class UrgentActionOutcome(StrEnum):
    """What became of the person, as far as is known."""

    RELEASED = "released"
    IMPROVED = "improved"
    CARE_PROVIDED = "care_provided"
    UNCHANGED = "unchanged"
    WORSENED = "worsened"
    DIED = "died"
    UNKNOWN = "unknown"


class DeliveryState(StrEnum):
    """Where a delivery stands; see docs/delivery.md for the arrows between them."""

    QUEUED = "queued"
    SENDING = "sending"
    ACCEPTED = "accepted"
    UNKNOWN = "unknown"
    HELD = "held"
    DEAD = "dead"
    CANCELLED = "cancelled"


OPEN_DELIVERY_STATES = (DeliveryState.QUEUED, DeliveryState.SENDING, DeliveryState.UNKNOWN)


class AttemptOutcome(StrEnum):
    """How one try ended; `lost` means that its process died before it could say."""

    STARTED = "started"
    ACCEPTED = "accepted"
    REFUSED = "refused"
    REFUSED_FOR_GOOD = "refused_for_good"
    UNKNOWN = "unknown"
    LOST = "lost"


class DocumentType(StrEnum):
    """What kinds of file are taken as documents; each is told by its content."""

    PDF = "pdf"
    PNG = "png"
    JPEG = "jpeg"
    TIFF = "tiff"
    WEBP = "webp"
    TEXT = "text"
    DOCX = "docx"
    ODT = "odt"

    @property
    def media_type(self) -> str:
        """What HTTP calls it."""
        return _MEDIA_TYPES[self]


_MEDIA_TYPES = {
    DocumentType.PDF: "application/pdf",
    DocumentType.PNG: "image/png",
    DocumentType.JPEG: "image/jpeg",
    DocumentType.TIFF: "image/tiff",
    DocumentType.WEBP: "image/webp",
    DocumentType.TEXT: "text/plain",
    DocumentType.DOCX: "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    DocumentType.ODT: "application/vnd.oasis.opendocument.text",
}


class Role(StrEnum):
    """What a member is in the organisation."""

    ADMIN = "admin"
    COORDINATOR = "coordinator"
    OFFICER = "officer"
    OBSERVER = "observer"


class Access(StrEnum):
    """What a grant allows on a case."""

    READ = "read"
    WRITE = "write"


class Beat(StrEnum):
    """What leaves a heartbeat when it was done: the worker's rhythms, and what follows from them."""

    CHECK_OVERDUE = "check_overdue"
    CLOSE_DIGESTS = "close_digests"
    EXPIRE_SUBSCRIPTIONS = "expire_subscriptions"
    APPLY_RULES = "apply_rules"
    CHECK_COMPLETENESS = "check_completeness"
    SEND_CANARY = "send_canary"
    CANARY_RECEIPT = "canary_receipt"
    OUTSIDE_HEARTBEAT = "outside_heartbeat"
    MOVE_URGENT_ACTIONS = "move_urgent_actions"
    TAKE_IN_MAIL = "take_in_mail"

    @property
    def failed(self) -> str:
        """Under what name a failure is noted, beside the last success."""
        return f"{self.value}.failed"
