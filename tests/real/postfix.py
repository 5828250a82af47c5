"""A real mail server (Postfix) on the loopback, which demands TLS and keeps what it takes in a Maildir."""

from __future__ import annotations

import os
import pwd
import shutil
import socket
import subprocess
import tempfile
import time
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.alerts.certificates import Authority

READY_WITHIN_S = 20

MAIN = """
compatibility_level = 3.6
queue_directory = {folder}/queue
data_directory = {folder}/data
maillog_file = {folder}/log
maillog_file_prefixes = {folder}
myhostname = relay.example.org
mydestination =
inet_interfaces = 127.0.0.1
inet_protocols = ipv4
mynetworks = 127.0.0.0/8
alias_maps =
local_recipient_maps =
virtual_mailbox_domains = example.org
virtual_mailbox_base = {folder}/mail
virtual_mailbox_maps = static:all/
virtual_uid_maps = static:{uid}
virtual_gid_maps = static:{gid}
virtual_minimum_uid = 1
smtpd_relay_restrictions = reject_unauth_destination
smtpd_tls_security_level = encrypt
smtpd_tls_received_header = yes
smtpd_tls_chain_files = {chain}
smtpd_tls_mandatory_protocols = >=TLSv1.2
default_transport = error:nothing leaves this machine
relay_domains = gone.example.net
relay_transport = accepted-and-returned
recipient_delimiter = +
"""
# One line a service, none of them in a chroot.
MASTER = """
127.0.0.1:{port} inet n - n - - smtpd
cleanup unix n - n - 0 cleanup
qmgr unix n - n 300 1 qmgr
tlsmgr unix - - n 1000? 1 tlsmgr
rewrite unix - - n - - trivial-rewrite
bounce unix - - n - 0 bounce
defer unix - - n - 0 bounce
trace unix - - n - 0 bounce
verify unix - - n - 1 verify
flush unix n - n 1000? 0 flush
proxymap unix - - n - - proxymap
error unix - - n - - error
accepted-and-returned unix - n n - - pipe user=nobody argv={folder}/no_such_user
retry unix - - n - - error
virtual unix - n n - - virtual
anvil unix - - n - 1 anvil
postlog unix-dgram n - n - 1 postlogd
"""


@dataclass(frozen=True)
class Postfix:
    """Where it listens, and where its one mailbox lies."""

    port: int
    mailbox: Path
    log: Path

    def mails(self, *, at_least: int, within_s: float = 20) -> list[bytes]:
        """What has arrived; waits until there are as many, for a queue works in its own time."""
        deadline = time.monotonic() + within_s
        while True:
            found = sorted((self.mailbox / "new").glob("*")) if self.mailbox.exists() else []
            if len(found) >= at_least:
                return [path.read_bytes() for path in found]
            if time.monotonic() > deadline:
                raise AssertionError(f"{len(found)} mails arrived: {self.log.read_text(errors='replace')[-1500:]}")
            time.sleep(0.1)


def program() -> str | None:
    """Where Postfix is, if it can run here: it needs root to start."""
    if os.geteuid() != 0:
        return None
    return shutil.which("postfix", path=f"{os.environ.get('PATH', '')}:/usr/sbin")


@contextmanager
def running_postfix(authority: Authority) -> Iterator[Postfix]:
    """Start a Postfix of our own; the machine's, if there is one, is not touched."""
    postfix = program()
    assert postfix is not None
    authority.serving("127.0.0.1")
    # Not below pytest's folders: those are closed to Postfix's own user.
    folder = Path(tempfile.mkdtemp(prefix="vigil-postfix-"))
    owner = pwd.getpwnam("postfix")
    port = free_port()
    folder.chmod(0o755)
    for name in ("config", "queue", "data", "mail"):
        (folder / name).mkdir()
    for name in ("data", "mail"):
        os.chown(folder / name, owner.pw_uid, owner.pw_gid)
    chain = folder / "config" / "chain.pem"
    chain.write_bytes((authority.folder / "127.0.0.1-False-False.pem").read_bytes())
    chain.chmod(0o600)
    # "virtual" drops to this user, which may not be Postfix's own.
    nobody = pwd.getpwnam("nobody")
    os.chown(folder / "mail", nobody.pw_uid, nobody.pw_gid)
    (folder / "config" / "main.cf").write_text(
        MAIN.format(folder=folder, chain=chain, uid=nobody.pw_uid, gid=nobody.pw_gid), encoding="utf-8"
    )
    (folder / "config" / "master.cf").write_text(MASTER.format(port=port, folder=folder), encoding="utf-8")
    # EX_NOUSER of sysexits.h: taken at the door, and returned from inside.
    (folder / "no_such_user").write_text("#!/bin/sh\nexit 67\n", encoding="utf-8")
    (folder / "no_such_user").chmod(0o755)
    control = [postfix, "-c", str(folder / "config")]
    try:
        _do(*control, "start")
        _wait_for(port, folder / "log")
        yield Postfix(port, folder / "mail" / "all", folder / "log")
    finally:
        subprocess.run([*control, "stop"], check=False, capture_output=True, timeout=READY_WITHIN_S)
        shutil.rmtree(folder, ignore_errors=True)


def _do(*command: str) -> None:
    done = subprocess.run(command, check=False, capture_output=True, text=True, timeout=READY_WITHIN_S)
    assert done.returncode == 0, done.stdout + done.stderr


def _wait_for(port: int, log: Path) -> None:
    deadline = time.monotonic() + READY_WITHIN_S
    while time.monotonic() < deadline:
        try:
            with socket.create_connection(("127.0.0.1", port), timeout=1):
                return
        except OSError:
            time.sleep(0.05)
    raise AssertionError(f"postfix does not listen: {log.read_text(errors='replace')[-1000:] if log.exists() else ''}")


def free_port() -> int:
    """A port of the loopback on which nobody listens."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    return port
