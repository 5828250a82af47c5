"""What the fault grid stands on: a loop on which time passes, an authority, and the worker's parts on either engine."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

import pytest
from structlog.testing import capture_logs

from service.database import open_engine
from service.migrating import migrate
from tests.alerts.certificates import Authority, new_authority
from tests.conftest import NO_SERVER
from tests.faults.passing_time import PassingTime
from tests.postgresql import GIVEN_SERVER, PostgreSQLNotFound
from tests.service.worker.conftest import renderer, worker
from tests.torture.databases import Postgresql

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["anyio_backend", "authority", "crashable", "crashable_url", "no_logs", "renderer", "worker"]


@pytest.fixture
def anyio_backend() -> tuple[str, dict[str, Any]]:
    """Coroutines run on a loop on which a test can let time pass."""
    return "asyncio", {"loop_factory": PassingTime}


@pytest.fixture(autouse=True)
def no_logs() -> Iterator[None]:
    """Faults are logged with their tracebacks, and it takes seconds to draw those for a terminal."""
    with capture_logs():
        yield


@pytest.fixture(scope="session")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    """Signs what the failing servers present."""
    return new_authority(tmp_path_factory.mktemp("authority"))


@pytest.fixture
def crashable(monkeypatch: pytest.MonkeyPatch) -> Iterator[Postgresql]:
    """A durable PostgreSQL server of this test's own, which it may end and start again."""
    # One that was given is not ours to end.
    monkeypatch.delenv(GIVEN_SERVER, raising=False)
    try:
        database = Postgresql()
    except PostgreSQLNotFound as error:
        if os.environ.get("CI"):
            pytest.fail(str(error))
        pytest.skip(f"{NO_SERVER}: {error}")
    yield database
    database.close()


@pytest.fixture
def crashable_url(crashable: Postgresql) -> str:
    """Its migrated database: `database_url` finds it by this name."""
    engine = open_engine(crashable.url)
    try:
        migrate(engine)
    finally:
        engine.dispose()
    return crashable.url
