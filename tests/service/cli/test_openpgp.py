"""What staff see of a reader's key, and that they take it away only where somebody says so."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest
from pysequoia import Tsk
from sqlalchemy import select

from alerts.facts import EmailAddress
from service.cli.opening import opened
from service.cli.speaking import ExitCode
from service.commands.openpgp_keys import set_key
from service.records import AuditEntry, OpenpgpKey
from tests.factories import make_destination

if TYPE_CHECKING:
    from tests.service.cli.conftest import Vigil

ADDRESS = "reader@example.org"
KEY = Tsk.generate(user_id=f"Alice Sample <{ADDRESS}>").extract_certificate()


@pytest.fixture
def destination_id(installed: Vigil) -> str:
    """A reader who gave a key; staff have named the mailbox."""
    with opened() as parts, parts.writing.begin() as session:
        destination = make_destination(session, parts.vault, address=EmailAddress(ADDRESS), label="desk")
        set_key(session, destination.subscriber_id, str(KEY), now=datetime(2026, 11, 26, tzinfo=UTC), vault=parts.vault)
        return str(destination.id)


def audited() -> list[tuple[str, str]]:
    with opened() as parts, parts.reading() as session:
        entries = session.scalars(select(AuditEntry).where(AuditEntry.record == "openpgp_key").order_by(AuditEntry.seq))
        return [(entry.actor, entry.action) for entry in entries]


@pytest.mark.usefixtures("destination_id")
def test_a_fingerprint_is_shown_and_the_look_is_noted(installed: Vigil) -> None:
    said = installed("openpgp", "show", "Reader@example.org", "--json")
    assert said.code == ExitCode.FINE
    assert json.loads(said.out)["fingerprint"] == KEY.fingerprint.upper()
    assert "BEGIN" not in said.out
    assert "Alice" not in said.out
    plain = installed("openpgp", "show", ADDRESS)
    assert plain.out.replace(" ", "").strip() == KEY.fingerprint.upper()
    assert audited() == [("command line", "read")] * 2


@pytest.mark.usefixtures("destination_id")
def test_a_key_is_removed_once_and_that_is_noted(installed: Vigil) -> None:
    assert installed("openpgp", "remove", ADDRESS, "--yes").code == ExitCode.FINE
    with opened() as parts, parts.reading() as session:
        assert session.scalars(select(OpenpgpKey)).all() == []
    again = installed("openpgp", "remove", ADDRESS, "--yes")
    assert (again.code, again.err) == (ExitCode.FAILED, "vigil: This reader has no key.\n")
    assert installed("openpgp", "show", ADDRESS).code == ExitCode.FAILED
    assert audited() == [("command line", "remove_key")]


def test_an_address_that_nobody_reads_is_named_as_such(installed: Vigil) -> None:
    said = installed("openpgp", "show", "nobody@example.org")
    assert (said.code, said.out, said.err) == (ExitCode.FAILED, "", "vigil: nobody reads at this address\n")


def test_no_plain_test_goes_to_a_mailbox_with_a_key(installed: Vigil, destination_id: str) -> None:
    said = installed("destination", "test", destination_id)
    assert said.code == ExitCode.FAILED
    assert "its owner gave an OpenPGP key" in said.err
