"""Members of the organisation: who they are, what they may see, and how they are known again."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import ForeignKey, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from service.records.base import ABOUT_MEMBER, PUBLIC, SECRET, Base, UtcDateTime, Versioned, new_id, word
from service.vocabulary import Access, Role


class Member(Versioned, Base):
    """One of the staff: signs in with a name, a password and a time-based code (RFC 6238).

    `totp_last_step` is the last accepted 30-second step, so that a code works once. `destination_id` is the mailbox where
    they hear of what they are responsible for, since `mailbox_since`; without one the board alone tells them.
    """

    __tablename__ = "member"

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id, info=PUBLIC)
    name: Mapped[str] = mapped_column(String(64), unique=True, info=ABOUT_MEMBER)
    role: Mapped[Role] = mapped_column(word(Role), info=ABOUT_MEMBER)
    password_hash: Mapped[str] = mapped_column(Text, info=SECRET)
    totp_sealed: Mapped[str] = mapped_column(Text, info=SECRET)
    totp_last_step: Mapped[int] = mapped_column(default=0, info=SECRET)
    disabled_at: Mapped[datetime | None] = mapped_column(UtcDateTime, info=ABOUT_MEMBER)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime, info=ABOUT_MEMBER)
    # No foreign key, as SQLite would copy the table to add one: a mailbox that was erased reaches nobody.
    destination_id: Mapped[UUID | None] = mapped_column(info=ABOUT_MEMBER)
    mailbox_since: Mapped[datetime | None] = mapped_column(UtcDateTime, info=ABOUT_MEMBER)

    grants: Mapped[list[Grant]] = relationship(cascade="all, delete-orphan", lazy="selectin")


class Grant(Base):
    """A member's access to one case, or (`case_id` None) to every case."""

    __tablename__ = "grant"
    __table_args__ = (UniqueConstraint("member_id", "case_id"),)

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id, info=PUBLIC)
    member_id: Mapped[UUID] = mapped_column(ForeignKey("member.id", ondelete="CASCADE"), index=True, info=ABOUT_MEMBER)
    case_id: Mapped[UUID | None] = mapped_column(ForeignKey("case.id", ondelete="CASCADE"), info=ABOUT_MEMBER)
    access: Mapped[Access] = mapped_column(word(Access), info=ABOUT_MEMBER)


class StaffSession(Base):
    """One signed-in browser; the cookie's 256-bit id is stored as its SHA-256 alone."""

    __tablename__ = "staff_session"

    id_hash: Mapped[str] = mapped_column(String(64), primary_key=True, info=SECRET)
    member_id: Mapped[UUID] = mapped_column(ForeignKey("member.id", ondelete="CASCADE"), index=True, info=ABOUT_MEMBER)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime, info=ABOUT_MEMBER)
    last_seen_at: Mapped[datetime] = mapped_column(UtcDateTime, info=ABOUT_MEMBER)

    member: Mapped[Member] = relationship(lazy="joined", innerjoin=True)


class ApiToken(Base):
    """A bearer token of the API, stored as its SHA-256; never reaches further than its member's grants.

    `scopes` is a space-separated list of read, write.
    """

    __tablename__ = "api_token"

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id, info=PUBLIC)
    member_id: Mapped[UUID] = mapped_column(ForeignKey("member.id", ondelete="CASCADE"), index=True, info=ABOUT_MEMBER)
    name: Mapped[str] = mapped_column(String(64), info=ABOUT_MEMBER)
    token_hash: Mapped[str] = mapped_column(String(64), unique=True, info=SECRET)
    scopes: Mapped[str] = mapped_column(String(64), info=ABOUT_MEMBER)
    expires_at: Mapped[datetime] = mapped_column(UtcDateTime, info=ABOUT_MEMBER)
    revoked_at: Mapped[datetime | None] = mapped_column(UtcDateTime, info=ABOUT_MEMBER)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime, info=ABOUT_MEMBER)

    member: Mapped[Member] = relationship(lazy="joined", innerjoin=True)
