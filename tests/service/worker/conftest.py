"""What the worker's tests stand on: its parts on either engine, with a clock that the test moves."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import pytest

from alerts.languages import Languages
from alerts.rendering import Renderer
from service.clock import FixedClock, SystemClock
from service.database import reading_sessions, sessions
from service.paths import TEMPLATES
from tests.fakes import Post

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy import Engine
    from sqlalchemy.orm import Session, sessionmaker

    from service.clock import Clock
    from service.links import Links
    from service.security.encryption import Vault
    from service.settings import Settings


@dataclass
class Worker:
    """The worker's parts; `clock` stands where the test puts it, `post` is what was sent."""

    settings: Settings
    engine: Engine
    writing: sessionmaker[Session]
    reading: sessionmaker[Session]
    clock: FixedClock
    vault: Vault
    links: Links
    renderer: Renderer
    wall_clock: Clock = field(default_factory=SystemClock)
    post: Post = field(default_factory=Post)


@pytest.fixture(scope="session")
def renderer() -> Renderer:
    """The real words."""
    return Renderer(TEMPLATES, Languages(TEMPLATES / "locale"))


@pytest.fixture
def worker(settings: Settings, engine: Engine, vault: Vault, links: Links, renderer: Renderer, now: datetime) -> Worker:
    """A worker on this test's own database."""
    return Worker(
        settings=settings,
        engine=engine,
        writing=sessions(engine),
        reading=reading_sessions(engine),
        clock=FixedClock(now),
        vault=vault,
        links=links,
        renderer=renderer,
    )
