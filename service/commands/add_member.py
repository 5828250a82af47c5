"""Somebody joins the staff."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import select

from service.commands.audit import audit
from service.commands.sign_in import SEED_COLUMN
from service.errors import Conflict, InvalidInput, NotFound, Problem
from service.records import Case, Grant, Member
from service.records.base import new_id
from service.security.passwords import hash_password
from service.security.totp import new_seed
from service.vocabulary import Access, Role

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime
    from uuid import UUID

    from sqlalchemy.orm import Session

    from service.security.encryption import Vault

LONGEST_NAME = 64


def add_member(
    session: Session,
    *,
    name: str,
    role: Role,
    password: str,
    all_cases: bool,
    cases: Sequence[str],
    now: datetime,
    vault: Vault,
) -> tuple[Member, str]:
    """Write the member with grants on all cases, or on those of these references; returns the member and the code seed.

    Observers are granted reading, everybody else writing. Raises InvalidInput, Conflict when the name is taken, and
    NotFound when a case is missing.
    """
    name = name.strip()
    if not 0 < len(name) <= LONGEST_NAME or not name.isprintable():
        raise InvalidInput([Problem("name", f"Use 1 to {LONGEST_NAME} printable characters.")])
    if session.scalar(select(Member.id).where(Member.name == name)) is not None:
        raise Conflict(f"a member is called {name} already")
    seed = new_seed()
    member = Member(id=new_id(), name=name, role=role, password_hash=hash_password(password), created_at=now)
    member.totp_sealed = vault.seal(seed, column=SEED_COLUMN, row_id=member.id)
    access = Access.READ if role is Role.OBSERVER else Access.WRITE
    granted = [None] if all_cases else [_case_id(session, reference) for reference in dict.fromkeys(cases)]
    member.grants = [Grant(id=new_id(), case_id=case_id, access=access) for case_id in granted]
    session.add(member)
    session.flush()
    audit(
        session, at=now, actor="command line", action="add_member", record="member", record_id=str(member.id),
        detail={"role": role.value, "all_cases": all_cases, "cases": list(cases)}, key=vault.audit_key,
    )  # fmt: skip
    return member, seed


def _case_id(session: Session, reference: str) -> UUID:
    case_id = session.scalar(select(Case.id).where(Case.reference == reference))
    if case_id is None:
        raise NotFound(f"no case bears the reference {reference}")
    return case_id
