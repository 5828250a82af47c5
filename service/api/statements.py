"""Statements: the sentences that are published of a case, the assertions they rest on, and what is claimed of it."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter
from pydantic import Field

from service.api.assertions import AssertionShown
from service.api.cases import case_for
from service.api.desk import Desk, ReadingDesk, WritingDesk
from service.api.shapes import Given, Shown, Text, example
from service.commands.footings import rest_on
from service.queries.claims import claims_of
from service.queries.statements import StatementLine, statements_in
from service.records import Case
from service.security.policy import Action

router = APIRouter(prefix="/cases/{case_id}", tags=["Evidence"])

MOST_ASSERTIONS = 20
_STATEMENT = "She has not seen a lawyer since her arrest."
_RESTS = {"assertion_ids": ["01932a10-7a3e-7c11-8f4e-5f1d2c3b4a81"]}


class StatementShown(Shown):
    """One sentence, where it stands first, and on what it rests; on nothing: it is not published."""

    text: str
    where: str
    assertion_ids: tuple[UUID, ...]


class StatementsShown(Shown):
    """Every sentence of the summary, and of the urgent actions that are not over."""

    model_config = example(statements=[{"text": _STATEMENT, "where": "summary", **_RESTS}])

    statements: tuple[StatementShown, ...]

    @classmethod
    def of(cls, lines: list[StatementLine]) -> StatementsShown:
        """The sentences in the order in which they stand."""
        return cls(statements=tuple(StatementShown.model_validate(line) for line in lines))


class FootingGiven(Given):
    """On which assertions of the case a sentence rests from now on; none: on nothing."""

    model_config = example(statement=_STATEMENT, **_RESTS)

    statement: Text
    assertion_ids: Annotated[tuple[UUID, ...], Field(max_length=MOST_ASSERTIONS)]


class ClaimShown(Shown):
    """All that is asserted of one attribute: what officials say beside what others found."""

    attribute: str
    is_contested: bool
    official: tuple[AssertionShown, ...]
    independent: tuple[AssertionShown, ...]


class ClaimsShown(Shown):
    """What is claimed of the case, the contested first."""

    model_config = example(
        claims=[{"attribute": "access-to-lawyer", "is_contested": False, "official": [], "independent": []}]
    )

    claims: tuple[ClaimShown, ...]


@router.get("/statements", summary="List the sentences that are published of a case")
def list_statements(case_id: UUID, desk: ReadingDesk) -> StatementsShown:
    """A sentence is known by its words: the same one in the summary and in an urgent action rests on the same."""
    return StatementsShown.of(statements_in(desk.session, _case(desk, case_id)))


@router.post("/statements", summary="Let a sentence rest on assertions")
def rest_statement(case_id: UUID, given: FootingGiven, desk: WritingDesk) -> StatementsShown:
    """From now on it rests on these and on no others."""
    case = _case(desk, case_id)
    desk.caller.require(Action.WRITE_CASE, case.id)
    rest_on(
        desk.session, case, given.statement, given.assertion_ids, now=desk.now, by=desk.caller.name, vault=desk.vault
    )
    return StatementsShown.of(statements_in(desk.session, case))


@router.get("/claims", summary="List what is claimed of a case")
def list_claims(case_id: UUID, desk: ReadingDesk) -> ClaimsShown:
    """By attribute: what officials say beside what others found. The reading is noted in the audit."""
    claims = claims_of(desk.session, _case(desk, case_id))
    desk.note("assertion", *(one.id for claim in claims for one in (*claim.official, *claim.independent)))
    return ClaimsShown(claims=tuple(ClaimShown.model_validate(claim) for claim in claims))


def _case(desk: Desk, case_id: UUID) -> Case:
    return case_for(desk.session, desk.caller.actor, case_id)
