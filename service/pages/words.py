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
    DestinationState,
    Detail,
    DetentionStatus,
    Mechanism,
    SourceConnection,
    SuppressionReason,
    Verification,
)

if TYPE_CHECKING:
    from collections.abc import Iterable

    from alerts.languages import Languages
from service.pages.word_tables import (
    ALERTS,
    CADENCES,
    CASE_CHANNELS,
    CHANNELS,
    CONNECTIONS,
    CORRECTIONS,
    DELIVERIES,
    DESTINATIONS,
    DETAILS,
    FROM_LEVELS,
    LEVELS,
    MECHANISMS,
    STATUSES,
    SUPPRESSIONS,
    VERIFICATIONS,
    _msgid,
)


class Words:
    """One language's words; what the catalogue lacks is said in English."""

    def __init__(self, languages: Languages, language: str) -> None:
        self._languages = languages
        self._language = language

    def level(self, level: Level) -> str:
        """ "Overdue"."""
        return self._say(LEVELS[level][1])

    def level_shape(self, level: Level) -> str:
        """The shape that stands beside the level's word."""
        return LEVELS[level][0]

    def status(self, status: DetentionStatus) -> str:
        """ "Serving a sentence"."""
        return self._say(STATUSES[status])

    def mechanism(self, mechanism: Mechanism | str) -> str:
        """ "UN special procedure"."""
        return self._say(MECHANISMS[Mechanism(mechanism)])

    def cadence(self, cadence: Cadence) -> str:
        """ "once a day"."""
        return self._say(CADENCES[cadence])

    def detail(self, detail: Detail) -> str:
        """ "the case and how urgent it is"."""
        return self._say(DETAILS[detail])

    def unnamed(self) -> str:
        """What stands for a wish that its reader wants nowhere named."""
        return self._say(_msgid("something that you follow"))

    def delivery(self, state: DeliveryState) -> str:
        """ "Accepted by the receiving server", never "delivered": nobody knows that."""
        return self._say(DELIVERIES[state][1])

    def delivery_shape(self, state: DeliveryState) -> str:
        """The shape that stands beside the state's words."""
        return DELIVERIES[state][0]

    def channel(self, channel: ChannelName) -> str:
        """ "E-mail"."""
        # Slack and Matrix are called so in every language.
        is_own_name = channel in {ChannelName.SLACK, ChannelName.MATRIX}
        return CHANNELS[channel] if is_own_name else self._say(CHANNELS[channel])

    def destination(self, state: DestinationState, failures: int) -> str:
        """ "Ready", and what is in its way."""
        if state is DestinationState.READY and failures:
            return self._say(_msgid("Nothing gets through at present; we go on trying"))
        return self._say(DESTINATIONS[state])

    def case_channels(self, channels: CaseChannels) -> str:
        """Whether those who follow a case can be told of it."""
        return self._say(CASE_CHANNELS[channels])

    def alert(self, kind: AlertKind) -> str:
        """What sort of message it was."""
        return self._say(ALERTS[kind])

    def verification(self, verification: Verification) -> str:
        """How far a statement has been verified: "alleged"."""
        return self._say(VERIFICATIONS[verification])

    def connection(self, connection: SourceConnection) -> str:
        """How the one who made a statement is connected to it: "Family"."""
        return self._say(CONNECTIONS[connection])

    def correction(self, kind: CorrectionKind) -> str:
        """What became of an assertion: "Taken back"."""
        return self._say(CORRECTIONS[kind])

    def suppression(self, reason: SuppressionReason) -> str:
        """Why an address is not written to: "A member decided so"."""
        return self._say(SUPPRESSIONS[reason])

    def follow_up(self, kind: str | None) -> str:
        """What must happen; "a follow-up" where the kind must not be said or is not in the table any more."""
        known = FOLLOW_UP_KINDS.get(kind or "")
        return self._say(known.words if known else "a follow-up")

    def followed(self, *, reference: str | None, country: str | None, kind: str | None) -> str:
        """What a subscription is about, in words that can stand alone."""
        if reference is not None:
            return self._say(_msgid("case %(case)s")) % {"case": reference}
        if country is not None:
            return self._say(_msgid("all cases in %(country)s")) % {"country": self.country(country)}
        return self._say(_msgid("all cases: %(kind)s")) % {"kind": self.follow_up(kind)}

    def from_level(self, level: Level) -> str:
        """ "when it is overdue": from which level upwards a subscription speaks."""
        return self._say(FROM_LEVELS[level])

    def country(self, code: str) -> str:
        """The country's name for its ISO 3166 code."""
        return self._languages.country(self._language, code)

    def language(self, code: str) -> str:
        """The language's name for its tag (BCP 47)."""
        return self._languages.language(self._language, code)

    def languages(self, codes: Iterable[str]) -> str:
        """The names of these languages (BCP 47), any of which will do: "Russian, Kazakh or English"."""
        return self._languages.listed(self._language, map(self.language, codes), any_will_do=True)

    def listed(self, items: Iterable[str]) -> str:
        """ "1S10, 1S11 and 1S12"."""
        return self._languages.listed(self._language, items)

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
