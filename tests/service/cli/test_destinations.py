"""`vigil destination` adds, lists and tries out; secrets are never arguments and are shown once."""

from __future__ import annotations

import json
import subprocess
import sys
import threading
from contextlib import contextmanager
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import select
from standardwebhooks.webhooks import Webhook

from service.database import open_engine, sessions
from service.records import Destination, Subscriber
from service.vocabulary import DestinationState

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from tests.service.cli.conftest import Said

    Vigil = Callable[..., Said]


class Receiver:
    """What came to a listener on the loopback."""

    def __init__(self, origin: str) -> None:
        self.origin = origin
        self.requests: list[tuple[dict[str, str], bytes]] = []


@contextmanager
def receiving(status: int) -> Iterator[Receiver]:
    """Listen on the loopback and answer every POST with this status."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            receiver.requests.append((dict(self.headers), body))
            self.send_response(status)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_: object) -> None:
            return

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    receiver = Receiver(f"http://127.0.0.1:{server.server_port}")
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield receiver
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def test_a_webhook_is_added_tried_out_and_verified(installed: Vigil, monkeypatch: pytest.MonkeyPatch) -> None:
    with receiving(200) as receiver:
        monkeypatch.setenv("VIGIL_TRUSTED_ORIGINS", json.dumps([receiver.origin]))
        added = installed("destination", "add", "webhook", "--label", "Case system", "--url", f"{receiver.origin}/in")
        assert added.code == 0, added.err
        destination_id, secret = added.out.split()
        tried = installed("destination", "test", destination_id)
    assert (tried.code, tried.out.strip()) == (0, "Accepted by the receiving server (200).")
    [(headers, body)] = receiver.requests
    Webhook(secret).verify(body, {name.lower(): value for name, value in headers.items()})
    assert secret not in installed("destination", "list", "--json").out


def test_a_refusal_is_printed_and_ends_with_a_failure(installed: Vigil, monkeypatch: pytest.MonkeyPatch) -> None:
    with receiving(410) as receiver:
        monkeypatch.setenv("VIGIL_TRUSTED_ORIGINS", json.dumps([receiver.origin]))
        added = installed(
            "destination", "add", "webhook", "--label", "Gone", "--url", f"{receiver.origin}/in", "--json"
        )
        tried = installed("destination", "test", json.loads(added.out)["id"], "--json")
    assert tried.code == 1
    said = json.loads(tried.out)
    assert (said["schema"], said["accepted"], said["code"]) == (1, False, 410)


def test_a_slack_address_comes_in_on_standard_input_and_is_masked(installed: Vigil) -> None:
    # A process of its own, because its standard input is what is promised.
    added = subprocess.run(
        [
            sys.executable, "-c", "import sys; from service.cli import main; sys.exit(main())",
            "destination", "add", "slack", "--label", "Team", "--token-stdin", "--country", "KZ",
        ],
        input="https://hooks.slack.com/services/T/B/secretpart\n", capture_output=True, text=True, check=False, timeout=60,
    )  # fmt: skip
    assert added.returncode == 0, added.stderr
    listed = installed("destination", "list", "--json")
    [one] = json.loads(listed.out)["destinations"]
    assert (one["label"], one["address"], one["state"]) == ("Team", "hooks.slack.com/…", "ready")
    assert "secretpart" not in added.stdout + added.stderr + listed.out + listed.err


@pytest.mark.parametrize(
    "arguments",
    [
        ("webhook", "--label", "Plain", "--url", "http://hooks.example.org/in"),
        ("webhook", "--label", "Nowhere"),
        ("email", "--label", "Team", "--address", "nobody"),
        ("webhook", "--label", "Zone", "--url", "https://hooks.example.org/in", "--time-zone", "Mars/Olympus"),
        ("webhook", "--label", "Case", "--url", "https://hooks.example.org/in", "--case", "ABC-1999-001"),
        ("webhook", "--label", "Both", "--url", "https://hooks.example.org/in", "--country", "KZ", "--kind", "surgery"),
    ],
)
def test_what_cannot_be_a_destination_is_refused_whole(arguments: tuple[str, ...], installed: Vigil) -> None:
    said = installed("destination", "add", *arguments)
    assert said.code == 1
    assert said.err.startswith("vigil: ")
    assert json.loads(installed("destination", "list", "--json").out)["destinations"] == []


def test_a_destination_that_is_not_there_cannot_be_tried(installed: Vigil) -> None:
    assert installed("destination", "test", "01932a10-7a3e-7c11-8f4e-5f1d2c3b4a64").code == 1


def test_one_that_is_off_is_listed_with_its_reason_and_switched_on_again(installed: Vigil, home: Path) -> None:
    ids = [
        json.loads(
            installed(
                "destination", "add", "email", "--label", f"Team {n}", "--address", f"team{n}@example.org", "--json"
            ).out
        )["id"]
        for n in range(2)
    ]
    at = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)
    engine = open_engine(f"sqlite:///{home / 'vigil.db'}")
    with sessions(engine).begin() as session:
        for one in session.scalars(select(Destination)):
            one.state, one.disabled_reason, one.failures = DestinationState.DISABLED, "It is gone.", 7
            one.first_failure_at = one.last_failure_at = one.disabled_at = at
    engine.dispose()
    listed = json.loads(installed("destination", "list", "--json").out)["destinations"]
    assert {(one["state"], one["failures"], one["reason"]) for one in listed} == {("disabled", 7, "It is gone.")}
    assert "It is gone." in installed("destination", "list").out
    assert installed("destination", "enable", ids[0]).out.strip() == "1 switched on"
    assert installed("destination", "enable", "--off-since", "2026-11-25").out.strip() == "0 switched on"
    mended = json.loads(installed("destination", "enable", "--off-since", "2026-11-24T11:00:00", "--json").out)
    assert mended["enabled"] == [ids[1]]
    listed = json.loads(installed("destination", "list", "--json").out)["destinations"]
    assert {(one["state"], one["failures"], one["reason"]) for one in listed} == {("ready", 0, None)}


@pytest.mark.parametrize("arguments", [(), ("01932a10-7a3e-7c11-8f4e-5f1d2c3b4a64",)])
def test_nothing_is_switched_on_that_is_not_named(installed: Vigil, arguments: tuple[str, ...]) -> None:
    assert installed("destination", "enable", *arguments).code == 1


def test_two_ways_to_the_same_readers_have_one_owner(installed: Vigil, home: Path) -> None:
    first = installed("destination", "add", "email", "--label", "Team", "--address", "team@example.org")
    options = ("--label", "Case system", "--url", "https://hooks.example.org/in")
    assert installed("destination", "add", "webhook", *options, "--beside", first.out.strip()).code == 0
    engine = open_engine(f"sqlite:///{home / 'vigil.db'}")
    with sessions(engine)() as session:
        assert len(set(session.scalars(select(Destination.subscriber_id)))) == 1
        assert len(session.scalars(select(Subscriber)).all()) == 1
    engine.dispose()


def test_a_subscribed_destination_says_the_number_by_which_a_canary_names_it(installed: Vigil) -> None:
    given = ("destination", "add", "email", "--label", "Canary", "--address", "canary@example.org", "--country", "KZ")
    added = installed(*given)
    assert added.code == 0
    assert "Its subscription is number 1, by which VIGIL_CANARY_SUBSCRIPTION would name it." in added.err
    other = installed("destination", "add", "email", "--label", "x", "--address", "x@example.org", "--json")
    assert json.loads(other.out)["subscription"] is None
