"""The ground of all tests: both engines, migrated; a session; a fixed instant; keys, settings and links."""

from __future__ import annotations

import os
import shutil
import signal
import tempfile
from datetime import UTC, datetime
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import create_engine, text
from sqlalchemy.engine import make_url

from service.database import open_engine, sessions
from service.links import Links
from service.migrating import migrate
from service.security.encryption import Vault
from service.security.tokens import Signer
from service.settings import Settings, load_settings
from tests.postgresql import PostgreSQLNotFound, locked, shared_server, stop_shared

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sqlalchemy import Engine
    from sqlalchemy.orm import Session, sessionmaker

ENGINES = ("sqlite", "postgresql")
RUN_FOLDER = "VIGIL_TEST_RUN_FOLDER"
NO_SERVER = "no PostgreSQL server for the tests"
SECRET_KEY = "a key for tests alone, 32 letters or more"
_numbers = count(1)


def pytest_configure(config: pytest.Config) -> None:
    """Give all processes of this run one folder, and none of the developer's own settings."""
    # A shell that starts a run in the background has it ignore Ctrl-C, and every program that a test starts would too.
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)
    for name in [name for name in os.environ if name.startswith("VIGIL_") and not name.startswith("VIGIL_TEST_")]:
        del os.environ[name]
    if not hasattr(config, "workerinput"):
        os.environ[RUN_FOLDER] = tempfile.mkdtemp(prefix="vigil-tests-")


def pytest_unconfigure(config: pytest.Config) -> None:
    """Stop the run's server when the last of its processes is done."""
    if not hasattr(config, "workerinput") and (folder := os.environ.pop(RUN_FOLDER, None)):
        stop_shared(Path(folder))
        shutil.rmtree(folder, ignore_errors=True)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say loudly that half of the promises went untested."""
    skipped = [report for report in terminalreporter.stats.get("skipped", ()) if NO_SERVER in str(report.longrepr)]
    if skipped:
        terminalreporter.section("NOT TESTED ON POSTGRESQL", red=True, bold=True)
        terminalreporter.line(f"{len(skipped)} tests were skipped: {skipped[0].longrepr[2]}", red=True, bold=True)


@pytest.fixture(scope="session")
def run_folder() -> Path:
    """A folder that all processes of this test run share."""
    return Path(os.environ[RUN_FOLDER])


@pytest.fixture(scope="session")
def sqlite_template(run_folder: Path) -> Path:
    """An empty, migrated SQLite file, to be copied."""
    path = run_folder / "template.db"
    with locked(run_folder / "template.lock"):
        if not path.exists():
            engine = open_engine(f"sqlite:///{path.with_suffix('.new')}")
            try:
                migrate(engine)
            finally:
                engine.dispose()
            path.with_suffix(".new").rename(path)
    return path


@pytest.fixture(scope="session")
def postgresql_server(run_folder: Path) -> str:
    """The URL of a PostgreSQL server (a superuser); a missing one fails the run under CI and is skipped elsewhere."""
    try:
        return shared_server(run_folder).url
    except PostgreSQLNotFound as error:
        if os.environ.get("CI"):
            pytest.fail(str(error))
        pytest.skip(str(error))


@pytest.fixture(scope="session")
def postgresql_admin(postgresql_server: str) -> Iterator[Engine]:
    """An engine that makes and drops databases."""
    engine = create_engine(postgresql_server, isolation_level="AUTOCOMMIT")
    yield engine
    engine.dispose()


@pytest.fixture(scope="session")
def postgresql_template(postgresql_admin: Engine, run_folder: Path) -> str:
    """The name of an empty, migrated PostgreSQL database, to be copied; one for all processes of the run."""
    name = "vigil_template_" + run_folder.name.removeprefix("vigil-tests-").lower()
    with locked(run_folder / "template.lock"), postgresql_admin.connect() as connection:
        if not connection.scalar(text("SELECT 1 FROM pg_database WHERE datname = :name"), {"name": name}):
            connection.execute(text(f'CREATE DATABASE "{name}"'))
            engine = open_engine(_named(postgresql_admin, name))
            try:
                migrate(engine)
            finally:
                engine.dispose()
    return name


@pytest.fixture
def sqlite_url(sqlite_template: Path, tmp_path: Path) -> str:
    """A migrated SQLite file of this test's own."""
    path = tmp_path / "vigil.db"
    shutil.copyfile(sqlite_template, path)
    return f"sqlite:///{path}"


@pytest.fixture
def postgresql_url(postgresql_template: str, postgresql_admin: Engine) -> Iterator[str]:
    """A migrated PostgreSQL database of this test's own."""
    name = f"vigil_{os.getpid()}_{next(_numbers)}"
    with postgresql_admin.connect() as connection:
        # Copying files is twice as quick as the default, which writes every page into the log.
        connection.execute(text(f'CREATE DATABASE "{name}" TEMPLATE "{postgresql_template}" STRATEGY file_copy'))
    yield _named(postgresql_admin, name)
    with postgresql_admin.connect() as connection:
        connection.execute(text(f'DROP DATABASE "{name}" WITH (FORCE)'))


@pytest.fixture(params=ENGINES)
def database_url(request: pytest.FixtureRequest) -> str:
    """A migrated database of this test's own, once on SQLite and once on PostgreSQL."""
    url: str = request.getfixturevalue(f"{request.param}_url")
    return url


@pytest.fixture
def engine(database_url: str) -> Iterator[Engine]:
    """This test's own database, open."""
    opened = open_engine(database_url)
    yield opened
    opened.dispose()


@pytest.fixture
def writing(engine: Engine) -> sessionmaker[Session]:
    """Sessions that write: `with writing.begin() as session` commits."""
    return sessions(engine)


@pytest.fixture
def session(writing: sessionmaker[Session]) -> Iterator[Session]:
    """One writing session, rolled back at the end.

    On SQLite it holds the only write lock: a test that opens other sessions takes `writing` instead.
    """
    with writing() as opened:
        yield opened
        opened.rollback()


@pytest.fixture
def now() -> datetime:
    """The instant at which tests stand, ten days after the factories' due date."""
    return datetime(2014, 11, 20, 9, 0, tzinfo=UTC)


@pytest.fixture(scope="session")
def vault() -> Vault:
    """Keys for tests alone."""
    return Vault(SECRET_KEY.encode())


@pytest.fixture
def settings(database_url: str, tmp_path: Path) -> Settings:
    """The settings of an installation on this test's own database."""
    return load_settings(
        home=tmp_path, database_url=database_url, secret_key=SECRET_KEY, public_url="https://vigil.example.org"
    )


@pytest.fixture(scope="session")
def links(vault: Vault) -> Links:
    """The addresses that the pages of these settings have."""
    return Links("https://vigil.example.org", Signer(vault.signing_key))


@pytest.fixture(scope="session")
def anyio_backend() -> str:
    """Tests of coroutines run on asyncio."""
    return "asyncio"


def _named(admin: Engine, name: str) -> str:
    return make_url(str(admin.url)).set(database=name).render_as_string(hide_password=False)
