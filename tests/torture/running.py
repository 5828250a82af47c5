"""Puts a run together, lets it play, and takes everything down again."""

from __future__ import annotations

import multiprocessing
import random
import shutil
import tempfile
import time
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING

from service.clock import SystemClock
from service.commands.destinations import new_webhook_secret
from service.database import open_engine, sessions
from service.security.encryption import Vault
from tests.torture.campaign import Campaign, plan
from tests.torture.databases import open_database
from tests.torture.load import Load
from tests.torture.outbox import Outbox
from tests.torture.receivers import start_receivers
from tests.torture.verdict import Verdict, judge
from tests.torture.worker import Orders
from tests.torture.workers import Workers

if TYPE_CHECKING:
    from collections.abc import Callable
    from multiprocessing.context import ForkServerContext

    from tests.torture.arguments import Arguments
    from tests.torture.campaign import Evidence
    from tests.torture.receivers import Receivers

SECRET_KEY = "a key for torture alone, 32 letters or more"
PROGRESS_EVERY_S = 2.0


def run(arguments: Arguments, tell: Callable[[str], None]) -> Verdict:
    """Play one run; `tell` gets its progress in words. The folder with all files stays if the verdict is bad."""
    # A fork of a process that has imported everything: a worker is back in an instant, not after two seconds.
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["tests.torture.worker", "tests.torture.receivers"])
    started = time.monotonic()
    folder = Path(tempfile.mkdtemp(prefix="vigil-torture-"))
    try:
        verdict = _run(arguments, context, folder, tell)
    except BaseException:
        shutil.rmtree(folder, ignore_errors=True)
        raise
    if verdict.holds:
        shutil.rmtree(folder, ignore_errors=True)
    else:
        tell(f"receipts and log lines stay in {folder}")
    heading = {"engine": arguments.engine, "workers": arguments.workers}
    footing = {"seed": arguments.seed, "seconds": round(time.monotonic() - started, 1)}
    return Verdict({**heading, **verdict.figures, **footing}, verdict.broken)


def _run(arguments: Arguments, context: ForkServerContext, folder: Path, tell: Callable[[str], None]) -> Verdict:
    chance = random.Random(arguments.seed)  # noqa: S311 - plays a run again, guards nothing
    with ExitStack() as at_the_end:
        database = open_database(arguments.engine, folder)
        at_the_end.callback(database.close)
        secret = new_webhook_secret()
        receivers = start_receivers(context, folder, pace_s=arguments.pace_ms / 1000, secret=secret)
        at_the_end.callback(receivers.stop)
        engine = open_engine(database.url)
        at_the_end.callback(engine.dispose)
        workers = Workers(context, _orders(receivers, folder), database, arguments.workers)
        at_the_end.callback(workers.kill_all)
        load = Load(
            sessions(engine), Vault(SECRET_KEY.encode()), receivers,
            deliveries=arguments.deliveries, secret=secret, chance=chance,
        )  # fmt: skip
        load.subscribe()
        outbox = Outbox(engine, load.labels)

        def crash() -> None:
            database.crash()
            # Its connections are as dead as the workers' are.
            engine.dispose()

        campaign = Campaign(
            load, workers, outbox,
            clock=SystemClock(), chance=chance, look=_progress(receivers, load, tell), taken=receivers.count,
            crash=crash, impatient=arguments.impatient,
        )  # fmt: skip
        evidence = campaign.play(plan(arguments, chance))
        return judge(
            evidence,
            expected=load.expected,
            receipts=receivers.receipts(),
            alerts=outbox.alerts(),
            states=outbox.states(),
            strangers=set(outbox.workers()) - workers.names,
            fallen=workers.fallen,
        )


def _orders(receivers: Receivers, folder: Path) -> Orders:
    settings = {
        "home": folder,
        "secret_key": SECRET_KEY,
        "smtp": {"host": "127.0.0.1", "port": receivers.ports["email"]},
        "trusted_origins": tuple(receivers.origin(name) for name in receivers.ports if name != "email"),
    }
    return Orders(settings, receivers.files, folder / "workers.log")


def _progress(receivers: Receivers, load: Load, tell: Callable[[str], None]) -> Callable[[Evidence], None]:
    told_at = 0.0

    def look(evidence: Evidence) -> None:
        nonlocal told_at
        if time.monotonic() - told_at < PROGRESS_EVERY_S:
            return
        told_at = time.monotonic()
        tell(
            f"{evidence.kills.total()} kills, {evidence.crashes} crashes: "
            f"{receivers.count():,} messages taken, {len(load.expected):,} owed so far"
        )

    return look
