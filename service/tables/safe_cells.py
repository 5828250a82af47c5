"""Texts that a spreadsheet would take for a formula, written so that it does not, and given back as they were."""

from __future__ import annotations

import re

# What OWASP's "CSV Injection" names, their full-width forms, and both that old importers run; blanks before do not help.
_RUNS = r"[=+\-@\t\r\n|%\uff1d\uff0b\uff0d\uff20]"
_DANGEROUS = re.compile(rf"[' ]*{_RUNS}")
_DEFUSED = re.compile(rf"'[' ]*{_RUNS}")


def would_run(text: str) -> bool:
    """Whether a spreadsheet may take the text of a cell for something to run."""
    return _DANGEROUS.match(text) is not None


def defused(text: str) -> str:
    """The text as a CSV cell may hold it: an apostrophe before what would run."""
    return f"'{text}" if would_run(text) else text


def as_meant(text: str) -> str:
    """The text that `defused` was given; a text that it never wrote stays as it is."""
    return text[1:] if _DEFUSED.match(text) else text
