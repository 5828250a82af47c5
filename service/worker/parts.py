"""What the worker and its jobs are made of."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from sqlalchemy import Engine
    from sqlalchemy.orm import Session, sessionmaker

    from alerts.rendering import Renderer
    from service.clock import Clock
    from service.links import Links
    from service.security.encryption import Vault
    from service.settings import Settings


class JobParts(Protocol):
    """What jobs need; the application's parts, the worker's and the command line's fit.

    `clock` is business time (what is late), which a demo may fake; `wall_clock` is the machine's own.
    """

    @property
    def settings(self) -> Settings:
        """The settings in force."""
        ...

    @property
    def writing(self) -> sessionmaker[Session]:
        """Sessions that write."""
        ...

    @property
    def reading(self) -> sessionmaker[Session]:
        """Sessions in which the database refuses every write."""
        ...

    @property
    def clock(self) -> Clock:
        """Business time."""
        ...

    @property
    def wall_clock(self) -> Clock:
        """The machine's time."""
        ...

    @property
    def links(self) -> Links:
        """The addresses that messages give out."""
        ...


class WorkerParts(JobParts, Protocol):
    """What sending needs beside; the web's own parts fit."""

    @property
    def engine(self) -> Engine:
        """The open database."""
        ...

    @property
    def vault(self) -> Vault:
        """The keys."""
        ...

    @property
    def renderer(self) -> Renderer:
        """Turns facts into words."""
        ...
