"""The languages we can write in, read from the catalogues under templates/locale."""

from __future__ import annotations

import gettext
from contextvars import ContextVar
from functools import lru_cache
from io import BytesIO
from typing import TYPE_CHECKING, NoReturn

from babel import Locale, UnknownLocaleError
from babel.dates import format_date, format_skeleton, get_datetime_format, get_day_names
from babel.lists import format_list
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from datetime import date, datetime
    from pathlib import Path

# The texts in the code and the templates are English, so English needs no catalogue.
ENGLISH = "en"
# What a column holds.
LONGEST_TAG = 16
# "9 March 2015", which nobody can read as 3 September
_DATE_LOCALES = {ENGLISH: "en_GB"}


# Who makes a page gives a set here, and finds in it what the page says in English for want of a translation.
_FALLEN_BACK: ContextVar[set[str] | None] = ContextVar("fallen_back", default=None)


class Untranslated(LookupError):
    """A text has no translation, so the whole message must fall back to English."""


def text_direction(language: str) -> str:
    """`rtl` for a language that is written from right to left, else `ltr`."""
    try:
        return Locale.parse(language, sep="-" if "-" in language else "_").text_direction
    except (ValueError, UnknownLocaleError):
        return "ltr"


def is_language_tag(tag: str) -> bool:
    """Whether this names a language that somebody writes (BCP 47), such as `kk` or `zh-Hant`."""
    try:
        Locale.parse(tag, sep="-")
    except (UnknownLocaleError, ValueError):
        return False
    return len(tag) <= LONGEST_TAG


def note_what_falls_back(texts: set[str]) -> None:
    """From now on, in this context, `texts` gets every text that a language lacks and says in English."""
    _FALLEN_BACK.set(texts)


class Languages:
    """Every catalogue `<folder>/<language>/LC_MESSAGES/vigil.po`, read once; fuzzy entries do not count."""

    def __init__(self, folder: Path) -> None:
        catalogues = {
            path.parts[-3]: _compiled(path.parts[-3], path.read_bytes())
            for path in folder.glob("*/LC_MESSAGES/vigil.po")
        }
        self._lenient: Mapping[str, gettext.NullTranslations] = {
            ENGLISH: gettext.NullTranslations(),
            **{language: gettext.GNUTranslations(BytesIO(mo)) for language, mo in catalogues.items()},
        }
        self._complete = dict(self._lenient)
        for language, mo in catalogues.items():
            self._complete[language] = gettext.GNUTranslations(BytesIO(mo))
            self._complete[language].add_fallback(_NothingMissing())
            self._lenient[language].add_fallback(_InEnglish())

    @property
    def available(self) -> tuple[str, ...]:
        """The languages' codes, English first."""
        return (ENGLISH, *sorted(self._lenient.keys() - {ENGLISH}))

    def own_name(self, language: str) -> str:
        """What the language calls itself: "English", "Русский"."""
        name = Locale.parse(language.replace("-", "_")).get_display_name() or language
        return name[:1].upper() + name[1:]

    def closest(self, language: str) -> str:
        """The available language nearest to this tag: `ru-KZ` is served in `ru`, an unknown one in English."""
        parts = language.replace("_", "-").lower().split("-")
        known = {code.replace("_", "-").lower(): code for code in self._lenient}
        while parts:
            if found := known.get("-".join(parts)):
                return found
            parts.pop()
        return ENGLISH

    def translations(self, language: str) -> gettext.NullTranslations:
        """The catalogue nearest to this language; what it lacks is answered in English."""
        return self._lenient[self.closest(language)]

    def complete_translations(self, language: str) -> gettext.NullTranslations:
        """The same catalogue, but what it lacks raises Untranslated: half a message must not leave."""
        return self._complete[self.closest(language)]

    def gettext(self, language: str, text: str) -> str:
        """The text in this language."""
        return self.translations(language).gettext(text)

    def ngettext(self, language: str, singular: str, plural: str, count: int) -> str:
        """The text for this count in this language."""
        return self.translations(language).ngettext(singular, plural, count)

    def day_and_month(self, language: str, day: date) -> str:
        """The day without its year: "9 March"."""
        return format_skeleton("MMMMd", day, locale=_locale(self.closest(language)))

    def date(self, language: str, day: date) -> str:
        """The day written out: "9 March 2015"."""
        return format_date(day, format="long", locale=_locale(self.closest(language)))

    def instant(self, language: str, local: datetime) -> str:
        """The day and the time of day, on the clock of `local`: "9 March 2015, 14:30"."""
        joined = str(get_datetime_format("medium", locale=_locale(self.closest(language))))
        return joined.replace("'", "").format(f"{local:%H:%M}", self.date(language, local.date()))

    def weekday(self, language: str, day: int) -> str:
        """The name of a day of the week, as it stands by itself; 1 is Monday (ISO 8601)."""
        name: str = get_day_names("wide", "stand-alone", _locale(self.closest(language)))[day - 1]
        return name

    def country(self, language: str, code: str) -> str:
        """The country's name for its ISO 3166 code; anything else is given back as it is."""
        name: str = _locale(self.closest(language)).territories.get(code.upper(), code)
        return name

    def language(self, language: str, code: str) -> str:
        """A language's name for its tag (BCP 47); anything else is given back as it is."""
        name: str = _locale(self.closest(language)).languages.get(code.replace("-", "_"), code)
        return name

    def listed(self, language: str, items: Iterable[str], *, any_will_do: bool = False) -> str:
        """The items as this language enumerates them (CLDR list patterns): "1S1, 1S2 and 1S3", or with "or" instead."""
        # The styles for units have no comma in Russian and are broken in Babel's German.
        return format_list(list(items), "or" if any_will_do else "standard", _locale(self.closest(language)))


class _InEnglish(gettext.NullTranslations):
    def gettext(self, message: str) -> str:
        _note(message)
        return message

    def ngettext(self, msgid1: str, msgid2: str, n: int) -> str:
        _note(msgid1)
        return super().ngettext(msgid1, msgid2, n)


def _note(text: str) -> None:
    texts = _FALLEN_BACK.get()
    if texts is not None:
        texts.add(text)


class _NothingMissing(gettext.NullTranslations):
    def gettext(self, message: str) -> NoReturn:
        raise Untranslated(message)

    def ngettext(self, msgid1: str, _msgid2: str, _n: int) -> NoReturn:
        raise Untranslated(msgid1)


@lru_cache(maxsize=64)
def _compiled(language: str, po: bytes) -> bytes:
    """The catalogue as gettext reads it; reading one takes some 20 ms, and it is the same for the same bytes."""
    mo = BytesIO()
    write_mo(mo, read_po(BytesIO(po), locale=language, abort_invalid=True))
    return mo.getvalue()


def _locale(language: str) -> Locale:
    return Locale.parse(_DATE_LOCALES.get(language, language).replace("-", "_"))
