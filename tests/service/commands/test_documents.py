"""What lies on the disk of a document: nothing readable while it is kept, nothing at all once it is erased."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from sqlalchemy import delete, inspect, select

from service.commands.change import change
from service.commands.documents import erase_document, hand_out
from service.database import open_engine, sessions
from service.errors import Conflict
from service.records import Case, Document
from service.vocabulary import DocumentType
from tests.factories import make_case
from tests.papers import make_document
from tests.service.documents.files import pdf

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime
    from pathlib import Path

    from sqlalchemy.orm import Session, sessionmaker

    from service.security.encryption import Vault


@pytest.fixture
def on_disk(sqlite_url: str) -> Iterator[sessionmaker[Session]]:
    """The embedded database."""
    engine = open_engine(sqlite_url)
    yield sessions(engine)
    engine.dispose()


def lies_on(tmp_path: Path) -> bytes:
    """Every byte of the database and of what stands beside it."""
    return b"".join(path.read_bytes() for path in sorted(tmp_path.glob("vigil.db*")))


def test_the_disk_holds_it_sealed_and_after_the_erasure_not_at_all(
    on_disk: sessionmaker[Session], tmp_path: Path, vault: Vault, now: datetime
) -> None:
    with on_disk.begin() as session:
        content = b"zq7marker, and more than a line of it"
        document = make_document(session, make_case(session), now=now, vault=vault, content=content)
        sealed = document.content
    assert sealed is not None
    assert sealed in lies_on(tmp_path)
    assert content[:9] not in lies_on(tmp_path)
    with on_disk.begin() as session:
        erase_document(
            session, session.get_one(Document, document.id), reason="Withdrawn", now=now, by="dora", vault=vault
        )  # fmt: skip
    with on_disk().get_bind().connect() as connection:  # type: ignore[union-attr] # an engine
        connection.connection.cursor().execute("PRAGMA wal_checkpoint(TRUNCATE)")
    assert sealed[12:60] not in lies_on(tmp_path)
    assert document.sha256.encode() in lies_on(tmp_path)


def test_a_change_never_loads_the_content(session: Session, vault: Vault, now: datetime) -> None:
    document = make_document(session, make_case(session), now=now, vault=vault)
    session.expire_all()
    row = session.scalars(select(Document)).one()
    change(session, row, {"title": "Another title"}, now=now, by="tests", vault=vault)
    assert "content" in inspect(row).unloaded
    assert hand_out(session, document, now=now, by="tests", vault=vault)


def test_of_two_cases_each_seals_the_same_file_for_itself(session: Session, vault: Vault, now: datetime) -> None:
    first, second = (
        make_document(session, make_case(session), now=now, vault=vault, kind=DocumentType.PDF) for _ in range(2)
    )
    assert first.sha256 == second.sha256
    assert first.content != second.content
    for document in (first, second):
        assert hand_out(session, document, now=now, by="tests", vault=vault) == pdf()


def test_a_case_that_is_deleted_takes_its_documents_along(session: Session, vault: Vault, now: datetime) -> None:
    case = make_case(session)
    make_document(session, case, now=now, vault=vault)
    with pytest.raises(Conflict, match="already"):
        make_document(session, case, now=now, vault=vault)
    session.execute(delete(Case).where(Case.id == case.id))
    assert session.scalars(select(Document)).all() == []
