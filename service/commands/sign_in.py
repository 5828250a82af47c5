"""A member signs in, comes back, and signs out."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from sqlalchemy import delete, update

from service.commands.audit import audit
from service.commands.limits import SIGN_INS, require_turn
from service.records import Member, StaffSession
from service.security.tokens import hash_of, new_token
from service.security.totp import accepted_step

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy.orm import Session

    from service.security.encryption import Vault

IDLE = timedelta(minutes=30)
AT_MOST = timedelta(hours=12)
# Not every page view is worth a write.
_NOTED_EVERY = timedelta(minutes=1)
SEED_COLUMN = "member.totp_sealed"


def sign_in(
    session: Session,
    *,
    name: str,
    network: str,
    member: Member | None,
    is_password: bool,
    code: str,
    now: datetime,
    vault: Vault,
) -> str | None:
    """Open a session and return its token; None for every failure, which the caller answers with one sentence.

    `is_password` was found out before, since that takes long and must hold no transaction. A code works once, whoever
    is quicker. Raises TooManyRequests; `now` is the machine's time.
    """
    require_turn(session, SIGN_INS, f"{name.casefold()} {network}", now=now, vault=vault)
    if member is None or not is_password or member.disabled_at is not None:
        return None
    seed = vault.open(member.totp_sealed, column=SEED_COLUMN, row_id=member.id)
    step = accepted_step(seed, code, now=now)
    if step is None or not _use_step(session, member, step):
        return None
    session.execute(delete(StaffSession).where(StaffSession.created_at < now - AT_MOST))
    token = new_token()
    session.add(StaffSession(id_hash=hash_of(token), member_id=member.id, created_at=now, last_seen_at=now))
    audit(
        session, at=now, actor=member.name, action="sign_in", record="member", record_id=str(member.id), detail={},
        key=vault.audit_key,
    )  # fmt: skip
    session.flush()
    return token


def come_back(session: Session, token: str, *, now: datetime) -> Member | None:
    """The member whose session this is; None when it is unknown, idle for 30 minutes, 12 hours old, or closed."""
    known = session.get(StaffSession, hash_of(token))
    if known is None or known.member.disabled_at is not None:
        return None
    if now - known.last_seen_at >= IDLE or now - known.created_at >= AT_MOST:
        return None
    if now - known.last_seen_at >= _NOTED_EVERY:
        known.last_seen_at = now
        session.flush()
    return known.member


def sign_out(session: Session, token: str) -> None:
    """Forget the session; signing out twice does no more."""
    session.execute(delete(StaffSession).where(StaffSession.id_hash == hash_of(token)))


def _use_step(session: Session, member: Member, step: int) -> bool:
    """Whether this step is later than the last one used; the database decides between two that try at once."""
    used = (
        update(Member)
        .where(Member.id == member.id, Member.totp_last_step < step)
        .values(totp_last_step=step)
        .returning(Member.id)
        .execution_options(synchronize_session=False)
    )
    return session.execute(used).first() is not None
