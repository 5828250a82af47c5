"""`vigil check` passes once by hand; `vigil worker` runs until it is stopped."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import func, select

from service.cli.app import main
from service.records import Alert, Heartbeat
from tests import factories

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sqlalchemy.orm import Session, sessionmaker

    from service.security.encryption import Vault

KEY = "a key for tests alone, 32 letters or more"


@pytest.fixture
def environment(database_url: str, monkeypatch: pytest.MonkeyPatch) -> Mapping[str, str]:
    """An installation in this process's environment, and the same for a process of its own."""
    found = {"VIGIL_DATABASE_URL": database_url, "VIGIL_SECRET_KEY": KEY, "VIGIL_LOG_LEVEL": "error"}
    for name, value in found.items():
        monkeypatch.setenv(name, value)
    return {**os.environ, **found}


@pytest.fixture
def late(writing: sessionmaker[Session], vault: Vault) -> str:
    """One follow-up, due on 10 November 2014, of a case that somebody follows; its case's reference."""
    with writing.begin() as session:
        case = factories.make_case(session)
        factories.make_follow_up(session, case, due_on=date(2014, 11, 10))
        factories.make_subscription(session, vault, case=case)
        return case.reference


def alerts(writing: sessionmaker[Session]) -> int:
    with writing() as session:
        return session.scalar(select(func.count()).select_from(Alert)) or 0


def said(capsys: pytest.CaptureFixture[str]) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(capsys.readouterr().out)
    return found


@pytest.mark.usefixtures("environment")
def test_a_check_says_what_it_announced_and_a_second_one_announces_nothing(
    late: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["check", "--now", "2014-11-12T06:00:00Z", "--json"]) == 0
    result = said(capsys)
    (one,) = result.pop("announced")
    assert result == {
        "schema": 1, "now": "2014-11-12T06:00:00+00:00", "dry_run": False, "looked_at": 1, "digests": 0,
    }  # fmt: skip
    del one["alert_id"]
    assert one == {
        "case_reference": late, "kind": "complaint_reply", "level": "overdue", "due_on": "2014-11-10", "told": 1,
        "in_digests": 0,
    }  # fmt: skip
    assert main(["check", "--now", "2014-11-12T06:00:00Z", "--json"]) == 0
    assert said(capsys)["announced"] == []


@pytest.mark.usefixtures("environment")
def test_without_json_the_check_prints_a_table_and_talks_beside_it(
    late: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["check", "--now", "2014-11-12T11:00:00+05:00"]) == 0
    told = capsys.readouterr()
    assert late in told.out
    assert "reply to a complaint" in told.out
    assert told.err == "1 announced, 0 digests queued.\n"


@pytest.mark.usefixtures("environment", "late")
def test_a_dry_run_writes_nothing(writing: sessionmaker[Session], capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["check", "--now", "2014-11-12T06:00:00Z", "--json", "--dry-run"]) == 0
    assert len(said(capsys)["announced"]) == 1
    assert alerts(writing) == 0


@pytest.mark.usefixtures("environment", "late")
@pytest.mark.parametrize("instant", ["yesterday", "2014-11-12T06:00:00", "2014-02-31T06:00:00Z"])
def test_an_instant_that_is_none_is_refused(
    writing: sessionmaker[Session], capsys: pytest.CaptureFixture[str], instant: str
) -> None:
    assert main(["check", "--now", instant]) == 2
    assert "2014-11-20T09:00:00Z" in capsys.readouterr().err
    assert alerts(writing) == 0


@pytest.mark.usefixtures("late")
def test_a_worker_checks_and_ends_well_when_it_is_stopped(
    environment: Mapping[str, str], writing: sessionmaker[Session]
) -> None:
    program = "import sys; from service.cli import main; sys.exit(main(['worker']))"
    worker = subprocess.Popen([sys.executable, "-c", program], env=dict(environment))
    try:
        give_up_at = time.monotonic() + 30
        while not _has_checked(writing):
            assert time.monotonic() < give_up_at
            assert worker.poll() is None
            time.sleep(0.1)
        worker.send_signal(signal.SIGTERM)
        assert worker.wait(20) == 0
    finally:
        worker.kill()
        worker.wait()
    assert alerts(writing) == 1


def _has_checked(writing: sessionmaker[Session]) -> bool:
    with writing() as session:
        beat = session.get(Heartbeat, "check_overdue")
        return beat is not None and beat.at.astimezone(UTC) > datetime(2020, 1, 1, tzinfo=UTC)
