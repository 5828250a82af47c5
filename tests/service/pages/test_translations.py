"""Every text of the pages has a Russian translation."""

from __future__ import annotations

import tomllib
from io import BytesIO
from pathlib import Path

from babel.messages.extract import extract, extract_from_dir
from babel.messages.pofile import read_po

from service.paths import TEMPLATES
from service.vocabulary import (
    AttemptOutcome,
    CareAccess,
    CareKind,
    Certainty,
    FollowUpState,
    Monitoring,
    OfficialPosition,
    ParoleDecision,
    ProceedingKind,
    Severity,
)

ROOT = Path(__file__).parents[3]
# Said by `Words.plain`.
PLAIN = (
    AttemptOutcome, CareAccess, CareKind, Certainty, FollowUpState, Monitoring, OfficialPosition, ParoleDecision,
    ProceedingKind, Severity,
)  # fmt: skip


def texts_in_use() -> set[str]:
    """What templates and code ask the catalogue for; of a plural, the singular."""
    mappings = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["babel"]["mappings"]
    options = {key: value for mapping in mappings if mapping["method"] == "jinja2" for key, value in mapping.items()}
    plain = {"trim_blocks": options["trim_blocks"], "lstrip_blocks": options["lstrip_blocks"]}
    found = set()
    for name, _, message, _, _ in extract_from_dir(
        TEMPLATES / "pages", method_map=[("**.html", "jinja2")], options_map={"**.html": plain}
    ):
        if not name.startswith("inbox"):
            found.add(message if isinstance(message, str) else message[0])
    for path in (ROOT / "service" / "pages").glob("*.py"):
        for _, message, _, _ in extract("python", BytesIO(path.read_bytes()), {"_msgid": None}):
            found.add(message if isinstance(message, str) else message[0])
    return found | {word.replace("_", " ").capitalize() for words in PLAIN for word in words}


def test_every_text_of_the_pages_has_a_russian_translation() -> None:
    with (TEMPLATES / "locale" / "ru" / "LC_MESSAGES" / "vigil.po").open("rb") as file:
        known = {
            m.id if isinstance(m.id, str) else m.id[0] for m in read_po(file, locale="ru") if m.string and not m.fuzzy
        }
    texts = texts_in_use()
    assert {"Check your e-mail", "Very overdue", "Life threatening", "Wait %(wait)s second, then try again."} <= texts
    assert texts - known == set()
