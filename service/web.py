"""What every request has: the application's parts, one transaction, and the two clocks."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated

from fastapi import Depends, Request
from sqlalchemy import Engine
from sqlalchemy.orm import Session, sessionmaker

from alerts.languages import Languages
from alerts.rendering import Renderer
from service.clock import Clock
from service.errors import StaleVersion
from service.links import Links
from service.security.encryption import Vault
from service.security.tokens import Signer
from service.settings import Settings


@dataclass(frozen=True)
class Parts:
    """What the application is made of.

    `clock` is business time (what is late), which a demo or simulation may fake;
    `wall_clock` is the machine's own, for sign-in, tokens and limits.
    """

    settings: Settings
    engine: Engine
    clock: Clock
    wall_clock: Clock
    vault: Vault
    signer: Signer
    links: Links
    languages: Languages
    renderer: Renderer
    writing: sessionmaker[Session]
    reading: sessionmaker[Session]


def parts_of(request: Request) -> Parts:
    """The parts that `create_app` was given."""
    parts: Parts = request.app.state.parts
    return parts


PartsDep = Annotated[Parts, Depends(parts_of)]


def writing_session(parts: PartsDep) -> Iterator[Session]:
    """One request, one transaction: committed when the route returns, rolled back when it raises.

    Whoever starts from an old version is shown the record as it is now, and nothing is written but that they read it:
    that entry is kept.
    """
    stale: StaleVersion | None = None
    with parts.writing.begin() as session:
        try:
            yield session
        except StaleVersion as error:
            stale = error
    if stale is not None:
        raise stale


@contextmanager
def undone_unless(session: Session, *, kept: bool) -> Iterator[None]:
    """What is done within is undone again unless it is kept; the request's transaction goes on."""
    with session.begin_nested() as attempt:
        yield
        if not kept:
            attempt.rollback()


def reading_session(parts: PartsDep) -> Iterator[Session]:
    """A session in which the database refuses every write: for public pages, which a scanner may fetch."""
    with parts.reading() as session:
        yield session


def business_now(parts: PartsDep) -> datetime:
    """Business time (UTC), read once for the request."""
    return parts.clock.now()


def wall_now(parts: PartsDep) -> datetime:
    """The machine's time (UTC), read once for the request."""
    return parts.wall_clock.now()


# scope="function": the transaction is committed before the answer leaves, not after it.
Writing = Annotated[Session, Depends(writing_session, scope="function")]
Reading = Annotated[Session, Depends(reading_session, scope="function")]
Now = Annotated[datetime, Depends(business_now)]
WallNow = Annotated[datetime, Depends(wall_now)]
