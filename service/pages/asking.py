"""How a public form is taken: counted, put down sealed, and looked at when the browser has its answer."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

from starlette.background import BackgroundTask

from service.commands.askings import answer_asking, leave_asking
from service.commands.limits import ALL_FORM_POSTS, FORM_POSTS, network_of, require_turn
from service.errors import InvalidInput, Problem
from service.mail_settings import is_loopback
from service.security.csrf import FIELD, FormTokens
from service.web import in_a_transaction

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from fastapi import Request
    from sqlalchemy.orm import Session
    from starlette.responses import Response

    from service.vocabulary import AskingKind
    from service.web import Parts

# Nobody reads the form, types an address and presses the button faster; programs do.
LEAST_SECONDS = 2
# People do not see this field; programs fill it in.
HONEYPOT = "website"


def require_turn_for(request: Request, session: Session, parts: Parts, *, wall: datetime) -> None:
    """Count the form for the network that it comes from, and for all together. Raises TooManyRequests."""
    host = request.client.host if request.client else ""
    # Behind a proxy of this machine everybody comes from loopback, so that network says nothing.
    if host and not is_loopback(host):
        require_turn(session, FORM_POSTS, network_of(host), now=wall, vault=parts.vault)
    require_turn(session, ALL_FORM_POSTS, "", now=wall, vault=parts.vault)


def too_quick(form: Mapping[str, str], parts: Parts, *, wall: datetime) -> tuple[Problem, ...]:
    """What to say to whoever sent the form sooner than a person can."""
    if FormTokens(parts.signer).seconds_open(form[FIELD], now=wall) < LEAST_SECONDS:
        return (Problem("address", _msgid("That was very quick. Press the button once more.")),)
    return ()


def put_down(
    session: Session, kind: AskingKind, fields: Mapping[str, Any], response: Response, parts: Parts, *, wall: datetime
) -> Response:
    """Let the form be looked at after this answer; until then everybody's costs the same."""
    asking_id = leave_asking(session, kind, fields, wall_now=wall, vault=parts.vault)
    work = partial(answer_asking, asking_id=asking_id, now=parts.clock.now(), wall_now=wall, vault=parts.vault)
    response.background = BackgroundTask(in_a_transaction, parts, work)
    return response


def problem_of(error: InvalidInput) -> dict[str, str]:
    """The problems by their fields, as templates want them."""
    return {problem.where: problem.reason for problem in error.problems}


def _msgid(english: str) -> str:
    """Marks a text for the translators."""
    return english
