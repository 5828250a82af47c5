"""What journeys stand on: a running installation, its database to put cases into, and a receiver of webhooks."""

from __future__ import annotations

import json
import threading
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING

from alerts.facts import EmailAddress
from service.app import build_parts
from service.settings import load_settings
from service.worker.jobs import check_overdue
from tests import factories
from tests.real.installation import prepared, serving
from tests.urgent import named_case

if TYPE_CHECKING:
    from collections.abc import Iterator

    from service.records import Case, Subscription
    from service.web import Parts
    from tests.alerts.certificates import Authority
    from tests.real.installation import Installation, Mailbox


@dataclass
class WebReceiver:
    """Takes every POST; keeps headers and bodies."""

    origin: str = ""
    requests: list[tuple[dict[str, str], bytes]] = field(default_factory=list)


@dataclass
class Ground:
    """An installation, with the same parts opened beside it."""

    installation: Installation
    parts: Parts
    receiver: WebReceiver
    _numbers: Iterator[int] = field(default_factory=lambda: count(100))

    @property
    def url(self) -> str:
        return self.installation.url

    @property
    def mailbox(self) -> Mailbox:
        return self.installation.mailbox

    def a_case(self, *, country: str = "KZ") -> Case:
        """A public case with a hearing in twenty days."""
        now = self.parts.clock.now()
        with self.parts.writing.begin() as session:
            case = named_case(session, reference=f"KAZ-2099-{next(self._numbers)}", country=country)
            factories.make_follow_up(
                session, case, kind="court_hearing", title="Hearing", due_on=(now + timedelta(days=20)).date()
            )
            return case

    def a_follower(self, case: Case, address: str, language: str) -> Subscription:
        """Somebody who has followed the case for long, by mail."""
        with self.parts.writing.begin() as session:
            subscriber = factories.make_subscriber(session, language=language)
            mailbox = factories.make_destination(
                session, self.parts.vault, address=EmailAddress(address), subscriber=subscriber
            )
            return factories.make_subscription(session, self.parts.vault, case=case, destination=mailbox)

    def a_date_passes(self, case: Case) -> None:
        """Something of the case was due three days ago, and the check rings."""
        due_on = (self.parts.clock.now() - timedelta(days=3)).date()
        with self.parts.writing.begin() as session:
            factories.make_follow_up(session, case, due_on=due_on)
        check_overdue(self.parts)


@contextmanager
def ground_at(folder: Path, authority: Authority, *, command: str = "serve") -> Iterator[Ground]:
    """The ground with its pages up, until the end."""
    with ExitStack() as running:
        receiver = running.enter_context(_web_receiver())
        installation = running.enter_context(prepared(folder, authority))
        installation.environment["VIGIL_TRUSTED_ORIGINS"] = json.dumps([receiver.origin])
        running.enter_context(serving(installation, command=command))
        home = Path(installation.environment["VIGIL_HOME"])
        parts = build_parts(load_settings(home=home, public_url=installation.url))
        running.callback(parts.engine.dispose)
        yield Ground(installation, parts, receiver)


@contextmanager
def _web_receiver() -> Iterator[WebReceiver]:
    kept = WebReceiver()

    class Taking(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["content-length"]))
            kept.requests.append(({name.lower(): value for name, value in self.headers.items()}, body))
            self.send_response(204)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Taking)
    kept.origin = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield kept
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
