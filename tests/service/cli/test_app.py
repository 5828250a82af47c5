"""The frame of the command line: its exit codes, its streams, its way of ending."""

from __future__ import annotations

import contextlib
import os
import signal
import sqlite3
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from service.cli.speaking import ExitCode, exit_code_of
from service.errors import ConfigurationError, Conflict, DatabaseNotReady, NotFound
from tests.service.casefile.samples import CASE_FILE

if TYPE_CHECKING:
    from tests.service.cli.conftest import Vigil

RUN = "import sys; from service.cli import main; sys.exit(main())"


def start(folder: Path, *arguments: str) -> subprocess.Popen[str]:
    """The command in a process of its own, with both streams piped."""
    environment = {**os.environ, "VIGIL_HOME": str(folder), "PYTHONPATH": str(Path.cwd())}
    return subprocess.Popen(
        [sys.executable, "-c", RUN, *arguments],
        env=environment,
        text=True,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )


def test_the_version_is_printed(vigil: Vigil) -> None:
    said = vigil("--version")
    assert said.code == 0
    assert said.out.strip()


@pytest.mark.parametrize("arguments", [["nonsense"], ["import"], ["import", "--nonsense", "x"], ["doctor", "extra"]])
def test_wrong_usage_has_its_own_exit_code(vigil: Vigil, arguments: list[str]) -> None:
    said = vigil(*arguments)
    assert said.code == ExitCode.USAGE
    assert said.out == ""


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (ConfigurationError("x"), 4),
        (DatabaseNotReady("x"), 5),
        (NotFound("x"), 1),
        (Conflict("x"), 1),
    ],
)
def test_every_error_has_its_exit_code(error: Exception, code: int) -> None:
    assert exit_code_of(error) == code


def test_a_bad_setting_is_told_in_one_line_without_its_value(vigil: Vigil, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("VIGIL_SECRET_KEY", "too-short-to-be-safe")
    said = vigil("migrate")
    assert said.code == ExitCode.CONFIGURATION
    assert said.err == "vigil: VIGIL_SECRET_KEY: shorter than 32 characters\n"


def test_a_database_that_cannot_be_reached_is_told_without_its_password(
    vigil: Vigil, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("VIGIL_DATABASE_URL", "postgresql://vigil:hunter2@127.0.0.1:1/vigil")
    monkeypatch.setenv("VIGIL_SECRET_KEY", "a key for tests alone, 32 letters or more")
    said = vigil("migrate")
    assert said.code == ExitCode.DATABASE
    assert "the database cannot be used" in said.err
    assert "hunter2" not in said.err


def test_a_reader_that_goes_away_is_no_disaster(tmp_path: Path) -> None:
    process = start(tmp_path, "schema", "casefile")
    assert process.stdout is not None
    assert process.stderr is not None
    process.stdout.close()
    said = process.stderr.read()
    process.stderr.close()
    assert process.wait(30) != 0
    assert "Traceback" not in said


def test_control_c_ends_an_import_with_nothing_half_written(installed: Vigil, home: Path, tmp_path: Path) -> None:
    big = tmp_path / "big.yaml"
    rows = "".join(f"      - {{key: a{n}, attribute: a{n}, value: v, locator: x}}\n" for n in range(10_000))
    big.write_text(CASE_FILE.replace("    assertions:\n", "    assertions:\n" + rows, 1), encoding="utf-8")
    process = start(home, "import", str(big))
    wait_until_it_writes(home / "vigil.db", process)
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=30)
    assert (process.returncode, out) == (ExitCode.INTERRUPTED, ""), err
    assert "Traceback" not in err
    with contextlib.closing(sqlite3.connect(home / "vigil.db")) as connection:
        assert connection.execute("SELECT count(*) FROM source").fetchone() == (0,)


def wait_until_it_writes(database: Path, process: subprocess.Popen[str]) -> None:
    """Return when the other process holds the write lock: it is in the middle of its transaction."""
    with contextlib.closing(sqlite3.connect(database, timeout=0, isolation_level=None)) as connection:
        for _ in range(4_000):
            assert process.poll() is None, "it ended before it could be interrupted"
            try:
                connection.execute("BEGIN IMMEDIATE")
            except sqlite3.OperationalError:
                return
            connection.execute("ROLLBACK")
            time.sleep(0.02)
    pytest.fail("the import never began to write")
