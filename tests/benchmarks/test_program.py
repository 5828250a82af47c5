"""The benchmarks run and say what they found in lines that a program can read; how fast it was is not tested here."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[2]
PARTS = {"figure", "engine", "value", "unit", "bar", "holds", "beside", "also", "command"}


def measured(folder: Path, *words: str) -> list[dict[str, Any]]:
    command = [sys.executable, "-m", "tests.benchmarks", *words, "--folder", str(folder)]
    done = subprocess.run(command, cwd=ROOT, stdout=subprocess.PIPE, text=True, check=False)
    assert done.returncode in (0, 1)
    return [json.loads(line) for line in done.stdout.splitlines()]


def test_each_figure_is_a_line_with_its_bar_and_the_machines_own_limit(tmp_path: Path) -> None:
    found = measured(tmp_path, "webhooks", "fan_out", "check", "--engine", "sqlite", "--count", "200")
    assert [one["figure"] for one in found] == ["webhooks", "fan_out", "check_nothing_new", "check_newly_late"]
    for one in found:
        assert set(one) == PARTS
        assert one["engine"] == "sqlite"
        assert one["value"] > 0
        assert one["beside"]["value"] > 0
        assert one["command"].endswith("--engine sqlite --count 200")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.usefixtures("postgresql_server")
def test_a_benchmark_on_postgresql_leaves_no_server_behind(tmp_path: Path) -> None:
    assert [one["engine"] for one in measured(tmp_path, "fan_out", "--engine", "postgresql", "--count", "200")] == [
        "postgresql"
    ]
    assert list(tmp_path.iterdir()) == []
