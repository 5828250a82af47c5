"""Documents never leave: no export, bundle, table, public page or mail holds a word, a name or the hash of one."""

from __future__ import annotations

import base64
import io
import zipfile
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import select

from alerts.facts import Level, Tier
from service.bundles.shape import SECTIONS as BUNDLED
from service.commands.case_texts import set_case_text
from service.commands.import_case_file import import_case_file
from service.exports.case_texts import export_case_texts
from service.exports.cases import export_cases
from service.exports.ledger import export_ledger
from service.exports.timelines import export_timeline
from service.exports.written import ExportFormat, written
from service.facts import snapshots_of
from service.queries.documents import documents_of_case
from service.queries.section_rows import section_rows
from service.records import Case, Consent, Document, FollowUp, Person
from service.security.policy import Actor
from service.tables.sections import SECTIONS
from service.vocabulary import Access, ConsentScope, DocumentType, GivenBy, Role
from tests.bundling import bundle_of
from tests.papers import make_document
from tests.service.casefile.samples import read

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from service.links import Links
    from service.security.encryption import Vault

NOW = datetime(2014, 11, 20, 9, 0, tzinfo=UTC)
ALL = Actor(name="tests", role=Role.COORDINATOR, all_cases=Access.READ, cases={})
WORDS = ("qtitleword", "qfileword", "qcontentword")


@pytest.fixture
def here(session: Session, vault: Vault) -> Session:
    """The sample, in which everybody agreed to everything, with a paper in each case."""
    import_case_file(session, read(), now=NOW, by="tests", vault=vault)
    session.add_all(
        Consent(person_id=person.id, scope=scope, given_by=GivenBy.PERSON, since_on=date(2014, 1, 1))
        for person in session.scalars(select(Person))
        for scope in ConsentScope
    )
    for number, case in enumerate(session.scalars(select(Case)).all()):
        set_case_text(
            session, case, language="ru", summary="Дело", original=case.summary, translated_by=None, as_of=NOW.date(),
            now=NOW, by="tests", vault=vault,
        )  # fmt: skip
        content = f"qcontentword {number}".encode()
        make_document(
            session, case, now=NOW, vault=vault, kind=DocumentType.TEXT, title="qtitleword", file_name="qfileword",
            content=content,
        )  # fmt: skip
    session.flush()
    return session


def marks(session: Session) -> set[bytes]:
    """What betrays a document: its words, plain and in base64, its hash, the ciphertext."""
    found = {word.encode() for word in WORDS}
    found |= {base64.b64encode(word.encode())[:-3] for word in WORDS}
    for digest, content in session.execute(select(Document.sha256, Document.content)):
        assert content is not None
        found |= {digest.encode(), base64.b64encode(content)[:40], content[12:40]}
    return found


def unpacked(content: bytes) -> bytes:
    """The same, and what is in it where it is a workbook."""
    if not content.startswith(b"PK"):
        return content
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        return content + b"".join(archive.read(name) for name in archive.namelist())


def test_the_marks_would_be_found(here: Session) -> None:
    lines = [line for case in here.scalars(select(Case)) for line in documents_of_case(here, case)]
    assert len(lines) == 2
    assert any(
        mark in repr([(one.document.title, one.document.sha256) for one in lines]).encode() for mark in marks(here)
    )


@pytest.mark.parametrize("kind", ExportFormat)
@pytest.mark.parametrize("make", [export_cases, export_case_texts, export_timeline, export_ledger])
def test_no_export_holds_any(make: object, kind: ExportFormat, here: Session) -> None:
    export = make(here, ALL, tier=Tier.CONFIDENTIAL, now=NOW)  # type: ignore[operator] # one of the three
    assert export.rows
    content = unpacked(written(export, kind))
    assert not [mark for mark in marks(here) if mark in content]


def test_no_bundle_holds_any(here: Session) -> None:
    references = here.scalars(select(Case.reference)).all()
    made = bundle_of(here, references, now=NOW)
    assert made.rows > 10
    assert not [mark for mark in marks(here) if mark in made.content]
    assert Document not in {record for record, _ in BUNDLED.values()}


def test_no_table_of_a_case_file_holds_any(here: Session) -> None:
    said = repr([list(section_rows(here, "sample-2014", section)) for section in SECTIONS.values()]).encode()
    assert b"KAZ-2099-001" in said
    assert not [mark for mark in marks(here) if mark in said]


def test_nothing_that_is_told_of_a_follow_up_holds_any(here: Session, links: Links) -> None:
    reached = [(one, Level.OVERDUE) for one in here.scalars(select(FollowUp))]
    said = repr(snapshots_of(here, reached, now=NOW, links=links)).encode()
    assert b"KAZ-2099-001" in said
    assert not [mark for mark in marks(here) if mark in said]
