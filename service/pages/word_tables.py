"""The words for the closed lists, each marked for the translators; a state's shape beside its words."""

from __future__ import annotations

from typing import TYPE_CHECKING

from alerts.facts import Level
from service.vocabulary import (
    AlertKind,
    Cadence,
    CaseChannels,
    ChannelName,
    CorrectionKind,
    DeliveryState,
    DestinationState,
    Detail,
    DetentionStatus,
    Mechanism,
    SourceConnection,
    SuppressionReason,
    Verification,
)

if TYPE_CHECKING:
    from collections.abc import Mapping


def _msgid(english: str) -> str:
    """Marks a text for the translators."""
    return english


LEVELS: Mapping[Level, tuple[str, str]] = {
    # a shape beside each word
    Level.UPCOMING: ("○", _msgid("Upcoming")),
    Level.DUE: ("▲", _msgid("Due")),
    Level.OVERDUE: ("■", _msgid("Overdue")),
    Level.VERY_OVERDUE: ("■■", _msgid("Very overdue")),
    Level.CRITICAL: ("■■■", _msgid("Critical")),
}
FROM_LEVELS: Mapping[Level, str] = {
    Level.UPCOMING: _msgid("already before the date"),
    Level.DUE: _msgid("from the day on"),
    Level.OVERDUE: _msgid("when it is overdue"),
    Level.VERY_OVERDUE: _msgid("when it is long overdue"),
    Level.CRITICAL: _msgid("when it is critically late"),
}
STATUSES: Mapping[DetentionStatus, str] = {
    DetentionStatus.AT_LIBERTY: _msgid("At liberty"),
    DetentionStatus.WANTED_ABROAD: _msgid("Wanted, abroad"),
    DetentionStatus.ADMINISTRATIVE_DETENTION: _msgid("In administrative detention"),
    DetentionStatus.PRE_TRIAL: _msgid("Detained before trial"),
    DetentionStatus.ON_TRIAL: _msgid("On trial"),
    DetentionStatus.SENTENCED: _msgid("Serving a sentence"),
    DetentionStatus.ISOLATION: _msgid("In isolation"),
    DetentionStatus.FORCED_PSYCHIATRIC: _msgid("Detained in a hospital"),
    DetentionStatus.HOUSE_ARREST: _msgid("Under house arrest"),
    DetentionStatus.RESTRICTED_LIBERTY: _msgid("Liberty restricted"),
    DetentionStatus.RELEASED_PAROLE: _msgid("Released on parole"),
    DetentionStatus.RELEASED_SERVED: _msgid("Released, sentence served"),
    DetentionStatus.RELEASED_HEALTH: _msgid("Released early"),
    DetentionStatus.PARDONED: _msgid("Pardoned"),
    DetentionStatus.ACQUITTED: _msgid("Acquitted"),
    DetentionStatus.EXTRADITION_DETENTION: _msgid("Detained for extradition"),
    DetentionStatus.DISAPPEARED: _msgid("Disappeared"),
    DetentionStatus.DIED_IN_CUSTODY: _msgid("Died in custody"),
    DetentionStatus.DIED_AFTER_RELEASE: _msgid("Died after release"),
    DetentionStatus.UNKNOWN: _msgid("Not known"),
}
MECHANISMS: Mapping[Mechanism, str] = {
    Mechanism.DOMESTIC_COMPLAINT: _msgid("Complaint under national law"),
    Mechanism.OSCE_VIENNA: _msgid("OSCE Vienna Mechanism"),
    Mechanism.SPECIAL_PROCEDURE: _msgid("UN special procedure"),
    Mechanism.WGAD: _msgid("UN Working Group on Arbitrary Detention"),
    Mechanism.CAT_ARTICLE_22: _msgid("UN Committee against Torture, article 22"),
    Mechanism.HUMAN_RIGHTS_COMMITTEE: _msgid("UN Human Rights Committee"),
    Mechanism.UPR: _msgid("Universal Periodic Review"),
    Mechanism.OTHER: _msgid("Another way"),
}
CADENCES: Mapping[Cadence, str] = {
    Cadence.IMMEDIATE: _msgid("at once"),
    Cadence.DAILY: _msgid("once a day"),
    Cadence.WEEKLY: _msgid("once a week"),
}
DETAILS: Mapping[Detail, str] = {
    Detail.FULL: _msgid("what must happen, by when and who can act"),
    Detail.REFERENCE: _msgid("the case and how urgent it is"),
    Detail.NOTICE: _msgid("only that there is news"),
}
DELIVERIES: Mapping[DeliveryState, tuple[str, str]] = {
    DeliveryState.QUEUED: ("○", _msgid("Waiting")),
    DeliveryState.SENDING: ("◐", _msgid("Sending")),
    DeliveryState.ACCEPTED: ("●", _msgid("Accepted by the receiving server")),
    DeliveryState.UNKNOWN: ("◆", _msgid("May have arrived: the line broke")),
    DeliveryState.HELD: ("◇", _msgid("Held: decide")),
    DeliveryState.DEAD: ("■", _msgid("Not delivered")),
    DeliveryState.CANCELLED: ("–", _msgid("Not sent")),
}
CHANNELS: Mapping[ChannelName, str] = {
    ChannelName.EMAIL: _msgid("E-mail"),
    ChannelName.SLACK: "Slack",
    ChannelName.MATRIX: "Matrix",
    ChannelName.WEBHOOK: _msgid("Signed webhook"),
}
DESTINATIONS: Mapping[DestinationState, str] = {
    DestinationState.PENDING: _msgid("Not confirmed"),
    DestinationState.READY: _msgid("Ready"),
    DestinationState.DISABLED: _msgid("Switched off"),
}
CASE_CHANNELS: Mapping[CaseChannels, str] = {
    CaseChannels.WORKING: _msgid("Its followers can be told"),
    CaseChannels.FAILING: _msgid("Nothing reaches its followers at present"),
    CaseChannels.SWITCHED_OFF: _msgid("All its followers' addresses are switched off"),
    CaseChannels.NOBODY: _msgid("Nobody follows"),
}
ALERTS: Mapping[AlertKind, str] = {
    AlertKind.FOLLOW_UP: _msgid("Follow-up"),
    AlertKind.ESCALATION: _msgid("To the members responsible"),
    AlertKind.CONFIRMATION: _msgid("Question whether to start"),
    AlertKind.ALREADY_FOLLOWING: _msgid("Notice: follows the case already"),
    AlertKind.DESTINATION_TEST: _msgid("Test of a destination"),
    AlertKind.DESTINATION_FAILING: _msgid("Notice: another address fails"),
    AlertKind.DESTINATION_DISABLED: _msgid("Notice: another address is switched off"),
    AlertKind.ALERTS_STOPPED: _msgid("Notice: alerts to another address were stopped"),
    AlertKind.CANARY: _msgid("Canary"),
    AlertKind.BOUNCE_PROBE: _msgid("Question to an address whose mail came back"),
    AlertKind.URGENT_ACTION: _msgid("Urgent action"),
    AlertKind.FURTHER_INFORMATION: _msgid("Further information"),
    AlertKind.STOP_ACTION: _msgid("Stop action"),
    AlertKind.CORRECTION: _msgid("Correction"),
    AlertKind.CASE_CLOSED: _msgid("Notice: the case is closed"),
    AlertKind.MANAGE_LINK: _msgid("Link to your page"),
    AlertKind.NEW_ADDRESS: _msgid("Question about a new address"),
    AlertKind.ADDRESS_CHANGED: _msgid("Notice: another address now"),
}
VERIFICATIONS: Mapping[Verification, str] = {
    Verification.CONFIRMED: _msgid("confirmed"),
    Verification.PROBABLE: _msgid("probable"),
    Verification.ALLEGED: _msgid("alleged"),
    Verification.REFUTED: _msgid("refuted"),
}
CORRECTIONS: Mapping[CorrectionKind, str] = {
    CorrectionKind.CORRECTED: _msgid("Corrected"),
    CorrectionKind.DISPUTED: _msgid("Disputed"),
    CorrectionKind.RETRACTED: _msgid("Taken back"),
}
SUPPRESSIONS: Mapping[SuppressionReason, str] = {
    SuppressionReason.COMPLAINT: _msgid("Our mail was reported as unwanted"),
    SuppressionReason.BY_MEMBER: _msgid("A member decided so"),
}
CONNECTIONS: Mapping[SourceConnection, str] = {
    SourceConnection.VICTIM: _msgid("Victim"),
    SourceConnection.FAMILY: _msgid("Family"),
    SourceConnection.LAWYER: _msgid("Lawyer"),
    SourceConnection.CELLMATE: _msgid("Cellmate"),
    SourceConnection.WITNESS: _msgid("Witness"),
    SourceConnection.OFFICIAL: _msgid("Official"),
    SourceConnection.MEDIA: _msgid("Media"),
    SourceConnection.NGO: _msgid("NGO"),
    SourceConnection.COURT_DOCUMENT: _msgid("Court document"),
    SourceConnection.MEDICAL_DOCUMENT: _msgid("Medical document"),
}
