"""The keys by which readers' mail is encrypted, and the encrypted mails that may have to be sent again."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import ForeignKey, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from service.records.base import ABOUT_SUBSCRIBER, PUBLIC, SECRET, SERIAL, Base, UtcDateTime
from service.records.subscribers import ADDRESS


class OpenpgpKey(Base):
    """The public key of one subscriber: every mail to them is encrypted to it.

    `armoured_sealed` is the encrypted key, because a key names its owner; `fingerprint` is in capital hexadecimal
    digits. `expires_at` is when nothing can be encrypted to it any more; None: it has no end.
    """

    __tablename__ = "openpgp_key"

    subscriber_id: Mapped[UUID] = mapped_column(
        ForeignKey("subscriber.id", ondelete="CASCADE"), primary_key=True, info=ABOUT_SUBSCRIBER
    )
    armoured_sealed: Mapped[str] = mapped_column(Text, info=ADDRESS)
    fingerprint: Mapped[str] = mapped_column(String(64), info=ABOUT_SUBSCRIBER)
    expires_at: Mapped[datetime | None] = mapped_column(UtcDateTime, info=ABOUT_SUBSCRIBER)
    uploaded_at: Mapped[datetime] = mapped_column(UtcDateTime, info=ABOUT_SUBSCRIBER)


class Ciphertext(Base):
    """An encrypted mail as it left, kept until its delivery is final: to encrypt once more would give other bytes.

    `made_from_hmac` is a keyed hash of what was encrypted and of the keys: where it is the same, so are the bytes.
    """

    __tablename__ = "ciphertext"

    delivery_id: Mapped[int] = mapped_column(
        SERIAL, ForeignKey("delivery.id", ondelete="CASCADE"), primary_key=True, autoincrement=False, info=PUBLIC
    )
    made_from_hmac: Mapped[str] = mapped_column(String(64), info=SECRET)
    armoured: Mapped[str] = mapped_column(Text, info=ABOUT_SUBSCRIBER)
