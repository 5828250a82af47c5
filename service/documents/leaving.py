"""The headers under which a document leaves: to be saved, and never shown as a page of ours."""

from __future__ import annotations

from typing import TYPE_CHECKING

from service.documents.hashes import repr_digest
from service.documents.names import disposition, endings, plain_name

if TYPE_CHECKING:
    from service.records import Document

# Should a browser show it all the same, it has no origin, no script and no way out.
_SANDBOX = "sandbox; default-src 'none'; frame-ancestors 'none'"


def name_of(document: Document) -> str:
    """What the file is called when it is saved: its own name, else its title."""
    kind = document.document_type
    given = document.file_name or plain_name(document.title or "", kind)
    return given or f"document.{endings(kind)[0]}"


def headers_of(document: Document) -> dict[str, str]:
    """Content-Disposition, the hash, and what keeps a browser from doing more than saving."""
    return {
        "Content-Disposition": disposition(name_of(document)),
        "Content-Security-Policy": _SANDBOX,
        "X-Content-Type-Options": "nosniff",
        "Cache-Control": "no-store",
        "Repr-Digest": repr_digest(document.sha256),
    }


def media_type_of(document: Document) -> str:
    """The Content-Type; text says its encoding."""
    kind = document.media_type
    return f"{kind}; charset=utf-8" if kind.startswith("text/") else kind
