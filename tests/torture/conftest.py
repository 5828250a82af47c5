"""What the harness's own tests stand on."""

from __future__ import annotations

import random

import pytest


@pytest.fixture
def chance() -> random.Random:
    """The same luck each time."""
    return random.Random(7)  # noqa: S311 - plans kills, guards nothing
