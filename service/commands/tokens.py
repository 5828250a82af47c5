"""Tokens of the API: made once, shown once, forced to expire."""

from __future__ import annotations

from datetime import timedelta
from enum import StrEnum
from typing import TYPE_CHECKING

from sqlalchemy import select

from service.commands.audit import audit
from service.errors import Conflict, InvalidInput, NotFound, Problem
from service.records import ApiToken, Member
from service.records.base import new_id
from service.security.tokens import hash_of, new_token

if TYPE_CHECKING:
    from collections.abc import Collection
    from datetime import datetime

    from sqlalchemy.orm import Session

    from service.security.encryption import Vault

# A forgotten token is worthless after a year at the latest.
LONGEST_DAYS = 366
LONGEST_NAME = 64


class TokenScope(StrEnum):
    """What a token may be used for, within its member's grants."""

    READ = "read"
    WRITE = "write"


def create_token(
    session: Session,
    *,
    member: str,
    name: str,
    scopes: Collection[TokenScope],
    days: int,
    now: datetime,
    vault: Vault,
    by: str = "command line",
) -> tuple[ApiToken, str]:
    """Write a token of the member of this name; returns it with the text that is never shown again.

    It expires after `days` (of 24 hours) from `now`, the machine's own clock. Raises InvalidInput, NotFound.
    """
    problems = []
    if not 0 < len(name.strip()) <= LONGEST_NAME:
        problems.append(Problem("name", f"Use 1 to {LONGEST_NAME} characters."))
    if not 0 < days <= LONGEST_DAYS:
        problems.append(Problem("days", f"Use 1 to {LONGEST_DAYS} days."))
    if not scopes:
        problems.append(Problem("scopes", f"Name one or more of {', '.join(TokenScope)}."))
    if problems:
        raise InvalidInput(problems)
    owner = session.scalar(select(Member).where(Member.name == member, Member.disabled_at.is_(None)))
    if owner is None:
        raise NotFound(f"no active member is called {member}")
    token_id = new_id()
    text = new_token(f"vgl_{token_id.hex}_")
    token = ApiToken(
        id=token_id, member=owner, name=name.strip(), token_hash=hash_of(text),
        scopes=" ".join(scope for scope in TokenScope if scope in scopes),
        expires_at=now + timedelta(days=days), created_at=now,
    )  # fmt: skip
    session.add(token)
    session.flush()
    _note(session, token, "create_token", now=now, by=by, vault=vault)
    return token, text


def revoke_token(session: Session, token: ApiToken, *, now: datetime, vault: Vault, by: str = "command line") -> None:
    """End the token now. Raises Conflict when it is revoked already."""
    if token.revoked_at is not None:
        raise Conflict("This token is revoked already.")
    token.revoked_at = now
    session.flush()
    _note(session, token, "revoke_token", now=now, by=by, vault=vault)


def _note(session: Session, token: ApiToken, action: str, *, now: datetime, by: str, vault: Vault) -> None:
    audit(
        session, at=now, actor=by, action=action, record="api_token", record_id=str(token.id),
        detail={"member": str(token.member_id), "scopes": token.scopes}, key=vault.audit_key,
    )  # fmt: skip
