"""Another mailbox for the same alerts: asked for on one's own page, confirmed at the new address."""

from __future__ import annotations

from collections.abc import Mapping
from uuid import UUID

from fastapi import APIRouter, Request
from starlette.responses import HTMLResponse, Response

from service.commands.address_changes import ask_for_address, change_named, move_to_new_address, own_mailbox
from service.errors import InvalidInput
from service.links import ADDRESS
from service.pages.asking import problem_of
from service.pages.forms import VISIT_PATH, FormDep, FormToken, see_other
from service.pages.public import READ
from service.pages.rendering import kept, pages_of
from service.pages.visits import ChangingVisitor, VisitFormToken, Visitor, back
from service.records import AddressChange, Destination
from service.security.addresses import masked, opened
from service.web import Now, Parts, PartsDep, Reading, WallNow, Writing

router = APIRouter(include_in_schema=False)
_PATH = f"{VISIT_PATH}/address/{{destination_id}}"


@router.api_route(_PATH, methods=READ)
def new_address_form(
    request: Request, destination_id: UUID, visitor: Visitor, session: Reading, token: VisitFormToken
) -> HTMLResponse:
    """One box: the new address."""
    own_mailbox(session, visitor, destination_id)
    return _page(request, token, {}, {})


@router.post(_PATH)
def ask_for_new_address(
    request: Request, destination_id: UUID, form: FormDep, visitor: ChangingVisitor, session: Writing, parts: PartsDep,
    now: Now, wall: WallNow, token: VisitFormToken,
) -> Response:  # fmt: skip
    """Mail the question to the new address; the answer is the same whoever uses it."""
    try:
        ask_for_address(
            session, visitor, destination_id, address=form.get("address", ""), now=now, wall_now=wall, vault=parts.vault
        )
    except InvalidInput as error:
        return _page(request, token, form, problem_of(error))
    return see_other(back(request, "address_asked"))


@router.api_route("/address/{token}", methods=READ)
def take_over_page(
    request: Request, token: str, session: Reading, parts: PartsDep, wall: WallNow, form_token: FormToken
) -> HTMLResponse:
    """The page with the one button; looking at it changes nothing."""
    change = change_named(session, parts.signer.read(ADDRESS, token, now=wall))
    return pages_of(request).render(
        request,
        "new_address",
        token=form_token,
        is_done=change.done_at is not None,
        address=_new(session, change, parts),
    )


@router.post("/address/{token}")
def take_over(request: Request, token: str, session: Writing, parts: PartsDep, now: Now, wall: WallNow) -> Response:
    """Let the new address take over; pressing twice does no more."""
    change = change_named(session, parts.signer.read(ADDRESS, token, now=wall))
    move_to_new_address(session, change, now=now, wall_now=wall, vault=parts.vault)
    return see_other(kept(request, f"/address/{token}"))


def _new(session: Reading, change: AddressChange, parts: Parts) -> str:
    """The new address, masked; after the change the mailbox itself bears it."""
    bearer = session.get_one(Destination, change.destination_id if change.done_at else change.other_id)
    return masked(opened(parts.vault, bearer.channel, bearer.address_sealed, bearer.id))


def _page(request: Request, token: str, entries: Mapping[str, str], problems: Mapping[str, str]) -> HTMLResponse:
    return pages_of(request).render(
        request,
        "manage/address",
        status=422 if problems else 200,
        token=token,
        entries=dict(entries),
        problems=problems,
    )
