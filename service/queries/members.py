"""Who the staff are, and what each may see."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import ColumnElement, select, true

from service.errors import InvalidInput, Problem
from service.records import Case, Member
from service.security.policy import Action, Actor, may

if TYPE_CHECKING:
    from uuid import UUID

    from sqlalchemy.orm import Session


def member_named(session: Session, name: str) -> Member | None:
    """The member of this name, disabled ones too."""
    return session.scalar(select(Member).where(Member.name == name))


def writer_named(session: Session, name: str, case_id: UUID, *, where: str) -> Member:
    """The member of this name, who may write the case. Raises InvalidInput at `where`, alike for nobody and for others."""
    member = member_named(session, name)
    may_write = member is not None and member.disabled_at is None and may(actor_of(member), Action.WRITE_CASE, case_id)
    if member is None or not may_write:
        raise InvalidInput([Problem(where, "No member of this name may write the case.")])
    return member


def actor_of(member: Member) -> Actor:
    """The member as the policy sees one."""
    return Actor(
        name=member.name,
        role=member.role,
        all_cases=next((grant.access for grant in member.grants if grant.case_id is None), None),
        cases={grant.case_id: grant.access for grant in member.grants if grant.case_id is not None},
    )


def granted(actor: Actor) -> ColumnElement[bool]:
    """The condition on `Case` that holds for the cases this actor may read: the policy's READ_CASE, as SQL."""
    return true() if actor.all_cases is not None else Case.id.in_(actor.cases)
