"""What the repository ships: complete locks, a licence, and no trace of the machine it was written on."""

from __future__ import annotations

import re
import subprocess
import tomllib
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import yaml

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).parents[1]
LOCKS = sorted([*ROOT.glob("requirements*.lock"), *ROOT.glob("tests/real/*.lock")])
# Put together at run time, so that this file does not name what it forbids.
REGISTRIES = ["pypi" + ".org", "python" + "hosted", "registry." + "npmjs", "index" + "-url"]
MACHINE_PATHS = [r"(?<![\w.])/" + folder + "/" for folder in ("work", "home", "root", "tmp/v" + "g", "Users")]


def told() -> Iterator[tuple[Path, str]]:
    """Every text file that git keeps."""
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],  # noqa: S607 - git is wherever it is
        cwd=ROOT,
        capture_output=True,
        check=True,
        text=True,
    )
    for name in filter(None, listed.stdout.split("\0")):
        try:
            yield Path(name), (ROOT / name).read_text(encoding="utf-8")
        except (UnicodeDecodeError, FileNotFoundError):
            continue


def traces(text: str) -> list[str]:
    """The registries and machine paths that a text names."""
    return [word for word in REGISTRIES if word in text] + [path for path in MACHINE_PATHS if re.search(path, text)]


def project() -> dict[str, Any]:
    with (ROOT / "pyproject.toml").open("rb") as file:
        return tomllib.load(file)


def pinned(lock: Path) -> dict[str, str]:
    return dict(re.findall(r"^([\w.-]+)==([^ ;\\]+)", lock.read_text(encoding="utf-8"), re.MULTILINE))


def test_nothing_names_a_registry_or_a_path_of_somebodys_machine() -> None:
    # The Makefile's own check has to spell out the option that it looks for.
    found = {str(path): traces(text) for path, text in told() if path.name != "Makefile"}
    assert {path: words for path, words in found.items() if words} == {}


@pytest.mark.parametrize("text", ["see https://" + REGISTRIES[0] + "/x", "in /wo" + "rk/main", "--" + REGISTRIES[3]])
def test_a_trace_would_be_found(text: str) -> None:
    assert traces(text)


@pytest.mark.parametrize("lock", LOCKS, ids=[lock.name for lock in LOCKS])
def test_every_pinned_package_has_a_hash_and_none_comes_from_a_link(lock: Path) -> None:
    text = lock.read_text(encoding="utf-8")
    entries = re.split(r"\n(?=[A-Za-z0-9])", text.strip())
    assert len(entries) > 3
    assert [entry.split("\n")[0] for entry in entries if "--hash=sha256:" not in entry or "==" not in entry] == []
    assert "://" not in text


def test_tests_run_with_the_versions_that_are_shipped() -> None:
    shipped, tested, building = (pinned(ROOT / f"requirements{part}.lock") for part in ("", "-dev", "-build"))
    assert {name: version for name, version in shipped.items() if tested.get(name) != version} == {}
    clashes = {name for name in building.keys() & tested.keys() if tested[name] != building[name]}
    assert clashes == set()


def test_the_licence_is_whole_and_named_alike() -> None:
    text = (ROOT / "LICENSE").read_text(encoding="utf-8")
    assert "GNU AFFERO GENERAL PUBLIC LICENSE" in text.splitlines()[0]
    assert "END OF TERMS AND CONDITIONS" in text
    assert project()["project"]["license"] == "AGPL-3.0-or-later"


def test_the_image_gets_every_file_that_it_copies() -> None:
    kept = {line[1:] for line in (ROOT / ".dockerignore").read_text().splitlines() if line.startswith("!")}
    copied: set[str] = set()
    for line in (ROOT / "Dockerfile").read_text().splitlines():
        if line.startswith("COPY ") and "--from" not in line:
            copied |= set(line.split()[1:-1])
    assert copied == kept
    assert [name for name in copied if not (ROOT / name).exists()] == []


def test_containers_run_as_nobody_special_and_without_default_secrets() -> None:
    composed = yaml.safe_load((ROOT / "docker-compose.yml").read_text(encoding="utf-8"))
    for name, wanted in composed["services"].items():
        assert wanted["read_only"] is True, name
        assert wanted["cap_drop"] == ["ALL"], name
        assert "healthcheck" in wanted, name
        for port in wanted.get("ports", []):
            assert port.startswith("127.0.0.1:"), name
        for setting, value in wanted.get("environment", {}).items():
            if setting in {"VIGIL_SECRET_KEY", "VIGIL_DATABASE_URL", "POSTGRES_PASSWORD"}:
                assert ":?" in value, f"{name}: {setting} must have no default"
    assert "USER 10001:10001" in (ROOT / "Dockerfile").read_text(encoding="utf-8")


def test_the_change_log_knows_this_version() -> None:
    assert f"## {project()['project']['version']}" in (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
