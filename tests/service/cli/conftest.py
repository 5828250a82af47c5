"""The command line as a person meets it: arguments in, an exit code and two streams out."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest

from service.cli import main

if TYPE_CHECKING:
    from pathlib import Path


@dataclass(frozen=True, slots=True)
class Said:
    """How a command ended, and what it said on each stream."""

    code: int
    out: str
    err: str


Vigil = Callable[..., Said]


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder in which an installation may be made, named by the environment as an operator would."""
    folder = tmp_path / "vigil-data"
    monkeypatch.setenv("VIGIL_HOME", str(folder))
    return folder


@pytest.fixture
def vigil(home: Path, capsys: pytest.CaptureFixture[str]) -> Vigil:
    """Runs one command in this process."""

    def run(*arguments: object) -> Said:
        code = main([str(argument) for argument in arguments])
        said = capsys.readouterr()
        return Said(code, said.out, said.err)

    return run


@pytest.fixture
def installed(vigil: Vigil) -> Vigil:
    """The same, after the database was made."""
    assert vigil("migrate").code == 0
    return vigil
