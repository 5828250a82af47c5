"""A GnuPG with a key ring of its own: makes keys, and opens what was encrypted to them."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator


def program() -> str | None:
    """Where gpg is."""
    return shutil.which("gpg")


@dataclass(frozen=True)
class Opened:
    """What gpg made of a message, and the words of its status lines."""

    content: bytes
    status: str


@dataclass(frozen=True)
class KeyRing:
    """Keys without a passphrase, in a folder that nobody else has."""

    home: Path

    def run(self, *arguments: str, given: bytes = b"") -> subprocess.CompletedProcess[bytes]:
        """One call of gpg."""
        options = ("--batch", "--no-tty", "--pinentry-mode", "loopback", "--passphrase", "")
        return subprocess.run(
            [program() or "gpg", *options, *arguments],
            input=given,
            capture_output=True,
            check=False,
            env=self._env(),
            timeout=60,
        )

    def new_key(self, address: str, *how: str) -> None:
        """A key that gpg makes by itself, or as `how` says: algorithm, use, end."""
        made = self.run("--quick-gen-key", address, *how)
        assert made.returncode == 0, made.stderr

    def new_subkey(self, address: str, *how: str) -> None:
        """Another part of the key."""
        listed = self.run("--with-colons", "--list-keys", address).stdout.decode()
        fingerprint = next(line for line in listed.splitlines() if line.startswith("fpr")).split(":")[9]
        made = self.run("--quick-add-key", fingerprint, *how)
        assert made.returncode == 0, made.stderr

    def public(self, address: str) -> str:
        """The armoured public key."""
        return self.run("--armor", "--export", address).stdout.decode("ascii")

    def secret(self, address: str) -> str:
        """The armoured secret key."""
        return self.run("--armor", "--export-secret-keys", address).stdout.decode("ascii")

    def open(self, message: bytes) -> Opened:
        """Decrypt the message, and look at its signature."""
        done = self.run("--status-fd", "2", "--decrypt", given=message)
        return Opened(done.stdout, done.stderr.decode("utf-8", "replace"))

    def close(self) -> None:
        """End the agent that gpg started for this ring alone."""
        subprocess.run(["gpgconf", "--kill", "gpg-agent"], check=True, env=self._env(), timeout=60)  # noqa: S607

    def _env(self) -> dict[str, str]:
        return {**os.environ, "GNUPGHOME": str(self.home), "LC_ALL": "C.UTF-8"}


@contextmanager
def key_ring() -> Iterator[KeyRing]:
    """An empty ring, gone at the end; its path is short, as the agent's socket needs."""
    home = Path(tempfile.mkdtemp(prefix="vigil-gpg-"))
    ring = KeyRing(home)
    try:
        yield ring
    finally:
        ring.close()
        shutil.rmtree(home, ignore_errors=True)
