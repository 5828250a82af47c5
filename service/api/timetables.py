"""When the readers of the organisation's own destinations are told: the hour of a digest, and their quiet hours."""

from __future__ import annotations

from datetime import time
from functools import partial
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Response
from pydantic import AfterValidator, Field, PlainSerializer, model_validator
from sqlalchemy.orm import Session

from service.api.access import Reader, Writer
from service.api.destinations import one_destination
from service.api.reading import found, found_for_change
from service.api.shapes import Given, Shown, example, not_null
from service.api.versions import IfMatch, require_version, show_version
from service.commands.staff_timetables import change_timetable_of, reader_without_page
from service.commands.timetables import CHOSEN, timetable_of
from service.records import Subscriber
from service.security.policy import Action
from service.web import Now, PartsDep, Reading, Writing

router = APIRouter(prefix="/destinations/{destination_id}/timetable", tags=["Destinations"])


def _to_the_minute(at: time) -> time:
    if at.tzinfo is not None or at.second or at.microsecond:
        raise ValueError("Use hours and minutes of the readers' own clock, such as 22:30.")
    return at


Clock = Annotated[
    time, AfterValidator(_to_the_minute), PlainSerializer(lambda at: at.strftime("%H:%M"), return_type=str)
]
DigestHour = Annotated[int, Field(ge=0, le=23, description="The full hour at which digests leave.")]
DigestWeekday = Annotated[int, Field(ge=1, le=7, description="The day on which weekly digests leave; 1 is Monday.")]


class TimetableShown(Shown):
    """When the readers of a destination are told, by the clock of their `time_zone`.

    In the quiet hours, which may pass midnight, nothing leaves that can wait; with `critical_may_wake` a critical alert
    does not wait. Every other way to the same readers has the same timetable.
    """

    model_config = example(
        time_zone="Europe/Berlin", digest_hour=9, digest_weekday=1, quiet_from="22:00", quiet_until="06:30",
        critical_may_wake=True, version=1,
    )  # fmt: skip

    time_zone: str
    digest_hour: int
    digest_weekday: int
    quiet_from: Clock | None
    quiet_until: Clock | None
    critical_may_wake: bool
    version: int


class TimetableChanges(Given):
    """What is to change; null for both quiet hours ends them."""

    model_config = example(digest_hour=9, quiet_from="22:00", quiet_until="06:30")

    digest_hour: DigestHour | None = None
    digest_weekday: DigestWeekday | None = None
    quiet_from: Clock | None = None
    quiet_until: Clock | None = None
    critical_may_wake: bool | None = None

    @model_validator(mode="after")
    def _no_empty_columns(self) -> TimetableChanges:
        not_null(self, "digest_hour", "digest_weekday", "critical_may_wake")
        return self


@router.get("", summary="Read when its readers are told")
def read_timetable(destination_id: UUID, session: Reading, caller: Reader, response: Response) -> TimetableShown:
    """Version 0 is what holds where nothing was chosen; a conflict where a reader chooses on a page of their own."""
    destination = found(session, one_destination(caller, destination_id))
    shown = _shown(session, reader_without_page(session, destination))
    show_version(response, shown.version)
    return shown


@router.patch("", summary="Change when its readers are told")
def change_hours(
    destination_id: UUID, changes: TimetableChanges, session: Writing, caller: Writer, parts: PartsDep, now: Now,
    response: Response, if_match: IfMatch = None,
) -> TimetableShown:  # fmt: skip
    """For administrators and coordinators. What is gathered, or waits for the end of quiet hours, follows at once."""
    destination = found_for_change(session, one_destination(caller, destination_id))
    caller.require(Action.MANAGE_DESTINATIONS)
    reader = reader_without_page(session, destination)
    shown = partial(_shown, session, reader)
    require_version(timetable_of(session, reader).version, if_match, shown=shown, wanted=changes)
    change_timetable_of(session, destination, changes.named(), now=now, by=caller.name, vault=parts.vault)
    answer = shown()
    show_version(response, answer.version)
    return answer


def _shown(session: Session, reader: Subscriber) -> TimetableShown:
    timetable = timetable_of(session, reader)
    chosen = {name: getattr(timetable, name) for name in CHOSEN}
    return TimetableShown(time_zone=reader.time_zone, version=timetable.version, **chosen)
