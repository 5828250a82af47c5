"""Languages, and that nothing we say lacks its translation."""

from __future__ import annotations

from datetime import UTC, date, datetime
from io import BytesIO
from typing import TYPE_CHECKING

import pytest
from babel.messages.extract import extract, extract_from_dir
from babel.messages.pofile import read_po

from alerts.follow_up_kinds import FOLLOW_UP_KINDS
from alerts.languages import Languages, Untranslated, text_direction
from tests.spoken import CATALOGUES, every_translation

if TYPE_CHECKING:
    from pathlib import Path

PO_HEADER = 'msgid ""\nmsgstr ""\n"Content-Type: text/plain; charset=utf-8\\n"\n"Plural-Forms: nplurals=2; plural=(n > 1);\\n"\n\n'


def catalogue(folder: Path, language: str, entries: str) -> Languages:
    path = folder / language / "LC_MESSAGES"
    path.mkdir(parents=True)
    (path / "vigil.po").write_text(PO_HEADER + entries, encoding="utf-8")
    return Languages(folder)


def texts_in_use(templates: Path) -> set[str]:
    """Every text that the templates of messages and the code of alerts may say."""
    options = {"templates/**": {"trim_blocks": "true", "lstrip_blocks": "true", "silent": "false"}}
    found: set[str] = set()
    for folder in ("email", "chat"):
        for _, _, message, _, _ in extract_from_dir(
            templates / folder, method_map=[("**", "jinja2")], options_map={"**": options["templates/**"]}
        ):
            found.add(message if isinstance(message, str) else message[0])
    code = templates.parent / "alerts"
    keywords = {"gettext": None, "ngettext": (1, 2), "_msgid": None}
    for path in code.rglob("*.py"):
        for _, message, _, _ in extract("python", BytesIO(path.read_bytes()), keywords):
            found.add(message if isinstance(message, str) else message[0])
    return found


def missing(po: Path, texts: set[str]) -> set[str]:
    with po.open("rb") as file:
        entries = {message.id if isinstance(message.id, str) else message.id[0]: message for message in read_po(file)}
    return {
        text for text in texts if text not in entries or entries[text].fuzzy or not all(_strings(entries[text].string))
    }


def _strings(string: object) -> list[str]:
    return [string] if isinstance(string, str) else list(string)  # type: ignore[call-overload]


def po_of(language: str) -> Path:
    return CATALOGUES / language / "LC_MESSAGES" / "vigil.po"


@every_translation
def test_every_text_of_a_message_is_translated(templates: Path, language: str) -> None:
    texts = texts_in_use(templates)
    assert "What must happen:" in texts
    assert "Overdue by %(count)d day" in texts
    assert all({kind.words, kind.actor, kind.basis} <= texts for kind in FOLLOW_UP_KINDS.values())
    assert missing(po_of(language), texts) == set()


def test_a_missing_a_fuzzy_and_an_empty_translation_are_found(tmp_path: Path) -> None:
    po = tmp_path / "vigil.po"
    entries = '#, fuzzy\nmsgid "a"\nmsgstr "x"\n\nmsgid "b"\nmsgstr ""\n\nmsgid "c"\nmsgstr "z"\n'
    po.write_text(PO_HEADER + entries, encoding="utf-8")
    assert missing(po, {"a", "b", "c", "d"}) == {"a", "b", "d"}


@every_translation
def test_a_translation_keeps_every_placeholder(language: str) -> None:
    with po_of(language).open("rb") as file:
        faults = [error for message in read_po(file, locale=language) for error in message.check()]
    assert faults == []


@pytest.mark.parametrize(
    ("count", "text"),
    [
        (1, "Просрочено на 1 день"),
        (2, "Просрочено на 2 дня"),
        (5, "Просрочено на 5 дней"),
        (11, "Просрочено на 11 дней"),
        (21, "Просрочено на 21 день"),
        (112, "Просрочено на 112 дней"),
    ],
)
def test_russian_counts_as_russian_does(languages: Languages, count: int, text: str) -> None:
    singular, plural = "Overdue by %(count)d day", "Overdue by %(count)d days"
    assert languages.ngettext("ru", singular, plural, count) % {"count": count} == text


@pytest.mark.parametrize(
    ("count", "text"),
    [
        (1, "فات الموعد بيوم واحد"),
        (2, "فات الموعد بيومين"),
        (3, "فات الموعد بـ3 أيام"),
        (10, "فات الموعد بـ10 أيام"),
        (11, "فات الموعد بـ11 يومًا"),
        (99, "فات الموعد بـ99 يومًا"),
        (100, "فات الموعد بـ100 يوم"),
        (102, "فات الموعد بـ102 يوم"),
        (103, "فات الموعد بـ103 أيام"),
        (111, "فات الموعد بـ111 يومًا"),
    ],
)
def test_arabic_counts_as_arabic_does(languages: Languages, count: int, text: str) -> None:
    singular, plural = "Overdue by %(count)d day", "Overdue by %(count)d days"
    assert languages.ngettext("ar", singular, plural, count) % {"count": count} == text


def test_english_needs_no_catalogue(languages: Languages) -> None:
    assert languages.gettext("en", "Who can act:") == "Who can act:"
    assert languages.ngettext("en", "day", "days", 2) == "days"


def test_languages_call_themselves_by_their_own_names(languages: Languages) -> None:
    named = {code: languages.own_name(code) for code in languages.available}
    assert (named["en"], named["ru"], named["ar"]) == ("English", "Русский", "العربية")
    assert len(set(named.values())) == len(named)


@pytest.mark.parametrize(
    ("asked", "served"),
    [("ru", "ru"), ("ru-KZ", "ru"), ("RU_kz", "ru"), ("ar-EG", "ar"), ("en-GB", "en"), ("qqq", "en"), ("", "en")],
)
def test_the_closest_language_is_served(languages: Languages, asked: str, served: str) -> None:
    assert languages.closest(asked) == served


def test_dates_are_written_out_as_the_language_does(languages: Languages) -> None:
    day = date(2015, 3, 9)
    assert languages.date("en", day) == "9 March 2015"
    assert languages.date("ar", day) == "9 مارس 2015"
    assert languages.date("ru", day).replace("\u202f", " ").replace("\xa0", " ") == "9 марта 2015 г."


def test_a_day_and_a_time_of_day_are_joined_as_the_language_does(languages: Languages) -> None:
    at = datetime(2015, 3, 9, 14, 30, tzinfo=UTC)
    assert languages.instant("en", at) == "9 March 2015, 14:30"
    assert languages.instant("ar", at) == "9 مارس 2015، 14:30"


def test_countries_are_named_in_the_language(languages: Languages) -> None:
    assert languages.country("ru", "KZ") == "Казахстан"
    assert languages.country("en", "kz") == "Kazakhstan"
    assert languages.country("en", "Kazakhstan") == "Kazakhstan"


@pytest.mark.parametrize(
    ("language", "direction"),
    [("en", "ltr"), ("ru", "ltr"), ("ar", "rtl"), ("fa", "rtl"), ("ug", "rtl"), ("??", "ltr")],
)
def test_the_direction_follows_the_script(language: str, direction: str) -> None:
    assert text_direction(language) == direction


def test_what_a_catalogue_lacks_is_english_on_a_page_and_an_error_in_a_message(tmp_path: Path) -> None:
    languages = catalogue(tmp_path, "fr", 'msgid "Case:"\nmsgstr "Dossier :"\n')
    assert languages.gettext("fr", "Case:") == "Dossier :"
    assert languages.gettext("fr", "Person:") == "Person:"
    strict = languages.complete_translations("fr")
    assert strict.gettext("Case:") == "Dossier :"
    with pytest.raises(Untranslated, match="Person:"):
        strict.gettext("Person:")
    with pytest.raises(Untranslated):
        strict.ngettext("day", "days", 2)


def test_a_fuzzy_translation_does_not_count(tmp_path: Path) -> None:
    languages = catalogue(tmp_path, "fr", '#, fuzzy\nmsgid "Case:"\nmsgstr "Caisse :"\n')
    assert languages.gettext("fr", "Case:") == "Case:"
