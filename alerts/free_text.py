"""Text that people typed, made harmless for a message."""

from __future__ import annotations

import dataclasses
import re
import unicodedata
from typing import TYPE_CHECKING, Any, TypeVar, overload

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

    _Facts = TypeVar("_Facts", bound=DataclassInstance)

# Keeps a mail under the size at which mailboxes cut it off (about 100 kB), and a chat block within its limits.
LONGEST_TEXT = 2_000

# What is personal is written as a marker that no typed text may contain: see messages.py.
MARKER = "vigil0stop0link0"

_MARKER = re.compile(MARKER, re.IGNORECASE)
# Characters that reorder or hide what a reader sees: bidirectional controls, zero-width space, word joiner, BOM.
_INVISIBLE = re.compile("[\u061c\u200b\u200e\u200f\u202a-\u202e\u2060\u2066-\u2069\ufeff]")
_SCHEME = re.compile(r"(?<=[A-Za-z0-9]):(?=//)")
_DOT_IN_A_NAME = re.compile(r"(?<=[^\W_])\.(?=[^\W\d_]{2})")
# RFC 3986 without user, and without the escapes that a name could hide behind: https, host, port, and what follows.
_PLAIN_URL = re.compile(
    r"(?i:https?)://(?:\[[0-9A-Fa-f:.]+\]|[0-9A-Za-z._~-]+)(?::[0-9]{0,5})?"
    r"(?:[/?#][!#$%&'()*+,./0-9:;=?@A-Z\[\]_a-z~-]*)?"
)
# So much of RFC 5321 as no letter can hide in: one address, in ASCII, that any mail program writes to.
_PLAIN_MAILBOX = re.compile(r"[0-9A-Za-z.!#$%&'*+/=?^_`{|}~-]{1,64}@[0-9A-Za-z-]{1,63}(?:\.[0-9A-Za-z-]{1,63}){1,8}")


def harmless(text: str) -> str:
    """One line without control characters, in which no mail program finds a link to make."""
    line = " ".join(_MARKER.sub("", _INVISIBLE.sub("", text)).split())
    line = "".join(char for char in line if unicodedata.category(char) not in {"Cc", "Cs"})
    line = _DOT_IN_A_NAME.sub("[.]", _SCHEME.sub("[:]", line))
    return line if len(line) <= LONGEST_TEXT else line[: LONGEST_TEXT - 1] + "…"


def safe_url(url: str) -> str | None:
    """The URL if it is plain http or https without user, control or foreign characters, else None."""
    return url if _PLAIN_URL.fullmatch(url) and not _MARKER.search(url) else None


def safe_mailbox(address: str) -> str | None:
    """The address if it is a plain one that may be written as it is, else None."""
    return address if _PLAIN_MAILBOX.fullmatch(address) and not _MARKER.search(address) else None


@overload
def cleaned(facts: str) -> str: ...
@overload
def cleaned(facts: _Facts) -> _Facts: ...
def cleaned(facts: Any) -> Any:
    """The same facts with every text harmless, and every URL and mailbox safe or None.

    Raises ValueError where a URL that the message cannot do without is not safe.
    """
    if dataclasses.is_dataclass(facts) and not isinstance(facts, type):
        return dataclasses.replace(
            facts,
            **{field.name: _cleaned_field(field, getattr(facts, field.name)) for field in dataclasses.fields(facts)},
        )
    if isinstance(facts, tuple):
        return tuple(cleaned(item) for item in facts)
    return harmless(facts) if type(facts) is str else facts


def _cleaned_field(field: dataclasses.Field[Any], value: Any) -> Any:
    if field.name.endswith("mailbox") and value is not None:
        return safe_mailbox(value)
    if not field.name.endswith("url") or value is None:
        return cleaned(value)
    url = safe_url(value)
    if url is None and "None" not in str(field.type):
        raise ValueError(f"{field.name} is not a plain http or https address")
    return url
