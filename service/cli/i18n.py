"""The command `i18n status`: what each language says, and what nobody has translated yet."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from alerts.languages import Languages
from service.cli.catalogue_faults import Wrong, catalogue_of, faults_of
from service.cli.speaking import AsJson, ExitCode, say_json, say_table, talk
from service.cli.texts_in_use import texts_in_use
from service.paths import TEMPLATES

if TYPE_CHECKING:
    from collections.abc import Sequence

    from service.cli.catalogue_faults import Fault

commands = typer.Typer()
i18n = typer.Typer(help="The languages of messages and pages.", no_args_is_help=True)
commands.add_typer(i18n, name="i18n")

Locale = Annotated[
    Path,
    typer.Option(
        "--locale", help="Another folder of catalogues, such as a translator's.", exists=True, file_okay=False
    ),
]
_UNSAID = (Wrong.MISSING, Wrong.GUESSED, Wrong.INCOMPLETE)


@i18n.command("status")
def status(locale: Locale = TEMPLATES / "locale", as_json: AsJson = False) -> None:
    """Print for each language how many texts are translated, and each text that is not, or that lost a placeholder.

    The exit code is 3 if anything is missing or wrong. English is the language of the texts themselves.
    """
    texts = texts_in_use()
    found = {
        language: faults_of(catalogue_of(locale / language / "LC_MESSAGES" / "vigil.po", language), texts)
        for language in sorted(path.parts[-3] for path in locale.glob("*/LC_MESSAGES/vigil.po"))
    }
    languages = Languages(locale)  # after each file was read: that one says which is damaged
    if as_json:
        rows = [
            {"language": language, "name": languages.own_name(language), **_as_data(len(texts), faults)}
            for language, faults in found.items()
        ]
        say_json({"texts": len(texts), "languages": rows})
    else:
        _show(len(texts), languages, found)
    if any(found.values()):
        raise typer.Exit(ExitCode.FINDINGS)


def _show(texts: int, languages: Languages, found: dict[str, tuple[Fault, ...]]) -> None:
    counted = [
        (
            language, languages.own_name(language), f"{_translated(texts, faults)} of {texts}",
            *(str(sum(fault.what is wrong for fault in faults)) for wrong in Wrong),
        )
        for language, faults in found.items()
    ]  # fmt: skip
    names = tuple(wrong.value for wrong in Wrong)
    say_table(("language", "name", "translated", *names), counted, numbers=("translated", *names))
    rows = [
        (language, fault.what.value, " ".join(fault.text.singular.split()), ", ".join(fault.text.places))
        for language, faults in found.items()
        for fault in faults
    ]
    if rows:
        print()
        say_table(("language", "what", "text", "where"), rows)
        talk("What is missing falls back to English: a message as a whole, a page text by text.")


def _as_data(texts: int, faults: Sequence[Fault]) -> dict[str, Any]:
    return {
        "translated": _translated(texts, faults),
        **{wrong.value: [_one(fault) for fault in faults if fault.what is wrong] for wrong in Wrong},
    }


def _one(fault: Fault) -> dict[str, Any]:
    return {
        "text": fault.text.singular, "plural": fault.text.plural, "said": fault.said, "places": fault.text.places,
    }  # fmt: skip


def _translated(texts: int, faults: Sequence[Fault]) -> int:
    return texts - sum(fault.what in _UNSAID for fault in faults)
