"""How the headers of a mail are folded: a subject beyond ASCII is encoded as a whole."""

from __future__ import annotations

from email.header import Header
from email.policy import EmailPolicy
from typing import Any


class MailPolicy(EmailPolicy):
    """The standard library's policy, save for subjects.

    It encodes word by word, and where the line is folded between two encoded words the space that parted them is
    lost: readers leave out what stands between encoded words (RFC 2047, section 6.2).
    """

    def fold(self, name: str, value: Any) -> str:
        """The header's lines, ends included."""
        return self._whole(name, value) or super().fold(name, value)

    def fold_binary(self, name: str, value: Any) -> bytes:
        """The same as bytes, which is what leaves."""
        whole = self._whole(name, value)
        return whole.encode("ascii") if whole else super().fold_binary(name, value)

    def _whole(self, name: str, value: str) -> str | None:
        if name.lower() != "subject" or str(value).isascii():
            return None
        encoded = Header(str(value), "utf-8", maxlinelen=self.max_line_length, header_name=name)
        return f"{name}: {encoded.encode(linesep=self.linesep)}{self.linesep}"
