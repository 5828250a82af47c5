"""Whether a text for the public names one of these persons."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

    from service.records import Person

# Shorter names than that are found in other words.
SHORTEST_NAME = 4


def names_one_of(persons: Iterable[Person], text: str) -> bool:
    """Whether any way of writing any of their names stands in the text."""
    said = text.casefold()
    variants = (variant.text.casefold() for person in persons for variant in person.names)
    return any(len(variant) >= SHORTEST_NAME and variant in said for variant in variants)
