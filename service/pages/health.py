"""Whether the process answers, and whether the service does its work: for supervisors and balancers."""

from __future__ import annotations

from fastapi import APIRouter
from sqlalchemy.exc import SQLAlchemyError
from starlette.responses import JSONResponse

from service.errors import DatabaseNotReady
from service.migrating import require_newest
from service.pages.public import READ
from service.queries.board import CHECK_IS_STALE_AFTER, last_check
from service.web import PartsDep, WallNow

router = APIRouter(include_in_schema=False)


@router.api_route("/healthz", methods=READ)
def healthz() -> JSONResponse:
    """Whether this process answers; nothing else is asked."""
    return JSONResponse({"status": "ok"})


@router.api_route("/readyz", methods=READ)
def readyz(parts: PartsDep, wall: WallNow, part: str = "all") -> JSONResponse:
    """Whether database, migrations and overdue check are well; `part=web` leaves the check out.

    A balancer asks for the web alone, or a worker that stands still would take every page down.
    """
    checks = {"database": False}
    try:
        with parts.reading() as session:
            checked_at = last_check(session)
        checks["database"] = True
        require_newest(parts.engine)
        checks["migrations"] = True
    except SQLAlchemyError:
        return JSONResponse({"status": "failing", "checks": checks}, 503)
    except DatabaseNotReady:
        checks["migrations"] = False
    if part != "web":
        checks["overdue_check"] = checked_at is not None and wall - checked_at < CHECK_IS_STALE_AFTER
    good = all(checks.values())
    return JSONResponse({"status": "ok" if good else "failing", "checks": checks}, 200 if good else 503)
