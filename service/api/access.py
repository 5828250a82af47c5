"""Who calls: a bearer token and nothing else; cookies are not looked at."""

from __future__ import annotations

import hmac
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated
from uuid import UUID

from fastapi import Depends, Request, Security
from fastapi.security import HTTPBearer, SecurityScopes
from sqlalchemy.orm import Session

from service.commands.acting import Acting
from service.commands.tokens import TokenScope
from service.errors import NotAllowed, NotAuthenticated
from service.queries.members import actor_of, member_named
from service.records import ApiToken
from service.security.policy import Action, Actor, may
from service.security.tokens import hash_of
from service.web import Parts, PartsDep, WallNow

# Only describes the scheme; `caller` reads the header itself.
_scheme = HTTPBearer(
    auto_error=False,
    scheme_name="token",
    description=(
        "A token from `vigil token create`, sent as `Authorization: Bearer vgl_…`. The scope `read` reads, `write` "
        "changes; neither reaches further than the grants of the member whose token it is."
    ),
)


@dataclass(frozen=True, slots=True)
class Caller:
    """A member at the far end of a token."""

    token_id: UUID
    actor: Actor

    @property
    def name(self) -> str:
        """What the audit calls the caller."""
        return f"{self.actor.name} (token)"

    def require(self, action: Action, case_id: UUID | None = None) -> None:
        """Raise NotAllowed unless the policy lets this member do it."""
        if not may(self.actor, action, case_id):
            raise NotAllowed("This token's member may not do this.")


def caller(
    request: Request,
    scopes: SecurityScopes,
    parts: PartsDep,
    wall_now: WallNow,
    _: Annotated[object, Depends(_scheme)],
) -> Caller:
    """The caller with all the scopes that the operation needs. Raises NotAuthenticated and NotAllowed."""
    token_text = _bearer(request)
    found, held = _known(parts, token_text, wall_now)
    missing = [scope for scope in scopes.scopes if scope not in held]
    if missing:
        raise NotAllowed(f"This token lacks the scope {missing[0]}.")
    return found


Reader = Annotated[Caller, Security(caller, scopes=[TokenScope.READ.value])]
Writer = Annotated[Caller, Security(caller, scopes=[TokenScope.WRITE.value])]


def acting(session: Session, caller: Caller) -> Acting:
    """The caller as somebody who writes or approves. Raises NotAuthenticated when the member was erased meanwhile."""
    member = member_named(session, caller.actor.name)
    if member is None:
        raise NotAuthenticated
    return Acting(member.id, caller.name)


def _bearer(request: Request) -> str:
    headers = request.headers.getlist("authorization")
    scheme, _, text = headers[0].partition(" ") if len(headers) == 1 else ("", "", "")
    if scheme.lower() != "bearer":
        raise NotAuthenticated
    return text.strip()


def _known(parts: Parts, text: str, now: datetime) -> tuple[Caller, frozenset[str]]:
    kind, _, rest = text.partition("_")
    try:
        token_id = UUID(hex=rest.partition("_")[0])
    except ValueError:
        raise NotAuthenticated from None
    # A short session of its own: a request that held two connections while it works could starve the pool.
    with parts.reading() as session:
        token = session.get(ApiToken, token_id)
        if token is None or kind != "vgl" or not _is_live(token, text, now):
            raise NotAuthenticated
        return Caller(token.id, actor_of(token.member)), frozenset(token.scopes.split())


def _is_live(token: ApiToken, text: str, now: datetime) -> bool:
    alike = hmac.compare_digest(token.token_hash, hash_of(text))
    return alike and token.revoked_at is None and now < token.expires_at and token.member.disabled_at is None
