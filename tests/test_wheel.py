"""The wheel works alone: built, installed outside the checkout, and run from an empty folder."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import sysconfig
import zipfile
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import create_engine, inspect

if TYPE_CHECKING:
    from collections.abc import Mapping

ROOT = Path(__file__).parents[1]


def run(*command: str | Path, cwd: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run a program with no settings but these, and no way to find the checkout."""
    kept: Mapping[str, str] = {name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ}
    done = subprocess.run(
        list(map(str, command)),
        cwd=cwd,
        env={**kept, **environment},
        capture_output=True,
        text=True,
        timeout=280,
        check=False,
        stdin=subprocess.DEVNULL,
    )
    assert done.returncode == 0, f"{command}: {done.stdout[-2000:]}{done.stderr[-2000:]}"
    return done


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel of this checkout, built without the network."""
    folder = tmp_path_factory.mktemp("wheel")
    run(sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", folder, cwd=ROOT)
    return next(folder.glob("*.whl"))


@pytest.fixture(scope="module")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The programs of an environment that holds the wheel, and what it depends on from this one."""
    environment = tmp_path_factory.mktemp("installed")
    run(sys.executable, "-m", "venv", "--without-pip", environment, cwd=environment)
    packages = next(environment.glob("lib/python*/site-packages"))
    pip = (sys.executable, "-m", "pip", "--disable-pip-version-check", "--python", environment / "bin" / "python")
    run(*pip, "install", "--quiet", "--no-deps", "--no-index", wheel, cwd=environment)
    # A path alone: the .pth files over there, which lead to the checkout, are not read.
    (packages / "dependencies.pth").write_text(sysconfig.get_path("purelib") + "\n", encoding="utf-8")
    return environment / "bin"


def test_the_wheel_holds_all_that_it_needs_and_nothing_else(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        names = archive.namelist()
    tops = {name.split("/")[0] for name in names}
    assert {name for name in tops if not name.endswith(".dist-info")} == {"alerts", "service", "vigil_files"}
    for folder in ("templates", "migrations"):
        shipped = {name.removeprefix("vigil_files/") for name in names if name.startswith(f"vigil_files/{folder}/")}
        kept = {
            str(path.relative_to(ROOT))
            for path in (ROOT / folder).rglob("*")
            if path.is_file() and "__pycache__" not in path.parts
        }
        assert shipped == kept
    assert any(name.endswith("licenses/LICENSE") for name in names)
    assert "service/demo/kazakhstan_2014.yaml" in names


def test_the_installed_packages_are_not_those_of_the_checkout(installed: Path, tmp_path: Path) -> None:
    program = "import service, alerts; print(service.__file__); print(alerts.__file__)"
    for place in run(installed / "python", "-c", program, cwd=tmp_path).stdout.split():
        assert Path(place).is_relative_to(installed.parent)


def test_it_tells_its_version(installed: Path, tmp_path: Path) -> None:
    assert run(installed / "vigil", "--version", cwd=tmp_path).stdout.strip() == "0.1.0"


def test_it_migrates_a_new_database_in_an_empty_folder_and_finds_itself_well(installed: Path, tmp_path: Path) -> None:
    run(installed / "vigil", "migrate", cwd=tmp_path)
    engine = create_engine(f"sqlite:///{tmp_path / 'vigil-data' / 'vigil.db'}")
    try:
        assert "follow_up" in inspect(engine).get_table_names()
    finally:
        engine.dispose()
    run(installed / "vigil", "doctor", "--live", cwd=tmp_path)


@pytest.mark.timeout(300)  # four months of checks and deliveries: 20 s on a free machine, more on a busy one
def test_it_plays_the_demo_from_an_empty_folder_and_every_receiver_accepts(installed: Path, tmp_path: Path) -> None:
    figures = json.loads(run(installed / "vigil", "demo", "--once", "--json", cwd=tmp_path).stdout)
    assert (figures["cases"], figures["demands"]) == (21, 49)
    assert figures["alerts"] == figures["overdue"] > 100
    assert set(figures["deliveries"]) == {"email", "slack", "matrix", "webhook"}
    assert all(set(states) == {"accepted"} for states in figures["deliveries"].values())
    assert {finding["code"] for finding in figures["findings"]} >= {"contradiction", "duplicate_demand", "incomplete"}
    assert list(tmp_path.iterdir()) == []
