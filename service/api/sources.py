"""Sources: documents, reports and witnesses from which facts are taken."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter
from pydantic import StringConstraints
from sqlalchemy import select

from alerts.facts import Tier
from service.api.access import Reader
from service.api.desk import WritingDesk
from service.api.paging import Page, WindowDep
from service.api.reading import found
from service.api.shapes import Given, Line, OpenTier, Shown, Text, example
from service.commands.sources import NewSource, add_source
from service.queries.visible import sources_of
from service.records import Source
from service.security.policy import Action
from service.vocabulary import Reliability
from service.web import Reading

router = APIRouter(prefix="/sources", tags=["Evidence"])

Key = Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9._-]*$", max_length=64)]
Url = Annotated[str, StringConstraints(pattern=r"^https?://\S+$", max_length=2_000)]
_SOURCE = {
    "key": "report-2030", "title": "A report on the prisons", "publisher": "Example Watch",
    "url": "https://reports.example.org/2030", "published_on": "2030-01-15", "reliability": "moderately",
    "tier": "public",
}  # fmt: skip


class SourceShown(Shown):
    """A document, report or witness; the title and the address of a public one are shown to everybody."""

    model_config = example(
        id="01932a10-7a3e-7c11-8f4e-5f1d2c3b4a80",
        **_SOURCE,
        cited_in=None,
        created_at="2030-02-01T08:00:00Z",
    )

    id: UUID
    key: str
    tier: Tier
    title: str
    publisher: str | None
    url: str | None
    published_on: date | None
    cited_in: str | None
    reliability: Reliability
    created_at: datetime


class SourceGiven(Given):
    """A source to record; its key is how people call it."""

    model_config = example(**_SOURCE)

    key: Key
    title: Text
    tier: OpenTier = Tier.RESTRICTED
    publisher: Line | None = None
    url: Url | None = None
    published_on: date | None = None
    reliability: Reliability = Reliability.UNDETERMINED


@router.get("", summary="List sources")
def list_sources(session: Reading, caller: Reader, window: WindowDep) -> Page[SourceShown]:
    """Sources behind the granted cases; with a grant on all cases also those that nothing cites yet."""
    statement = select(Source).where(sources_of(caller.actor))
    return window.page(session, statement, Source.id, SourceShown.model_validate)


@router.post("", status_code=201, summary="Record a source")
def create_source(given: SourceGiven, desk: WritingDesk) -> SourceShown:
    """Needs a grant for writing on some case."""
    desk.caller.require(Action.WRITE_SOURCES)
    source = add_source(desk.session, NewSource(**given.stated()), now=desk.now, by=desk.caller.name, vault=desk.vault)
    return SourceShown.model_validate(source)


@router.get("/{source_id}", summary="Read one source")
def read_source(source_id: UUID, session: Reading, caller: Reader) -> SourceShown:
    """The source as it is cited."""
    return SourceShown.model_validate(
        found(session, select(Source).where(Source.id == source_id, sources_of(caller.actor)))
    )
