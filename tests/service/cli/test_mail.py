"""A mail server hands over one message, and learns from the exit code whether it is done with."""

from __future__ import annotations

import io
import json
import sys
from typing import TYPE_CHECKING, Any

import pytest

from service.database import open_engine, sessions
from service.records import Subscription
from service.security.encryption import Vault
from service.vocabulary import SubscriptionState
from tests import factories
from tests.conftest import SECRET_KEY
from tests.returned import DOMAIN, returned

if TYPE_CHECKING:
    from pathlib import Path

    from tests.service.cli.conftest import Said, Vigil

DONE, NO_INPUT, TRY_AGAIN = 0, 66, 75


@pytest.fixture
def hand_over(installed: Vigil, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Runs `vigil mail intake` with these bytes on its standard input."""
    monkeypatch.setenv("VIGIL_INTAKE__DOMAIN", DOMAIN)
    monkeypatch.setenv("VIGIL_SECRET_KEY", SECRET_KEY)

    def run(raw: bytes, *arguments: str) -> Said:
        keyboard, sys.stdin = sys.stdin, io.TextIOWrapper(io.BytesIO(raw))
        try:
            return installed("mail", "intake", *arguments)
        finally:
            sys.stdin = keyboard

    return run


@pytest.fixture
def subscription(home: Path, hand_over: Any) -> int:
    engine = open_engine(f"sqlite:///{home / 'vigil.db'}")
    with sessions(engine).begin() as session:
        made = factories.make_subscription(session, Vault(SECRET_KEY.encode()), country="KZ").id
    engine.dispose()
    return made


def test_a_wish_to_stop_is_taken_in_once(hand_over: Any, subscription: int, home: Path) -> None:
    raw = returned("stop_by_address", Vault(SECRET_KEY.encode()), subscription=subscription)
    assert (hand_over(raw).out, hand_over(raw, "--json").out) == (
        "unsubscribed\n",
        json.dumps({"schema": 1, "led_to": "again"}, indent=2) + "\n",
    )
    engine = open_engine(f"sqlite:///{home / 'vigil.db'}")
    with sessions(engine)() as session:
        assert session.get_one(Subscription, subscription).state is SubscriptionState.ENDED
    engine.dispose()


def test_the_envelopes_recipient_counts_where_the_headers_do_not(hand_over: Any, subscription: int) -> None:
    raw = returned("stop_by_address", Vault(SECRET_KEY.encode()), subscription=subscription)
    local = next(word for word in raw.decode().split() if word.startswith("u+")).partition("@")[0]
    hidden = raw.replace(local.encode(), b"undisclosed")
    assert hand_over(hidden).out == "nothing\n"
    assert hand_over(hidden, "--recipient", f"{local}@{DOMAIN}").out == "unsubscribed\n"


def test_what_means_nothing_is_done_with_however_long(hand_over: Any) -> None:
    for raw in (b"Subject: hello\r\n\r\n", bytes(3_000_000)):
        said = hand_over(raw)
        assert (said.code, said.out) == (DONE, "nothing\n")


def test_an_empty_standard_input_is_a_mistake_of_the_pipe(hand_over: Any) -> None:
    assert hand_over(b"").code == NO_INPUT


def test_the_server_keeps_the_mail_while_the_database_is_away(hand_over: Any, subscription: int, home: Path) -> None:
    raw = returned("stop_by_address", Vault(SECRET_KEY.encode()), subscription=subscription)
    (home / "vigil.db").rename(home / "away.db")
    said = hand_over(raw)
    assert (said.code, said.out) == (TRY_AGAIN, "")
    assert "not taken in, try again later" in said.err
    assert "u+" not in said.err
    (home / "vigil.db").unlink(missing_ok=True)
    (home / "away.db").rename(home / "vigil.db")
    assert hand_over(raw).out == "unsubscribed\n"


def test_the_server_keeps_the_mail_while_nothing_is_set_up(hand_over: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("VIGIL_INTAKE__DOMAIN")
    said = hand_over(b"Subject: x\r\n\r\n")
    assert said.code == TRY_AGAIN
    assert "VIGIL_INTAKE__DOMAIN" in said.err


def test_an_address_is_suppressed_and_lifted_at_the_shell(installed: Vigil) -> None:
    made = installed("suppression", "add", "Reader@example.org", "--until", "2999-01-01")
    assert made.code == DONE
    assert installed("suppression", "add", "reader@example.org").code == 1
    listed = json.loads(installed("suppression", "list", "--json").out)["suppressions"]
    assert [(one["id"], one["reason"], one["until"]) for one in listed] == [
        (made.out.strip(), "by_member", "2999-01-01T00:00:00+00:00")
    ]
    assert "example.org" not in installed("suppression", "list").out
    assert installed("suppression", "lift", "reader@example.org").code == DONE
    assert installed("suppression", "lift", made.out.strip()).code == 1
    assert installed("suppression", "lift", "nonsense").code == 1
