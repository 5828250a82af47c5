"""Every text that readers may see, collected from code and templates as `make messages` collects it."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING

from babel.messages.extract import DEFAULT_KEYWORDS, extract_from_file

from service.paths import PACKAGES, TEMPLATES

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

# As pyproject.toml tells them to pybabel; an installed wheel has no pyproject.toml, and a test holds both alike.
_JINJA = {"trim_blocks": "true", "lstrip_blocks": "true", "silent": "false"}
_KEYWORDS = {**DEFAULT_KEYWORDS, "_msgid": None}


@dataclass(frozen=True)
class Text:
    """A text in English, its plural if it counts something, and where it is said: `templates/pages/first.html:12`."""

    singular: str
    plural: str | None
    places: tuple[str, ...]


def texts_in_use() -> tuple[Text, ...]:
    """All of them, in the order of the alphabet."""
    places: dict[tuple[str, str | None], list[str]] = defaultdict(list)
    for said, place in _found():
        singular, plural = (said, None) if isinstance(said, str) else (said[0], said[1])
        places[singular, plural].append(place)
    return tuple(Text(*said, tuple(places[said])) for said in sorted(places, key=lambda said: said[0]))


def _found() -> Iterator[tuple[str | tuple[str, ...], str]]:
    for method, root, path in _files():
        options = _JINJA if method == "jinja2" else {}
        for line, said, _, _ in extract_from_file(method, path, _KEYWORDS, options=options):
            yield said, f"{path.relative_to(root)}:{line}"


def _files() -> Iterator[tuple[str, Path, Path]]:
    for package in ("alerts", "service"):
        for path in sorted((PACKAGES / package).rglob("*.py")):
            yield "python", PACKAGES, path
    for path in sorted(TEMPLATES.rglob("*")):
        if path.suffix in {".html", ".txt"}:
            yield "jinja2", TEMPLATES.parent, path
