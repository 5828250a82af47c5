"""The shapes of how an urgent action ends, and of the letters that were written, at this door."""

from __future__ import annotations

from datetime import date
from typing import Annotated

from pydantic import Field

from service.api.shapes import Given, Language, Line, Shown, example
from service.vocabulary import UrgentActionOutcome


class StopGiven(Given):
    """Why nobody should write any more; `why` is for the public and names nobody without consent."""

    model_config = example(outcome="released", why="We have learned of a release.")

    outcome: UrgentActionOutcome
    why: Line


class OutcomeGiven(Given):
    """What became of the person."""

    model_config = example(outcome="care_provided")

    outcome: UrgentActionOutcome


class LettersGiven(Given):
    """How many letters were written in one language, as reported on a day; never by whom."""

    model_config = example(reported_on="2030-04-10", language="en", letters=12)

    reported_on: date
    language: Language
    letters: Annotated[int, Field(ge=1, le=100_000)]


class LettersShown(Shown):
    """All letters reported so far, by language, over all days."""

    model_config = example(by_language={"en": 12, "ru": 3}, total=15)

    by_language: dict[str, int]
    total: int
