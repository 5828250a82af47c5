"""The words that pages use for states, levels and kinds, so that a state is never a colour alone."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING

from alerts.facts import Level
from alerts.follow_up_kinds import FOLLOW_UP_KINDS
from service.vocabulary import (
    AlertKind,
    Cadence,
    CaseChannels,
    ChannelName,
    CorrectionKind,
    DeliveryState,
    DetentionStatus,
    Mechanism,
    Verification,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

    from alerts.languages import Languages


def _msgid(english: str) -> str:
    """Marks a text for the translators."""
    return english


_LEVELS: Mapping[Level, tuple[str, str]] = {
    # a shape beside each word
    Level.UPCOMING: ("○", _msgid("Upcoming")),
    Level.DUE: ("▲", _msgid("Due")),
    Level.OVERDUE: ("■", _msgid("Overdue")),
    Level.VERY_OVERDUE: ("■■", _msgid("Very overdue")),
    Level.CRITICAL: ("■■■", _msgid("Critical")),
}
_STATUSES: Mapping[DetentionStatus, str] = {
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
_MECHANISMS: Mapping[Mechanism, str] = {
    Mechanism.DOMESTIC_COMPLAINT: _msgid("Complaint under national law"),
    Mechanism.OSCE_VIENNA: _msgid("OSCE Vienna Mechanism"),
    Mechanism.SPECIAL_PROCEDURE: _msgid("UN special procedure"),
    Mechanism.WGAD: _msgid("UN Working Group on Arbitrary Detention"),
    Mechanism.CAT_ARTICLE_22: _msgid("UN Committee against Torture, article 22"),
    Mechanism.HUMAN_RIGHTS_COMMITTEE: _msgid("UN Human Rights Committee"),
    Mechanism.UPR: _msgid("Universal Periodic Review"),
    Mechanism.OTHER: _msgid("Another way"),
}
_CADENCES: Mapping[Cadence, str] = {
    Cadence.IMMEDIATE: _msgid("at once"),
    Cadence.DAILY: _msgid("once a day"),
    Cadence.WEEKLY: _msgid("once a week"),
}
_DELIVERIES: Mapping[DeliveryState, tuple[str, str]] = {
    DeliveryState.QUEUED: ("○", _msgid("Waiting")),
    DeliveryState.SENDING: ("◐", _msgid("Sending")),
    DeliveryState.ACCEPTED: ("●", _msgid("Accepted by the receiving server")),
    DeliveryState.UNKNOWN: ("◆", _msgid("May have arrived: the line broke")),
    DeliveryState.HELD: ("◇", _msgid("Held: decide")),
    DeliveryState.DEAD: ("■", _msgid("Not delivered")),
    DeliveryState.CANCELLED: ("–", _msgid("Not sent")),
}
_CHANNELS: Mapping[ChannelName, str] = {
    ChannelName.EMAIL: _msgid("E-mail"),
    ChannelName.SLACK: "Slack",
    ChannelName.MATRIX: "Matrix",
    ChannelName.WEBHOOK: _msgid("Signed webhook"),
}
_CASE_CHANNELS: Mapping[CaseChannels, str] = {
    CaseChannels.WORKING: _msgid("Its followers can be told"),
    CaseChannels.FAILING: _msgid("Nothing reaches its followers at present"),
    CaseChannels.SWITCHED_OFF: _msgid("All its followers' addresses are switched off"),
    CaseChannels.NOBODY: _msgid("Nobody follows"),
}
_ALERTS: Mapping[AlertKind, str] = {
    AlertKind.FOLLOW_UP: _msgid("Follow-up"),
    AlertKind.ESCALATION: _msgid("To the members responsible"),
    AlertKind.CONFIRMATION: _msgid("Question whether to start"),
    AlertKind.ALREADY_FOLLOWING: _msgid("Notice: follows the case already"),
    AlertKind.DESTINATION_TEST: _msgid("Test of a destination"),
    AlertKind.DESTINATION_FAILING: _msgid("Notice: another address fails"),
    AlertKind.DESTINATION_DISABLED: _msgid("Notice: another address is switched off"),
    AlertKind.CANARY: _msgid("Canary"),
    AlertKind.URGENT_ACTION: _msgid("Urgent action"),
    AlertKind.FURTHER_INFORMATION: _msgid("Further information"),
    AlertKind.STOP_ACTION: _msgid("Stop action"),
    AlertKind.CORRECTION: _msgid("Correction"),
}
_VERIFICATIONS: Mapping[Verification, str] = {
    Verification.CONFIRMED: _msgid("confirmed"),
    Verification.PROBABLE: _msgid("probable"),
    Verification.ALLEGED: _msgid("alleged"),
    Verification.REFUTED: _msgid("refuted"),
}
_CORRECTIONS: Mapping[CorrectionKind, str] = {
    CorrectionKind.CORRECTED: _msgid("Corrected"),
    CorrectionKind.DISPUTED: _msgid("Disputed"),
    CorrectionKind.RETRACTED: _msgid("Taken back"),
}


class Words:
    """One language's words; what the catalogue lacks is said in English."""

    def __init__(self, languages: Languages, language: str) -> None:
        self._languages = languages
        self._language = language

    def level(self, level: Level) -> str:
        """ "Overdue"."""
        return self._say(_LEVELS[level][1])

    def level_shape(self, level: Level) -> str:
        """The shape that stands beside the level's word."""
        return _LEVELS[level][0]

    def status(self, status: DetentionStatus) -> str:
        """ "Serving a sentence"."""
        return self._say(_STATUSES[status])

    def mechanism(self, mechanism: Mechanism | str) -> str:
        """ "UN special procedure"."""
        return self._say(_MECHANISMS[Mechanism(mechanism)])

    def cadence(self, cadence: Cadence) -> str:
        """ "once a day"."""
        return self._say(_CADENCES[cadence])

    def delivery(self, state: DeliveryState) -> str:
        """ "Accepted by the receiving server", never "delivered": nobody knows that."""
        return self._say(_DELIVERIES[state][1])

    def delivery_shape(self, state: DeliveryState) -> str:
        """The shape that stands beside the state's words."""
        return _DELIVERIES[state][0]

    def channel(self, channel: ChannelName) -> str:
        """ "E-mail"."""
        return self._say(_CHANNELS[channel])

    def case_channels(self, channels: CaseChannels) -> str:
        """Whether those who follow a case can be told of it."""
        return self._say(_CASE_CHANNELS[channels])

    def alert(self, kind: AlertKind) -> str:
        """What sort of message it was."""
        return self._say(_ALERTS[kind])

    def verification(self, verification: Verification) -> str:
        """How far a statement has been verified: "alleged"."""
        return self._say(_VERIFICATIONS[verification])

    def correction(self, kind: CorrectionKind) -> str:
        """What became of an assertion: "Taken back"."""
        return self._say(_CORRECTIONS[kind])

    def follow_up(self, kind: str | None) -> str:
        """What must happen; "a follow-up" where the kind must not be said or is not in the table any more."""
        known = FOLLOW_UP_KINDS.get(kind or "")
        return self._say(known.words if known else "a follow-up")

    def country(self, code: str) -> str:
        """The country's name for its ISO 3166 code."""
        return self._languages.country(self._language, code)

    def language(self, code: str) -> str:
        """The language's name for its tag (BCP 47)."""
        return self._languages.language(self._language, code)

    def pronoun(self, word: str) -> str:
        """How somebody wishes to be written of: "she", "he", "they"."""
        return self._say(word)

    def plain(self, word: StrEnum | str) -> str:
        """Any other word of the closed lists, with spaces between its parts."""
        english = str(word).replace("_", " ").replace("-", " ")
        return self._say(english[:1].upper() + english[1:])

    def days(self, days: int) -> str:
        """ "in 3 days", "today", "3 days ago": where a date lies from here; `days` is negative for the future."""
        if days == 0:
            return self._say(_msgid("today"))
        catalogue = self._languages.translations(self._language)
        if days < 0:
            return catalogue.ngettext("in %(count)d day", "in %(count)d days", -days) % {"count": -days}
        return catalogue.ngettext("%(count)d day ago", "%(count)d days ago", days) % {"count": days}

    def _say(self, english: str) -> str:
        return self._languages.gettext(self._language, english)
