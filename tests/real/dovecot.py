"""A real mailbox server (Dovecot) on the loopback, which serves one Maildir by IMAP over TLS."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import tempfile
import time
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from tests.real.postfix import READY_WITHIN_S, free_port

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.alerts.certificates import Authority

CONFIGURATION = """
base_dir = {folder}/run
state_dir = {folder}/state
log_path = {folder}/log
protocols = imap
listen = 127.0.0.1
ssl = required
ssl_min_protocol = TLSv1.2
ssl_cert = <{folder}/chain.pem
ssl_key = <{folder}/chain.pem
mail_location = maildir:{mailbox}:INDEX={folder}/index:CONTROL={folder}/control
first_valid_uid = 1
passdb {{
  driver = static
  args = user=intake password=secret
}}
userdb {{
  driver = static
  args = uid=nobody gid=nogroup home={folder}/home
}}
service imap-login {{
  inet_listener imap {{
    port = 0
  }}
  inet_listener imaps {{
    port = {port}
    ssl = yes
  }}
}}
"""


@dataclass(frozen=True)
class Dovecot:
    """Where it listens; the login is `intake`, the password `secret`."""

    port: int
    log: Path


def program() -> str | None:
    """Where Dovecot is, if it can run here: it needs root to start."""
    if os.geteuid() != 0:
        return None
    return shutil.which("dovecot", path=f"{os.environ.get('PATH', '')}:/usr/sbin")


@contextmanager
def running_dovecot(authority: Authority, mailbox: Path) -> Iterator[Dovecot]:
    """Start a Dovecot of our own for this Maildir, which belongs to nobody; the machine's, if there is one, is not touched."""
    dovecot = program()
    assert dovecot is not None
    authority.serving("127.0.0.1")
    folder = Path(tempfile.mkdtemp(prefix="vigil-dovecot-"))
    folder.chmod(0o755)
    for name in ("home", "index", "control"):
        (folder / name).mkdir()
        shutil.chown(folder / name, "nobody", "nogroup")
    chain = folder / "chain.pem"
    chain.write_bytes((authority.folder / "127.0.0.1-False-False.pem").read_bytes())
    chain.chmod(0o600)
    port, configuration = free_port(), folder / "dovecot.conf"
    configuration.write_text(CONFIGURATION.format(folder=folder, mailbox=mailbox, port=port), encoding="utf-8")
    process = subprocess.Popen([dovecot, "-F", "-c", str(configuration)])
    try:
        _wait_for(port, folder / "log")
        yield Dovecot(port, folder / "log")
    finally:
        process.terminate()
        process.wait(READY_WITHIN_S)
        shutil.rmtree(folder, ignore_errors=True)


def _wait_for(port: int, log: Path) -> None:
    deadline = time.monotonic() + READY_WITHIN_S
    while time.monotonic() < deadline:
        try:
            with socket.create_connection(("127.0.0.1", port), timeout=1):
                return
        except OSError:
            time.sleep(0.05)
    raise AssertionError(f"dovecot does not listen: {log.read_text(errors='replace')[-1000:] if log.exists() else ''}")
