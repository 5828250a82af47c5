"""A subscriber's own page, and what can be done there to each subscription."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Request
from sqlalchemy.orm import Session
from starlette.responses import HTMLResponse, Response

from alerts.facts import Level
from service.commands.own_subscriptions import change_wish, own_subscription, pause, resume
from service.commands.unsubscribe import unsubscribe
from service.errors import InvalidInput, Problem
from service.pages.asking import problem_of
from service.pages.forms import VISIT_PATH, FormDep, see_other
from service.pages.manage_sections import SECTIONS
from service.pages.public import READ
from service.pages.rendering import pages_of, today
from service.pages.subjects import subject_of
from service.pages.visits import ChangingVisitor, VisitFormToken, Visitor, back
from service.records import Case, Subscriber, Subscription
from service.vocabulary import Cadence, Detail
from service.web import Now, PartsDep, Reading, Writing

router = APIRouter(include_in_schema=False, prefix=VISIT_PATH)
# Whoever wants to be quiet for longer wants to stop.
LONGEST_PAUSE = timedelta(days=730)


@router.api_route("", methods=READ)
def own_page(
    request: Request,
    visitor: Visitor,
    session: Reading,
    parts: PartsDep,
    now: Now,
    token: VisitFormToken,
    done: str = "",
) -> HTMLResponse:
    """Everything that is sent to this reader, and the buttons to change it."""
    sections = [(one.name, one.facts(session, visitor, parts, now)) for one in SECTIONS]
    return pages_of(request).render(
        request, "manage/alerts", sections=sections, token=token, done=done, time_zone=visitor.time_zone
    )


@router.api_route("/{number:int}/change", methods=READ)
def change_form(
    request: Request, number: int, visitor: Visitor, session: Reading, token: VisitFormToken
) -> HTMLResponse:
    """How often, and from when on."""
    subscription = _shown(session, visitor, number)
    entries = {name: getattr(subscription, name).value for name in ("cadence", "detail", "least_level")}
    return _change_page(request, session, subscription, token, entries, {})


@router.post("/{number:int}/change")
def change_it(
    request: Request, number: int, form: FormDep, visitor: ChangingVisitor, session: Writing, now: Now,
    token: VisitFormToken,
) -> Response:  # fmt: skip
    """Change one subscription from now on."""
    subscription = own_subscription(session, visitor, number)
    problems = {}
    if form.get("cadence") not in set(Cadence):
        problems["cadence"] = _msgid("Choose how often we should write")
    detail = form.get("detail", subscription.detail.value)
    if detail not in set(Detail):
        problems["detail"] = _msgid("Choose how much we should say")
    if form.get("least_level") not in set(Level):
        problems["least_level"] = _msgid("Choose from when on we should write")
    if problems:
        return _change_page(request, session, subscription, token, form, problems)
    change_wish(
        session,
        subscription,
        cadence=Cadence(form["cadence"]),
        detail=Detail(detail),
        least_level=Level(form["least_level"]),
        now=now,
    )
    return see_other(back(request, "changed"))


@router.api_route("/{number:int}/pause", methods=READ)
def pause_form(
    request: Request, number: int, visitor: Visitor, session: Reading, now: Now, token: VisitFormToken
) -> HTMLResponse:
    """Until which day nothing is to be sent."""
    subscription = _shown(session, visitor, number)
    in_a_month = today(now, visitor.time_zone) + timedelta(days=30)
    entries = {"day": str(in_a_month.day), "month": str(in_a_month.month), "year": str(in_a_month.year)}
    return _pause_page(request, session, subscription, token, entries, {})


@router.post("/{number:int}/pause")
def pause_it(
    request: Request, number: int, form: FormDep, visitor: ChangingVisitor, session: Writing, now: Now,
    token: VisitFormToken,
) -> Response:  # fmt: skip
    """Say nothing until the morning of that day, where the reader is."""
    subscription = own_subscription(session, visitor, number)
    try:
        until = _first_instant(form, visitor.time_zone, now=now)
    except InvalidInput as error:
        return _pause_page(request, session, subscription, token, form, problem_of(error))
    pause(session, subscription, until=until)
    return see_other(back(request, "paused"))


@router.post("/{number:int}/resume")
def resume_it(request: Request, number: int, visitor: ChangingVisitor, session: Writing, now: Now) -> Response:
    """Speak again from now on."""
    resume(session, own_subscription(session, visitor, number), now=now)
    return see_other(back(request, "resumed"))


@router.post("/{number:int}/stop")
def stop_it(request: Request, number: int, visitor: ChangingVisitor, session: Writing, now: Now) -> Response:
    """End one subscription."""
    unsubscribe(session, own_subscription(session, visitor, number), now=now)
    return see_other(back(request, "stopped"))


def _shown(session: Session, visitor: Subscriber, number: int) -> Subscription:
    return own_subscription(session, visitor, number, to_change=False)


def _first_instant(form: Mapping[str, str], time_zone: str, *, now: datetime) -> datetime:
    """Midnight (UTC) at the reader's own clocks. Raises InvalidInput."""
    try:
        day = date(*(int(form.get(name, "")[:4]) for name in ("year", "month", "day")))
    except ValueError:
        raise InvalidInput([Problem("day", _msgid("Write a day that there is, such as 9 3 2027"))]) from None
    if not today(now, time_zone) < day <= today(now, time_zone) + LONGEST_PAUSE:
        raise InvalidInput([Problem("day", _msgid("Choose a day that lies ahead, at most two years"))])
    return datetime.combine(day, time(), ZoneInfo(time_zone)).astimezone(UTC)


def _change_page(
    request: Request, session: Session, subscription: Subscription, token: str, entries: Mapping[str, str],
    problems: Mapping[str, str],
) -> HTMLResponse:  # fmt: skip
    return pages_of(request).render(
        request, "manage/change", status=422 if problems else 200, what=_what(request, session, subscription),
        number=subscription.id, token=token, entries=dict(entries), problems=problems, cadences=list(Cadence),
        details=list(Detail),
        levels=list(Level),
    )  # fmt: skip


def _pause_page(
    request: Request, session: Session, subscription: Subscription, token: str, entries: Mapping[str, str],
    problems: Mapping[str, str],
) -> HTMLResponse:  # fmt: skip
    return pages_of(request).render(
        request, "manage/pause", status=422 if problems else 200, what=_what(request, session, subscription),
        number=subscription.id, token=token, entries=dict(entries), problems=problems,
        time_zone=subscription.subscriber.time_zone,
    )  # fmt: skip


def _what(request: Request, session: Session, subscription: Subscription) -> str:
    case = session.get(Case, subscription.case_id) if subscription.case_id else None
    return subject_of(subscription, case).said(pages_of(request).words(request))


def _msgid(english: str) -> str:
    """Marks a text for the translators."""
    return english
