"""`vigil token` makes, lists and revokes; the token is printed once."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from service.database import open_engine, sessions
from service.records import Member
from service.records.base import new_id
from service.vocabulary import Role
from tests.factories import LONG_AGO

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.service.cli.conftest import Said

    Vigil = Callable[..., Said]


@pytest.fixture
def with_olga(installed: Vigil, home: Path) -> Vigil:
    """An installation with one member."""
    engine = open_engine(f"sqlite:///{home / 'vigil.db'}")
    with sessions(engine).begin() as session:
        session.add(
            Member(
                id=new_id(), name="olga", role=Role.OFFICER, password_hash="none", totp_sealed="none", created_at=LONG_AGO
            )
        )  # fmt: skip
    engine.dispose()
    return installed


def test_a_token_is_printed_once_and_listed_without_it(with_olga: Vigil) -> None:
    made = with_olga("token", "create", "--member", "olga", "--name", "case system", "--scopes", "read,write")
    assert made.code == 0, made.err
    assert made.out.startswith("vgl_")
    assert made.out.count("\n") == 1
    listed = with_olga("token", "list", "--json")
    [one] = json.loads(listed.out)["tokens"]
    assert (one["member"], one["name"], one["scopes"]) == ("olga", "case system", ["read", "write"])
    assert made.out.strip() not in listed.out


def test_a_revoked_token_is_not_revoked_again(with_olga: Vigil) -> None:
    made = with_olga("token", "create", "--member", "olga", "--name", "x", "--json")
    token_id = json.loads(made.out)["id"]
    assert with_olga("token", "revoke", token_id).code == 0
    assert with_olga("token", "revoke", token_id).code == 1


@pytest.mark.parametrize(
    "arguments",
    [
        ("--member", "nobody", "--name", "x"),
        ("--member", "olga", "--name", "x", "--scopes", "everything"),
        ("--member", "olga", "--name", "x", "--days", "367"),
        ("--member", "olga", "--name", "x", "--days", "0"),
        ("--member", "olga", "--name", " "),
    ],
)
def test_a_token_without_member_scope_or_end_is_refused(arguments: tuple[str, ...], with_olga: Vigil) -> None:
    said = with_olga("token", "create", *arguments)
    assert said.code == 1
    assert said.err.startswith("vigil: ")
    assert json.loads(with_olga("token", "list", "--json").out)["tokens"] == []
