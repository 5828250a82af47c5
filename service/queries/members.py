"""Who the staff are, and what each may see."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import ColumnElement, select, true

from service.records import Case, Member
from service.security.policy import Actor

if TYPE_CHECKING:
    from sqlalchemy.orm import Session


def member_named(session: Session, name: str) -> Member | None:
    """The member of this name, disabled ones too."""
    return session.scalar(select(Member).where(Member.name == name))


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
