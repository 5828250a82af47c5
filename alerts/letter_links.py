"""Links that open the reader's own mail program with a model letter: a person sends it, nobody else does."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import quote

from alerts.urgent_action_facts import is_in

if TYPE_CHECKING:
    from collections.abc import Sequence

    from alerts.urgent_action_facts import Addressee, ModelLetter

# What opens links in some desktop systems takes 2,083 characters and cuts off the rest without a word.
LONGEST_LINK = 2_000
# All of one mail: a mailbox cuts it off at about 100 kB.
ALL_LINKS = 8_000

_LINE_END = re.compile(r"\r\n|\r|\n")


@dataclass(frozen=True, slots=True)
class LetterLink:
    """One letter to one addressee; without `holds_letter` the letter is copied by hand, being too long for a link."""

    office: str
    mailbox: str
    url: str
    holds_letter: bool


def mailto(mailbox: str, *, subject: str | None = None, body: str | None = None) -> str:
    """The link to a message to this address, each line of its body ended by CR LF (RFC 6068).

    Raises UnicodeEncodeError for half a character.
    """
    lines = _LINE_END.sub("\r\n", body) if body else None
    fields = [f"{name}={quote(text, safe='')}" for name, text in (("subject", subject), ("body", lines)) if text]
    return f"mailto:{quote(mailbox, safe='@')}{'?' if fields else ''}{'&'.join(fields)}"


def letter_links(
    letters: Sequence[ModelLetter], addressees: Sequence[Addressee], *, at_most: int = ALL_LINKS
) -> tuple[tuple[LetterLink, ...], ...]:
    """For each letter its links, one to each addressee with a mailbox, with `at_most` so many characters in all.

    A link that would be too long has the subject line alone; for whom no room is left there is none.
    """
    found, left = [], at_most
    for letter in letters:
        links = []
        for addressee in addressees:
            link = _link(letter, addressee, room=min(LONGEST_LINK, left))
            if link is not None:
                left -= len(link.url)
                links.append(link)
        found.append(tuple(links))
    return tuple(found)


def _link(letter: ModelLetter, addressee: Addressee, *, room: int) -> LetterLink | None:
    if addressee.mailbox is None:
        return None
    for body in (_body(letter, addressee), None):
        url = mailto(addressee.mailbox, subject=letter.subject, body=body)
        if len(url) <= room:
            return LetterLink(addressee.office, addressee.mailbox, url, holds_letter=body is not None)
    return None


def _body(letter: ModelLetter, addressee: Addressee) -> str:
    greetings = [" ".join(one.paragraphs) for one in addressee.salutations if is_in(one.language, letter.language)]
    return "\n\n".join((*greetings[:1], *letter.paragraphs))
