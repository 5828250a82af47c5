"""Ways to damage bytes and plain data, whatever they stand for."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from random import Random

MEGABYTE = 1024 * 1024
# What no field takes, or not where it stands.
STRANGE: tuple[Any, ...] = (
    None, True, -1, 0, 10**30, 1.5, "", " ", "x" * MEGABYTE, "=1+1", "@SUM(A1)", "2014-02-31", "31.12.2014",
    "12/31/2014", "2014-12-31T00:00:00Z", "０１", "\u0000", "\ud800", "\udfff\ud800", "a\r\nb", "\u202e", [], {}, [[]],
    [None], {"a": {}}, ["x"] * 300, "javascript:alert(1)", "../../etc/passwd", "'; DROP TABLE case; --", "{{ 7*7 }}",
    float("nan"), float("inf"), -0.0, "NaN", "null", "ﷺ" * 2_000, "\U0010ffff",
)  # fmt: skip
FRAGMENTS = (
    b"\0", b"\xff", b"\xed\xa0\x80", b"\xc0\xaf", b"\xf8\x88\x80\x80\x80", b"\xef\xbb\xbf", b"\xff\xfe", b'"', b"'",
    b"\r", b"\r\r\n", b"\n\n", b";", b"\t", b",", b"=cmd|' /C calc'!A0", b"{", b"]", b"<", b">", b"&", b"\x1b[31m",
    b"<!DOCTYPE x>", b"&a *a", b"!!python/object:os.system", b"---\n", b"\xe2\x80\xa8", b"\x85",
)  # fmt: skip


def damaged(content: bytes, random: Random) -> bytes:
    """The bytes with one thing done to them."""
    length = max(len(content), 1)
    at, other = sorted((random.randrange(length), random.randrange(length)))
    return random.choice(_WAYS)(content, at, other, random)


def altered(value: Any, random: Random) -> Any:
    """Plain data with one part of it replaced, dropped, doubled or misnamed."""
    whole = copy.deepcopy(value)
    parts = list(_parts(whole))
    if not parts:
        return [whole]
    container, key = random.choice(parts)
    match random.randrange(4):
        case 0 if isinstance(container, dict):
            container[f"{key}x"] = container.pop(key)
        case 1:
            del container[key]
        case 2 if isinstance(container, list):
            container.append(copy.deepcopy(container[key]))
        case _:
            container[key] = copy.deepcopy(random.choice(STRANGE))
    return whole


def nested(depth: int, opens: str, closes: str) -> str:
    """Brackets within brackets."""
    return opens * depth + closes * depth


def _in_another_encoding(content: bytes, random: Random) -> bytes:
    text = content.decode(errors="replace")
    encoding = random.choice(("utf-16", "utf-16-le", "utf-32", "cp1251", "latin-1", "koi8-r", "utf-7"))
    half = len(text) // 2
    if random.random() < 0.5:
        return text[:half].encode() + text[half:].encode(encoding, "replace")
    return text.encode(encoding, "replace")


def _parts(value: Any) -> Any:
    found: list[tuple[Any, Any]] = []
    waiting = [value]
    while waiting:
        container = waiting.pop()
        keys = list(container) if isinstance(container, dict) else range(len(container))
        for key in keys:
            found.append((container, key))
            if isinstance(container[key], dict | list):
                waiting.append(container[key])
    return found


Way = Callable[[bytes, int, int, "Random"], bytes]
_WAYS: tuple[Way, ...] = (
    lambda content, at, _, __: content[:at],
    lambda content, at, _, __: content[at:],
    lambda content, at, other, _: content[:at] + content[other:],
    lambda content, at, other, random: content[:other] + content[at:other] * random.randrange(1, 4) + content[other:],
    lambda content, at, _, random: content[:at] + random.choice(FRAGMENTS) * random.randrange(1, 4) + content[at:],
    lambda content, at, _, random: content[:at] + random.randbytes(random.randrange(1, 64)) + content[at:],
    lambda content, _, __, random: bytes(
        byte ^ 1 << random.randrange(8) if random.random() < 0.01 else byte for byte in content
    ),
    lambda content, _, __, random: _in_another_encoding(content, random),
    lambda content, at, _, __: content[:at] + b"x" * MEGABYTE + content[at:],
    lambda _, __, ___, random: random.choice(
        (b"", b"\n", b"\xef\xbb\xbf", b"\0" * 100, random.randbytes(200), b"PK\x03\x04")
    ),
)
