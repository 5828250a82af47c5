"""How often something may be done, counted in the database so that every process agrees."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from ipaddress import ip_address, ip_network
from typing import TYPE_CHECKING

from sqlalchemy import case, delete, select
from sqlalchemy.dialects import postgresql, sqlite

from service.errors import TooManyRequests
from service.records import RateLimit

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy.orm import Session

    from service.security.encryption import Vault


@dataclass(frozen=True, slots=True)
class Limit:
    """At most `burst` at once, then one more every `every`: never more than `burst` within any such span."""

    name: str
    burst: int
    every: timedelta


# Three confirmations for a mailbox, then one a day: nobody is flooded by somebody else's form posts.
CONFIRMATIONS = Limit("confirmations", 3, timedelta(days=1))
# One network may be a whole office behind one address.
FORM_POSTS = Limit("form posts", 60, timedelta(seconds=10))
# Whatever comes from however many networks: what the relay and the database bear beside the alerts.
ALL_FORM_POSTS = Limit("all form posts", 1200, timedelta(seconds=0.5))
# By name and network together: whoever guesses cannot keep the member out.
SIGN_INS = Limit("sign-ins", 5, timedelta(seconds=30))


def take(session: Session, limit: Limit, subject: str, *, now: datetime, vault: Vault) -> bool:
    """Use one of the subject's turns; False, and nothing used, when none is left.

    The generic cell rate algorithm (ITU-T I.371) in one statement, so that two requests cannot both take the last turn.
    """
    at, step = now.timestamp(), limit.every.total_seconds()
    insert = postgresql.insert if session.get_bind().dialect.name == "postgresql" else sqlite.insert
    used = RateLimit.__table__.c.used_up_to
    statement = (
        insert(RateLimit)
        .values(key=_key(limit, subject, vault), used_up_to=at + step)
        .on_conflict_do_update(
            index_elements=["key"],
            set_={"used_up_to": case((used > at, used), else_=at) + step},
            where=used <= at + (limit.burst - 1) * step,
        )
        .returning(RateLimit.used_up_to)
    )
    return session.execute(statement).first() is not None


def require_turn(session: Session, limit: Limit, subject: str, *, now: datetime, vault: Vault) -> None:
    """Use one of the subject's turns; raises TooManyRequests when none is left."""
    if not take(session, limit, subject, now=now, vault=vault):
        raise TooManyRequests(wait_s(session, limit, subject, now=now, vault=vault))


def wait_s(session: Session, limit: Limit, subject: str, *, now: datetime, vault: Vault) -> int:
    """Whole seconds until the subject has a turn; 0 when it has one now. Reads only."""
    used = session.scalar(select(RateLimit.used_up_to).where(RateLimit.key == _key(limit, subject, vault)))
    over = (used or 0.0) - (now.timestamp() + (limit.burst - 1) * limit.every.total_seconds())
    return max(0, int(over) + 1) if over > 0 else 0


def forget_unused(session: Session, *, now: datetime) -> None:
    """Drop the counters that no longer hold anybody back."""
    session.execute(delete(RateLimit).where(RateLimit.used_up_to < now.timestamp()))


def network_of(host: str | None) -> str:
    """The network that a request came from: /64 for IPv6 and the address itself for IPv4; empty when unknown."""
    try:
        address = ip_address((host or "").partition("%")[0])
    except ValueError:
        return ""
    return str(ip_network((address, 64), strict=False)) if address.version == 6 else str(address)


def _key(limit: Limit, subject: str, vault: Vault) -> str:
    return vault.blind_index(f"limit {limit.name}: {subject}")
