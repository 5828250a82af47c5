"""A document of a case, as somebody added it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from service.commands.acting import Acting
from service.commands.documents import NewDocument, add_document
from service.vocabulary import DocumentType
from tests.service.documents.files import WHOLE

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy.orm import Session

    from service.records import Case, Document
    from service.security.encryption import Vault


def make_document(
    session: Session,
    case: Case,
    *,
    now: datetime,
    vault: Vault,
    kind: DocumentType = DocumentType.TEXT,
    by: Acting | None = None,
    **said: Any,
) -> Document:
    """The smallest whole file of its kind, unless `content` is given."""
    columns = {"title": "Reply of the prosecutor", "file_name": "reply", "content": WHOLE[kind], **said}
    return add_document(
        session, case, NewDocument(kind=kind, **columns), now=now, by=by or Acting(None, "tests"), vault=vault
    )
