"""Who does something: the member, and what the audit calls them at this door."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from uuid import UUID


@dataclass(frozen=True, slots=True)
class Acting:
    """`member_id` is None for the installation's own command line, which is nobody in particular."""

    member_id: UUID | None
    name: str
