"""Documents: the papers that are evidence, sealed to their rows and known by their hash."""

from __future__ import annotations

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Date,
    ForeignKey,
    LargeBinary,
    String,
    Text,
    UniqueConstraint,
    and_,
    or_,
    select,
)
from sqlalchemy.orm import Mapped, mapped_column

from alerts.facts import Tier
from service.records.base import (
    ABOUT_MEMBER,
    PUBLIC,
    RESTRICTED,
    Base,
    UtcDateTime,
    Versioned,
    classified,
    new_id,
    word,
)
from service.records.sources import Source
from service.vocabulary import DocumentType

# A paper may be a diagnosis, a verdict or a letter, and so may its name.
PAPER = classified(Tier.CONFIDENTIAL, about="person")


class Document(Versioned, Base):
    """One file of a case: `sha256` (hex) and `size` (bytes) are those of the file as it was given.

    `content` is the file, encrypted for this row alone, and is loaded only where it is asked for. `dated_on` is the day
    that the paper itself bears, `language` BCP 47. `added_by_id` None: whoever works at the shell. An erased document
    keeps its type, size and hash, and says when, by whom (as the audit calls them) and why.
    """

    __tablename__ = "document"
    __table_args__ = (UniqueConstraint("case_id", "sha256"),)

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id, info=PUBLIC)
    case_id: Mapped[UUID] = mapped_column(ForeignKey("case.id", ondelete="CASCADE"), info=RESTRICTED)
    source_id: Mapped[UUID | None] = mapped_column(ForeignKey("source.id"), index=True, info=RESTRICTED)
    tier: Mapped[Tier] = mapped_column(word(Tier), default=Tier.RESTRICTED, info=PUBLIC)
    title: Mapped[str | None] = mapped_column(String(200), info=PAPER)
    file_name: Mapped[str | None] = mapped_column(String(200), info=PAPER)
    document_type: Mapped[DocumentType] = mapped_column(word(DocumentType), info=RESTRICTED)
    size: Mapped[int] = mapped_column(BigInteger, info=RESTRICTED)
    sha256: Mapped[str] = mapped_column(String(64), info=RESTRICTED)
    content: Mapped[bytes | None] = mapped_column(LargeBinary, deferred=True, info=PAPER)
    language: Mapped[str | None] = mapped_column(String(16), info=RESTRICTED)
    dated_on: Mapped[date | None] = mapped_column(Date, info=PAPER)
    added_by_id: Mapped[UUID | None] = mapped_column(ForeignKey("member.id"), info=ABOUT_MEMBER)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime, info=RESTRICTED)
    erased_at: Mapped[datetime | None] = mapped_column(UtcDateTime, info=RESTRICTED)
    erased_by: Mapped[str | None] = mapped_column(String(100), info=ABOUT_MEMBER)
    erased_because: Mapped[str | None] = mapped_column(Text, info=RESTRICTED)

    @property
    def media_type(self) -> str:
        """What HTTP calls its type."""
        return self.document_type.media_type


def open_documents() -> ColumnElement[bool]:
    """Documents that are not sealed; a sealed source is a witness, whom a paper of theirs would betray."""
    sealed_sources = select(Source.id).where(Source.tier == Tier.SEALED)
    return and_(
        Document.tier != Tier.SEALED, or_(Document.source_id.is_(None), Document.source_id.not_in(sealed_sources))
    )
