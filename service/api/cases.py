"""Cases: listed, read, opened, changed."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, Response
from pydantic import model_validator
from sqlalchemy import Select, select
from sqlalchemy.orm import Session, selectinload

from alerts.facts import Tier
from service.api.access import Reader, Writer
from service.api.following import follow_rules
from service.api.paging import Page, WindowDep
from service.api.reading import found, found_for_change
from service.api.shapes import Country, Given, Line, OpenTier, Reference, Shown, Text, TimeZone, example, not_null
from service.api.versions import IfMatch, require_version, show_version
from service.commands.change import change
from service.commands.open_case import NewCase, open_case
from service.commands.responsibility import hand_over
from service.errors import InvalidInput, Problem
from service.queries.channels import CHANNELS
from service.queries.members import writer_named
from service.queries.visible import cases_of
from service.records import Case
from service.security.policy import Action, Actor
from service.vocabulary import DEATHS, RELEASES, CaseChannels, DetentionStatus, Monitoring
from service.web import Now, PartsDep, Reading, Writing

router = APIRouter(prefix="/cases", tags=["Cases"])


class CaseShown(Shown):
    """A case; `owner` is a member's name, `country` is ISO 3166-1 alpha-2, `time_zone` the IANA zone in which its days are counted."""

    model_config = example(
        id="01932a10-7a3e-7c11-8f4e-5f1d2c3b4a59", reference="ABC-2030-001", slug="3f9c2a71d04be8856a1c", tier="public",
        title="Dana Sample, teacher", country="KZ", time_zone="Asia/Almaty", facility="Colony 12",
        detention_status="sentenced", summary="A teacher who serves a sentence far from home.", monitoring="active",
        last_verified_on="2030-02-01", owner="alice", person_ids=["01932a10-7a3e-7c11-8f4e-5f1d2c3b4a60"],
        created_at="2030-01-05T09:30:00Z", version=3,
    )  # fmt: skip

    id: UUID
    reference: str
    slug: str
    tier: Tier
    title: str
    country: str
    time_zone: str
    facility: str | None
    detention_status: DetentionStatus
    summary: str
    monitoring: Monitoring
    last_verified_on: date | None
    owner: str | None
    person_ids: tuple[UUID, ...]
    created_at: datetime
    version: int

    @classmethod
    def of(cls, case: Case) -> CaseShown:
        """The case as a token holder sees it; persons who are sealed are left out."""
        columns = {name: getattr(case, name) for name in cls.model_fields if name not in {"owner", "person_ids"}}
        owner = case.owner.name if case.owner else None
        return cls(**columns, owner=owner, person_ids=tuple(p.id for p in case.persons if p.tier is not Tier.SEALED))


class CaseGiven(Given):
    """A case to open."""

    model_config = example(
        reference="ABC-2030-001", title="Dana Sample, teacher", country="KZ", time_zone="Asia/Almaty",
        detention_status="sentenced", summary="A teacher who serves a sentence far from home.", tier="restricted",
    )  # fmt: skip

    reference: Reference
    title: Line
    country: Country
    time_zone: TimeZone
    detention_status: DetentionStatus
    summary: Text
    tier: OpenTier = Tier.RESTRICTED
    facility: Line | None = None
    last_verified_on: date | None = None


class CaseChanges(Given):
    """What is to change; what is not named stays. `owner` is the name of a member who may write the case."""

    model_config = example(detention_status="isolation", last_verified_on="2030-03-01")

    title: Line | None = None
    facility: Line | None = None
    detention_status: DetentionStatus | None = None
    summary: Text | None = None
    monitoring: Monitoring | None = None
    last_verified_on: date | None = None
    owner: Line | None = None

    @model_validator(mode="after")
    def _no_empty_columns(self) -> CaseChanges:
        not_null(self, "title", "detention_status", "summary", "monitoring")
        return self


@router.get("", summary="List the cases that the token's member was granted")
def list_cases(
    session: Reading,
    caller: Reader,
    window: WindowDep,
    country: Annotated[Country | None, Query(description="ISO 3166-1 alpha-2")] = None,
    monitoring: Annotated[Monitoring | None, Query(description="Whether the case is watched")] = None,
    channels: Annotated[CaseChannels | None, Query(description="Whether its followers can be told of it")] = None,
) -> Page[CaseShown]:
    """Cases in an order that stays."""
    statement = select(Case).where(cases_of(caller.actor)).options(selectinload(Case.persons), selectinload(Case.owner))
    if country is not None:
        statement = statement.where(Case.country == country)
    if monitoring is not None:
        statement = statement.where(Case.monitoring == monitoring)
    if channels is not None:
        statement = statement.join(CHANNELS, CHANNELS.c.case_id == Case.id).where(CHANNELS.c.channels == channels)
    return window.page(session, statement, Case.id, CaseShown.of)


@router.post("", status_code=201, summary="Open a case")
def create_case(
    given: CaseGiven, session: Writing, caller: Writer, parts: PartsDep, now: Now, response: Response
) -> CaseShown:
    """Needs a grant for writing on all cases, since nobody could have granted this one yet."""
    caller.require(Action.WRITE_ALL_CASES)
    new = NewCase(**{name: getattr(given, name) for name in CaseGiven.model_fields})
    case = open_case(session, new, now=now, by=caller.name, vault=parts.vault)
    follow_rules(session, case, caller, parts, now=now)
    show_version(response, case.version)
    return CaseShown.of(case)


@router.get("/{case_id}", summary="Read one case")
def read_case(case_id: UUID, session: Reading, caller: Reader, response: Response) -> CaseShown:
    """The case with the ids of its persons."""
    case = case_for(session, caller.actor, case_id)
    show_version(response, case.version)
    return CaseShown.of(case)


@router.patch("/{case_id}", summary="Change a case")
def change_case(
    case_id: UUID, changes: CaseChanges, session: Writing, caller: Writer, parts: PartsDep, now: Now,
    response: Response, if_match: IfMatch = None,
) -> CaseShown:  # fmt: skip
    """Closing (`monitoring: closed`) cancels what is queued for those who follow the case by name, and tells them that."""
    case = found_for_change(session, _one(caller.actor, case_id))
    caller.require(Action.WRITE_CASE, case.id)
    require_version(case.version, if_match, shown=lambda: CaseShown.of(case), wanted=changes)
    named = changes.named()
    _require_no_fate(case, named.get("detention_status", case.detention_status))
    if "owner" in named:
        name = named.pop("owner")
        owner = writer_named(session, name, case.id, where="owner") if name is not None else None
        hand_over(session, case, owner=owner, now=now, by=caller.name, vault=parts.vault)
    change(session, case, named, now=now, by=caller.name, vault=parts.vault)
    follow_rules(session, case, caller, parts, now=now)
    show_version(response, case.version)
    return CaseShown.of(case)


def _require_no_fate(case: Case, status: DetentionStatus) -> None:
    """A death or a release stops what is queued, so it has a door of its own."""
    if status is not case.detention_status and status in (*DEATHS, *RELEASES) and case.persons:
        reason = "A death or a release is recorded at /persons/{id}/death or /release, which stops what is queued."
        raise InvalidInput([Problem("detention_status", reason)])


def case_for(session: Session, actor: Actor, case_id: UUID) -> Case:
    """The case, if the actor may know of it. Raises NotFound."""
    return found(session, _one(actor, case_id))


def _one(actor: Actor, case_id: UUID) -> Select[Case]:
    statement = select(Case).where(Case.id == case_id, cases_of(actor))
    return statement.options(selectinload(Case.persons), selectinload(Case.owner))
