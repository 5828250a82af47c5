"""A short run of the crash harness on each engine, as a part of the ordinary tests."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.torture.points import POINTS

ROOT = Path(__file__).parents[2]
# It takes half a minute where the machine has nothing else to do; what takes ten times as long hangs.
pytestmark = pytest.mark.timeout(300)
# Below that limit, so that the harness can end its own processes.
INTERRUPTED_AFTER_S = 285


def tortured(*words: str) -> dict[str, Any]:
    """What the harness found; where something does not hold, the test fails with its own words."""
    command = [sys.executable, "-m", "tests.torture", "--impatient", "--json", *words]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as harness:
        try:
            said, _ = harness.communicate(timeout=INTERRUPTED_AFTER_S)
        except subprocess.TimeoutExpired:
            harness.terminate()
            raise
    assert said, f"the harness ended with {harness.returncode} and said why above"
    found: dict[str, Any] = json.loads(said)
    assert found["broken"] == []
    assert harness.returncode == 0
    return found


def test_nothing_is_lost_when_a_worker_dies_at_each_named_point_on_sqlite() -> None:
    found = tortured("--engine", "sqlite", "--kills", str(len(POINTS)), "--points", "--deliveries", "500")
    assert set(found["kills_at"]) == set(POINTS)
    assert (found["lost"], found["matrix_shown_twice"], found["announced_twice"]) == (0, 0, 0)
    assert 0 < found["repeats"] <= found["killed_in_flight"]


@pytest.mark.usefixtures("postgresql_server")
def test_nothing_is_lost_when_one_of_two_workers_dies_again_and_again_on_postgresql() -> None:
    found = tortured("--engine", "postgresql", "--workers", "2", "--kills", "8", "--deliveries", "500")
    assert found["kills"] == 8
    assert (found["lost"], found["matrix_shown_twice"], found["announced_twice"]) == (0, 0, 0)
    assert found["repeats"] <= found["killed_in_flight"]
