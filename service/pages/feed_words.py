"""The words of calendars and feeds, in the reader's language; none names a person."""

from __future__ import annotations

import re

from alerts.languages import Languages
from service.facts.feeds import FeedAlert, FeedCall, FeedDate
from service.pages.words import Words

# What XML 1.0 (section 2.2) cannot hold, and the controls that no calendar should; where lines end is white space.
_FORBIDDEN = re.compile("[^\\s\u0020-\u007e\u00a0-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


class FeedWords:
    """One language's words for a date and for what was told of it."""

    def __init__(self, languages: Languages, language: str) -> None:
        self.language = language
        self._languages = languages
        self._words = Words(languages, language)

    def date(self, date: FeedDate) -> str:
        """ "Medical examination, case KAZ-2014-003"."""
        said = self._say(_msgid("%(what)s, case %(case)s"))
        what = self._words.follow_up(date.kind)
        return plain(said % {"what": what[:1].upper() + what[1:], "case": date.case_reference})

    def alert(self, alert: FeedAlert) -> str:
        """ "Overdue: medical examination, case KAZ-2014-003"."""
        said = self._say(_msgid("%(level)s: %(what)s, case %(case)s"))
        what = self._words.follow_up(alert.about.kind)
        level = self._words.level(alert.level)
        return plain(said % {"level": level, "what": what, "case": alert.about.case_reference})

    def due(self, date: FeedDate) -> str:
        """Which day it is, and where it is counted."""
        said = self._say(_msgid("Due on %(day)s, counted where the person is held (%(zone)s)."))
        return plain(said % {"day": self._languages.date(self.language, date.due_on), "zone": date.time_zone})

    def call(self, call: FeedCall) -> str:
        """ "Urgent action UA 12/14, case KAZ-2014-003"."""
        said = self._say(_msgid("%(what)s %(number)s, case %(case)s"))
        what = self._words.alert(call.kind)
        return plain(said % {"what": what, "number": call.number, "case": call.case_reference})

    def act_by(self, call: FeedCall) -> str:
        """Until when to write, or that nobody should any more."""
        if call.act_by is None:
            return self._say(_msgid("Nobody should write any more."))
        said = self._say(_msgid("Write by %(day)s (%(zone)s)."))
        return plain(said % {"day": self._languages.date(self.language, call.act_by), "zone": call.time_zone})

    def of_case(self, reference: str) -> str:
        """The title of one case's calendar and feed."""
        return plain(self._say(_msgid("Case %(case)s")) % {"case": reference})

    def of_reader(self) -> str:
        """The title of a reader's own calendar and feed."""
        return self._say(_msgid("The cases that you follow"))

    def _say(self, english: str) -> str:
        return self._languages.gettext(self.language, english)


def plain(text: str) -> str:
    """The text on one line, without what neither XML nor a calendar can hold."""
    return " ".join(_FORBIDDEN.sub("", text).split())


def _msgid(english: str) -> str:
    """Marks a text for the translators."""
    return english
