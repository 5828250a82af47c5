"""Ways of writing one victim's address that a server may put into the same mailbox."""

from __future__ import annotations

from random import Random
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

LOCAL, DOMAIN, PUNYCODE = "victim", "bücher.example", "xn--bcher-kva.example"
PLAIN = f"{LOCAL}@{DOMAIN}"
# Full-width letters, which compatibility folding makes plain ones.
_WIDE = {letter: chr(ord(letter) + 0xFEE0) for letter in "abcdefghijklmnopqrstuvwxyz"}


def spellings(seed: int) -> Iterator[str]:
    """Without end, mostly different: dots, tags, letter case, wide letters, and both forms of the domain."""
    chance = Random(seed)  # noqa: S311 - to be able to repeat it
    while True:
        letters = [_spelt(letter, chance) for letter in LOCAL]
        local = letters[0] + "".join(("." if chance.random() < 0.3 else "") + letter for letter in letters[1:])
        tag = f"+{chance.randrange(10**6)}" if chance.random() < 0.7 else ""
        domain = chance.choice((DOMAIN, PUNYCODE, DOMAIN.upper(), PUNYCODE.title(), "bu\u0308cher.example"))
        yield f"{local}{tag}@{domain}"


def _spelt(letter: str, chance: Random) -> str:
    number = chance.random()
    if number < 0.1:
        return _WIDE[letter]
    return letter.upper() if number < 0.4 else letter
