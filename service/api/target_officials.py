"""Target officials: whom urgent actions ask their readers to write to."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, Response
from pydantic import Field, StringConstraints, model_validator
from sqlalchemy import select

from service.api.access import Reader, Writer
from service.api.paging import Page, WindowDep
from service.api.reading import found, found_for_change
from service.api.shapes import Country, Given, Language, Line, Shown, example, not_null
from service.api.versions import IfMatch, require_version, show_version
from service.commands.change import change
from service.commands.target_officials import NewOfficial, add_official, require_past, require_reachable
from service.records import TargetOfficial
from service.security.policy import Action
from service.web import Now, PartsDep, Reading, Writing

router = APIRouter(prefix="/target-officials", tags=["Urgent actions"])

# The lines of an envelope.
Address = Annotated[str, StringConstraints(min_length=1, max_length=500, pattern=r"^[^\x00-\x09\x0b-\x1f\x7f-\x9f]+$")]
Mailbox = Annotated[
    str, StringConstraints(max_length=254, pattern=r"^[0-9A-Za-z.!#$%&'*+/=?^_`{|}~-]+@[0-9A-Za-z.-]+$")
]
Salutations = Annotated[dict[Language, Line], Field(max_length=10)]
_OFFICIAL = {
    "office": "Minister of Internal Affairs", "country": "KZ", "last_verified_on": "2030-02-01", "name": "Erik Sample",
    "address": "1 Example Street\nAstana", "mailbox": "minister@ministry.example.org",
    "salutations": {"en": "Dear Minister"},
}  # fmt: skip


class OfficialShown(Shown):
    """An office, who holds it and how to reach it, as verified on a day."""

    model_config = example(
        id="01932a10-7a3e-7c11-8f4e-5f1d2c3b4a70", **_OFFICIAL, created_at="2030-01-22T08:00:00Z", version=1
    )

    id: UUID
    office: str
    country: str
    last_verified_on: date
    name: str | None
    address: str | None
    mailbox: str | None
    salutations: dict[str, str]
    created_at: datetime
    version: int


class OfficialGiven(Given):
    """An official to put on record, with a postal address, a mailbox or both."""

    model_config = example(**_OFFICIAL)

    office: Line
    country: Country
    last_verified_on: date
    name: Line | None = None
    address: Address | None = None
    mailbox: Mailbox | None = None
    salutations: Salutations = Field(default_factory=dict)


class OfficialChanges(Given):
    """What is to change; whoever looked whether all of it is still right sets `last_verified_on`."""

    model_config = example(name="Aru Sample", last_verified_on="2030-03-01")

    office: Line | None = None
    last_verified_on: date | None = None
    name: Line | None = None
    address: Address | None = None
    mailbox: Mailbox | None = None
    salutations: Salutations | None = None

    @model_validator(mode="after")
    def _no_empty_columns(self) -> OfficialChanges:
        not_null(self, "office", "last_verified_on", "salutations")
        return self


@router.get("", summary="List target officials")
def list_officials(
    session: Reading,
    caller: Reader,  # noqa: ARG001 - whoever holds a token may read
    window: WindowDep,
    country: Annotated[Country | None, Query(description="ISO 3166-1 alpha-2")] = None,
) -> Page[OfficialShown]:
    """Officials in an order that stays; they are the same for all cases."""
    statement = select(TargetOfficial)
    if country is not None:
        statement = statement.where(TargetOfficial.country == country)
    return window.page(session, statement, TargetOfficial.id, OfficialShown.model_validate)


@router.post("", status_code=201, summary="Put an official on record")
def create_official(
    given: OfficialGiven, session: Writing, caller: Writer, parts: PartsDep, now: Now, response: Response
) -> OfficialShown:
    """Needs a grant for writing on some case."""
    caller.require(Action.WRITE_OFFICIALS)
    new = NewOfficial(**{name: getattr(given, name) for name in OfficialGiven.model_fields})
    official = add_official(session, new, now=now, by=caller.name, vault=parts.vault)
    show_version(response, official.version)
    return OfficialShown.model_validate(official)


@router.get("/{official_id}", summary="Read one official")
def read_official(official_id: UUID, session: Reading, caller: Reader, response: Response) -> OfficialShown:  # noqa: ARG001
    """The official as on record now; what was issued keeps the addresses that it was issued with."""
    official = found(session, select(TargetOfficial).where(TargetOfficial.id == official_id))
    show_version(response, official.version)
    return OfficialShown.model_validate(official)


@router.patch("/{official_id}", summary="Change or verify an official")
def change_official(
    official_id: UUID, changes: OfficialChanges, session: Writing, caller: Writer, parts: PartsDep, now: Now,
    response: Response, if_match: IfMatch = None,
) -> OfficialShown:  # fmt: skip
    """An urgent action goes out only if each of its officials was verified within 90 days."""
    official = found_for_change(session, select(TargetOfficial).where(TargetOfficial.id == official_id))
    caller.require(Action.WRITE_OFFICIALS)
    require_version(official.version, if_match, shown=lambda: OfficialShown.model_validate(official), wanted=changes)
    named = changes.named()
    require_past(named.get("last_verified_on", official.last_verified_on), now=now)
    require_reachable(named.get("address", official.address), named.get("mailbox", official.mailbox))
    change(session, official, named, now=now, by=caller.name, vault=parts.vault)
    show_version(response, official.version)
    return OfficialShown.model_validate(official)
