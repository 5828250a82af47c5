"""The shapes in which a document is spoken of; the file itself is a body of its own."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Literal
from uuid import UUID

from pydantic import Field, model_validator

from alerts.facts import Tier
from service.api.shapes import OF, Given, Language, Line, Shown, Text, example, not_null

# A file may bear more than its text says, so none is public.
DocumentTier = Literal[Tier.RESTRICTED, Tier.CONFIDENTIAL, Tier.SEALED]

_SHA256 = "b94d27b9934d3e08a52e52d7da7dabfac484efe37a5380ee9088f7ace2efcde9"
_DOCUMENT = {
    "title": "Reply of the Prosecutor General", "file_name": "reply.pdf", "language": "ru", "dated_on": "2030-02-20",
    "source_id": "01932a10-7a3e-7c11-8f4e-5f1d2c3b4a73",
}  # fmt: skip


class DocumentShown(Shown):
    """A file of a case without its content; `size` is in bytes, `sha256` in hexadecimal.

    Of an erased one type, size and hash are left, with the day and the reason.
    """

    model_config = example(
        id="01932a10-7a3e-7c11-8f4e-5f1d2c3b4a72", case_id=OF["case_id"], **_DOCUMENT, tier="restricted",
        media_type="application/pdf", size=48213, sha256=_SHA256, created_at="2030-02-21T08:00:00Z", erased_at=None,
        erased_because=None, version=1,
    )  # fmt: skip

    id: UUID
    case_id: UUID
    source_id: UUID | None
    tier: Tier
    title: str | None
    file_name: str | None
    media_type: str
    size: int
    sha256: str
    language: str | None
    dated_on: date | None
    created_at: datetime
    erased_at: datetime | None
    erased_because: str | None
    version: int


class DocumentGiven(Given):
    """What is said of the file that is the body."""

    case_id: UUID
    title: Line
    file_name: Line | None = None
    tier: DocumentTier = Tier.RESTRICTED
    source_id: UUID | None = None
    language: Language | None = None
    dated_on: date | None = None
    sha256: Annotated[str | None, Field(max_length=64, description="Refuse the file if it has another hash")] = None


class DocumentChanges(Given):
    """What is to change; what is not named stays. The file itself never changes."""

    model_config = example(title="Reply of the Prosecutor General, page 1", tier="confidential")

    title: Line | None = None
    tier: DocumentTier | None = None
    source_id: UUID | None = None
    language: Language | None = None
    dated_on: date | None = None

    @model_validator(mode="after")
    def _no_empty_columns(self) -> DocumentChanges:
        not_null(self, "title", "tier")
        return self


class Erasing(Given):
    """Why the file must go."""

    model_config = example(reason="She asked us to destroy her medical file.")

    reason: Text
