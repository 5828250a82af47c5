"""GnuPG opens the alert that the worker sent over TLS, and finds the organisation's signature good."""

from __future__ import annotations

import asyncio
import email
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from email import policy
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import select

from service.clock import FixedClock
from service.commands.openpgp_keys import set_key
from service.database import reading_sessions, sessions
from service.mail_settings import SmtpSettings
from service.records import Subscription
from service.settings import load_settings
from service.worker.running import run_until_drained
from tests.alerts.mail_servers import mail_server
from tests.real import gnupg
from tests.real.conftest import lacking
from tests.service.worker.conftest import Worker
from tests.service.worker.test_dispatcher import announce

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sqlalchemy import Engine

    from alerts.rendering import Renderer
    from service.links import Links
    from service.security.encryption import Vault
    from service.settings import Settings
    from tests.alerts.certificates import Authority
    from tests.real.gnupg import KeyRing

pytestmark = pytest.mark.timeout(180)

OFFICE = "office@example.org"
CANARIES = (b"Dana", b"Sample", b"KAZ-", b"omplaint", b"verdue", b"Almaty")


@pytest.fixture(scope="session")
def ring() -> Iterator[KeyRing]:
    """A key ring with the organisation's key, and those of readers."""
    if gnupg.program() is None:
        lacking("GnuPG")
    with gnupg.key_ring() as ring:
        ring.new_key(OFFICE, "ed25519", "sign", "never")
        ring.new_key("default@example.org")
        for name, signs, encrypts in (("rsa", "rsa3072", "rsa3072"), ("nist", "nistp384", "nistp384")):
            ring.new_key(f"{name}@example.org", signs, "cert,sign", "1y")
            ring.new_subkey(f"{name}@example.org", encrypts, "encr", "1y")
        yield ring


@pytest.fixture
def worker(
    settings: Settings, engine: Engine, vault: Vault, links: Links, renderer: Renderer, now: datetime, ring: KeyRing
) -> Worker:
    """A worker who signs."""
    signing = load_settings(**{**settings.model_dump(), "openpgp_signing_key": ring.secret(OFFICE)})
    return Worker(
        settings=signing, engine=engine, writing=sessions(engine), reading=reading_sessions(engine),
        clock=FixedClock(now), vault=vault, links=links, renderer=renderer,
    )  # fmt: skip


def give(worker: Worker, key: str) -> None:
    with worker.writing.begin() as session:
        subscriber_id = session.scalars(select(Subscription.subscriber_id)).one()
        set_key(session, subscriber_id, key, now=datetime.now(UTC), vault=worker.vault)


async def sent(worker: Worker, authority: Authority) -> bytes:
    """The one mail that a server on loopback takes over TLS."""
    async with mail_server(starttls=authority.serving("127.0.0.1")) as server:
        relay = SmtpSettings(host="127.0.0.1", port=server.port, security="starttls", ca_file=authority.cafile)
        await run_until_drained(replace(worker, settings=worker.settings.model_copy(update={"smtp": relay})))
    [taken] = server.taken
    return bytes(taken.content or b"")  # type: ignore[arg-type] # bytes from DATA


@pytest.mark.parametrize("reader", ["default@example.org", "rsa@example.org", "nist@example.org"])
def test_gnupg_decrypts_an_alert_with_a_good_signature(
    worker: Worker, authority: Authority, ring: KeyRing, reader: str
) -> None:
    announce(worker)
    give(worker, ring.public(reader))
    raw = asyncio.run(sent(worker, authority))
    assert not [word for word in CANARIES if word in raw]
    mail = email.message_from_bytes(raw, policy=policy.default)
    assert (mail["Subject"], mail.get_content_type()) == ("...", "multipart/encrypted")
    _, sealed = mail.iter_parts()
    opened = ring.open(bytes(sealed.get_payload(decode=True)))
    for word in ("GOODSIG", "VALIDSIG", "DECRYPTION_OKAY", "GOODMDC"):
        assert f"[GNUPG:] {word}" in opened.status, opened.status
    assert OFFICE in opened.status
    read = email.message_from_bytes(opened.content, policy=policy.default)
    text = read.get_body(("plain",))
    assert text is not None
    assert "Dana Sample" in text.get_content()
    assert "KAZ-" in read["Subject"]


def test_an_expired_key_of_gnupg_gets_the_notice_without_content(
    worker: Worker, authority: Authority, ring: KeyRing
) -> None:
    announce(worker)
    give(worker, ring.public("rsa@example.org"))
    later = FixedClock(datetime.now(UTC) + timedelta(days=800))
    raw = asyncio.run(sent(replace(worker, wall_clock=later), authority))
    assert b"There is news for you." in raw
    assert b"BEGIN PGP" not in raw
    assert not [word for word in CANARIES if word in raw]
