"""Documents over HTTP: what is taken, what is refused, who reads, and what is left of what was erased."""

from __future__ import annotations

import base64
import hashlib
from typing import TYPE_CHECKING, Any
from uuid import uuid4

import pytest
from sqlalchemy import func, inspect, select, update

from alerts.facts import Tier
from service.app import build_parts, create_app
from service.records import AuditEntry, Case, Document, Source
from service.settings import load_settings
from service.vocabulary import DocumentType
from tests.conftest import SECRET_KEY
from tests.factories import make_source
from tests.papers import make_document
from tests.service.api.calling import Api
from tests.service.api.test_access import everything
from tests.service.documents.files import WHOLE, pdf, png

if TYPE_CHECKING:
    from datetime import datetime
    from pathlib import Path

    import httpx
    from sqlalchemy import Engine
    from sqlalchemy.orm import Session, sessionmaker

    from service.clock import FixedClock
    from service.security.encryption import Vault
    from tests.service.api.conftest import World

MIB = 1024 * 1024


def send(
    api: Api, case: object, content: bytes, kind: str = "application/pdf", /, *, headers: dict[str, str] | None = None,
    **said: Any,
) -> httpx.Response:  # fmt: skip
    """Add the file to the case."""
    params = {"case_id": str(case), "title": "Reply of the prosecutor", **said}
    return api.call(
        "POST", "/documents", params=params, content=content, headers={"Content-Type": kind, **(headers or {})}
    )


def noted(writing: sessionmaker[Session]) -> AuditEntry:
    """The last entry of the audit."""
    with writing() as session:
        return session.scalars(select(AuditEntry).order_by(AuditEntry.seq.desc()).limit(1)).one()


@pytest.fixture
def alice(api: Api, world: World) -> Api:
    """The application, called by Alice."""
    return api.as_holder_of(world.alice)


@pytest.mark.parametrize("kind", list(DocumentType))
def test_a_file_is_saved_as_it_was_given(
    kind: DocumentType, alice: Api, world: World, writing: sessionmaker[Session]
) -> None:
    content = WHOLE[kind] + (b"more" if kind is DocumentType.TEXT else b"")
    said: dict[str, Any] = {
        "file_name": "../Ответ.exe",
        "language": "ru",
        "dated_on": "2014-11-02",
        "tier": "confidential",
    }
    made = send(alice, world.case, content, kind.media_type, **said)
    assert made.status_code == 201, made.text
    shown = made.json()
    assert (shown["media_type"], shown["size"]) == (kind.media_type, len(content))
    assert shown["sha256"] == hashlib.sha256(content).hexdigest()
    assert shown["file_name"].startswith("Ответ.exe.")
    assert alice.get(f"/documents/{shown['id']}").json() == shown
    answer = alice.get(f"/documents/{shown['id']}/content")
    assert (answer.status_code, answer.content) == (200, content)
    assert answer.headers["content-type"].startswith(kind.media_type)
    assert answer.headers["content-disposition"].startswith('attachment; filename="document.')
    assert "filename*=UTF-8''%D0%9E" in answer.headers["content-disposition"]
    assert answer.headers["content-security-policy"].startswith("sandbox; default-src 'none'")
    assert (answer.headers["x-content-type-options"], answer.headers["cache-control"]) == ("nosniff", "no-store")
    digest = base64.b64encode(hashlib.sha256(content).digest()).decode()
    assert answer.headers["repr-digest"] == f"sha-256=:{digest}:"
    entry = noted(writing)
    assert (entry.actor, entry.action, entry.record_id) == ("alice (token)", "download", shown["id"])


def test_what_is_stored_cannot_be_read_without_the_key(
    alice: Api, world: World, writing: sessionmaker[Session]
) -> None:
    made = send(alice, world.case, pdf() + b"\n% zq7marker\n%%EOF").json()
    with writing() as session:
        stored = session.scalar(select(Document.content).where(Document.sha256 == made["sha256"]))
    assert stored is not None
    assert stored.startswith(b"v1|")
    assert b"zq7marker" not in stored
    assert b"%PDF" not in stored


@pytest.mark.parametrize(
    ("content", "kind", "where"),
    [
        (png(), "application/pdf", "header:Content-Type"),
        (pdf(), "text/plain", "header:Content-Type"),
        (WHOLE[DocumentType.ODT], DocumentType.DOCX.media_type, "header:Content-Type"),
        (b"MZ\0\0", "application/x-msdownload", "header:Content-Type"),
        (pdf(), "application/octet-stream", "header:Content-Type"),
        (b"<p>x</p>", "text/html", "header:Content-Type"),
        (b"hello", "text/plain; charset=windows-1251", "header:Content-Type"),
        (b"<html>", "text/plain", "#"),
        (b"MZ\0\0", "application/pdf", "#"),
        (b"", "application/pdf", "#"),
        (b"{}", "application/json", "header:Content-Type"),
    ],
    ids=range(11),
)
def test_a_file_that_is_not_what_it_says_is_refused(
    content: bytes, kind: str, where: str, alice: Api, world: World, writing: sessionmaker[Session]
) -> None:
    before = everything(writing)
    answer = send(alice, world.case, content, kind)
    assert answer.status_code == 422, answer.text
    assert [error["pointer"].rstrip("/") for error in answer.json()["errors"]] == [where]
    assert everything(writing) == before


@pytest.mark.parametrize(
    "kind", ["text/plain; charset=UTF-8", 'Text/Plain; format=flowed; charset="utf-8"', "text/plain;"]
)
def test_text_may_say_its_encoding(kind: str, alice: Api, world: World) -> None:
    assert send(alice, world.case, "Ответ".encode(), kind).status_code == 201


def test_the_same_file_twice_is_in_conflict_with_the_one_that_is_there(alice: Api, world: World) -> None:
    first = send(alice, world.case, pdf())
    second = send(alice, world.case, pdf(), title="Another title")
    assert (first.status_code, second.status_code) == (201, 409)
    assert first.json()["id"] in second.json()["detail"]


def test_another_case_may_have_the_same_file(api: Api, world: World) -> None:
    dora = api.as_holder_of(world.dora)
    assert [send(dora, case, pdf()).status_code for case in (world.case, world.other_case)] == [201, 201]


def test_a_file_that_was_altered_on_the_way_is_refused(
    alice: Api, world: World, writing: sessionmaker[Session]
) -> None:
    right, wrong = (hashlib.sha256(content) for content in (pdf(), b"other"))
    before = everything(writing)
    bad = [
        send(alice, world.case, pdf(), sha256=wrong.hexdigest()),
        send(alice, world.case, pdf(), sha256="nonsense"),
        send(
            alice, world.case, pdf(), headers={"Repr-Digest": f"sha-256=:{base64.b64encode(wrong.digest()).decode()}:"}
        ),
        send(alice, world.case, pdf(), headers={"Repr-Digest": "md5=:x:"}),
    ]
    assert [answer.status_code for answer in bad] == [422] * 4
    pointers = [answer.json()["errors"][0]["pointer"] for answer in bad]
    assert pointers == ["query:sha256", "query:sha256", "header:Repr-Digest", "header:Repr-Digest"]
    assert everything(writing) == before
    header = {"Repr-Digest": f"sha-256=:{base64.b64encode(right.digest()).decode()}:"}
    assert send(alice, world.case, pdf(), sha256=right.hexdigest(), headers=header).status_code == 201


def test_a_file_may_have_as_many_bytes_as_the_setting_says(
    engine: Engine, vault: Vault, clock: FixedClock, tmp_path: Path, database_url: str, world: World,
    writing: sessionmaker[Session],
) -> None:  # fmt: skip
    settings = load_settings(
        home=tmp_path, database_url=database_url, secret_key=SECRET_KEY, public_url="https://vigil.example.org",
        largest_document_mib=2,
    )  # fmt: skip
    api = Api(create_app(build_parts(settings, clock=clock, wall_clock=clock, engine=engine, vault=vault)))
    alice = api.as_holder_of(world.alice)
    before = everything(writing)
    larger = send(alice, world.case, b"x" * (2 * MIB + 1), "text/plain")
    assert larger.status_code == 413
    assert larger.headers["content-type"] == "application/problem+json"

    async def pieces() -> Any:
        for _ in range(3):
            yield b"x" * MIB

    # Not announced, so it is counted while it arrives.
    unannounced = alice.call(
        "POST", "/documents", params={"case_id": str(world.case), "title": "x"}, content=pieces(),
        headers={"Content-Type": "text/plain"},
    )  # fmt: skip
    assert unannounced.status_code == 413
    assert everything(writing) == before
    assert send(alice, world.case, b"x" * 2 * MIB, "text/plain").status_code == 201
    # No other path takes more for it.
    assert alice.call("POST", "/cases", content=b"x" * (MIB + 1)).status_code == 413


@pytest.mark.parametrize("by", ["vault", "hash", "row"])
def test_content_that_was_altered_is_a_loud_error(
    by: str, alice: Api, world: World, writing: sessionmaker[Session], vault: Vault, now: datetime,
    capsys: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    path = f"/documents/{world.document}"
    with writing.begin() as session:
        one = update(Document).where(Document.id == world.document)
        sealed = session.scalars(select(Document.content).where(Document.id == world.document)).one()
        assert sealed is not None
        if by == "vault":
            session.execute(one.values(content=sealed[:-1] + bytes((sealed[-1] ^ 1,))))
        elif by == "hash":
            other = vault.seal_bytes(b"another text", column="document.content", row_id=world.document)
            session.execute(one.values(content=other))
        else:
            case = session.get_one(Case, world.case)
            twin = make_document(session, case, now=now, vault=vault, kind=DocumentType.PDF)
            session.execute(one.values(content=twin.content, sha256="0" * 64, size=twin.size))
    answer = alice.get(f"{path}/content")
    assert answer.status_code == 500
    assert answer.json()["type"] == "/problems/damaged"
    assert WHOLE[DocumentType.TEXT] not in answer.content
    assert "document_damaged" in "".join(capsys.readouterr())
    assert noted(writing).action != "download"
    # What is known of it can still be read.
    assert alice.get(path).status_code == 200


def test_only_coordinators_and_administrators_erase(api: Api, world: World, writing: sessionmaker[Session]) -> None:
    path, why = f"/documents/{world.document}/erase", {"reason": "She asked us to."}
    before = everything(writing)
    for token, status in ((world.alice, 403), (world.bob, 403), (world.charlie, 404), (world.admin, 404)):
        assert api.as_holder_of(token).call("POST", path, json=why, headers={"If-Match": '"1"'}).status_code == status
    dora = api.as_holder_of(world.dora)
    assert dora.post(path, why).status_code == 428
    assert dora.call("POST", path, json=why, headers={"If-Match": '"9"'}).status_code == 412
    assert dora.call("POST", path, json={}, headers={"If-Match": '"1"'}).status_code == 422
    assert everything(writing) == before
    assert dora.call("POST", path, json=why, headers={"If-Match": '"1"'}).status_code == 200


def test_of_an_erased_document_type_size_and_hash_are_left(
    api: Api, world: World, writing: sessionmaker[Session]
) -> None:
    dora, path = api.as_holder_of(world.dora), f"/documents/{world.document}"
    before = dora.get(path).json()
    said = dora.call("POST", f"{path}/erase", json={"reason": "She asked us to."}, headers={"If-Match": '"1"'}).json()
    assert dora.get(path).json() == said
    kept = {name: before[name] for name in ("id", "case_id", "media_type", "size", "sha256", "tier", "created_at")}
    gone = dict.fromkeys(("title", "file_name", "source_id", "language", "dated_on"))
    assert said == {
        **kept, **gone, "erased_at": "2014-11-20T09:00:00Z", "erased_because": "She asked us to.", "version": 2,
    }  # fmt: skip
    with writing() as session:
        row = session.get_one(Document, world.document)
        assert (row.content, row.title, row.erased_by) == (None, None, "dora (token)")
        entry = session.scalars(select(AuditEntry).where(AuditEntry.action == "erase")).one()
        assert entry.detail == {"sha256": before["sha256"], "reason": "She asked us to."}
    assert dora.get(f"{path}/content").status_code == 409
    assert dora.patch(path, {"title": "x"}, version=2).status_code == 409
    again = dora.call("POST", f"{path}/erase", json={"reason": "x"}, headers={"If-Match": '"2"'})
    assert again.status_code == 409
    # What was erased does not come back unseen.
    back = send(dora, world.case, WHOLE[DocumentType.TEXT], "text/plain")
    assert back.status_code == 409
    assert "was erased from the case on 2014-11-20" in back.json()["detail"]


def test_what_is_sealed_is_missing_for_everybody(api: Api, world: World, writing: sessionmaker[Session]) -> None:
    dora = api.as_holder_of(world.dora)
    made = send(dora, world.case, pdf(), tier="sealed")
    assert made.status_code == 201
    path = f"/documents/{made.json()['id']}"
    assert dora.get(path).status_code == dora.get(f"{path}/content").status_code == 404
    assert made.json()["id"] not in dora.get("/documents").text
    # Who gave it is not told by the refusal of a second one either.
    second = send(dora, world.case, pdf())
    assert second.status_code == 409
    assert made.json()["id"] not in second.text
    other = f"/documents/{world.document}"
    assert api.as_holder_of(world.alice).patch(other, {"tier": "sealed"}, version=1).status_code == 403
    assert dora.patch(other, {"tier": "sealed"}, version=1).status_code == 200
    assert dora.get(other).status_code == 404


def test_the_paper_of_a_sealed_source_is_missing_too(api: Api, world: World, writing: sessionmaker[Session]) -> None:
    dora, path = api.as_holder_of(world.dora), f"/documents/{world.document}"
    with writing.begin() as session:
        source, witness = make_source(session).id, make_source(session, tier=Tier.SEALED).id
    for foreign in (witness, uuid4()):
        answer = dora.patch(path, {"source_id": str(foreign)}, version=1)
        assert answer.status_code == 422
        assert answer.json()["errors"] == [{"pointer": "#/source_id", "detail": "There is no such source."}]
        answer = send(dora, world.case, pdf(), source_id=str(foreign))
        assert answer.json()["errors"] == [{"pointer": "query:source_id", "detail": "There is no such source."}]
    assert dora.patch(path, {"source_id": str(source)}, version=1).json()["source_id"] == str(source)
    with writing.begin() as session:
        session.execute(update(Source).where(Source.id == source).values(tier=Tier.SEALED))
    assert dora.get(path).status_code == dora.get(f"{path}/content").status_code == 404


def test_no_document_is_public_and_no_column_is_smuggled_in(
    alice: Api, world: World, writing: sessionmaker[Session]
) -> None:
    before = everything(writing)
    offered = {"case_id", "title", "file_name", "tier", "source_id", "language", "dated_on", "sha256"}
    for column in inspect(Document).columns:
        if column.key not in offered:
            extra: dict[str, Any] = {column.key: "x"}
            answer = send(alice, world.case, pdf(), **extra)
            assert answer.status_code == 422, column.key
            assert "not yours to set" in answer.text
    assert send(alice, world.case, pdf(), tier="public").status_code == 422
    assert alice.patch(f"/documents/{world.document}", {"tier": "public"}, version=1).status_code == 422
    assert send(alice, world.case, pdf(), title=" ").status_code == 422
    assert everything(writing) == before


def test_lists_never_load_the_content(alice: Api, world: World, writing: sessionmaker[Session]) -> None:
    with writing() as session:
        document = session.get_one(Document, world.document)
        assert "content" in inspect(document).unloaded
    listed = alice.get("/documents", params={"case_id": str(world.case)}).json()["items"]
    assert [item["id"] for item in listed] == [str(world.document)]
    assert "content" not in listed[0]


def test_whoever_may_only_read_adds_nothing(api: Api, world: World, writing: sessionmaker[Session]) -> None:
    before = everything(writing)
    for token, status in (
        (None, 401),
        (world.read_only, 403),
        (world.bob, 403),
        (world.charlie, 404),
        (world.admin, 404),
    ):
        assert send(api.as_holder_of(token), world.case, pdf()).status_code == status
    assert everything(writing) == before


def test_adding_is_noted_without_what_is_said_of_it(alice: Api, world: World, writing: sessionmaker[Session]) -> None:
    made = send(alice, world.case, pdf(), title="A telling title").json()
    entry = noted(writing)
    assert (entry.actor, entry.action, entry.record, entry.record_id) == (
        "alice (token)", "add", "document", made["id"],
    )  # fmt: skip
    assert entry.detail == {"case_id": str(world.case), "sha256": made["sha256"]}
    with writing() as session:
        assert session.scalar(select(func.count()).select_from(Document)) == 2
        assert session.scalars(select(Document.added_by_id).where(Document.sha256 == made["sha256"])).one() is not None
