"""`vigil i18n status`: what each language says, what it lacks, and where that is said."""

from __future__ import annotations

import json
from io import BytesIO
from typing import TYPE_CHECKING

import pytest
from babel.messages.frontend import CommandLineInterface
from babel.messages.pofile import read_po

from service.cli.catalogue_faults import Wrong, faults_of
from service.cli.speaking import ExitCode
from service.cli.texts_in_use import Text, texts_in_use
from service.paths import PACKAGES
from tests.spoken import CATALOGUES, TRANSLATED

if TYPE_CHECKING:
    from pathlib import Path

    from tests.service.cli.conftest import Vigil

HEADER = (
    'msgid ""\nmsgstr ""\n"Content-Type: text/plain; charset=utf-8\\n"\n'
    '"Plural-Forms: nplurals=3; plural=(n==1 ? 0 : n==2 ? 1 : 2);\\n"\n\n'
)
DAYS = Text("%(count)s day, %(case)s", "%(count)s days, %(case)s", ("a.py:1",))


def wrong(entry: str, text: Text) -> Wrong | None:
    """What is wrong with the text in a catalogue of this one entry."""
    found = faults_of(read_po(BytesIO((HEADER + entry).encode()), locale="ga"), [text])
    return found[0].what if found else None


def days(one: str, two: str, more: str) -> str:
    forms = "\n".join(f'msgstr[{number}] "{form}"' for number, form in enumerate((one, two, more)))
    return f'msgid "{DAYS.singular}"\nmsgid_plural "{DAYS.plural}"\n{forms}\n'


@pytest.mark.parametrize(
    ("entry", "what"),
    [
        ('msgid "Case"\nmsgstr "Cas"\n', None),
        ("", Wrong.MISSING),
        ('msgid "Case"\nmsgstr ""\n', Wrong.MISSING),
        ('#, fuzzy\nmsgid "Case"\nmsgstr "Caisse"\n', Wrong.GUESSED),
    ],
)
def test_a_text_that_is_missing_empty_or_guessed_is_found(entry: str, what: Wrong | None) -> None:
    assert wrong(entry, Text("Case", None, ("a.py:1",))) is what


@pytest.mark.parametrize(
    ("forms", "what"),
    [
        (("%(count)s lá, %(case)s", "%(count)s lá, %(case)s", "%(count)s lá, %(case)s"), None),
        (("lá, %(case)s", "dhá lá, %(case)s", "%(count)s lá, %(case)s"), None),
        (("%(count)s lá, %(case)s", "%(count)s lá, %(case)s", ""), Wrong.INCOMPLETE),
        (("%(count)s lá, %(case)s", "%(count)s lá, %(case)s", "lá, %(case)s"), Wrong.PLACEHOLDERS),
        (("%(count)s lá", "%(count)s lá, %(case)s", "%(count)s lá, %(case)s"), Wrong.PLACEHOLDERS),
        (("%(count)s lá, %(cas)s", "%(count)s lá, %(case)s", "%(count)s lá, %(case)s"), Wrong.PLACEHOLDERS),
    ],
)
def test_a_form_may_leave_its_number_out_only_where_it_has_that_number_to_itself(
    forms: tuple[str, str, str], what: Wrong | None
) -> None:
    assert wrong(days(*forms), DAYS) is what


@pytest.mark.parametrize("said", ["%(day)s <b>x</b>", "<bdi>%(day)s", "<bdi>%(days)s</bdi>", "x"])
def test_a_translation_keeps_every_value_and_every_tag(said: str) -> None:
    text = Text("Until <bdi>%(day)s</bdi>", None, ("a.py:1",))
    assert wrong(f'msgid "{text.singular}"\nmsgstr "{said}"\n', text) is Wrong.PLACEHOLDERS


def test_it_looks_for_what_make_messages_collects(tmp_path: Path) -> None:
    pot = tmp_path / "vigil.pot"
    settings = str(PACKAGES / "pyproject.toml")
    CommandLineInterface().run(["pybabel", "-q", "extract", "-F", settings, "-o", str(pot), str(PACKAGES)])  # type: ignore[no-untyped-call] # it ships no types for it  # type: ignore[no-untyped-call] # Babel has no types for its commands
    with pot.open("rb") as file:
        collected = {message.id if isinstance(message.id, str) else message.id[0] for message in read_po(file)}
    assert {text.singular for text in texts_in_use()} == collected - {""}


def test_every_language_is_shown_complete(vigil: Vigil) -> None:
    said = vigil("i18n", "status", "--json")
    assert said.code == ExitCode.FINE
    shown = json.loads(said.out)
    assert [one["language"] for one in shown["languages"]] == list(TRANSLATED)
    assert all(one["translated"] == shown["texts"] > 900 for one in shown["languages"])


def test_what_is_missing_is_named_with_its_place_and_its_own_exit_code(vigil: Vigil, tmp_path: Path) -> None:
    folder = tmp_path / "ru" / "LC_MESSAGES"
    folder.mkdir(parents=True)
    po = (CATALOGUES / "ru" / "LC_MESSAGES" / "vigil.po").read_text(encoding="utf-8")
    (folder / "vigil.po").write_text(po.replace('"Кто может действовать:"', '""'), encoding="utf-8")
    said = vigil("i18n", "status", "--locale", str(tmp_path), "--json")
    assert said.code == ExitCode.FINDINGS
    (russian,) = json.loads(said.out)["languages"]
    (missing,) = russian["missing"]
    assert missing["text"] == "Who can act:"
    assert any(place.startswith("templates/email/follow_up/body.html:") for place in missing["places"])
    shown = vigil("i18n", "status", "--locale", str(tmp_path))
    assert shown.code == ExitCode.FINDINGS
    assert "ru\tmissing\tWho can act:\ttemplates/" in shown.out


@pytest.mark.parametrize(
    ("language", "po", "told"),
    [("ru", 'msgid "x"\nnonsense\n', "vigil.po, line"), ("qqq", "", "qqq is no language")],
)
def test_a_catalogue_that_cannot_be_read_is_named(
    vigil: Vigil, tmp_path: Path, language: str, po: str, told: str
) -> None:
    folder = tmp_path / language / "LC_MESSAGES"
    folder.mkdir(parents=True)
    (folder / "vigil.po").write_text(po, encoding="utf-8")
    said = vigil("i18n", "status", "--locale", str(tmp_path))
    assert said.code == ExitCode.CONFIGURATION
    assert told in said.err
