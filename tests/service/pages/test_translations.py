"""Every text of the pages has a Russian translation, and collecting the texts loses none."""

from __future__ import annotations

import tomllib
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING

from babel.messages.extract import DEFAULT_KEYWORDS, extract, extract_from_dir
from babel.messages.pofile import read_po

from service.casefile.findings import AFTER_AS_OF, CONTRADICTION, DUPLICATE_DEMAND, INCOMPLETE, OVERLAPPING_DEMAND
from service.pages.plain_words import PLAIN_WORDS
from service.paths import TEMPLATES
from service.vocabulary import (
    AttemptOutcome,
    CareAccess,
    CareKind,
    Certainty,
    FollowUpState,
    Implementation,
    Monitoring,
    OfficialPosition,
    ParoleDecision,
    ProceedingKind,
    Severity,
    StateResponse,
    UrgentActionKind,
    UrgentActionOutcome,
    UrgentActionStatus,
)

if TYPE_CHECKING:
    from babel.messages.catalog import Catalog, Message

ROOT = Path(__file__).parents[3]
RUSSIAN = TEMPLATES / "locale" / "ru" / "LC_MESSAGES" / "vigil.po"
# Said by `Words.plain`.
PLAIN = (
    AttemptOutcome, CareAccess, CareKind, Certainty, FollowUpState, Implementation, Monitoring, OfficialPosition, ParoleDecision,
    ProceedingKind, Severity, StateResponse, UrgentActionKind, UrgentActionOutcome, UrgentActionStatus, (AFTER_AS_OF, CONTRADICTION, DUPLICATE_DEMAND, INCOMPLETE, OVERLAPPING_DEMAND),
)  # fmt: skip
HEADER = 'msgid ""\nmsgstr ""\n"Content-Type: text/plain; charset=utf-8\\n"\n\n'


def collected(*, pages_only: bool) -> set[str]:
    """What `make messages` finds; of a plural, the singular. `pages_only` leaves out messages and the demo's inbox."""
    mappings = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["babel"]["mappings"]
    jinja = {key: value for mapping in mappings if mapping["method"] == "jinja2" for key, value in mapping.items()}
    options = {key: jinja[key] for key in ("trim_blocks", "lstrip_blocks")}
    keywords = {**DEFAULT_KEYWORDS, "_msgid": None}
    found = set()
    for name, _, message, _, _ in extract_from_dir(
        TEMPLATES, method_map=[("**.html", "jinja2"), ("**.txt", "jinja2")],
        options_map={"**.html": options, "**.txt": options},
    ):  # fmt: skip
        if not pages_only or (name.startswith("pages/") and not name.startswith("pages/inbox")):
            found.add(_singular(message))
    folders = ("service",) if pages_only else ("service", "alerts")
    for path in (path for folder in folders for path in (ROOT / folder).rglob("*.py")):
        for _, message, _, _ in extract("python", BytesIO(path.read_bytes()), keywords):
            found.add(_singular(message))
    return found


def untranslated(catalogue: Catalog, texts: set[str]) -> set[str]:
    """Those that the catalogue lacks, has as a guess only, or leaves empty in one of their forms."""
    return texts - {_singular(message.id) for message in catalogue if message.id and _is_whole(message)}


def russian() -> Catalog:
    with RUSSIAN.open("rb") as file:
        return read_po(file, locale="ru")


def test_every_text_of_the_pages_has_a_russian_translation() -> None:
    texts = collected(pages_only=True)
    assert {"Check your e-mail", "Very overdue", "Life threatening", "Wait %(wait)s second, then try again."} <= texts
    assert {"in %(count)d day", "Choose a language", "Write the full address, such as name@example.org"} <= texts
    assert untranslated(russian(), texts) == set()


def test_a_missing_an_empty_a_half_and_a_guessed_translation_are_found() -> None:
    entries = (
        'msgid "whole"\nmsgstr "x"\n\n'
        'msgid "empty"\nmsgstr ""\n\n'
        'msgid "half"\nmsgid_plural "halves"\nmsgstr[0] "x"\nmsgstr[1] "y"\nmsgstr[2] ""\n\n'
        '#, fuzzy\nmsgid "guessed"\nmsgstr "x"\n'
    )
    catalogue = read_po(BytesIO((HEADER + entries).encode()), locale="ru")
    faults = {"empty", "half", "guessed", "missing"}
    assert untranslated(catalogue, {"whole", *faults}) == faults


def test_every_word_of_a_closed_list_is_spelled_out_for_the_translators() -> None:
    said = {word.replace("_", " ").capitalize() for words in PLAIN for word in words}
    assert said - set(PLAIN_WORDS) == set()


def test_collecting_the_texts_again_drops_no_translation() -> None:
    assert {_singular(message.id) for message in russian() if message.id} - collected(pages_only=False) == set()


def _singular(text: str | tuple[str, ...] | list[str]) -> str:
    return text if isinstance(text, str) else text[0]


def _is_whole(message: Message) -> bool:
    forms = (message.string,) if isinstance(message.string, str) else (message.string or ("",))
    return not message.fuzzy and all(forms)
