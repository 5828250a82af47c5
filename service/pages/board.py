"""The staff board, read-only: what is late, the cases, what was told to whom."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Request
from starlette.responses import HTMLResponse

from service.commands.audit import audit
from service.pages.rendering import pages_of, today
from service.pages.staff_door import Staff, StaffFormToken
from service.queries.board import deliveries_by_state, open_by_lateness
from service.queries.channels import troubled_destinations, unheard_cases
from service.queries.claims import claims_of, corrections_in
from service.queries.documents import documents_of_case
from service.queries.members import granted
from service.queries.petitions import petitions_of
from service.queries.signs_of_life import is_stale, last_check
from service.queries.staff_cases import (
    care_of,
    case_for,
    cases_for,
    conditions_of,
    countries_for,
    findings_of,
    follow_ups_of,
)
from service.queries.statements import statements_in
from service.queries.timeline import timeline
from service.queries.told import told
from service.queries.urgent_actions import calls_of, waiting_calls
from service.records import Case
from service.security.policy import Action, Actor, may
from service.vocabulary import DeliveryState
from service.web import Now, Parts, PartsDep, WallNow, Writing

router = APIRouter(include_in_schema=False, prefix="/staff")


@router.get("")
def today_page(
    request: Request, staff: Staff, token: StaffFormToken, session: Writing, now: Now, wall: WallNow
) -> HTMLResponse:
    """What is late, worst first; and a red banner if nobody is being told."""
    checked_at = last_check(session)
    rows = open_by_lateness(session, staff, now=now)
    return _render(
        request,
        "staff/today",
        staff,
        token,
        late=[row for row in rows if row.level and row.days >= 0],
        ahead=sorted((row for row in rows if row.days < 0), key=lambda row: row.due_on),
        checked_at=checked_at,
        checked_ago_s=int((wall - checked_at).total_seconds()) if checked_at else None,
        stale=is_stale(checked_at, now=wall),
        deliveries=deliveries_by_state(session),
        unheard=unheard_cases(session, granted(staff)),
        waiting=waiting_calls(session, staff),
        destinations=troubled_destinations(session) if may(staff, Action.SEE_DESTINATIONS) else (),
        now=now,
    )


@router.get("/cases")
def cases_page(
    request: Request, staff: Staff, token: StaffFormToken, session: Writing, q: str = "", country: str = ""
) -> HTMLResponse:
    """The cases that this member was granted."""
    search = " ".join(q[:100].split())
    return _render(
        request,
        "staff/cases",
        staff,
        token,
        search=search,
        country=country[:2],
        countries=countries_for(session, staff),
        cases=cases_for(session, staff, search=search, country=country[:2]),
    )


@router.get("/cases/{reference}")
def case_timeline(
    request: Request, reference: str, staff: Staff, token: StaffFormToken, session: Writing, parts: PartsDep, now: Now,
    wall: WallNow,
) -> HTMLResponse:  # fmt: skip
    """The case and its timeline, newest first."""
    case = _read_case(session, parts, staff, reference, "timeline", wall)
    return _case_page(request, "timeline", case, staff, token, entries=timeline(session, case, now=now))


@router.get("/cases/{reference}/follow-ups")
def case_follow_ups(
    request: Request, reference: str, staff: Staff, token: StaffFormToken, session: Writing, parts: PartsDep, now: Now,
    wall: WallNow,
) -> HTMLResponse:  # fmt: skip
    """What must happen, by when, on what basis."""
    case = _read_case(session, parts, staff, reference, "follow_ups", wall)
    return _case_page(request, "follow_ups", case, staff, token, follow_ups=follow_ups_of(session, case, now=now))


@router.get("/cases/{reference}/health")
def case_health(
    request: Request, reference: str, staff: Staff, token: StaffFormToken, session: Writing, parts: PartsDep,
    wall: WallNow,
) -> HTMLResponse:  # fmt: skip
    """Conditions as stated, and care given or withheld."""
    case = _read_case(session, parts, staff, reference, "health", wall)
    return _case_page(
        request, "health", case, staff, token, conditions=conditions_of(session, case), care=care_of(session, case)
    )


@router.get("/cases/{reference}/petitions")
def case_petitions(
    request: Request, reference: str, staff: Staff, token: StaffFormToken, session: Writing, parts: PartsDep, now: Now,
    wall: WallNow,
) -> HTMLResponse:  # fmt: skip
    """What was asked of whom, what came of it, and while what a clock stands still."""
    case = _read_case(session, parts, staff, reference, "petitions", wall)
    lines = petitions_of(session, case, today=today(now, case.time_zone))
    return _case_page(request, "petitions", case, staff, token, petitions=lines)


@router.get("/cases/{reference}/evidence")
def case_evidence(
    request: Request, reference: str, staff: Staff, token: StaffFormToken, session: Writing, parts: PartsDep,
    wall: WallNow,
) -> HTMLResponse:  # fmt: skip
    """What is published and on what it rests; what officials claim beside what others found; what was corrected."""
    case = _read_case(session, parts, staff, reference, "evidence", wall)
    claims = claims_of(session, case)
    by_id = {one.id: one for claim in claims for one in (*claim.official, *claim.independent)}
    return _case_page(
        request, "evidence", case, staff, token, statements=statements_in(session, case), claims=claims,
        assertions=by_id, corrections=corrections_in(session, case),
    )  # fmt: skip


@router.get("/cases/{reference}/documents")
def case_documents(
    request: Request, reference: str, staff: Staff, token: StaffFormToken, session: Writing, parts: PartsDep,
    wall: WallNow,
) -> HTMLResponse:  # fmt: skip
    """The papers that are evidence, without their content."""
    case = _read_case(session, parts, staff, reference, "documents", wall)
    return _case_page(request, "documents", case, staff, token, documents=documents_of_case(session, case))


@router.get("/cases/{reference}/alerts")
def case_alerts(
    request: Request, reference: str, staff: Staff, token: StaffFormToken, session: Writing, parts: PartsDep
) -> HTMLResponse:
    """What was told to whom about this case, and with what result."""
    case = case_for(session, staff, reference)
    rows, _ = told(session, staff, vault=parts.vault, case_id=case.id)
    return _case_page(request, "alerts", case, staff, token, deliveries=rows)


@router.get("/cases/{reference}/urgent-actions")
def case_urgent_actions(
    request: Request, reference: str, staff: Staff, token: StaffFormToken, session: Writing, parts: PartsDep,
    wall: WallNow,
) -> HTMLResponse:  # fmt: skip
    """What the public was asked to do, by whom it was approved, and how many wrote."""
    case = _read_case(session, parts, staff, reference, "urgent_actions", wall)
    return _case_page(request, "urgent_actions", case, staff, token, calls=calls_of(session, case))


@router.get("/cases/{reference}/findings")
def case_findings(
    request: Request, reference: str, staff: Staff, token: StaffFormToken, session: Writing, parts: PartsDep,
    wall: WallNow,
) -> HTMLResponse:  # fmt: skip
    """What the import noticed: contradictions, duplicates, gaps."""
    case = _read_case(session, parts, staff, reference, "findings", wall)
    return _case_page(request, "findings", case, staff, token, findings=findings_of(session, case))


@router.get("/deliveries")
def deliveries_page(
    request: Request, staff: Staff, token: StaffFormToken, session: Writing, parts: PartsDep, state: str = "",
    before: str = "",
) -> HTMLResponse:  # fmt: skip
    """Every delivery, newest first, with its tries."""
    chosen = DeliveryState(state) if state in set(DeliveryState) else None
    start = int(before) if before.isascii() and before.isdigit() and len(before) < 19 else None
    rows, following = told(session, staff, vault=parts.vault, state=chosen, before=start)
    return _render(
        request, "staff/deliveries", staff, token, deliveries=rows, following=following, state=chosen or "",
        states=list(DeliveryState),
    )  # fmt: skip


def _read_case(session: Writing, parts: Parts, staff: Actor, reference: str, page: str, wall: WallNow) -> Case:
    """The case, and in the same transaction the entry that this member read it."""
    case = case_for(session, staff, reference)
    audit(
        session, at=wall, actor=staff.name, action="read", record="case", record_id=str(case.id),
        detail={"page": page}, key=parts.vault.audit_key,
    )  # fmt: skip
    return case


def _case_page(request: Request, tab: str, case: Case, staff: Actor, token: str, **facts: Any) -> HTMLResponse:
    tabs = (
        "timeline",
        "follow_ups",
        "health",
        "petitions",
        "evidence",
        "documents",
        "urgent_actions",
        "alerts",
        "findings",
    )
    return _render(
        request,
        f"staff/case_{tab}",
        staff,
        token,
        tab=tab,
        tabs=tabs,
        case=case,
        day=today(request.app.state.parts.clock.now(), case.time_zone),
        **facts,
    )


def _render(request: Request, name: str, staff: Actor, token: str, **facts: Any) -> HTMLResponse:
    return pages_of(request).render(request, name, member=staff.name, token=token, **facts)
