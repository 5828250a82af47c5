"""What a language's catalogue lacks or has wrong, measured by the texts in use."""

from __future__ import annotations

import gettext
import re
from collections import Counter
from dataclasses import dataclass
from enum import StrEnum
from io import BytesIO
from typing import TYPE_CHECKING

from babel import Locale, UnknownLocaleError
from babel.messages.pofile import PoFileError, read_po

from service.errors import ConfigurationError

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path

    from babel.messages.catalog import Catalog, Message

    from service.cli.texts_in_use import Text

# What a translation takes over as it stands: values to be filled in, and the tags of pages.
_KEPT = re.compile(r"%\(\w+\)[a-z]|%%|</?[a-z][^>]*>")
# Every rule of plurals that a language has shows itself up to here.
_NUMBERS = range(1001)


class Wrong(StrEnum):
    """What is wrong with one text in one language."""

    MISSING = "missing"
    GUESSED = "guessed"
    INCOMPLETE = "incomplete"
    PLACEHOLDERS = "placeholders"


@dataclass(frozen=True)
class Fault:
    """One text that a language does not say, or says wrongly; `said` are the forms it has."""

    what: Wrong
    text: Text
    said: tuple[str, ...]


def catalogue_of(path: Path, language: str) -> Catalog:
    """The catalogue in this file. Raises ConfigurationError for one that cannot be read, or an unknown language."""
    try:
        Locale.parse(language.replace("-", "_"))
        return read_po(BytesIO(path.read_bytes()), locale=language, abort_invalid=True)
    except (ValueError, UnknownLocaleError) as error:
        raise ConfigurationError(f"{path}: {language} is no language that is known here") from error
    except PoFileError as error:
        raise ConfigurationError(f"{path}, line {error.lineno}: {error}") from error


def faults_of(catalogue: Catalog, texts: Iterable[Text]) -> tuple[Fault, ...]:
    """What is wrong with each text, at most one fault a text; nothing if all are said."""
    said = {_singular(message): message for message in catalogue if message.id}
    alone = _forms_for_one_number(catalogue)
    found = []
    for text in texts:
        message = said.get(text.singular)
        what = _wrong(text, message, catalogue.num_plurals, alone)
        if what is not None:
            found.append(Fault(what, text, _forms(message) if message else ()))
    return tuple(found)


def _wrong(text: Text, message: Message | None, plurals: int, alone: frozenset[int]) -> Wrong | None:
    forms = _forms(message) if message else ()
    if message is None or not any(forms):
        return Wrong.MISSING
    if message.fuzzy:
        return Wrong.GUESSED
    if not all(forms) or len(forms) != (1 if text.plural is None else plurals):
        return Wrong.INCOMPLETE
    kept = all(_keeps(form, text, is_alone=number in alone) for number, form in enumerate(forms))
    return None if kept else Wrong.PLACEHOLDERS


def _keeps(form: str, text: Text, *, is_alone: bool) -> bool:
    wanted, found = _KEPT.findall(text.plural or text.singular), Counter(_KEPT.findall(form))
    # "one day", "two days" need no figure where the form is for that number alone; the figure comes first.
    return found == Counter(wanted) or (text.plural is not None and is_alone and found == Counter(wanted[1:]))


def _forms_for_one_number(catalogue: Catalog) -> frozenset[int]:
    """The plural forms that a single number has to itself."""
    form_of = gettext.c2py(catalogue.plural_expr)
    numbers = Counter(form_of(number) for number in _NUMBERS)
    return frozenset(form for form, count in numbers.items() if count == 1)


def _forms(message: Message) -> tuple[str, ...]:
    string: str | Sequence[str] | None = message.string
    return (string,) if isinstance(string, str) else tuple(string or ())


def _singular(message: Message) -> str:
    return message.id if isinstance(message.id, str) else message.id[0]
