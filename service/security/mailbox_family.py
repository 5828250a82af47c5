"""One name for all the spellings that may lead into one mailbox: for counting alone, never for writing to."""

from __future__ import annotations

import unicodedata

import idna

# The same mailboxes under two names.
_SAME_DOMAIN = {"googlemail.com": "gmail.com"}


def mailbox_family(address: str) -> str:
    """The folded form of an address.

    Compatibility forms and letter case are folded (NFKC), dots and whatever follows a plus are left out, on every
    domain: where a server keeps such addresses apart, a few people share three mails a day. The domain is folded to
    its ASCII form (IDNA 2008, else 2003), without the final dot.
    """
    local, _, domain = unicodedata.normalize("NFKC", address.strip()).rpartition("@")
    local = unicodedata.normalize("NFKC", local.casefold())
    plain = local.partition("+")[0].replace(".", "") or local
    return f"{plain}@{_ascii(domain)}"


def _ascii(domain: str) -> str:
    folded = domain.casefold().rstrip(".")
    try:
        name = idna.encode(folded, uts46=True).decode("ascii").lower()
    except idna.IDNAError:
        name = folded
    return _SAME_DOMAIN.get(name, name)
