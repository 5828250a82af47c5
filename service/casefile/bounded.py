"""Reads a file that somebody gave, as far as its limit."""

from __future__ import annotations

from typing import TYPE_CHECKING

from service.casefile.tree import build
from service.casefile.yaml_text import yaml_events
from service.errors import InvalidCaseFile

if TYPE_CHECKING:
    from pathlib import Path

    from service.casefile.tree import Tree
    from service.errors import InvalidInput

_MIB = 1024 * 1024


def bounded(path: Path, most: int, refused: type[InvalidInput]) -> bytes:
    """The whole file. Raises `refused` where it cannot be read, and where it has more than `most` bytes.

    A file that is too large is refused before it is read; a pipe does not tell its size beforehand.
    """
    try:
        if path.is_file():
            require_bounded(path.stat().st_size, most, refused)
        with path.open("rb") as opened:
            content = opened.read(most + 1)
    except OSError as error:
        raise refused(f"{path} cannot be read: {error.strerror}") from None
    require_bounded(len(content), most, refused)
    return content


def require_bounded(size: int, most: int, refused: type[InvalidInput]) -> None:
    """Raise `refused` for more than `most` bytes."""
    if size > most:
        has = f"has {_in_words(size)}" if size > most + 1 else "is larger"
        raise refused(f"the file {has}; the most that is read is {_in_words(most)}")


def yaml_tree(path: Path, most: int, refused: type[InvalidInput]) -> Tree:
    """What a YAML file holds, with the line of each part. Raises `refused` for what is no YAML as we read it."""
    try:
        tree = build(yaml_events(bounded(path, most, refused).decode("utf-8-sig")))
    except UnicodeDecodeError as error:
        raise refused(f"{path} is not UTF-8: byte 0x{error.object[error.start]:02X} at offset {error.start}") from None
    except InvalidCaseFile as error:
        raise refused(error.problems) from None
    return tree


def _in_words(size: int) -> str:
    return f"{size / _MIB:.0f} MiB" if size >= _MIB else f"{size / 1024:.0f} KiB"
