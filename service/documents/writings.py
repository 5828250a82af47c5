"""Plain text that is nothing else besides, and PDF files that are whole."""

from __future__ import annotations

import re

from service.errors import InvalidInput

# ISO 32000-1, 7.5.2 and 7.5.5; readers look for either mark in 1,024 bytes (annex H.3, notes 13 and 18), we do not.
_PDF_BEGINS = re.compile(rb"%PDF-[12]\.\d")
_PDF_ENDS = b"%%EOF"
_PDF_LOOKS_AT = 1_024
_SPACE = b" \t\r\n\f\0"

_NO_TEXT = re.compile(r"[\x00-\x08\x0b\x0e-\x1f\x7f]")
# What a browser takes for a page or a picture with scripts (WHATWG, MIME Sniffing, 7.1), wherever it stands.
_MARKUP = re.compile(
    r"<(?:!doctype|\?xml|html|head|body|svg|script|iframe|style|object|embed|meta|base|form|img)\b", re.IGNORECASE
)
# Text that a program runs, or that a word processor or printer builds something from.
_OTHER_LANGUAGES = ("#!", "{\\rtf", "%!")


def require_pdf(content: bytes) -> None:
    """Raise InvalidInput unless the file begins and ends as a PDF does."""
    if not _PDF_BEGINS.match(content):
        raise InvalidInput("This begins like a PDF, but says no version of it.")
    if not content[-_PDF_LOOKS_AT:].rstrip(_SPACE).endswith(_PDF_ENDS):
        raise InvalidInput("This PDF has no end: it was cut off, or something else was put behind it.")


def require_text(content: bytes) -> None:
    """Raise InvalidInput unless the file is text in UTF-8 that no program takes for something else."""
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise InvalidInput(
            "This is of no kind that is taken (PDF, PNG, JPEG, TIFF, WebP, DOCX, ODT), and no plain text in UTF-8."
        ) from None
    if _NO_TEXT.search(text):
        raise InvalidInput("This is no plain text: control characters stand in it.")
    if not text.strip():
        raise InvalidInput("There is nothing in this text but space.")
    if _MARKUP.search(text):
        raise InvalidInput("This is HTML, SVG or other markup, which is not taken: save it as PDF.")
    if text.lstrip().startswith(_OTHER_LANGUAGES) or "%PDF-" in text[:_PDF_LOOKS_AT]:
        raise InvalidInput("This is text for a program, not for a reader: save it as PDF.")
