"""JSON (RFC 8259) with the line of every part, which the standard library's reader does not tell."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING

from service.casefile.tree import Event, Kind, Scalar
from service.errors import InvalidCaseFile, Problem

if TYPE_CHECKING:
    from collections.abc import Iterator

_TOKEN = re.compile(
    r'[ \t\r\n]*(?:(?P<mark>[][{}:,])|(?P<text>"(?:[^"\\\x00-\x1f]|\\["\\/bfnrt]|\\u[0-9a-fA-F]{4})*")'
    r"|(?P<word>-?[0-9][0-9.eE+-]*|true|false|null)|(?P<end>\Z))"
)
_NUMBER = re.compile(r"-?(0|[1-9][0-9]{0,17})(\.[0-9]{1,17})?([eE][+-]?[0-9]{1,2})?")
_WORDS: dict[str, Scalar] = {"true": True, "false": False, "null": None}
_OPENS = {"{": Kind.MAPPING, "[": Kind.LIST}
_CLOSES = {"}": "{", "]": "["}


def json_events(text: str) -> Iterator[Event]:
    """What the text holds. Raises InvalidCaseFile with the line."""
    stack: list[str] = []
    expects = "value"
    for mark, value, line in _tokens(text):
        role = _role(mark, expects, stack, line)
        if role in {":", ","}:
            expects = "value" if role == ":" or stack[-1] == "[" else "key"
        elif role == "close":
            stack.pop()
            expects = "comma" if stack else "end"
            yield Event(Kind.END, line)
        elif role == "open":
            yield Event(_OPENS[mark], line)
            stack.append(mark)
            expects = "key or close" if mark == "{" else "value or close"
        elif role == "key":
            yield Event(Kind.SCALAR, line, value)
            expects = "colon"
        elif role == "value":
            yield Event(Kind.SCALAR, line, value)
            expects = "comma" if stack else "end"


def _role(mark: str, expects: str, stack: list[str], line: int) -> str:
    """What this token is here; "" at the end of the text. Raises InvalidCaseFile where it may not stand."""
    may_close = expects == "comma" or expects.endswith("or close")
    if mark in _CLOSES and may_close and stack and stack[-1] == _CLOSES[mark]:
        return "close"
    if mark in _OPENS and expects.startswith("value"):
        return "open"
    if mark in {"text", "word"} and expects.startswith("value"):
        return "value"
    if mark == "text" and expects.startswith("key"):
        return "key"
    if (mark, expects) in {(":", "colon"), (",", "comma")}:
        return mark
    if mark == "end" and expects == "end":
        return ""
    seen = {"end": "the end of the file", "text": "text", "word": "a value"}.get(mark, repr(mark))
    raise InvalidCaseFile([Problem("", f"is not JSON: {seen} stands where {_wanted(expects)} must", line)])


def _wanted(expects: str) -> str:
    names = {"comma": "a comma or the closing bracket", "colon": "a colon", "end": "the end of the file"}
    return names.get(expects, f"a {expects.removesuffix(' or close')}")


def _tokens(text: str) -> Iterator[tuple[str, Scalar, int]]:
    """The token's sort or mark, its value, its line."""
    position, line, counted = 0, 1, 0
    while True:
        token = _TOKEN.match(text, position)
        start = token.start(token.lastgroup or 0) if token else _after_space(text, position)
        line += text.count("\n", counted, start)
        counted = start
        if token is None:
            raise InvalidCaseFile([Problem("", f"is not JSON: {text[start : start + 1]!r} cannot be read", line)])
        position = token.end()
        if token.lastgroup == "mark":
            yield token["mark"], None, line
        elif token.lastgroup == "text":
            yield "text", json.loads(token["text"]), line
        elif token.lastgroup == "word":
            yield "word", _word(token["word"], line), line
        else:
            yield "end", None, line
            return


def _word(word: str, line: int) -> Scalar:
    if word in _WORDS:
        return _WORDS[word]
    number = _NUMBER.fullmatch(word)
    if number is None:
        raise InvalidCaseFile([Problem("", "is not JSON: a number is written wrongly or is too long", line)])
    return float(word) if number[2] or number[3] else int(word)


def _after_space(text: str, position: int) -> int:
    while position < len(text) and text[position] in " \t\r\n":
        position += 1
    return position
