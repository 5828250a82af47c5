"""Tiers and levels as numbers that SQL can compare."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import case, literal

from alerts.facts import Level, Tier
from service.vocabulary import Detail

if TYPE_CHECKING:
    from sqlalchemy import ColumnElement


def tier_rank(column: Any) -> ColumnElement[int]:
    """0 for public, 3 for sealed, as `Tier.rank`; what is no tier counts as sealed."""
    return case(*((column == tier, literal(tier.rank)) for tier in Tier), else_=literal(Tier.SEALED.rank))


def detail_rank(column: Any) -> ColumnElement[int]:
    """0 for full, 2 for notice, as `Detail.rank`; what is no detail counts as notice."""
    return case(*((column == detail, literal(detail.rank)) for detail in Detail), else_=literal(Detail.NOTICE.rank))


def level_rank(column: Any) -> ColumnElement[int]:
    """1 for upcoming, 5 for critical, as `Level.rank`; 0 for none."""
    return case(*((column == level, literal(level.rank)) for level in Level), else_=literal(0))
