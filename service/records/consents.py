"""Consents: who agreed to what, since when, and until when."""

from __future__ import annotations

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import Date, ForeignKey, Text
from sqlalchemy.orm import Mapped, mapped_column

from service.records.base import HEALTH, PUBLIC, Base, UtcDateTime, new_id, word
from service.vocabulary import ConsentScope, GivenBy


class Consent(Base):
    """One scope to which somebody agreed for one person.

    Live when begun, unexpired and not withdrawn. `manifestly_public` stands in for a consent to name somebody whom
    public sources already name; it reaches no further.
    """

    __tablename__ = "consent"

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id, info=PUBLIC)
    person_id: Mapped[UUID] = mapped_column(ForeignKey("person.id", ondelete="CASCADE"), index=True, info=HEALTH)
    scope: Mapped[ConsentScope] = mapped_column(word(ConsentScope), info=HEALTH)
    given_by: Mapped[GivenBy] = mapped_column(word(GivenBy), info=HEALTH)
    since_on: Mapped[date] = mapped_column(Date, info=HEALTH)
    until_on: Mapped[date | None] = mapped_column(Date, info=HEALTH)
    withdrawn_at: Mapped[datetime | None] = mapped_column(UtcDateTime, info=HEALTH)
    note: Mapped[str | None] = mapped_column(Text, info=HEALTH)
