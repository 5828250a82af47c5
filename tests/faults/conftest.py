"""What the fault grid stands on: a loop on which time passes, an authority, and the worker's parts on either engine."""

from __future__ import annotations

from typing import Any

import pytest

from tests.alerts.certificates import Authority, new_authority
from tests.faults.passing_time import PassingTime
from tests.service.worker.conftest import renderer, worker

__all__ = ["anyio_backend", "authority", "renderer", "worker"]


@pytest.fixture
def anyio_backend() -> tuple[str, dict[str, Any]]:
    """Coroutines run on a loop on which a test can let time pass."""
    return "asyncio", {"loop_factory": PassingTime}


@pytest.fixture(scope="session")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    """Signs what the failing servers present."""
    return new_authority(tmp_path_factory.mktemp("authority"))
