"""The words of an alert that depend on its kind, its level or its dates."""

from __future__ import annotations

from typing import TYPE_CHECKING

from alerts.correction_facts import CorrectedHow
from alerts.destination_facts import OffReason
from alerts.facts import Level
from alerts.follow_up_kinds import kind_named
from alerts.free_text import harmless
from alerts.news_facts import NewsWord

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from datetime import date

    from alerts.facts import Escalation, FollowUpAlert
    from alerts.languages import Languages
    from alerts.personal_facts import AlreadyFollowing, Confirmation


def _msgid(english: str) -> str:
    """Marks a text for the translators."""
    return english


# Said by `followed`.
_FOLLOWED = (
    _msgid("case %(case)s"),
    _msgid("all cases in %(country)s"),
    _msgid("all cases: %(kind)s"),
)
_OUTCOMES: Mapping[str, str] = {
    "released": _msgid("The person is free."),
    "improved": _msgid("The situation has improved."),
    "care_provided": _msgid("What was asked for is being given."),
    "unchanged": _msgid("The situation has not changed."),
    "worsened": _msgid("The situation has become worse."),
    "died": _msgid("The person has died."),
    "unknown": _msgid("What has become of the person is not known, or is not for the public."),
}
# Translators: how somebody wishes to be written of, in a letter.
_PRONOUNS: Mapping[str, str] = {"she": _msgid("she"), "he": _msgid("he"), "they": _msgid("they")}

_NEWS: Mapping[NewsWord, str] = {
    NewsWord.UPCOMING: _msgid("Upcoming"),
    NewsWord.DUE: _msgid("Due now"),
    NewsWord.OVERDUE: _msgid("Overdue"),
    NewsWord.VERY_OVERDUE: _msgid("Very overdue"),
    NewsWord.CRITICAL: _msgid("Critical"),
    NewsWord.URGENT_ACTION: _msgid("Urgent action"),
    NewsWord.FURTHER_INFORMATION: _msgid("Further information"),
    NewsWord.STOP_ACTION: _msgid("Stop: write no more letters"),
    NewsWord.CORRECTION: _msgid("Correction"),
}


class Phrases:
    """One language's phrases, for the templates. Every method may raise Untranslated."""

    def __init__(self, languages: Languages, language: str) -> None:
        self._languages = languages
        self._language = language
        self._catalogue = languages.complete_translations(language)

    def what(self, alert: FollowUpAlert | Escalation) -> str:
        """What must happen; "a follow-up" where the kind itself must not be said. Raises UnknownKind."""
        if alert.kind is None:
            return self._catalogue.gettext("a follow-up")
        return self._catalogue.gettext(kind_named(alert.kind).words)

    def who(self, alert: FollowUpAlert) -> str:
        """Who can act. Raises UnknownKind."""
        if alert.kind is None:
            return self._catalogue.gettext("the authority that holds the person")
        return self._catalogue.gettext(kind_named(alert.kind).actor)

    def basis(self, alert: FollowUpAlert | Escalation) -> str | None:
        """The rule behind the date: the kind's own is translated, a stated one is quoted. Raises UnknownKind."""
        if alert.kind is not None:
            own = kind_named(alert.kind).basis
            if alert.basis == harmless(own):
                return self._catalogue.gettext(own)
        return alert.basis

    def followed(self, wish: Confirmation | AlreadyFollowing) -> str:
        """What a wish is about, in words that can stand alone. Raises UnknownKind."""
        if wish.case_reference is not None:
            return self._catalogue.gettext("case %(case)s") % {"case": wish.case_reference}
        if wish.country is not None:
            return self._catalogue.gettext("all cases in %(country)s") % {"country": self.country(wish.country)}
        words = self._catalogue.gettext(kind_named(wish.kind or "").words)
        return self._catalogue.gettext("all cases: %(kind)s") % {"kind": words}

    def lateness(self, alert: FollowUpAlert | Escalation) -> str:
        """How late, in a few words that can open a subject line: "Overdue by 3 days"."""
        days = abs(alert.days_late)
        if alert.days_late < 0:
            return self._catalogue.ngettext("Due in %(count)d day", "Due in %(count)d days", days) % {"count": days}
        if days == 0:
            return self._catalogue.gettext("Due now")
        if alert.level is Level.CRITICAL:
            text = self._catalogue.ngettext(
                "Critical, overdue by %(count)d day", "Critical, overdue by %(count)d days", days
            )
        else:
            text = self._catalogue.ngettext("Overdue by %(count)d day", "Overdue by %(count)d days", days)
        return text % {"count": days}

    def cadence(self, name: str) -> str:
        """How often, in words. Raises ValueError unless it is `immediate`, `daily` or `weekly`."""
        match name:
            case "immediate":
                return self._catalogue.gettext("at once")
            case "daily":
                return self._catalogue.gettext("once a day")
            case "weekly":
                return self._catalogue.gettext("once a week")
            case _:
                raise ValueError(f"no cadence is called {name!r}; known are: immediate, daily, weekly")

    def channel(self, name: str) -> str:
        """By which way a destination is reached; what is no word of ours is a name of its own."""
        match name:
            case "email":
                return self._catalogue.gettext("E-mail")
            case "webhook":
                return self._catalogue.gettext("Signed webhook")
            case _:
                return name.capitalize()

    def off_reason(self, reason: OffReason) -> str:
        """Why a destination was switched off, in one sentence."""
        match reason:
            case OffReason.GONE:
                return self._catalogue.gettext("The receiver says that nobody is there any more.")
            case OffReason.NO_SUCH_ADDRESS:
                return self._catalogue.gettext("The mail server says that there is no such address.")
            case OffReason.FIVE_DAYS:
                return self._catalogue.gettext("Nothing got through for five days.")
            case OffReason.CAME_BACK:
                return self._catalogue.gettext("Mail that was sent there came back again and again.")
            case OffReason.COMPLAINT:
                return self._catalogue.gettext("Our mail was reported as unwanted there.")

    def correction(self, how: CorrectedHow) -> str:
        """What became of what was said, in one sentence."""
        match how:
            case CorrectedHow.CORRECTED:
                return self._catalogue.gettext("Something that we told you of this case was wrong.")
            case CorrectedHow.DISPUTED:
                return self._catalogue.gettext("Something that we told you of this case is disputed.")
            case CorrectedHow.RETRACTED:
                return self._catalogue.gettext("We take back something that we told you of this case.")

    def news(self, word: NewsWord) -> str:
        """The one word that is said of a case to a reader who wants no more."""
        return self._catalogue.gettext(_NEWS[word])

    def outcome(self, name: str) -> str:
        """What became of the person. Raises KeyError unless it is one of the outcomes of an urgent action."""
        return self._catalogue.gettext(_OUTCOMES[name])

    def language(self, code: str) -> str:
        """A language's name for its tag (BCP 47)."""
        return self._languages.language(self._language, code)

    def languages(self, codes: Iterable[str]) -> str:
        """The names of these languages (BCP 47), any of which will do: "Russian, Kazakh or English"."""
        return self._languages.listed(self._language, map(self.language, codes), any_will_do=True)

    def pronoun(self, name: str) -> str:
        """How a person wishes to be written of. Raises KeyError unless it is `she`, `he` or `they`."""
        return self._catalogue.gettext(_PRONOUNS[name])

    def day_and_month(self, day: date) -> str:
        """The day without its year, for a subject line."""
        return self._languages.day_and_month(self._language, day)

    def date(self, day: date) -> str:
        """The day written out."""
        return self._languages.date(self._language, day)

    def country(self, code: str) -> str:
        """The country's name for its ISO 3166 code."""
        return self._languages.country(self._language, code)
