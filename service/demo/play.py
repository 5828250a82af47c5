"""Plays the case file: loads it, lets the days pass, and delivers what they bring to real receivers."""

from __future__ import annotations

import asyncio
import secrets
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import uvicorn

from service.app import build_parts, create_app
from service.casefile.reading import read_case_file
from service.clock import FixedClock, SystemClock
from service.commands.add_member import add_member
from service.commands.destinations import new_webhook_secret
from service.commands.import_case_file import import_case_file
from service.demo.audience import add_rooms, ask_to_subscribe, press_the_buttons
from service.demo.certificates import issue_certificate
from service.demo.inbox import Inbox
from service.demo.inbox_pages import DemoState, router
from service.demo.ledger import LedgerLine, ledger_lines, totals
from service.demo.receivers import Receivers
from service.mail_settings import SmtpSettings
from service.migrating import migrate
from service.security.encryption import open_vault
from service.settings import load_settings
from service.vocabulary import Role
from service.worker.dispatcher import Dispatcher
from service.worker.jobs import check_overdue, close_ended_digests
from service.worker.sending import open_sender

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from service.web import Parts

CASE_FILE = Path(__file__).with_name("kazakhstan_2014.yaml")
FIRST_DAY, LAST_DAY = date(2014, 10, 24), date(2015, 3, 1)
# Midday in Almaty: the day has begun in every zone of the case file.
TIME_OF_CHECK = time(6, tzinfo=UTC)
MEMBER = "demo"


@dataclass
class Demo:
    """An installation of its own in a folder, with a clock that only the demo moves."""

    parts: Parts
    clock: FixedClock
    receivers: Receivers
    member: str = MEMBER
    password: str = ""
    seed: str = ""

    @property
    def days(self) -> int:
        """How many days are played."""
        return (LAST_DAY - FIRST_DAY).days + 1

    @property
    def url(self) -> str:
        """Where the pages are served."""
        return self.parts.settings.public_url

    def load(self) -> None:
        """Import the case file, add the staff member and the rooms, and let the readers fill in their forms."""
        self.password = secrets.token_urlsafe(12)
        case_file = read_case_file(CASE_FILE)
        now = self.clock.now()
        with self.parts.writing.begin() as session:
            import_case_file(session, case_file, now=now, by="demo", vault=self.parts.vault)
            _, self.seed = add_member(
                session,
                name=MEMBER,
                role=Role.OBSERVER,
                password=self.password,
                all_cases=True,
                cases=(),
                now=now,
                vault=self.parts.vault,
            )
            add_rooms(session, self.parts, self.receivers, now=now)
            ask_to_subscribe(session, self.parts, now=now)

    def play(self, tell: Callable[[date], None]) -> None:
        """Let every day pass: check, close digests, deliver; `tell` hears of each day when it is done."""
        asyncio.run(self._play(tell))

    def ledger(self) -> list[LedgerLine]:
        """Every announcement, who was told, and what the receivers acknowledged."""
        with self.parts.reading() as session:
            return ledger_lines(session)

    def figures(self) -> dict[str, Any]:
        """The totals of `vigil demo --json`."""
        with self.parts.reading() as session:
            return totals(session)

    def serve(self) -> None:
        """Serve the pages and the inbox until interrupted; business time stays where the play ended."""
        app = create_app(self.parts)
        app.state.demo = DemoState(self.receivers.inbox, self.member, self.password, self.seed)
        app.include_router(router)
        uvicorn.run(app, host="127.0.0.1", port=self.parts.settings.port, log_config=None, access_log=False)

    async def _play(self, tell: Callable[[date], None]) -> None:
        async with open_sender(self.parts) as channels:
            dispatcher = Dispatcher(self.parts, channels, paces={})
            await dispatcher.run_until_drained()
            with self.parts.writing.begin() as session:
                press_the_buttons(session, self.parts, self.receivers.inbox, now=self.clock.now())
            for day in (FIRST_DAY + timedelta(days=n) for n in range(self.days)):
                self.clock.at = datetime.combine(day, TIME_OF_CHECK)
                check_overdue(self.parts)
                close_ended_digests(self.parts)
                await dispatcher.run_until_drained()
                tell(day)


@contextmanager
def open_demo(folder: Path, *, port: int) -> Iterator[Demo]:
    """Set up receivers and an embedded installation in `folder`; everything ends with the context."""
    wall_clock = SystemClock()
    authority, tls = issue_certificate(folder, now=wall_clock.now())
    with Receivers(Inbox(), tls, new_webhook_secret()) as receivers:
        settings = load_settings(
            home=folder,
            database_url=None,
            secret_key=None,
            public_url=f"http://127.0.0.1:{port}",
            port=port,
            organisation="Vigil demo",
            sender="alerts@vigil.example.org",
            smtp=SmtpSettings(host="127.0.0.1", port=receivers.smtp_port, security="starttls", ca_file=authority),
            trusted_origins=(receivers.origin,),
        )
        clock = FixedClock(datetime.combine(FIRST_DAY, TIME_OF_CHECK))
        vault = open_vault(settings, create=True)
        parts = build_parts(settings, clock=clock, wall_clock=wall_clock, vault=vault)
        migrate(parts.engine)
        try:
            yield Demo(parts, clock, receivers)
        finally:
            parts.engine.dispose()
