"""Documents from the command line: added, listed, saved and erased, or refused with the reason."""

from __future__ import annotations

import json
import stat
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import select

from service.cli.opening import opened
from service.records import AuditEntry, Case
from service.vocabulary import Access, DocumentType, Role
from tests.service.api.calling import make_member
from tests.service.casefile.samples import CASE_FILE
from tests.service.documents.files import WHOLE, docx, pdf, png

if TYPE_CHECKING:
    from pathlib import Path

    from tests.service.cli.conftest import Vigil

CASE = "KAZ-2099-001"


@pytest.fixture
def with_case(installed: Vigil, tmp_path: Path) -> Vigil:
    """The sample's two cases."""
    sample = tmp_path / "sample.yaml"
    sample.write_text(CASE_FILE, encoding="utf-8")
    assert installed("import", sample).code == 0
    return installed


@pytest.fixture
def reply(tmp_path: Path) -> Path:
    """A reply that was scanned."""
    path = tmp_path / "reply.pdf"
    path.write_bytes(pdf())
    return path


def added(vigil: Vigil, file: Path, *more: object) -> dict[str, Any]:
    """What `vigil document add --json` prints."""
    said = vigil("document", "add", file, "--case", CASE, "--title", "Reply of the prosecutor", *more, "--json")
    assert said.code == 0, said.err
    document: dict[str, Any] = json.loads(said.out)["document"]
    return document


def test_a_document_is_added_listed_and_saved(with_case: Vigil, reply: Path, tmp_path: Path) -> None:
    document = added(with_case, reply, "--language", "ru", "--dated-on", "2014-11-02", "--tier", "confidential")
    assert (document["media_type"], document["file_name"]) == ("application/pdf", "reply.pdf")
    listed = json.loads(with_case("document", "list", "--case", CASE, "--json").out)["documents"]
    assert listed == [{**document, "source": None}]
    table = with_case("document", "list", "--case", CASE).out
    assert "Reply of the prosecutor" in table
    assert document["sha256"][:12] in table
    target = tmp_path / "saved.pdf"
    assert with_case("document", "save", document["id"], "--to", target).code == 0
    assert target.read_bytes() == pdf()
    assert stat.S_IMODE(target.stat().st_mode) == 0o600


def test_a_file_that_is_there_is_overwritten_only_by_force(with_case: Vigil, reply: Path, tmp_path: Path) -> None:
    document, target = added(with_case, reply), tmp_path / "there.pdf"
    target.write_bytes(b"mine")
    refused = with_case("document", "save", document["id"], "--to", target)
    assert (refused.code, target.read_bytes()) == (1, b"mine")
    assert "--force" in refused.err
    assert with_case("document", "save", document["id"], "--to", target, "--force").code == 0
    assert (target.read_bytes(), stat.S_IMODE(target.stat().st_mode)) == (pdf(), 0o600)
    nowhere = with_case("document", "save", document["id"], "--to", tmp_path / "none" / "x.pdf")
    assert nowhere.code == 1
    assert "cannot be written" in nowhere.err


@pytest.mark.parametrize(
    ("name", "content", "why"),
    [
        ("reply.pdf", png(), "really image/png"),
        ("reply.exe", pdf(), "name it .pdf"),
        ("reply.docx", docx(("word/vbaProject.bin", b"x")), "macros"),
        ("reply.txt", b"", "empty"),
        ("page.txt", b"<html>", "markup"),
    ],
)
def test_what_is_not_taken_is_refused_with_the_reason(
    with_case: Vigil, tmp_path: Path, name: str, content: bytes, why: str
) -> None:
    file = tmp_path / name
    file.write_bytes(content)
    said = with_case("document", "add", file, "--case", CASE, "--title", "x")
    assert said.code == 1
    assert why in said.err
    assert json.loads(with_case("document", "list", "--case", CASE, "--json").out)["documents"] == []


@pytest.mark.parametrize(
    ("more", "why"),
    [
        (["--sha256", "0" * 64], "another hash"),
        (["--source", "nobody"], "no such source"),
        (["--tier", "public"], "tier"),
        (["--language", "not a language"], "language"),
    ],
)
def test_what_is_said_of_it_is_checked(with_case: Vigil, reply: Path, more: list[str], why: str) -> None:
    said = with_case("document", "add", reply, "--case", CASE, "--title", "x", *more)
    assert said.code == 1
    assert why in said.err


def test_a_file_that_is_too_large_is_not_read(
    with_case: Vigil, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("VIGIL_LARGEST_DOCUMENT_MIB", "1")
    file = tmp_path / "large.txt"
    file.write_bytes(b"x" * (1024 * 1024 + 1))
    said = with_case("document", "add", file, "--case", CASE, "--title", "x")
    assert said.code == 1
    assert "the most that is read is 1 MiB" in said.err


def test_the_same_file_twice_names_the_one_that_is_there(with_case: Vigil, reply: Path) -> None:
    document = added(with_case, reply)
    again = with_case("document", "add", reply, "--case", CASE, "--title", "x")
    assert again.code == 1
    assert document["id"] in again.err


def test_what_is_sealed_is_on_no_list_and_is_not_saved(with_case: Vigil, reply: Path, tmp_path: Path) -> None:
    document = added(with_case, reply, "--tier", "sealed")
    assert json.loads(with_case("document", "list", "--case", CASE, "--json").out)["documents"] == []
    assert with_case("document", "save", document["id"], "--to", tmp_path / "x").code == 1
    assert not (tmp_path / "x").exists()


def test_only_coordinators_and_administrators_erase(with_case: Vigil, tmp_path: Path) -> None:
    with opened() as parts, parts.writing.begin() as session:
        case = session.scalars(select(Case).where(Case.reference == CASE)).one()
        make_member(session, "alice", cases=[case])
        make_member(session, "dora", role=Role.COORDINATOR, cases=[case])
        make_member(session, "charlie", role=Role.ADMIN)
    file = tmp_path / "note.txt"
    file.write_bytes(WHOLE[DocumentType.TEXT])
    document = added(with_case, file)
    for name in ("alice", "charlie", "nobody"):
        assert with_case("document", "erase", document["id"], "--by", name, "--reason", "x").code == 1
    assert with_case("document", "erase", document["id"], "--by", "dora", "--reason", " ").code == 1
    said = with_case("document", "erase", document["id"], "--by", "dora", "--reason", "She asked us to.")
    assert said.code == 0, said.err
    assert with_case("document", "save", document["id"], "--to", tmp_path / "x").code == 1
    [left] = json.loads(with_case("document", "list", "--case", CASE, "--json").out)["documents"]
    assert (left["title"], left["sha256"], left["erased_because"]) == (None, document["sha256"], "She asked us to.")
    with opened() as parts, parts.reading() as session:
        entries = session.scalars(select(AuditEntry).where(AuditEntry.record == "document").order_by(AuditEntry.seq))
        noted = [(entry.actor, entry.action) for entry in entries]
    assert noted == [("command line", "add"), ("dora (command line)", "erase"), ("command line", "read")]


def test_a_sealed_document_can_be_erased_unread(with_case: Vigil, reply: Path) -> None:
    with opened() as parts, parts.writing.begin() as session:
        make_member(session, "dora", role=Role.COORDINATOR, all_cases=Access.WRITE)
    document = added(with_case, reply, "--tier", "sealed")
    assert with_case("document", "erase", document["id"], "--by", "dora", "--reason", "Withdrawn").code == 0
