"""The ledger of recommendations on the staff board: each demand, a mid-term view, and what was found over time."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from fastapi import APIRouter, Request
from sqlalchemy.orm import Session
from starlette.responses import HTMLResponse

from service.commands.audit import audit
from service.pages.rendering import pages_of
from service.pages.staff_door import Staff, StaffFormToken
from service.queries.ledger import mid_term
from service.queries.staff_ledger import assessments_of, case_files_of, staff_demand, staff_ledger
from service.security.policy import Actor
from service.vocabulary import Implementation
from service.web import Now, Parts, PartsDep, WallNow, Writing

router = APIRouter(include_in_schema=False, prefix="/staff/ledger")

SEVERAL = "several"


@router.get("")
def ledger_page(
    request: Request, staff: Staff, token: StaffFormToken, session: Writing, parts: PartsDep, now: Now, wall: WallNow,
    case_file: str = "", implementation: str = "",
) -> HTMLResponse:  # fmt: skip
    """What is asked of states, how they answered, and how far it is carried out."""
    files = case_files_of(session, staff)
    chosen = case_file if case_file in files else ""
    how_far = Implementation(implementation) if implementation in set(Implementation) else None
    demands = staff_ledger(session, staff, now=now, case_file=chosen, implementation=how_far)
    _note(session, parts, staff, SEVERAL, wall, page="ledger", case_file=chosen)
    return _render(
        request, "ledger", staff, token, demands=demands, files=files, case_file=chosen, implementation=how_far or "",
        implementations=list(Implementation), tab="demands",
    )  # fmt: skip


@router.get("/mid-term")
def mid_term_page(
    request: Request, staff: Staff, token: StaffFormToken, session: Writing, parts: PartsDep, now: Now, wall: WallNow,
    case_file: str = "",
) -> HTMLResponse:  # fmt: skip
    """By section: what a mid-term report of a periodic review asks for, one table a case file."""
    files = case_files_of(session, staff)
    chosen = case_file if case_file in files else ""
    demands = staff_ledger(session, staff, now=now, case_file=chosen)
    sections = {
        name: mid_term([one.row for one in demands if one.row.case_file == name])
        for name in files
        if name == chosen or not chosen
    }
    _note(session, parts, staff, SEVERAL, wall, page="mid_term", case_file=chosen)
    return _render(
        request, "ledger_mid_term", staff, token, sections=sections, files=files, case_file=chosen,
        implementations=list(Implementation), tab="mid_term",
    )  # fmt: skip


@router.get("/{demand_id}")
def demand_page(
    request: Request, demand_id: UUID, staff: Staff, token: StaffFormToken, session: Writing, parts: PartsDep, now: Now,
    wall: WallNow,
) -> HTMLResponse:  # fmt: skip
    """One demand, and everything that was found of it, the latest day first."""
    demand = staff_demand(session, staff, demand_id, now=now)
    _note(session, parts, staff, str(demand_id), wall, page="demand")
    return _render(
        request, "ledger_demand", staff, token, demand=demand, assessments=assessments_of(session, demand_id)
    )


def _note(session: Session, parts: Parts, staff: Actor, record_id: str, wall: WallNow, **detail: str) -> None:
    """In the same transaction, the entry that this member read it."""
    audit(
        session, at=wall, actor=staff.name, action="read", record="demand", record_id=record_id, detail=detail,
        key=parts.vault.audit_key,
    )  # fmt: skip


def _render(request: Request, name: str, staff: Actor, token: str, **facts: Any) -> HTMLResponse:
    return pages_of(request).render(request, f"staff/{name}", member=staff.name, token=token, **facts)
