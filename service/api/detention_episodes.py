"""Detention episodes: where somebody is held, under which regime, from and until."""

from __future__ import annotations

from datetime import date, datetime
from uuid import UUID

from fastapi import APIRouter
from pydantic import model_validator

from service.api.cases import case_for
from service.api.desk import Family, OfCase, ReadingDesk, WritingDesk
from service.api.paging import Page, WindowDep
from service.api.shapes import OF, Given, Line, Shown, Text, example, not_null
from service.api.versions import IfMatch
from service.commands.record_facts import transfer
from service.records import DetentionEpisode
from service.vocabulary import DatePrecision, Regime

router = APIRouter(prefix="/detention-episodes", tags=["Detention"])

_STAY = {
    "facility": "Colony 12", "place": "Sampleville", "regime": "strict", "from_on": "2030-01-05", "as_of": "2030-02-01",
}  # fmt: skip


class EpisodeShown(Shown):
    """One stay in one facility under one regime."""

    model_config = example(
        id="01932a10-7a3e-7c11-8f4e-5f1d2c3b4a61", **OF, **_STAY, from_precision="day", until_on=None,
        until_precision="unknown", reason=None, locator="page 4", created_at="2030-02-01T08:00:00Z", version=1,
    )  # fmt: skip

    id: UUID
    case_id: UUID
    person_id: UUID
    facility: str
    place: str | None
    regime: Regime | None
    from_on: date | None
    from_precision: DatePrecision
    until_on: date | None
    until_precision: DatePrecision
    reason: str | None
    as_of: date
    locator: str | None
    created_at: datetime | None
    version: int


class EpisodeGiven(Given):
    """A stay to record; a date without its precision is known to the day."""

    model_config = example(**OF, **_STAY)

    case_id: UUID
    person_id: UUID
    facility: Line
    as_of: date
    place: Line | None = None
    regime: Regime | None = None
    from_on: date | None = None
    from_precision: DatePrecision | None = None
    until_on: date | None = None
    until_precision: DatePrecision | None = None
    reason: Text | None = None
    locator: Line | None = None


class EpisodeChanges(Given):
    """What is to change; what is not named stays."""

    model_config = example(until_on="2030-02-10", reason="Released", as_of="2030-02-11")

    facility: Line | None = None
    place: Line | None = None
    regime: Regime | None = None
    from_on: date | None = None
    from_precision: DatePrecision | None = None
    until_on: date | None = None
    until_precision: DatePrecision | None = None
    reason: Text | None = None
    as_of: date | None = None
    locator: Line | None = None

    @model_validator(mode="after")
    def _no_empty_columns(self) -> EpisodeChanges:
        not_null(self, "facility", "from_precision", "until_precision", "as_of")
        return self


class TransferGiven(Given):
    """Where somebody is taken, and on which day."""

    model_config = example(on="2030-03-01", facility="Prison hospital", regime="prison_hospital", as_of="2030-03-02")

    on: date
    facility: Line
    as_of: date
    place: Line | None = None
    regime: Regime | None = None
    reason: Text | None = None
    locator: Line | None = None


FAMILY = Family(DetentionEpisode, EpisodeShown, EpisodeGiven, EpisodeChanges)


@router.get("", summary="List detention episodes")
def list_episodes(desk: ReadingDesk, window: WindowDep, case_id: OfCase = None) -> Page[EpisodeShown]:
    """Stays of the persons of the granted cases; the reading is noted in the audit."""
    return desk.page(FAMILY, window, case_id)


@router.post("", status_code=201, summary="Record a detention episode")
def create_episode(given: EpisodeGiven, desk: WritingDesk) -> EpisodeShown:
    """The person must be one whom the case is about."""
    return desk.add(FAMILY, given)


@router.get("/{episode_id}", summary="Read one detention episode")
def read_episode(episode_id: UUID, desk: ReadingDesk) -> EpisodeShown:
    """The reading is noted in the audit."""
    return desk.read(FAMILY, episode_id)


@router.patch("/{episode_id}", summary="Change a detention episode")
def change_episode(
    episode_id: UUID, changes: EpisodeChanges, desk: WritingDesk, if_match: IfMatch = None
) -> EpisodeShown:
    """`until_on` ends the stay. Say in `as_of` for which day the change is true."""
    return desk.change(FAMILY, episode_id, changes, if_match)


@router.post("/{episode_id}/transfer", status_code=201, summary="Transfer somebody to another facility")
def transfer_to_another(
    episode_id: UUID, given: TransferGiven, desk: WritingDesk, if_match: IfMatch = None
) -> EpisodeShown:
    """This stay ends and another begins on the same day; the answer is the new one."""
    episode = desk.find(DetentionEpisode, episode_id, for_change=True)
    desk.start(episode, episode.case_id, if_match, shown=EpisodeShown, wanted=given)
    case = case_for(desk.session, desk.caller.actor, episode.case_id)
    following = transfer(
        desk.session, case, episode, **given.stated(), now=desk.now, by=desk.caller.name, vault=desk.vault
    )
    desk.follow(case.id)
    return desk.answer(EpisodeShown, following)
