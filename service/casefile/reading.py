"""Reads a case file whole, or says everything that is wrong with it and where."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from pydantic import ValidationError

from service.casefile.bounded import bounded, require_bounded
from service.casefile.cross_checks import cross_check
from service.casefile.json_text import json_events
from service.casefile.schema import CaseFile
from service.casefile.tree import MOST_PROBLEMS, Tree, build
from service.casefile.wording import problems_of
from service.casefile.yaml_text import yaml_events
from service.errors import InvalidCaseFile, Problem

if TYPE_CHECKING:
    from pathlib import Path

LARGEST_BYTES = 10 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Document:
    """A case file that was read, and the lines of its parts."""

    file: CaseFile
    tree: Tree = field(repr=False)


def read_case_file(path: Path) -> Document:
    """Read YAML, or JSON where the name ends in .json.

    Raises InvalidCaseFile with every problem (the first 50), each with its line; a file of more than 10 MiB is refused
    before it is read.
    """
    content = bounded(path, LARGEST_BYTES, InvalidCaseFile)
    return parse_case_file(content, as_json=path.suffix.lower() == ".json")


def parse_case_file(content: bytes, *, as_json: bool = False) -> Document:
    """Read the bytes of a case file. Raises InvalidCaseFile as `read_case_file` does."""
    require_bounded(len(content), LARGEST_BYTES, InvalidCaseFile)
    text = _decoded(content)
    tree = build(json_events(text) if as_json else yaml_events(text))
    if not isinstance(tree.value, dict):
        raise InvalidCaseFile([Problem("", "a case file is a mapping that begins with `schema: vigil-casefile/1`", 1)])
    problems = list(tree.problems)
    file = None
    try:
        # Strict, and through JSON: a number is no date and a text no number, whichever language the file is in.
        file = CaseFile.model_validate_json(_as_json(tree), strict=True)
    except ValidationError as error:
        problems += problems_of(error, tree)
    problems += cross_check(tree)
    if problems or file is None:
        raise InvalidCaseFile(_in_order(problems))
    return Document(file, tree)


def _as_json(tree: Tree) -> bytes:
    # Halves of surrogate pairs were noted as problems; here they must only not stop the rest from being looked at.
    return json.dumps(tree.value, ensure_ascii=False).encode("utf-8", errors="replace")


def _decoded(content: bytes) -> str:
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        reason = f"is not UTF-8: byte 0x{content[error.start]:02X} at offset {error.start}"
        raise InvalidCaseFile([Problem("", reason, line)]) from None


def _in_order(problems: list[Problem]) -> list[Problem]:
    ordered = sorted(dict.fromkeys(problems), key=lambda problem: problem.line or 0)
    if len(ordered) > MOST_PROBLEMS:
        rest = len(ordered) - MOST_PROBLEMS
        return [*ordered[:MOST_PROBLEMS], Problem("", f"and {rest} more")]
    return ordered
