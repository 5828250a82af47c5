"""One cell as a value of the schema, and one value as the text of a cell: each the reverse of the other."""

from __future__ import annotations

from enum import Enum
from typing import TYPE_CHECKING, Any

from service.casefile.tree import unwritable
from service.tables.dates import day_of
from service.tables.sections import Sort

if TYPE_CHECKING:
    from service.tables.sections import TableField

_NAME_PARTS = ("text", "kind", "script", "language")
_TRUTHS = {"true": True, "yes": True, "1": True, "false": False, "no": False, "0": False}


def value_of(cell: object, field: TableField, *, dates: str) -> Any:
    """The cell as JSON would hold it; None when it is empty. Raises ValueError with the reason."""
    if isinstance(cell, str):
        cell = cell.replace("\r\n", "\n")
        if (bad := unwritable(cell)) is not None:
            raise ValueError(f"has the character {bad}, which no text has")
    if cell is None or cell == "":
        return None
    return _READ[field.sort](cell, dates)


def text_of(value: Any, field: TableField) -> str:
    """The value as a cell holds it."""
    if value is None:
        return ""
    if field.sort is Sort.NAMES:
        return "\n".join(_name_text(name) for name in value)
    if field.sort is Sort.KEYS:
        return ", ".join(value)
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value.value if isinstance(value, Enum) else value)


def _text(cell: object, _: str) -> str:
    if isinstance(cell, bool) or not isinstance(cell, str | int):
        raise ValueError("must be text: format the column as text")  # noqa: TRY004 - one error for whatever is amiss
    return str(cell)


def _whole(cell: object, _: str) -> int:
    if isinstance(cell, float) and cell.is_integer():
        cell = int(cell)
    if isinstance(cell, bool) or not isinstance(cell, int | str):
        raise ValueError("must be a whole number")  # noqa: TRY004
    text = str(cell).strip()
    if not text.isascii() or not text.isdigit() or len(text) > 9:
        raise ValueError("must be a whole number")
    return int(text)


def _truth(cell: object, _: str) -> bool:
    found = _TRUTHS.get(str(cell).strip().lower())
    if found is None:
        raise ValueError("must be true or false")
    return found


def _keys(cell: object, _: str) -> list[str]:
    if not isinstance(cell, str):
        raise ValueError("must be keys with commas between them")  # noqa: TRY004
    return [part.strip() for part in cell.split(",") if part.strip()]


def _names(cell: object, _: str) -> list[dict[str, str]]:
    if not isinstance(cell, str):
        raise ValueError("must be text")  # noqa: TRY004
    names = []
    for line in cell.split("\n"):
        # a name itself may hold the bar: the last three parts are never names
        parts = [part.strip() for part in line.rsplit("|", 3)]
        if len(parts) != len(_NAME_PARTS):
            raise ValueError("must be lines of: name | kind | script | language (the last two may be empty)")
        names.append({part: value for part, value in zip(_NAME_PARTS, parts, strict=True) if value})
    return names


def _name_text(name: Any) -> str:
    parts = (getattr(name, part) for part in _NAME_PARTS)
    return " | ".join("" if part is None else str(part.value if isinstance(part, Enum) else part) for part in parts)


_READ = {
    Sort.TEXT: _text,
    Sort.DATE: day_of,
    Sort.WHOLE: _whole,
    Sort.TRUTH: _truth,
    Sort.KEYS: _keys,
    Sort.NAMES: _names,
}
