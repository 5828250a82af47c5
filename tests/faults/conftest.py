"""What the fault grid stands on: a clock that can be moved, an authority, the real words."""

from __future__ import annotations

from typing import Any

import pytest

from alerts.languages import Languages
from alerts.rendering import Renderer
from service.paths import TEMPLATES
from tests.alerts.certificates import Authority, new_authority
from tests.faults.passing_time import PassingTime


@pytest.fixture
def anyio_backend() -> tuple[str, dict[str, Any]]:
    """Coroutines run on a loop on which a test can let time pass."""
    return "asyncio", {"loop_factory": PassingTime}


@pytest.fixture(scope="session")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    """Signs what the failing servers present."""
    return new_authority(tmp_path_factory.mktemp("authority"))


@pytest.fixture(scope="session")
def renderer() -> Renderer:
    """The real words."""
    return Renderer(TEMPLATES, Languages(TEMPLATES / "locale"))
