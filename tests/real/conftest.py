"""Real programs for the tests that meet them; a missing one fails under CI and is named elsewhere."""

from __future__ import annotations

import os
import shutil
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest

from alerts.languages import Languages
from alerts.rendering import Renderer
from service.paths import TEMPLATES
from tests.alerts.certificates import Authority, new_authority
from tests.real import dovecot, postfix, synapse

if TYPE_CHECKING:
    from collections.abc import Iterator


def lacking(what: str) -> None:
    """Fail under CI, where nothing is left out; skip with the cure elsewhere."""
    if os.environ.get("CI"):
        pytest.fail(f"{what} is missing, and CI leaves nothing out")
    pytest.skip(f"{what} is missing: run `make test-real`, which says how to get it")


@pytest.fixture(scope="session")
def homeserver(tmp_path_factory: pytest.TempPathFactory) -> Iterator[synapse.Homeserver]:
    """A Synapse with one room."""
    if not (synapse.VENV / "bin" / "python").exists():
        lacking("Synapse")
    with synapse.running_homeserver(tmp_path_factory.mktemp("synapse")) as running:
        yield running


@pytest.fixture(scope="session")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    """Whom the tests' mail servers are vouched for by."""
    return new_authority(tmp_path_factory.mktemp("authority"))


@pytest.fixture(scope="session")
def mail_relay(authority: Authority) -> Iterator[postfix.Postfix]:
    """A Postfix that takes mail over TLS alone."""
    if postfix.program() is None:
        lacking("Postfix (it needs root to start)")
    with postfix.running_postfix(authority) as running:
        yield running


@pytest.fixture
def relay_and_mailbox(authority: Authority) -> Iterator[tuple[postfix.Postfix, dovecot.Dovecot]]:
    """A Postfix of this test's own, and a Dovecot that serves its mailbox."""
    if postfix.program() is None or dovecot.program() is None:
        lacking("Postfix or Dovecot (they need root to start)")
    with (
        postfix.running_postfix(authority) as relay,
        dovecot.running_dovecot(authority, relay.mailbox) as mailbox,
    ):
        yield relay, mailbox


@pytest.fixture(scope="session")
def chromium() -> str:
    """Where the browser is."""
    found = shutil.which("chromium") or shutil.which("chromium-browser")
    if found is None:
        lacking("Chromium")
    assert found is not None
    return found


@pytest.fixture(scope="session")
def renderer() -> Renderer:
    """Our own templates."""
    return Renderer(TEMPLATES, Languages(TEMPLATES / "locale"))


@pytest.fixture
def wall_now() -> datetime:
    """The machine's instant: real receivers look at their own clocks."""
    return datetime.now(UTC)
