"""Commands that answer browsers: `serve` (pages and worker in one process) and `web` (pages alone)."""

from __future__ import annotations

import signal

import typer
import uvicorn

from service.app import build_parts, create_app
from service.cli.opening import reached
from service.cli.speaking import talk
from service.database import open_engine
from service.logs import configure_logs
from service.migrating import current_revision, migrate, newest_revision, require_newest
from service.security.encryption import open_vault
from service.settings import Settings, load_settings
from service.web import Parts
from service.worker.running import worker_beside

commands = typer.Typer()

# What is being answered may end; whoever waits longer has gone.
FINISHED_WITHIN_S = 10


@commands.command()
def serve() -> None:
    """Serve the pages and run the worker, in one process: all that a small organisation needs.

    The embedded database is made and brought to the newest migration where it is not; PostgreSQL never by itself.
    """
    settings = load_settings()
    configure_logs(settings.log_level)
    if settings.is_embedded:
        _make_ready(settings)
    serve_beside_worker(_parts(settings))


@commands.command()
def web() -> None:
    """Serve the pages alone; the worker runs beside it (`vigil worker`), here or on another machine."""
    settings = load_settings()
    configure_logs(settings.log_level)
    parts = _parts(settings)
    _run(parts, server_of(parts))


def serve_beside_worker(parts: Parts) -> None:
    """Serve the pages with a worker beside them. Raises WorkerDied when it dies: pages alone would look alive."""
    server = server_of(parts)

    def end() -> None:
        server.should_exit = True

    with worker_beside(parts, when_it_dies=end):
        _run(parts, server)


def server_of(parts: Parts) -> uvicorn.Server:
    """The server of these pages: its access log is off, because paths hold tokens, and no proxy is believed."""
    return uvicorn.Server(
        uvicorn.Config(
            create_app(parts),
            host=parts.settings.host,
            port=parts.settings.port,
            access_log=False,
            log_level="warning",
            proxy_headers=False,
            server_header=False,
            lifespan="off",
            ws="none",
            timeout_graceful_shutdown=FINISHED_WITHIN_S,
        )
    )


def _run(parts: Parts, server: uvicorn.Server) -> None:
    # The server raises the signal again when it has finished, which would end the process before the worker has.
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.SIG_IGN)
    talk(f"Vigil is at {parts.settings.public_url} (listening on {parts.settings.host}:{parts.settings.port}).")
    server.run()


def _parts(settings: Settings) -> Parts:
    parts = build_parts(settings)
    with reached():
        require_newest(parts.engine)
    return parts


def _make_ready(settings: Settings) -> None:
    if settings.database_url is None:
        settings.home.mkdir(mode=0o700, parents=True, exist_ok=True)
    open_vault(settings, create=True)
    engine = open_engine(settings.database)
    try:
        with reached():
            before = current_revision(engine)
            if before != newest_revision():
                migrate(engine)
                talk(f"The embedded database went from {before or 'empty'} to {newest_revision()}.")
    finally:
        engine.dispose()
