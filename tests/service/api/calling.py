"""A caller of the API: the real application without a socket."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import anyio
import httpx

from service.commands.tokens import TokenScope, create_token
from service.records import Case, Grant, Member
from service.records.base import new_id
from service.vocabulary import Access, Role
from tests.factories import LONG_AGO

if TYPE_CHECKING:
    from collections.abc import Collection
    from datetime import datetime

    from fastapi import FastAPI
    from sqlalchemy.orm import Session

    from service.security.encryption import Vault

BOTH = (TokenScope.READ, TokenScope.WRITE)


@dataclass(frozen=True)
class Api:
    """Speaks to the application as the holder of `token` would."""

    app: FastAPI
    token: str | None = None

    def as_holder_of(self, token: str | None) -> Api:
        """The same application, called by somebody else."""
        return Api(self.app, token)

    def call(self, method: str, path: str, *, headers: dict[str, str] | None = None, **given: Any) -> httpx.Response:
        """One request below /api/v1."""
        sent = dict(headers or {})
        if self.token is not None:
            sent.setdefault("Authorization", f"Bearer {self.token}")

        async def send() -> httpx.Response:
            transport = httpx.ASGITransport(app=self.app)
            async with httpx.AsyncClient(transport=transport, base_url="https://vigil.example.org") as client:
                return await client.request(method, f"/api/v1{path}", headers=sent, **given)

        return anyio.run(send)

    def get(self, path: str, **given: Any) -> httpx.Response:
        """Read."""
        return self.call("GET", path, **given)

    def post(self, path: str, body: Any = None, **given: Any) -> httpx.Response:
        """Create."""
        return self.call("POST", path, json=body, **given)

    def patch(self, path: str, body: Any, *, version: int | None = None) -> httpx.Response:
        """Change, starting from a version."""
        return self.call("PATCH", path, json=body, headers=_if_match(version))

    def delete(self, path: str, *, version: int | None = None) -> httpx.Response:
        """Remove, starting from a version."""
        return self.call("DELETE", path, headers=_if_match(version))


def _if_match(version: int | None) -> dict[str, str]:
    return {} if version is None else {"If-Match": f'"{version}"'}


def make_member(
    session: Session,
    name: str,
    *,
    role: Role = Role.OFFICER,
    all_cases: Access | None = None,
    cases: Collection[Case] = (),
    access: Access = Access.WRITE,
) -> Member:
    """A member who never signs in with a password."""
    member = Member(
        id=new_id(), name=name, role=role, password_hash="none", totp_sealed="none",
        created_at=LONG_AGO,
    )  # fmt: skip
    member.grants = [Grant(id=new_id(), case_id=case.id, access=access) for case in cases]
    if all_cases is not None:
        member.grants.append(Grant(id=new_id(), case_id=None, access=all_cases))
    session.add(member)
    session.flush()
    return member


def make_token(
    session: Session,
    member: Member,
    *,
    now: datetime,
    vault: Vault,
    scopes: Collection[TokenScope] = BOTH,
) -> str:
    """The text of a token that lives for a day."""
    _, text = create_token(session, member=member.name, name="tests", scopes=scopes, days=1, now=now, vault=vault)
    return text
