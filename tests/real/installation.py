"""A whole installation as a reader meets it: `vigil serve` as a process of its own, and the mail that it hands over."""

from __future__ import annotations

import os
import re
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from contextlib import contextmanager
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from pathlib import Path
from typing import TYPE_CHECKING

from aiosmtpd.controller import Controller

if TYPE_CHECKING:
    from collections.abc import Iterator
    from email.message import EmailMessage

    from aiosmtpd.smtp import SMTP, Envelope, Session

    from tests.alerts.certificates import Authority

READY_WITHIN_S = 60


@dataclass
class Mailbox:
    """Keeps every mail that the relay took, with whom it was for."""

    mails: list[tuple[str, EmailMessage]] = field(default_factory=list)

    async def handle_DATA(self, _server: SMTP, _session: Session, envelope: Envelope) -> str:  # noqa: N802 - aiosmtpd's name
        content = envelope.content
        assert isinstance(content, bytes)
        self.mails.append((envelope.rcpt_tos[0], message_from_bytes(content, policy=policy.default)))
        return "250 OK"

    def next_for(self, address: str, *, after: int, within_s: float = 90) -> EmailMessage:
        """The first mail to this address beyond the first `after`; waits for it."""
        deadline = time.monotonic() + within_s
        while time.monotonic() < deadline:
            found = [mail for to, mail in self.mails if to == address]
            if len(found) > after:
                return found[after]
            time.sleep(0.1)
        raise AssertionError(f"no mail number {after + 1} came to {address} within {within_s} s")

    def count_for(self, address: str) -> int:
        """How many mails came to this address."""
        return sum(to == address for to, _ in self.mails)


def text_of(mail: EmailMessage) -> str:
    """The plain text of a mail."""
    body = mail.get_body(("plain",))
    assert body is not None
    content: str = body.get_content()
    return content


def link_in(mail: EmailMessage, path: str) -> str:
    """The first link below this path in the plain text."""
    found = re.search(rf"https?://\S+{re.escape(path)}\S+", text_of(mail))
    assert found is not None, text_of(mail)
    return found[0]


@dataclass
class Installation:
    """Where the pages are, what mail left, and how to run a command."""

    url: str
    mailbox: Mailbox
    environment: dict[str, str]
    folder: Path

    def vigil(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Run one command on this installation; raises AssertionError when it fails."""
        done = subprocess.run(
            [sys.executable, "-c", "import sys; from service.cli import main; sys.exit(main())", *arguments],
            env=self.environment,
            cwd=self.folder,
            capture_output=True,
            text=True,
            check=False,
            timeout=READY_WITHIN_S,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done


@contextmanager
def mail_relay(authority: Authority) -> Iterator[tuple[int, Mailbox]]:
    """A relay on the loopback that demands TLS."""
    mailbox = Mailbox()
    port = free_port()
    tls = authority.serving("127.0.0.1")
    relay = Controller(mailbox, hostname="127.0.0.1", port=port, tls_context=tls, require_starttls=True)
    relay.start()
    try:
        yield port, mailbox
    finally:
        relay.stop()


@contextmanager
def prepared(folder: Path, authority: Authority, *, database_url: str | None = None) -> Iterator[Installation]:
    """An installation that is migrated and does not run yet, with its relay."""
    with mail_relay(authority) as (smtp_port, mailbox):
        port = free_port()
        environment = {
            "PATH": os.environ["PATH"],
            "PYTHONPATH": str(Path(__file__).parents[2]),
            "VIGIL_HOME": str(folder / "vigil-data"),
            "VIGIL_PORT": str(port),
            "VIGIL_PUBLIC_URL": f"http://127.0.0.1:{port}",
            "VIGIL_ORGANISATION": "Example Watch",
            "VIGIL_SENDER": "alerts@example.org",
            "VIGIL_SMTP__PORT": str(smtp_port),
            "VIGIL_SMTP__SECURITY": "starttls",
            "VIGIL_SMTP__CA_FILE": str(authority.cafile),
        }
        if database_url:
            environment |= {"VIGIL_DATABASE_URL": database_url, "VIGIL_SECRET_KEY": "k" * 40}
        installation = Installation(f"http://127.0.0.1:{port}", mailbox, environment, folder)
        installation.vigil("migrate")
        yield installation


@contextmanager
def serving(installation: Installation, *, command: str = "serve") -> Iterator[None]:
    """The pages and the worker, until the end; a process that had to be killed is a failure."""
    with (installation.folder / "serve.log").open("ab") as log:
        process = subprocess.Popen(
            [sys.executable, "-c", "import sys; from service.cli import main; sys.exit(main())", command],
            env=installation.environment,
            cwd=installation.folder,
            stdout=log,
            stderr=log,
        )
    try:
        _wait_until_ready(installation, process)
        yield
    finally:
        process.terminate()
        try:
            process.wait(READY_WITHIN_S)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
            raise


def free_port() -> int:
    """A port that nobody listens on just now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    return port


def _wait_until_ready(installation: Installation, process: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + READY_WITHIN_S
    while time.monotonic() < deadline and process.poll() is None:
        try:
            with urllib.request.urlopen(f"{installation.url}/healthz", timeout=5):  # noqa: S310 - our own http URL
                return
        except OSError:
            time.sleep(0.1)
    raise AssertionError((installation.folder / "serve.log").read_text(encoding="utf-8", errors="replace")[-2000:])
