"""A whole installation for a journey: pages, worker and a real mail server; a case whose date is near."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from email import message_from_bytes
from email.policy import SMTP
from typing import TYPE_CHECKING

import httpx
import pytest

from service.app import build_parts, create_app
from service.clock import FixedClock, SystemClock
from service.mail_settings import SmtpSettings
from service.worker.jobs import check_overdue
from service.worker.running import run_until_drained
from tests.alerts.mail_servers import mail_server
from tests.factories import make_case, make_consent, make_follow_up
from tests.service.pages.conftest import ORIGIN, Browser

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from datetime import datetime
    from email.message import EmailMessage

    from sqlalchemy import Engine
    from sqlalchemy.orm import Session, sessionmaker

    from service.security.encryption import Vault
    from service.settings import Settings
    from service.web import Parts
    from tests.alerts.mail_servers import MailServer


@dataclass
class Installation:
    """What a journey may touch: a browser, the mailbox's server, and time."""

    browser: Browser
    server: MailServer
    clock: FixedClock
    wall_clock: FixedClock
    parts: Parts

    async def mails(self) -> list[EmailMessage]:
        """Let the worker send what is due; everything that the server took so far."""
        await run_until_drained(self.parts)
        return [message_from_bytes(taken.content or b"", policy=SMTP) for taken in self.server.taken]  # type: ignore[arg-type]

    def on(self, at: datetime) -> None:
        """Let time pass, and the check ring."""
        self.clock.at = at
        check_overdue(self.parts)


@pytest.fixture
async def installation(
    settings: Settings, engine: Engine, vault: Vault, now: datetime, writing: sessionmaker[Session]
) -> AsyncIterator[Installation]:
    """An installation on this test's own database; its case KAZ-2099-003 has a hearing on 1 December 2014."""
    with writing.begin() as session:
        case = make_case(session, reference="KAZ-2099-003")
        make_consent(session, case.persons[0])
        make_follow_up(session, case, kind="court_hearing", title="Hearing", due_on=date(2014, 12, 1))
    async with mail_server() as server:
        own = settings.model_copy(update={"smtp": SmtpSettings(host="127.0.0.1", port=server.port)})
        clock, wall_clock = FixedClock(now), FixedClock(SystemClock().now())
        parts = build_parts(own, clock=clock, wall_clock=wall_clock, engine=engine, vault=vault)
        async with httpx.AsyncClient(transport=httpx.ASGITransport(create_app(parts)), base_url=ORIGIN) as client:
            yield Installation(Browser(client), server, clock, wall_clock, parts)
