"""An export before it is written: columns and texts, for one tier, at one instant."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from enum import Enum, StrEnum
from typing import TYPE_CHECKING

from alerts.facts import Tier

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

SCHEMA = "vigil-export/1"


class ExportTier(StrEnum):
    """For whom an export is made; what is sealed is for nobody."""

    PUBLIC = "public"
    RESTRICTED = "restricted"
    CONFIDENTIAL = "confidential"

    @property
    def tier(self) -> Tier:
        """The same as a tier."""
        return Tier(self.value)


@dataclass(frozen=True, slots=True)
class Export:
    """`about` are the references of the cases in it; `as_of` (UTC) is when it was taken."""

    what: str
    title: str
    tier: Tier
    as_of: datetime
    columns: tuple[str, ...]
    rows: Sequence[tuple[str, ...]]
    about: tuple[str, ...]


def text(value: object) -> str:
    """A value as a reader sees it; nothing for None."""
    if value is None:
        return ""
    if isinstance(value, Enum):
        return str(value.value).replace("_", " ")
    return value.isoformat() if isinstance(value, date) else str(value)
