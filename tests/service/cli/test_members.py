"""Adding members from the command line."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from service.cli.speaking import ExitCode
from tests.service.cli.conftest import Said

if TYPE_CHECKING:
    from tests.service.cli.conftest import Vigil

PASSWORD = "correct horse battery staple"


COMMAND = "import sys; from service.cli import main; sys.exit(main(sys.argv[1:]))"
ROOT = Path(__file__).parents[3]


def type_in(text: str, *arguments: str) -> Said:
    """The same command in a process of its own, which has a standard input."""
    ended = subprocess.run(
        [sys.executable, "-c", COMMAND, "member", "add", *arguments, "--password-stdin"],
        input=text, capture_output=True, text=True, check=False, cwd=ROOT,
    )  # fmt: skip
    return Said(ended.returncode, ended.stdout, ended.stderr)


@pytest.mark.usefixtures("installed")
def test_a_new_member_gets_an_address_for_the_authenticator_once() -> None:
    said = type_in(f"{PASSWORD}\n", "alice", "--all-cases", "--json")
    assert said.code == ExitCode.FINE
    result = json.loads(said.out)
    assert result["schema"] == 1
    assert result["otpauth"].startswith("otpauth://totp/")
    assert PASSWORD not in said.out + said.err
    again = type_in(f"{PASSWORD}\n", "alice")
    assert (again.code, again.out) == (ExitCode.FAILED, "")
    assert "a member is called alice already" in again.err


@pytest.mark.usefixtures("installed")
@pytest.mark.parametrize(
    ("text", "arguments", "told"),
    [
        ("too short\n", (), "at least 15 characters"),
        ("", (), "nothing came in"),
        (f"{PASSWORD}\n", ("--case", "KAZ-2099-404"), "no case bears the reference KAZ-2099-404"),
    ],
)
def test_what_cannot_be_is_refused_and_nobody_is_added(text: str, arguments: tuple[str, ...], told: str) -> None:
    said = type_in(text, "bob", *arguments)
    assert (said.code, said.out) == (ExitCode.FAILED, "")
    assert told in said.err
    assert type_in(f"{PASSWORD}\n", "bob").code == ExitCode.FINE


def test_a_role_that_is_not_is_a_mistake_in_the_command(installed: Vigil) -> None:
    assert installed("member", "add", "bob", "--role", "king").code == ExitCode.USAGE
