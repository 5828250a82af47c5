"""The hours at which a subscriber is told: of summaries, and those in which nothing leaves."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import time

from fastapi import APIRouter, Request
from starlette.responses import HTMLResponse, Response

from service.commands.timetables import change_timetable, timetable_of
from service.errors import InvalidInput, Problem
from service.pages.asking import problem_of
from service.pages.forms import VISIT_PATH, FormDep, see_other
from service.pages.public import READ
from service.pages.rendering import pages_of
from service.pages.visits import ChangingVisitor, VisitFormToken, Visitor, back
from service.records import Timetable
from service.web import Now, Reading, Writing

router = APIRouter(include_in_schema=False, prefix=f"{VISIT_PATH}/hours")
HOURS = [(str(hour), f"{hour:02}:00") for hour in range(24)]
# Nobody goes to bed by the minute.
HALF_HOURS = frozenset(f"{hour:02}:{minute:02}" for hour in range(24) for minute in (0, 30))
_TIME = re.compile(r"([01]\d|2[0-3]):[0-5]\d", re.ASCII)
_NO_NUMBER = -1


@router.api_route("", methods=READ)
def hours_form(request: Request, visitor: Visitor, session: Reading, token: VisitFormToken) -> HTMLResponse:
    """All of it as it is."""
    return _page(request, token, visitor.time_zone, _entries(timetable_of(session, visitor)), {})


@router.post("")
def change_hours(
    request: Request, form: FormDep, visitor: ChangingVisitor, session: Writing, now: Now, token: VisitFormToken
) -> Response:
    """Write at these hours from now on; what is gathered or waiting follows."""
    try:
        chosen = {
            "digest_hour": _number(form.get("digest_hour", "")),
            "digest_weekday": _number(form.get("digest_weekday", "")),
            "quiet_from": _time(form, "quiet_from"),
            "quiet_until": _time(form, "quiet_until"),
            "critical_may_wake": "critical_may_wake" in form,
        }
        change_timetable(session, visitor, chosen, now=now)
    except InvalidInput as error:
        return _page(request, token, visitor.time_zone, form, problem_of(error))
    return see_other(back(request, "hours"))


def _number(text: str) -> int:
    """What was chosen; a number that no list holds for anything else, so that the command names the field."""
    return int(text) if text.isascii() and text.isdigit() and len(text) <= 2 else _NO_NUMBER


def _time(form: Mapping[str, str], name: str) -> time | None:
    """A time of day; None for nothing chosen. Raises InvalidInput."""
    text = form.get(name, "")
    if text and not _TIME.fullmatch(text):
        raise InvalidInput([Problem(name, _msgid("Choose a time from the list"))])
    return time.fromisoformat(text) if text else None


def _entries(timetable: Timetable) -> dict[str, str]:
    quiet = {"quiet_from": timetable.quiet_from, "quiet_until": timetable.quiet_until}
    return {
        "digest_hour": str(timetable.digest_hour),
        "digest_weekday": str(timetable.digest_weekday),
        **{name: at.strftime("%H:%M") for name, at in quiet.items() if at is not None},
        **({"critical_may_wake": "yes"} if timetable.critical_may_wake else {}),
    }


def _page(
    request: Request, token: str, time_zone: str, entries: Mapping[str, str], problems: Mapping[str, str]
) -> HTMLResponse:
    # One that no list holds may stay.
    chosen = {entries[name] for name in ("quiet_from", "quiet_until") if _TIME.fullmatch(entries.get(name, ""))}
    pages = pages_of(request)
    language = pages.language_of(request)
    return pages.render(
        request,
        "manage/hours_form",
        status=422 if problems else 200,
        token=token,
        time_zone=time_zone,
        entries=dict(entries),
        problems=problems,
        hours=HOURS,
        weekdays=[(str(day), pages.languages.weekday(language, day)) for day in range(1, 8)],
        times=[(at, at) for at in sorted(HALF_HOURS | chosen)],
    )


def _msgid(english: str) -> str:
    """Marks a text for the translators."""
    return english
