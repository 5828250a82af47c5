"""The board lists the papers of a case, and hands them to those who were granted it."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING
from uuid import uuid4

import pytest
from sqlalchemy import select, update

from alerts.facts import Tier
from service.commands.documents import erase_document
from service.records import AuditEntry, Document
from service.vocabulary import DocumentType
from tests.factories import make_source
from tests.papers import make_document
from tests.service.documents.files import pdf

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy.orm import Session, sessionmaker

    from service.records import Case
    from service.security.encryption import Vault
    from tests.service.pages.conftest import Browser

pytestmark = pytest.mark.anyio


@pytest.fixture
def document(writing: sessionmaker[Session], vault: Vault, now: datetime, case: Case) -> Document:
    """A reply, with its source and its day."""
    with writing.begin() as session:
        return make_document(
            session, case, now=now, vault=vault, kind=DocumentType.PDF, title="Reply <of> the prosecutor",
            source_id=make_source(session, title="Letters of 2014").id, dated_on=date(2014, 11, 2),
        )  # fmt: skip


def last_entry(writing: sessionmaker[Session]) -> AuditEntry:
    with writing() as session:
        return session.scalars(select(AuditEntry).order_by(AuditEntry.seq.desc()).limit(1)).one()


async def test_a_document_is_listed_and_saved(
    staff_reader: Browser, case: Case, document: Document, writing: sessionmaker[Session]
) -> None:
    page = (await staff_reader.open(f"/staff/cases/{case.reference}/documents")).text
    for said in (
        "Reply &lt;of&gt; the prosecutor", "PDF", "1 KiB", "2 November 2014", "Letters of 2014", document.sha256[:16],
        "None is ever published",
    ):  # fmt: skip
        assert said in page, said
    assert last_entry(writing).detail == {"page": "documents"}
    path = f"/staff/cases/{case.reference}/documents/{document.id}"
    assert f'href="{path}"' in page
    answer = await staff_reader.open(path)
    assert (answer.status_code, answer.content) == (200, pdf())
    assert answer.headers["content-type"] == "application/pdf"
    assert answer.headers["content-disposition"].startswith('attachment; filename="reply.pdf"')
    assert answer.headers["content-security-policy"].startswith("sandbox")
    assert answer.headers["cache-control"] == "no-store"
    entry = last_entry(writing)
    assert (entry.actor, entry.action, entry.record_id) == ("alice", "download", str(document.id))
    page = (await staff_reader.open(f"/staff/cases/{case.reference}/documents?lang=ru")).text
    assert "Документы" in page
    assert "КиБ" in page


async def test_what_is_foreign_missing_or_sealed_answers_alike(
    staff_reader: Browser, case: Case, foreign_case: Case, document: Document, writing: sessionmaker[Session], vault: Vault,
    now: datetime,
) -> None:  # fmt: skip
    with writing.begin() as session:
        foreign = make_document(session, foreign_case, now=now, vault=vault).id
        session.execute(update(Document).where(Document.id == document.id).values(tier=Tier.SEALED))
    found = []
    for reference, document_id in (
        (foreign_case.reference, foreign), (case.reference, foreign), (case.reference, document.id),
        (case.reference, uuid4()), (case.reference, "nonsense"),
    ):  # fmt: skip
        answer = await staff_reader.open(f"/staff/cases/{reference}/documents/{document_id}")
        assert answer.status_code == 404
        found.append(answer.text.replace(str(answer.request.url.path), ""))
    assert len(set(found)) == 1
    assert last_entry(writing).action != "download"
    assert "Reply" not in (await staff_reader.open(f"/staff/cases/{case.reference}/documents")).text


async def test_nobody_saves_without_signing_in(browser: Browser, case: Case, document: Document) -> None:
    answer = await browser.open(f"/staff/cases/{case.reference}/documents/{document.id}")
    assert answer.status_code == 303
    assert pdf() not in answer.content


async def test_an_altered_document_is_not_handed_out(
    staff_reader: Browser, case: Case, document: Document, writing: sessionmaker[Session],
    capsys: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    with writing.begin() as session:
        sealed = session.scalars(select(Document.content).where(Document.id == document.id)).one()
        assert sealed is not None
        session.execute(update(Document).values(content=sealed[:60] + b"x" + sealed[61:]))
    answer = await staff_reader.open(f"/staff/cases/{case.reference}/documents/{document.id}")
    assert answer.status_code == 500
    assert "document_damaged" in "".join(capsys.readouterr())


async def test_of_an_erased_document_the_reason_is_shown(
    staff_reader: Browser, case: Case, document: Document, writing: sessionmaker[Session], vault: Vault, now: datetime
) -> None:
    with writing.begin() as session:
        row = session.get_one(Document, document.id)
        erase_document(session, row, reason="She <asked> us to.", now=now, by="dora", vault=vault)
    page = (await staff_reader.open(f"/staff/cases/{case.reference}/documents")).text
    assert "She &lt;asked&gt; us to." in page
    assert "Reply" not in page
    assert document.sha256[:16] in page
    assert (await staff_reader.open(f"/staff/cases/{case.reference}/documents/{document.id}")).status_code == 409


async def test_documents_are_on_no_public_page(browser: Browser, case: Case, document: Document) -> None:
    for path in ("/", f"/c/{case.slug}"):
        page = await browser.open(path)
        assert page.status_code == 200
        assert "Reply" not in page.text
        assert document.sha256[:12] not in page.text
