"""`vigil destination` adds, lists and tries out; secrets are never arguments and are shown once."""

from __future__ import annotations

import json
import subprocess
import sys
import threading
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING

import pytest
from standardwebhooks.webhooks import Webhook

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

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
