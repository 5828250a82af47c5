"""`vigil doctor` names what is broken and ends with the code of the worst."""

from __future__ import annotations

import contextlib
import json
import socket
import threading
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest
from pydantic import SecretStr

from service.cli.checks import MOST_NAMED, check_installation
from service.commands.beat import beat
from service.demo.certificates import issue_certificate
from service.mail_settings import IntakeSettings, SmtpSettings
from service.records import Destination
from service.vocabulary import Beat, DestinationState
from tests.alerts.certificates import new_authority
from tests.factories import make_case, make_destination, make_subscription
from tests.imap import imap_server
from tests.signs import PLANTED, make_sound

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from sqlalchemy.orm import Session, sessionmaker

    from service.cli.checks import Finding
    from service.security.encryption import Vault
    from service.settings import Settings
    from tests.service.cli.conftest import Vigil

NOW = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)


@contextlib.contextmanager
def relay_that_greets() -> Iterator[int]:
    """A listener that says yes to everything, as far as MAIL FROM; gives its port."""
    listener = socket.create_server(("127.0.0.1", 0))
    listener.settimeout(10)

    def serve() -> None:
        with contextlib.suppress(OSError):
            line, _ = listener.accept()
            with line, line.makefile("rb") as asked:
                line.sendall(b"220 relay.example.org\r\n")
                for command in asked:
                    line.sendall(b"221 bye\r\n" if command.upper().startswith(b"QUIT") else b"250 yes\r\n")

    thread = threading.Thread(target=serve)
    thread.start()
    try:
        yield listener.getsockname()[1]
    finally:
        listener.close()
        thread.join(10)


def findings(settings: Settings, *, live: bool = False, **smtp: object) -> dict[str, Finding]:
    settings = settings.model_copy(update={"smtp": SmtpSettings.model_validate({"port": 1, **smtp})})
    return {finding.name: finding for finding in check_installation(settings, live=live, now=NOW)}


def test_a_sound_installation_has_no_fault(settings: Settings, writing: sessionmaker[Session]) -> None:
    with writing.begin() as session:
        make_sound(session, now=NOW)
    with relay_that_greets() as port:
        found = findings(settings, port=port)
    assert [finding for finding in found.values() if not finding.ok] == []
    assert found["overdue_check"].message == "the check ran 40 s ago"
    assert found["deliveries"].message == "nothing waits to be sent"
    names = [
        "key",
        "database",
        "overdue_check",
        "scheduler",
        "deliveries",
        "completeness",
        "destinations",
        "channels",
        "relay",
    ]
    assert list(found) == names


def test_a_worker_that_never_ran_is_a_finding(settings: Settings) -> None:
    found = findings(settings)
    for name in ("overdue_check", "scheduler", "completeness"):
        assert (found[name].ok, found[name].code) == (False, 3)


@pytest.mark.parametrize("planted", PLANTED)
def test_every_bad_sign_is_a_finding_in_one_sentence(
    settings: Settings, writing: sessionmaker[Session], vault: Vault, planted: str
) -> None:
    plant, name, message = PLANTED[planted]
    with writing.begin() as session:
        make_sound(session, now=NOW)
        plant(session, vault, NOW)
    found = findings(settings)[name]
    assert (found.ok, found.code) == (False, 3)
    assert found.message.startswith(message)


def test_a_check_that_fails_says_how(settings: Settings, writing: sessionmaker[Session]) -> None:
    with writing.begin() as session:
        make_sound(session, now=NOW)
        beat(session, Beat.CHECK_OVERDUE, at=NOW - timedelta(minutes=9), detail={})
        beat(session, Beat.CHECK_OVERDUE.failed, at=NOW, detail={"error": "ZeroDivisionError"})
    found = findings(settings)
    assert found["overdue_check"].message.endswith("it fails (ZeroDivisionError)")
    assert found["scheduler"].ok


def test_an_outside_heartbeat_that_nobody_takes_is_a_finding(
    settings: Settings, writing: sessionmaker[Session]
) -> None:
    settings = settings.model_copy(update={"heartbeat_url": SecretStr("https://hc.example.org/ping/secret-token")})
    assert findings(settings)["outside_heartbeat"].message == "the outside heartbeat was never taken"
    with writing.begin() as session:
        beat(session, Beat.OUTSIDE_HEARTBEAT, at=NOW - timedelta(hours=3), detail={})
        beat(session, Beat.OUTSIDE_HEARTBEAT.failed, at=NOW, detail={"reason": "The answer was 404."})
    found = findings(settings)["outside_heartbeat"]
    assert (found.ok, found.code) == (False, 3)
    assert found.message == "the outside heartbeat was last taken 3 h ago: The answer was 404."
    with writing.begin() as session:
        beat(session, Beat.OUTSIDE_HEARTBEAT, at=NOW, detail={})
    assert findings(settings)["outside_heartbeat"].ok


def test_doctor_says_each_fault_in_a_sentence_and_ends_with_its_code(installed: Vigil) -> None:
    said = installed("doctor")
    assert said.code == 3
    assert "FAULT  scheduler: no rhythm has ever run: start `vigil worker`" in said.out.splitlines()
    assert "FAULT  completeness: nobody has looked yet whether anything is missing" in said.out.splitlines()


def test_a_case_with_its_last_channel_lost_is_a_finding(
    settings: Settings, writing: sessionmaker[Session], vault: Vault
) -> None:
    with writing.begin() as session:
        case = make_case(session)
        unfollowed = make_case(session)
        destination = make_subscription(session, vault, case=case).destination
    said = findings(settings)["channels"]
    assert (said.ok, said.code) == (True, 0)
    assert said.message.endswith(f"nobody follows 1: {unfollowed.reference}")
    with writing.begin() as session:
        session.get_one(Destination, destination.id).state = DestinationState.DISABLED
    said = findings(settings)["channels"]
    assert (said.ok, said.code) == (False, 3)
    assert said.message == f"no alert can reach the followers of 1 watched cases: {case.reference} (switched_off)"


def test_a_destination_of_the_organisation_that_fails_is_a_finding(
    settings: Settings, writing: sessionmaker[Session], vault: Vault
) -> None:
    with writing.begin() as session:
        for number in range(MOST_NAMED + 2):
            make_destination(session, vault, label=f"Room {number:02}").failures = 2
        make_destination(session, vault).failures = 2
    said = findings(settings)["destinations"]
    assert (said.ok, said.code) == (False, 3)
    assert "Room 00 (2 failures)" in said.message
    assert "Room 09 (2 failures) and 2 more" in said.message
    assert "@example.org" not in said.message


def test_a_relay_that_does_not_answer_is_a_finding(settings: Settings) -> None:
    relay = findings(settings)["relay"]
    assert (relay.ok, relay.code) == (False, 3)
    assert relay.message.startswith("127.0.0.1:1: ")


def test_a_relay_whose_certificate_is_not_trusted_is_a_finding(settings: Settings, tmp_path: Path) -> None:
    _, server_tls = issue_certificate(tmp_path, now=datetime.now(UTC))
    listener = socket.create_server(("127.0.0.1", 0))

    def serve() -> None:
        with contextlib.suppress(OSError), listener.accept()[0] as line:
            server_tls.wrap_socket(line, server_side=True).close()

    thread = threading.Thread(target=serve)
    thread.start()
    try:
        relay = findings(settings, port=listener.getsockname()[1], security="implicit")["relay"]
    finally:
        listener.close()
        thread.join(10)
    assert not relay.ok
    assert "TLS cannot be trusted" in relay.message


def test_live_asks_for_neither_worker_nor_relay(settings: Settings) -> None:
    found = findings(settings, live=True)
    assert list(found) == ["key", "database"]
    assert all(finding.ok for finding in found.values())


def test_a_missing_database_has_its_code_and_is_not_made(vigil: Vigil, home: Path) -> None:
    said = vigil("doctor", "--live")
    assert said.code == 5
    assert "FAULT  key" in said.out
    assert not home.exists()


def test_a_key_that_others_may_read_is_a_fault_of_the_configuration(installed: Vigil, home: Path) -> None:
    (home / "secret.key").chmod(0o644)
    said = installed("doctor", "--live", "--json")
    assert said.code == 4
    result = json.loads(said.out)
    assert (result["schema"], result["ok"]) == (1, False)
    assert [check["name"] for check in result["checks"] if not check["ok"]] == ["key"]


def test_a_migrated_installation_is_live_and_its_key_is_private(installed: Vigil, home: Path) -> None:
    said = installed("doctor", "--live")
    assert said.code == 0
    assert (home / "secret.key").stat().st_mode & 0o777 == 0o600
    assert home.stat().st_mode & 0o777 == 0o700


def test_migrating_twice_changes_nothing(installed: Vigil) -> None:
    said = installed("migrate")
    assert said.code == 0
    assert "already" in said.err


def test_a_mailbox_for_returned_mail_is_looked_at_where_one_is_named(settings: Settings, tmp_path: Path) -> None:
    assert "intake" not in findings(settings)
    authority = new_authority(tmp_path)
    with imap_server(authority.serving("127.0.0.1")) as server:
        intake = IntakeSettings(
            domain="returns.example.org", imap_host="127.0.0.1", imap_port=server.port, imap_username="intake",
            imap_password=SecretStr("secret"), imap_ca_file=authority.cafile,
        )  # fmt: skip
        named = settings.model_copy(update={"intake": intake})
        assert findings(named)["intake"].ok
        server.refuses = "LOGIN"
        refused = findings(named)["intake"]
    assert not refused.ok
    assert refused.message == f"127.0.0.1:{server.port}: the mailbox cannot be read: the server refuses"
