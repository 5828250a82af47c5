"""What `vigil record` can write: the kinds of fact, their fields, and the shapes of the API that check them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated, Any, get_args, get_origin

from pydantic import ValidationError

from service.api import (
    assertions,
    care_events,
    clock_pauses,
    detention_episodes,
    health_conditions,
    isolation_placements,
    parole_reviews,
    petitions,
    proceedings,
    sentences,
)
from service.api.refusals import refused
from service.errors import InvalidInput, Problem
from service.records import ClockPause

if TYPE_CHECKING:
    from collections.abc import Mapping

    from service.api.desk import Family
    from service.api.shapes import Given, Shown

# The command line says these in its own way.
_ELSEWHERE = frozenset({"case_id", "person_id"})
_SAID_OTHERWISE: Mapping[str, str] = {"source_id": "the key, or the id, of a source; see `vigil source list`"}
_WORDS: Mapping[Any, str] = {date: "a day such as 2030-01-31", bool: "true or false", int: "a whole number"}


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of fact: how the command line calls it, its record, and the shapes of reading, writing and changing it."""

    name: str
    record: type[Any]
    shown: type[Shown]
    given: type[Given]
    changes: type[Given]

    @property
    def says(self) -> str:
        """What such a fact is."""
        return (self.shown.__doc__ or "").split("\n\n")[0]

    @property
    def words(self) -> str:
        """Its name within a sentence."""
        return self.name.replace("-", " ")

    def fields(self) -> Mapping[str, str]:
        """Each field that can be given, with what may stand in it."""
        return fields_of(self.given)


def fields_of(shape: type[Given]) -> Mapping[str, str]:
    """Each field of the shape that the command line takes, with what may stand in it."""
    return {
        name: ("required; " if field.is_required() and name != "as_of" else "")
        + _SAID_OTHERWISE.get(name, _values(field.annotation))
        for name, field in shape.model_fields.items()
        if name not in _ELSEWHERE
    }


def checked(shape: type[Given], given: Mapping[str, Any], **known_already: object) -> Given:
    """The values in their shape. Raises InvalidInput that names each field and says what is wrong with it."""
    strange = [name for name in given if name not in shape.model_fields or name in _ELSEWHERE]
    if strange:
        known = ", ".join(name for name in shape.model_fields if name not in _ELSEWHERE)
        raise InvalidInput([Problem(name, f"There is no such field here. Use: {known}.") for name in strange])
    try:
        return shape(**given, **known_already)
    except ValidationError as error:
        raise InvalidInput([_problem(item) for item in error.errors()]) from None


def _of(name: str, family: Family[Any, Any]) -> Kind:
    return Kind(name, family.record, family.shown, family.given, family.changes)


PAUSE = Kind("pause", ClockPause, clock_pauses.PauseShown, clock_pauses.PauseGiven, clock_pauses.PauseChanges)
KINDS = (
    _of("assertion", assertions.FAMILY),
    _of("condition", health_conditions.FAMILY),
    _of("care-event", care_events.FAMILY),
    _of("detention-episode", detention_episodes.FAMILY),
    _of("isolation-placement", isolation_placements.FAMILY),
    _of("proceeding", proceedings.FAMILY),
    _of("sentence", sentences.FAMILY),
    _of("parole-review", parole_reviews.FAMILY),
    _of("petition", petitions.FAMILY),
    PAUSE,
)


def _values(annotation: Any) -> str:
    """What may stand in a field, in words."""
    for part in (annotation, *get_args(annotation)):
        if get_origin(part) is Annotated:
            return _values(get_args(part)[0])
        if isinstance(part, type) and issubclass(part, StrEnum):
            return ", ".join(part)
        if part in _WORDS:
            return _WORDS[part]
    return "text"


def _problem(item: Any) -> Problem:
    found = refused({**item, "loc": ("body", *item["loc"])})
    return Problem(found.pointer.removeprefix("#").lstrip("/"), found.detail)
