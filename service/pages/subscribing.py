"""Asking to be told of a case, a country or a kind of date."""

from __future__ import annotations

from collections.abc import Mapping

from fastapi import APIRouter, Request
from starlette.responses import HTMLResponse, Response

from alerts.facts import Level
from service.commands.subscribe import normalised
from service.commands.wishes import Wish
from service.errors import InvalidInput, Problem
from service.pages.asking import HONEYPOT, put_down, require_turn_for, too_quick
from service.pages.forms import FormDep, FormToken, see_other
from service.pages.public import READ
from service.pages.rendering import kept, pages_of
from service.pages.sent import sent_link
from service.pages.subjects import Subject, subject_named
from service.pages.time_zones import TIME_ZONES
from service.queries.public_cases import public_case_named
from service.vocabulary import AskingKind, Cadence, Detail
from service.web import PartsDep, Reading, WallNow, Writing

router = APIRouter(include_in_schema=False)


@router.api_route("/subscribe", methods=READ)
def subscribe_form(
    request: Request, session: Reading, token: FormToken, case: str = "", country: str = "", kind: str = ""
) -> HTMLResponse:
    """The form: address, how often, from when on, which language and time zone."""
    subject = subject_named(session, {"case": case, "country": country, "kind": kind})
    zone = public_case_named(session, case[:64]).time_zone if case else "UTC"
    return _form(request, subject, token, {"language": pages_of(request).language_of(request), "time_zone": zone}, ())


@router.post("/subscribe")
def ask_to_follow(
    request: Request, form: FormDep, session: Writing, parts: PartsDep, wall: WallNow, token: FormToken
) -> Response:
    """Take the wish and say to check the mailbox, whoever's address it is."""
    require_turn_for(request, session, parts, wall=wall)
    subject = subject_named(session, form)
    problems = _problems(form, pages_of(request).languages.available)
    if not form.get(HONEYPOT):
        problems = (*problems, *too_quick(form, parts, wall=wall))
    if problems:
        return _form(request, subject, token, form, problems)
    fields = {
        "address": normalised(form["address"]),
        "language": form["language"],
        "time_zone": form["time_zone"],
        "wish": Wish(
            case_id=subject.case_id, country=subject.country, follow_up_kind=subject.kind,
            least_level=Level(form["least_level"]), cadence=Cadence(form["cadence"]), detail=Detail(form.get("detail", Detail.FULL)),
        ).as_plain(),
    }  # fmt: skip
    link = sent_link(parts.vault, fields, now=wall)
    response = see_other(kept(request, "/subscribe/sent", wish=link))
    if form.get(HONEYPOT):
        return response
    return put_down(session, AskingKind.SUBSCRIBE, fields, response, parts, wall=wall)


# What a form says that was loaded before there was the question.
_UNLESS_SAID = {"detail": Detail.FULL.value}


def _problems(form: Mapping[str, str], languages: tuple[str, ...]) -> tuple[Problem, ...]:
    problems: list[Problem] = []
    try:
        normalised(form.get("address", ""))
    except InvalidInput as error:
        problems += error.problems
    choices = (
        ("cadence", set(Cadence), _msgid("Choose how often we should write")),
        ("detail", set(Detail), _msgid("Choose how much we should say")),
        ("least_level", set(Level), _msgid("Choose from when on we should write")),
        ("language", languages, _msgid("Choose a language")),
        ("time_zone", TIME_ZONES, _msgid("Choose a time zone")),
    )
    problems += [
        Problem(name, words) for name, known, words in choices if form.get(name, _UNLESS_SAID.get(name)) not in known
    ]
    return tuple(problems)


def _form(
    request: Request, subject: Subject, token: str, entries: Mapping[str, str], problems: tuple[Problem, ...]
) -> HTMLResponse:
    pages = pages_of(request)
    return pages.render(
        request,
        "subscribe",
        status=422 if problems else 200,
        what=subject.said(pages.words(request)),
        subject=subject,
        token=token,
        entries=dict(entries),
        cadences=list(Cadence),
        details=list(Detail),
        levels=list(Level),
        zones=TIME_ZONES,
        problems={problem.where: problem.reason for problem in problems},
        honeypot=HONEYPOT,
    )


def _msgid(english: str) -> str:
    """Marks a text for the translators."""
    return english
