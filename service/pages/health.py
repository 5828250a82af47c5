"""Whether the process answers, and whether the service does its work: for supervisors and balancers."""

from __future__ import annotations

from fastapi import APIRouter
from sqlalchemy.exc import SQLAlchemyError
from starlette.responses import JSONResponse

from service.errors import DatabaseNotReady
from service.migrating import require_newest
from service.pages.public import READ
from service.queries.signs_of_life import signs_of_life
from service.web import PartsDep, WallNow

router = APIRouter(include_in_schema=False)


@router.api_route("/healthz", methods=READ)
def healthz() -> JSONResponse:
    """Whether this process answers; nothing else is asked."""
    return JSONResponse({"status": "ok"})


@router.api_route("/readyz", methods=READ)
def readyz(parts: PartsDep, wall: WallNow, part: str = "all") -> JSONResponse:
    """Whether database, migrations and the worker's signs of life are well; `part=web` leaves the worker out.

    A balancer asks for the web alone, or a worker that stands still would take every page down. Each sign has its name;
    `vigil doctor` says the same in sentences.
    """
    checks = {"database": True, "migrations": True}
    try:
        require_newest(parts.engine)
        if part != "web":
            with parts.reading() as session:
                signs = signs_of_life(session, now=wall, canary=parts.settings.canary_subscription)
            checks |= {sign.name: sign.ok for sign in signs}
    except SQLAlchemyError:
        checks = {"database": False}
    except DatabaseNotReady:
        checks["migrations"] = False
    good = all(checks.values())
    return JSONResponse({"status": "ok" if good else "failing", "checks": checks}, 200 if good else 503)
