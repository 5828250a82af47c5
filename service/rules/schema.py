"""What a file of rules may contain: the published schema, `vigil schema rules`."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StringConstraints

from alerts.terms import Term

SCHEMA_NAME = "vigil-rules/1"


def _a_term(written: str) -> str:
    Term.parse(written)
    return written


Name = Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9-]{0,62}$")]
Word = Annotated[str, StringConstraints(pattern=r"^[a-z_]{1,32}$")]
Value = Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9_-]{0,62}$")]
Written = Annotated[str, AfterValidator(_a_term)]
Country = Annotated[str, StringConstraints(pattern=r"^[A-Z]{2}$")]
Days = Annotated[int, Field(ge=0, le=3_660)]
Where = dict[Word, Annotated[list[Value], Field(min_length=1)]]


class Entry(BaseModel):
    """Anything in a file of rules: unknown fields are errors, so that a misspelt one is not lost."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Meeting(Entry):
    """Another fact about the same person that meets, or voids, what a rule asks for: its day `on`."""

    of: Word
    where: Where = {}
    on: Word


class Levels(Entry):
    """Days from the due date at which each level begins; `upcoming` before it, 0: no such level."""

    upcoming: Days
    overdue: Annotated[int, Field(ge=1, le=3_660)]
    very_overdue: Annotated[int, Field(ge=1, le=3_660)]
    critical: Annotated[int, Field(ge=1, le=3_660)]


class Rule(Entry):
    """What follows from a fact of the sort `of` whose words are among those of `where`; docs/rules.md explains each field.

    `opens` is one of `vigil schema kinds`; `title` stands in the place of the kind's words.
    """

    rule: Name
    opens: Word
    title: Annotated[str, StringConstraints(min_length=1, max_length=200)] | None = None
    of: Word
    where: Where = {}
    counted_from: Annotated[list[Word], Field(min_length=1)]
    term: Written
    first_day_counts: bool = False
    own_term: Word | None = None
    every: Written | None = None
    rolls: bool = False
    shared: bool = False
    met: list[Word] = []
    met_by: list[Meeting] = []
    void: list[Word] = []
    void_by: list[Meeting] = []
    levels: Levels | None = None
    countries: list[Country] = []
    basis: Annotated[str, StringConstraints(min_length=1, max_length=1_000)] | None = None


class RuleFile(Entry):
    """A file of rules. In an organisation's own file a rule of the same name takes the standard one's place, and those
    named in `without` are not in force.
    """

    schema_: Literal["vigil-rules/1"] = Field(alias="schema")
    title: Annotated[str, StringConstraints(min_length=1, max_length=200)]
    lapses_after: Written | None = None
    without: list[Name] = []
    rules: list[Rule] = []
