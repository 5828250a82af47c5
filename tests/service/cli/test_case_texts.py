"""`vigil case-text`: a translation goes in, is shown while it holds, and comes out again."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from service.cli.opening import opened
from service.cli.speaking import ExitCode
from service.vocabulary import Access
from tests.factories import make_case
from tests.service.api.calling import make_member

if TYPE_CHECKING:
    from pathlib import Path

    from tests.service.cli.conftest import Vigil

REFERENCE = "KAZ-2099-901"


@pytest.fixture
def file(installed: Vigil, tmp_path: Path) -> Path:
    with opened() as parts, parts.writing.begin() as session:
        case = make_case(session, reference=REFERENCE)
        make_member(session, "alice", cases=[case])
        make_member(session, "bob", cases=[case], access=Access.READ)
    path = tmp_path / "russian.txt"
    path.write_text("Учительница.\n", encoding="utf-8")
    return path


def shown(vigil: Vigil) -> list[dict[str, object]]:
    texts: list[dict[str, object]] = json.loads(vigil("case-text", "list", REFERENCE, "--json").out)["texts"]
    return texts


def test_a_translation_is_listed_until_it_is_removed(installed: Vigil, file: Path) -> None:
    put = ("case-text", "set", REFERENCE, "ru", "--file", file, "--translated-by", "Alice", "--on", "2030-01-06")
    assert installed(*put, "--by", "alice").code == ExitCode.FINE
    assert shown(installed) == [{"language": "ru", "as_of": "2030-01-06", "translated_by": "Alice", "is_shown": True}]
    assert "yes" in installed("case-text", "list", REFERENCE).out
    assert installed("case-text", "remove", REFERENCE, "ru", "--by", "alice").code == ExitCode.FINE
    assert shown(installed) == []


def test_whoever_may_only_read_puts_nothing_in(installed: Vigil, file: Path) -> None:
    said = installed("case-text", "set", REFERENCE, "ru", "--file", file, "--by", "bob")
    assert said.code == ExitCode.FAILED
    assert shown(installed) == []


def test_a_file_that_is_no_text_is_refused_by_name(installed: Vigil, file: Path) -> None:
    file.write_bytes(b"\xff\xfe")
    said = installed("case-text", "set", REFERENCE, "ru", "--file", file, "--by", "alice")
    assert said.code == ExitCode.FAILED
    assert "--file" in said.err
    missing = installed("case-text", "set", REFERENCE, "ru", "--file", file.with_name("gone"), "--by", "alice")
    assert "No such file" in missing.err
