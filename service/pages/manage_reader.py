"""The language and the time zone in which a subscriber is written to."""

from __future__ import annotations

from collections.abc import Mapping

from fastapi import APIRouter, Request
from starlette.responses import HTMLResponse, Response

from service.commands.timetables import set_time_zone
from service.pages.forms import VISIT_PATH, FormDep, see_other
from service.pages.public import READ
from service.pages.rendering import pages_of
from service.pages.time_zones import TIME_ZONES
from service.pages.visits import ChangingVisitor, VisitFormToken, Visitor, back
from service.web import Now, Writing

router = APIRouter(include_in_schema=False, prefix=f"{VISIT_PATH}/reader")


@router.api_route("", methods=READ)
def reader_form(request: Request, visitor: Visitor, token: VisitFormToken) -> HTMLResponse:
    """Both choices as they are."""
    return _page(request, token, {"language": visitor.language, "time_zone": visitor.time_zone}, {})


@router.post("")
def change_reader(
    request: Request, form: FormDep, visitor: ChangingVisitor, session: Writing, now: Now, token: VisitFormToken
) -> Response:
    """Write in this language and count days there from the next message on."""
    problems = {}
    if form.get("language") not in pages_of(request).languages.available:
        problems["language"] = _msgid("Choose a language")
    # One that was set before the list was shortened may stay.
    if form.get("time_zone") not in {*TIME_ZONES, visitor.time_zone}:
        problems["time_zone"] = _msgid("Choose a time zone")
    if problems:
        return _page(request, token, form, problems)
    visitor.language = form["language"]
    if form["time_zone"] != visitor.time_zone:
        set_time_zone(session, visitor, time_zone=form["time_zone"], now=now)
    return see_other(back(request, "reader"))


def _page(request: Request, token: str, entries: Mapping[str, str], problems: Mapping[str, str]) -> HTMLResponse:
    zones = TIME_ZONES if entries.get("time_zone") in TIME_ZONES else (entries.get("time_zone", ""), *TIME_ZONES)
    return pages_of(request).render(
        request, "manage/reader_form", status=422 if problems else 200, token=token, entries=dict(entries),
        problems=problems, zones=[zone for zone in zones if zone],
    )  # fmt: skip


def _msgid(english: str) -> str:
    """Marks a text for the translators."""
    return english
