"""Bundles and tables over HTTP: who may send them, what a dry run shows, what is refused and how."""

from __future__ import annotations

import io
import json
from typing import TYPE_CHECKING, Any

import anyio
import httpx
import pytest
from sqlalchemy import func, select

from service.api.uploads import LARGEST_FILES, XLSX
from service.commands.import_case_file import import_case_file
from service.records import AuditEntry, Case, FollowUp, Member, Person
from service.vocabulary import Access, Role
from tests.bundling import SHARED, bundle_of, consent
from tests.service.api.calling import make_member, make_token
from tests.service.casefile.samples import CASE_FILE, read
from tests.service.tables.workbooks import workbook

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy.orm import Session, sessionmaker

    from service.security.encryption import Vault
    from tests.service.api.calling import Api
    from tests.service.api.conftest import World

BOTH = ("KAZ-2098-001", "KAZ-2098-002")
TABLE = "key,due\r\n002-reply,2014-12-24\r\n"
ONCE = {"Idempotency-Key": "once"}


def send(api: Api, path: str, content: Any, *, sent_as: str = "text/csv", key: bool = True, **params: Any) -> Any:
    headers = {"Content-Type": sent_as} | (ONCE if key else {})
    return api.call("POST", path, content=content, headers=headers, params=params)


def send_bundle(api: Api, content: bytes, **params: Any) -> Any:
    return send(api, "/bundles", content, sent_as="application/json", **params)


def send_table(api: Api, content: str | bytes = TABLE, **params: Any) -> Any:
    return send(api, "/tables/follow_ups", content, case_file="sample-2014", **params)


@pytest.fixture
def dora(api: Api, world: World) -> Api:
    """A coordinator who may write in all cases."""
    return api.as_holder_of(world.dora)


@pytest.fixture
def sample(writing: sessionmaker[Session], world: World, vault: Vault, now: datetime) -> None:
    """A case file that is here."""
    with writing.begin() as session:
        import_case_file(session, read(), now=now, by="tests", vault=vault)


@pytest.fixture
def bundle(writing: sessionmaker[Session], world: World, vault: Vault, now: datetime) -> bytes:
    """A bundle of two cases that are not here."""
    text = CASE_FILE.replace("sample-2014", "elsewhere").replace("KAZ-2099", "KAZ-2098")
    text = text.replace("briefing", "report").replace("key: letter", "key: paper")
    with writing() as session:
        import_case_file(session, read(text), now=now, by="tests", vault=vault)
        for person in session.scalars(select(Person.id)).all():
            consent(session, person, *SHARED)
        made = bundle_of(session, BOTH, now=now).content
        session.rollback()
    return made


def cases(writing: sessionmaker[Session]) -> int:
    with writing() as session:
        return session.scalar(select(func.count()).select_from(Case).where(Case.reference.in_(BOTH))) or 0


def due(writing: sessionmaker[Session]) -> str:
    with writing() as session:
        return str(session.scalars(select(FollowUp.due_on).where(FollowUp.title == "Reply to the complaint")).one())


def entries(writing: sessionmaker[Session], action: str) -> list[AuditEntry]:
    with writing() as session:
        return list(session.scalars(select(AuditEntry).where(AuditEntry.action == action)))


def test_a_bundle_enters_once_and_leaves_as_it_came(dora: Api, writing: sessionmaker[Session], bundle: bytes) -> None:
    tried = send_bundle(dora, bundle, key=False, dry_run="true")
    assert (tried.status_code, tried.json()["dry_run"], tried.json()["created"]["cases"]) == (200, True, 2)
    assert {change["what"] for change in tried.json()["changes"]} == {"created"}
    assert cases(writing) == 0
    first, again = (send_bundle(dora, bundle) for _ in range(2))
    assert first.status_code == 200
    assert first.json() == again.json()
    assert (first.json()["created"]["cases"], first.json()["changes"], cases(writing)) == (2, [], 2)
    given = dora.get("/bundles", params={"reference": BOTH})
    assert given.content == bundle
    assert given.headers["vigil-left-out"] == "0"
    assert given.headers["content-disposition"] == 'attachment; filename="bundle-2014-11-20.json"'
    assert [entry.actor for entry in entries(writing, "import_bundle")] == ["dora (token)"]
    assert [entry.record for entry in entries(writing, "export")] == ["bundle"]
    assert len(entries(writing, "try_import")) == 1


def test_a_bundle_is_made_of_granted_cases_alone(api: Api, world: World) -> None:
    reference = api.as_holder_of(world.alice).get(f"/cases/{world.case}").json()["reference"]
    alice = api.as_holder_of(world.alice).get("/bundles", params={"reference": reference})
    assert alice.status_code == 200
    assert "who have not agreed to be shared" in alice.headers["vigil-left-out"]
    assert "Dana" not in alice.text
    foreign = api.as_holder_of(world.charlie).get("/bundles", params={"reference": reference})
    missing = api.as_holder_of(world.charlie).get("/bundles", params={"reference": "KAZ-2001-999"})
    assert (foreign.status_code, foreign.content) == (404, missing.content)
    assert api.as_holder_of(world.alice).get("/bundles").status_code == 422


def test_an_edited_bundle_is_refused_and_not_repeated(dora: Api, writing: sessionmaker[Session], bundle: bytes) -> None:
    answer = send_bundle(dora, bundle.replace(b"Dana Sample", b"Zq7 Marker"))
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["pointer"] == "bundle:checksum"
    assert "edited or damaged" in answer.json()["errors"][0]["detail"]
    for content in (b"", b"{", b"[]", bundle[:-9], bundle.replace(b"vigil-bundle/3", b"vigil-bundle/2")):
        refused = send_bundle(dora, content)
        assert (refused.status_code, bool(refused.json()["errors"])) == (422, True)
    assert "Zq7" not in answer.text
    assert cases(writing) == 0


def test_a_table_shows_what_it_would_change_and_then_changes_it_once(
    dora: Api, writing: sessionmaker[Session], sample: None
) -> None:
    tried = send_table(dora, key=False, dry_run="true").json()
    assert (tried["updated"], tried["more"], due(writing)) == (1, 0, "2014-11-10")
    assert tried["changes"] == [
        {
            "what": "changed",
            "kind": "follow_ups",
            "key": "002-reply",
            "fields": [{"field": "due_on", "before": "2014-11-10", "now": "2014-12-24"}],
        }
    ]
    first, again = (send_table(dora) for _ in range(2))
    assert first.json() == again.json()
    assert (first.json()["updated"], due(writing)) == (1, "2014-12-24")
    assert [entry.record_id for entry in entries(writing, "import_table")] == ["sample-2014"]
    assert [entry.detail for entry in entries(writing, "try_import")] == [{"section": "follow_ups"}]


def test_a_workbook_with_other_headings_is_mapped(dora: Api, writing: sessionmaker[Session], sample: None) -> None:
    content = workbook(["Nr", "Frist", "Notes"], [["002-reply", "24.12.2014", "x"]])
    params = {"map": ["Nr=key", "Frist=due"], "ignore": ["Notes"], "dates": "DD.MM.YYYY", "set": ["recurrence_days=30"]}
    answer = send_table(dora, content, sent_as=XLSX, **params)
    assert (answer.status_code, answer.json()["updated"]) == (200, 1)
    assert due(writing) == "2014-12-24"


def test_each_fault_is_named_with_its_row_and_column_and_no_cell_is_repeated(
    dora: Api, writing: sessionmaker[Session], sample: None
) -> None:
    rows = "key,due,kind\r\n002-reply,zq7day,complaint_reply\r\nzq7key,2014-12-24,zq7kind\r\n"
    answer = send_table(dora, rows)
    assert answer.status_code == 422
    pointers = {error["pointer"] for error in answer.json()["errors"]}
    assert pointers == {"table:row 2, column 'due'", "table:row 3, column 'kind'"}
    assert "zq7" not in answer.text
    assert due(writing) == "2014-11-10"
    nowhere = send(
        dora, "/tables/demands", 'code,cases\r\n1G1,"KAZ-2099-001, KAZ-2077-007"\r\n', case_file="sample-2014"
    )
    assert [error["pointer"] for error in nowhere.json()["errors"]] == ["table:row 2"]
    assert "KAZ-2077-007" not in nowhere.text


@pytest.mark.parametrize(
    ("content", "sent_as", "words"),
    [
        (b"PK\x03\x04 is no CSV", "text/csv", "workbook"),
        (b"key,due\n", XLSX, ""),
        (workbook(["key", "due"], [["002-reply", "=1+1"]]), XLSX, ""),
        (b"\xff\xfek\x00", "text/csv", "UTF-16"),
        (b"", "text/csv", "empty"),
    ],
)
def test_what_is_no_table_is_refused(
    content: bytes, sent_as: str, words: str, dora: Api, writing: sessionmaker[Session], sample: None
) -> None:
    answer = send_table(dora, content, sent_as=sent_as)
    assert answer.status_code == 422
    assert words in json.dumps(answer.json()["errors"])
    assert due(writing) == "2014-11-10"


def test_what_is_asked_wrongly_is_refused(dora: Api, sample: None) -> None:
    assert send_table(dora, sent_as="application/json").status_code == 415
    assert send_bundle(dora, b"{}").status_code == 422
    assert send(dora, "/bundles", b"{}").status_code == 415
    assert send_table(dora, key=False).status_code == 400
    assert send_table(dora, map=["no pair"]).status_code == 422
    assert send_table(dora, dates="tomorrow").status_code == 422
    assert send(dora, "/tables/nothing", TABLE, case_file="sample-2014").status_code == 404
    assert send(dora, "/tables/follow_ups", TABLE, case_file="nowhere").status_code == 422
    assert send_table(dora).status_code == 200
    assert send_table(dora, "key,due\r\n002-reply,2014-12-25\r\n").status_code == 422  # the same key for another table


@pytest.mark.parametrize(
    ("role", "grant", "expected"),
    [
        (Role.ADMIN, Access.WRITE, 200),
        (Role.COORDINATOR, Access.WRITE, 200),
        (Role.COORDINATOR, Access.READ, 403),
        (Role.OFFICER, Access.WRITE, 403),
        (Role.OBSERVER, Access.WRITE, 403),
        (Role.ADMIN, None, 403),
    ],
)
def test_only_who_runs_the_organisation_and_may_write_everywhere_imports(
    role: Role, grant: Access | None, expected: int, api: Api, writing: sessionmaker[Session], bundle: bytes,
    sample: None, vault: Vault, now: datetime,
) -> None:  # fmt: skip
    with writing.begin() as session:
        member: Member = make_member(session, "erin", role=role, all_cases=grant)
        token = make_token(session, member, now=now, vault=vault)
    erin = api.as_holder_of(token)
    assert send_table(erin).status_code == expected
    headers = {"Content-Type": "application/json", "Idempotency-Key": "other"}
    assert erin.call("POST", "/bundles", content=bundle, headers=headers).status_code == expected
    assert cases(writing) == (2 if expected == 200 else 0)


def pieces(arrived: list[int], most: int) -> Any:
    """A body that does not say how large it is."""

    async def stream() -> Any:
        for _ in range(most // 65_536 + 64):
            arrived.append(65_536)
            yield b"x" * 65_536

    return stream()


@pytest.mark.parametrize("path", ["/bundles", "/tables/follow_ups?case_file=sample-2014"])
def test_a_file_that_grows_beyond_its_limit_is_not_read_to_its_end(path: str, dora: Api) -> None:
    most = LARGEST_FILES["/api/v1/bundles" if "bundles" in path else "/api/v1/tables/"]
    arrived: list[int] = []
    sent_as = "application/json" if "bundles" in path else "text/csv"
    answer = dora.call("POST", path, content=pieces(arrived, most), headers={"Content-Type": sent_as, **ONCE})
    assert answer.status_code == 413
    announced = {"Content-Type": sent_as, "Content-Length": str(most + 1), **ONCE}
    assert dora.call("POST", path, content=b"x", headers=announced).status_code == 413


def test_nobody_elses_file_is_read(api: Api, world: World) -> None:
    for token, status in ((None, 401), (world.alice, 403), (world.read_only, 403)):
        read_of_it = io.BytesIO()
        answer = _watched(api.as_holder_of(token), read_of_it)
        assert (answer.status_code, read_of_it.getvalue()) == (status, b"")


def _watched(api: Api, seen: io.BytesIO) -> httpx.Response:
    """Send a bundle, and note what the application takes of it."""

    async def app(scope: Any, receive: Any, reply: Any) -> None:
        async def watched() -> Any:
            message = await receive()
            seen.write(message.get("body", b""))
            return message

        await api.app(scope, watched, reply)

    async def call() -> httpx.Response:
        headers = {"Content-Type": "application/json"}
        if api.token:
            headers["Authorization"] = f"Bearer {api.token}"
        async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="https://vigil.example.org") as http:
            return await http.post("/api/v1/bundles", content=b"{}", headers=headers)

    return anyio.run(call)
