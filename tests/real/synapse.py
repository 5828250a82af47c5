"""A real Matrix homeserver (Synapse), made from nothing on the loopback and thrown away."""

from __future__ import annotations

import json
import socket
import subprocess
import time
import urllib.error
import urllib.request
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

if TYPE_CHECKING:
    from collections.abc import Iterator

VENV = Path(__file__).parents[2] / ".venv-synapse"
READY_WITHIN_S = 60
SPEAKER, READER = "vigil", "nurse"

# Over what Synapse generates: one plain listener, nobody to federate with, nothing fetched from elsewhere.
OURS = """
listeners:
  - port: {port}
    bind_addresses: ["127.0.0.1"]
    type: http
    tls: false
    resources: [{{names: [client], compress: false}}]
federation_domain_whitelist: []
trusted_key_servers: []
suppress_key_server_warning: true
presence: {{enabled: false}}
url_preview_enabled: false
report_stats: false
"""


@dataclass(frozen=True)
class Homeserver:
    """A running homeserver with one room, in which `speaker_token` may write and `reader_token` may read."""

    url: str
    room_id: str
    speaker_token: str
    reader_token: str

    def messages(self) -> list[dict[str, Any]]:
        """What the reader sees in the room, the oldest first."""
        room = quote(self.room_id, safe="")
        path = f"/_matrix/client/v3/rooms/{room}/messages?dir=f&limit=500"
        events = _call(self.url, "GET", path, token=self.reader_token)["chunk"]
        return [event for event in events if event["type"] == "m.room.message"]


@contextmanager
def running_homeserver(folder: Path) -> Iterator[Homeserver]:
    """Start Synapse in this folder, with two accounts and a room; raises RuntimeError with the end of its log."""
    python = VENV / "bin" / "python"
    config = folder / "homeserver.yaml"
    server = [str(python), "-m", "synapse.app.homeserver", "--config-path", str(config)]
    subprocess.run(
        [*server, "--generate-config", "--server-name=localhost", "--report-stats=no", f"--data-directory={folder}"],
        cwd=folder,
        check=True,
        capture_output=True,
        timeout=READY_WITHIN_S,
    )
    port = _free_port()
    ours = folder / "ours.yaml"
    ours.write_text(OURS.format(port=port), encoding="utf-8")
    url = f"http://127.0.0.1:{port}"
    with (folder / "output.log").open("wb") as log:
        process = subprocess.Popen([*server, "--config-path", str(ours)], cwd=folder, stdout=log, stderr=log)
    try:
        _wait_until_healthy(url, process, folder / "output.log")
        yield _furnished(url, config)
    finally:
        process.terminate()
        try:
            process.wait(READY_WITHIN_S)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _furnished(url: str, config: Path) -> Homeserver:
    register = VENV / "bin" / "register_new_matrix_user"
    for name in (SPEAKER, READER):
        subprocess.run(
            [str(register), "-u", name, "-p", f"{name}'s word", "--no-admin", "-c", str(config), url],
            check=True,
            capture_output=True,
            timeout=READY_WITHIN_S,
        )
    speaker, reader = _log_in(url, SPEAKER), _log_in(url, READER)
    wanted = {"preset": "private_chat", "name": "What is late", "invite": [f"@{READER}:localhost"]}
    room_id = _call(url, "POST", "/_matrix/client/v3/createRoom", wanted, token=speaker)["room_id"]
    _call(url, "POST", f"/_matrix/client/v3/rooms/{quote(room_id, safe='')}/join", {}, token=reader)
    return Homeserver(url, room_id, speaker, reader)


def _log_in(url: str, name: str) -> str:
    # A fixed device: a transaction id is known again only on the device that used it.
    word = {
        "type": "m.login.password",
        "identifier": {"type": "m.id.user", "user": name},
        "password": f"{name}'s word",
        "device_id": "VIGIL",
    }
    token = _call(url, "POST", "/_matrix/client/v3/login", word)["access_token"]
    return str(token)


def _wait_until_healthy(url: str, process: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + READY_WITHIN_S
    while time.monotonic() < deadline and process.poll() is None:
        try:
            with urllib.request.urlopen(f"{url}/health", timeout=5):  # noqa: S310 - our own http URL
                return
        except OSError:
            time.sleep(0.1)
    raise RuntimeError(f"Synapse did not start: {log.read_text(errors='replace')[-1000:]}")


def _call(url: str, method: str, path: str, body: object = None, *, token: str | None = None) -> dict[str, Any]:
    data = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(url + path, data=data, method=method)  # noqa: S310 - our own http URL
    request.add_header("Content-Type", "application/json")
    if token:
        request.add_header("Authorization", f"Bearer {token}")
    with urllib.request.urlopen(request, timeout=30) as answer:  # noqa: S310
        said: dict[str, Any] = json.load(answer)
    return said


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    return port
