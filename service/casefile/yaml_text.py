"""YAML as a case file may use it: plain data, no aliases, anchors, tags or second document."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import yaml

from service.casefile.tree import Event, Kind, Scalar
from service.errors import InvalidCaseFile, Problem

if TYPE_CHECKING:
    from collections.abc import Iterator

# The words of YAML 1.2's core schema: in YAML 1.1 the country code NO would be a falsehood.
_WORDS: dict[str, Scalar] = {"": None, "~": None, "null": None, "true": True, "false": False}
_WHOLE = re.compile(r"-?(0|[1-9][0-9]{0,17})")
_DECIMAL = re.compile(r"-?(0|[1-9][0-9]{0,17})\.[0-9]{1,17}")
_PARTS = (yaml.AliasEvent, yaml.MappingStartEvent, yaml.SequenceStartEvent, yaml.ScalarEvent)


def yaml_events(text: str) -> Iterator[Event]:
    """What the text holds. Dates stay text. Raises InvalidCaseFile with the line."""
    documents = 0
    try:
        for event in yaml.parse(text, Loader=yaml.CSafeLoader):
            line = event.start_mark.line + 1 if event.start_mark else 1
            if isinstance(event, yaml.DocumentStartEvent):
                documents += 1
                if documents > 1:
                    raise InvalidCaseFile([Problem("", "a second document begins; one file holds one", line)])
            elif isinstance(event, yaml.MappingEndEvent | yaml.SequenceEndEvent):
                yield Event(Kind.END, line)
            elif isinstance(event, _PARTS):
                yield _part(event, line)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        reason = f"is not YAML: {error.problem or error.context}"
        raise InvalidCaseFile([Problem("", reason, mark.line + 1 if mark else None)]) from None
    except yaml.YAMLError as error:
        raise InvalidCaseFile(
            [Problem("", f"is not YAML: {str(error).splitlines()[0]}", _line_of(error, text))]
        ) from None


def _part(event: Any, line: int) -> Event:
    if isinstance(event, yaml.AliasEvent):
        raise InvalidCaseFile([Problem("", f"*{event.anchor}: aliases are refused; write it out", line)])
    if event.anchor is not None:
        raise InvalidCaseFile([Problem("", f"&{event.anchor}: anchors are refused; write it out", line)])
    if event.tag is not None:
        raise InvalidCaseFile([Problem("", f"{event.tag}: tags are refused; the field says what it is", line)])
    if isinstance(event, yaml.MappingStartEvent):
        return Event(Kind.MAPPING, line)
    if isinstance(event, yaml.SequenceStartEvent):
        return Event(Kind.LIST, line)
    is_plain = event.style is None or event.style == ""
    return Event(Kind.SCALAR, line, _scalar(event.value) if is_plain else event.value)


def _scalar(text: str) -> Scalar:
    if text in _WORDS:
        return _WORDS[text]
    if _WHOLE.fullmatch(text):
        return int(text)
    if _DECIMAL.fullmatch(text):
        return float(text)
    return text


def _line_of(error: yaml.YAMLError, text: str) -> int | None:
    position = getattr(error, "position", None)
    return text.count("\n", 0, position) + 1 if isinstance(position, int) else None
