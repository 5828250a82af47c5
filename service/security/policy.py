"""Who may do what: one pure function that denies by default."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from service.vocabulary import Access, Role

if TYPE_CHECKING:
    from collections.abc import Mapping
    from uuid import UUID

# Where the organisation's messages go is decided by those who run it, not case by case.
_RUNS_DESTINATIONS = frozenset({Role.ADMIN, Role.COORDINATOR})
# What comes in a file may touch any case, and begin new ones.
_IMPORTS = frozenset({Role.ADMIN, Role.COORDINATOR})
# Who answers for what the organisation tells the public (never for a text of their own), and for evidence that is destroyed.
_APPROVES = frozenset({Role.ADMIN, Role.COORDINATOR})


class Action(StrEnum):
    """What a member may want to do."""

    SEE_BOARD = "see_board"
    READ_CASE = "read_case"
    READ_HEALTH = "read_health"
    WRITE_CASE = "write_case"
    APPROVE_URGENT_ACTION = "approve_urgent_action"
    APPROVE_CORRECTION = "approve_correction"
    ERASE_DOCUMENT = "erase_document"
    WRITE_OFFICIALS = "write_officials"
    WRITE_SOURCES = "write_sources"
    SEE_ALL_DELIVERIES = "see_all_deliveries"
    WRITE_ALL_CASES = "write_all_cases"
    SEE_DESTINATIONS = "see_destinations"
    MANAGE_DESTINATIONS = "manage_destinations"
    IMPORT = "import"


@dataclass(frozen=True, slots=True)
class Actor:
    """A member as the policy sees one: `all_cases` is a grant on every case, `cases` are those on single ones."""

    name: str
    role: Role
    all_cases: Access | None
    cases: Mapping[UUID, Access]

    def access_to(self, case_id: UUID) -> Access | None:
        """The wider of the two grants; a role alone opens no case, not even an administrator's."""
        held = {self.all_cases, self.cases.get(case_id)}
        return Access.WRITE if Access.WRITE in held else Access.READ if Access.READ in held else None


def may(actor: Actor | None, action: Action, case_id: UUID | None = None) -> bool:
    """Whether the actor may do this (to this case); nobody may do what is not listed here."""
    if actor is None:
        return False
    return _may_on_case(actor, action, case_id) if case_id is not None else _may_at_all(actor, action)


def _may_on_case(actor: Actor, action: Action, case_id: UUID) -> bool:
    match action:
        case Action.READ_CASE | Action.READ_HEALTH:
            return actor.access_to(case_id) is not None
        case Action.WRITE_CASE:
            return actor.access_to(case_id) is Access.WRITE and actor.role is not Role.OBSERVER
        case Action.APPROVE_URGENT_ACTION | Action.APPROVE_CORRECTION | Action.ERASE_DOCUMENT:
            return actor.access_to(case_id) is Access.WRITE and actor.role in _APPROVES
        case _:
            return _may_at_all(actor, action)


def _may_at_all(actor: Actor, action: Action) -> bool:
    match action:
        case Action.SEE_BOARD:
            return True
        case Action.SEE_ALL_DELIVERIES:
            return actor.all_cases is not None
        case Action.WRITE_ALL_CASES:
            return actor.all_cases is Access.WRITE and actor.role is not Role.OBSERVER
        case Action.IMPORT:
            return actor.all_cases is Access.WRITE and actor.role in _IMPORTS
        case Action.WRITE_OFFICIALS | Action.WRITE_SOURCES:
            writes_somewhere = Access.WRITE in {actor.all_cases, *actor.cases.values()}
            return writes_somewhere and actor.role is not Role.OBSERVER
        case Action.SEE_DESTINATIONS:
            return actor.all_cases is not None or bool(actor.cases) or actor.role in _RUNS_DESTINATIONS
        case Action.MANAGE_DESTINATIONS:
            return actor.role in _RUNS_DESTINATIONS
        case _:
            return False
