"""What the tests of alerts share."""

from __future__ import annotations

from pathlib import Path

import pytest

from alerts.languages import Languages
from alerts.rendering import Renderer
from tests.alerts.certificates import Authority, new_authority

TEMPLATES = Path(__file__).parents[2] / "templates"


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture(scope="session")
def templates() -> Path:
    return TEMPLATES


@pytest.fixture(scope="session")
def languages() -> Languages:
    return Languages(TEMPLATES / "locale")


@pytest.fixture(scope="session")
def renderer(languages: Languages) -> Renderer:
    return Renderer(TEMPLATES, languages)


@pytest.fixture(scope="session")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return new_authority(tmp_path_factory.mktemp("authority"))
