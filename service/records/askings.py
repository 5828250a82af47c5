"""What somebody sent by a public form and nobody has looked at yet."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import Text
from sqlalchemy.orm import Mapped, mapped_column

from alerts.facts import Tier
from service.records.base import PUBLIC, RESTRICTED, Base, UtcDateTime, classified, new_id, word
from service.vocabulary import AskingKind


class Asking(Base):
    """One form, sealed as it came, so that answering the browser is the same work for every address.

    It is taken out, for good, when it is looked at; a moment later as a rule.
    """

    __tablename__ = "asking"

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id, info=PUBLIC)
    kind: Mapped[AskingKind] = mapped_column(word(AskingKind), info=RESTRICTED)
    fields_sealed: Mapped[str] = mapped_column(Text, info=classified(Tier.SEALED, about="subscriber", credential=True))
    created_at: Mapped[datetime] = mapped_column(UtcDateTime, index=True, info=RESTRICTED)
