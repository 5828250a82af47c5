"""The application: its parts, its guards in their order, its routes, and its health."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

import structlog
from fastapi import APIRouter, FastAPI
from fastapi.exceptions import RequestValidationError
from sqlalchemy.exc import OperationalError
from starlette.exceptions import HTTPException

from alerts.languages import Languages
from alerts.rendering import Renderer
from service.api import DOCUMENTS, LARGEST_FILES, explaining_router, install_problem_handlers
from service.api import router as api_router
from service.clock import Clock, SystemClock
from service.database import open_engine, reading_sessions, sessions
from service.errors import VigilError
from service.links import Links
from service.pages import ROUTERS, problems
from service.pages.forms import cookie_name, visit_cookie_name
from service.pages.rendering import Pages
from service.paths import TEMPLATES
from service.security.body_limit import BodyLimit
from service.security.csrf import STAFF, VISIT, CrossSiteGuard, FormTokens
from service.security.encryption import open_vault
from service.security.headers import SecurityHeaders
from service.security.signing import signing_key_of
from service.security.tokens import Signer
from service.web import Parts

if TYPE_CHECKING:
    from sqlalchemy import Engine
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

    from service.security.encryption import Vault
    from service.settings import Settings

log = structlog.get_logger("web")
# The same for every application: FastAPI works out what each route needs when it is first asked, and keeps it here.
_SITE = APIRouter()
for router in (*ROUTERS, api_router, explaining_router):
    _SITE.include_router(router)


def build_parts(
    settings: Settings,
    *,
    clock: Clock | None = None,
    wall_clock: Clock | None = None,
    engine: Engine | None = None,
    vault: Vault | None = None,
) -> Parts:
    """Put the parts together; a clock, engine or vault that is given is used as it is.

    Raises ConfigurationError when a setting or the key is missing or unsafe.
    """
    engine = engine or open_engine(settings.database)
    vault = vault or open_vault(settings)
    signing_key_of(settings)  # one that cannot sign is told here, and not when the first mail is due
    signer = Signer(vault.signing_key)
    languages = Languages(TEMPLATES / "locale")
    return Parts(
        settings=settings,
        engine=engine,
        clock=clock or SystemClock(),
        wall_clock=wall_clock or SystemClock(),
        vault=vault,
        signer=signer,
        links=Links(settings.public_url, signer),
        languages=languages,
        renderer=Renderer(TEMPLATES, languages, postal_address=settings.postal_address),
        writing=sessions(engine),
        reading=reading_sessions(engine),
    )


def create_app(parts: Parts) -> FastAPI:
    """The application; its description is closed to everybody here (the API serves its own to token holders)."""
    app = FastAPI(
        title="Vigil", docs_url=None, redoc_url=None, openapi_url=None, redirect_slashes=False, routes=_SITE.routes
    )
    app.state.parts = parts
    app.state.pages = Pages(parts.languages, parts.settings)
    app.add_exception_handler(VigilError, problems.answer_error)
    app.add_exception_handler(HTTPException, problems.answer_http)
    app.add_exception_handler(RequestValidationError, problems.answer_invalid)
    install_problem_handlers(app)  # last: it keeps the pages' handlers for everything outside /api/v1
    # The last one added is the outermost: headers, then the log and last resort, then the limits, then the guard.
    app.add_middleware(
        CrossSiteGuard,
        tokens=FormTokens(parts.signer),
        clock=parts.wall_clock,
        origin=parts.settings.public_url,
        cookies=((STAFF, cookie_name(parts.settings)), (VISIT, visit_cookie_name(parts.settings))),
        refuse=problems.refuse,
    )
    files = {**LARGEST_FILES, DOCUMENTS: parts.settings.largest_document}
    app.add_middleware(BodyLimit, refuse=problems.refuse, files=files)
    app.add_middleware(LastResort)
    app.add_middleware(SecurityHeaders, https=parts.settings.public_url.startswith("https://"))
    return app


class LastResort:
    """Logs each request by its route's template, and answers what nobody expected with a page that needs nothing.

    Neither paths nor error texts are logged: both can hold tokens, names and addresses.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on; see how it ends."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        began = time.perf_counter()
        status = 0

        async def noting(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        try:
            await self._app(scope, receive, noting)
        except Exception as error:
            # not log.exception: a traceback shows the values that were being handled
            log.error(  # noqa: TRY400
                "request_failed", error=type(error).__name__, where=_where(error), **_named(scope, 500, began)
            )
            if status:
                raise  # half of an answer is out: the server must cut the line
            refusal = problems.refuse(scope, 503 if isinstance(error, OperationalError) else 500)
            await refusal(scope, receive, send)
            return
        log.info("request", **_named(scope, status, began))


def _named(scope: Scope, status: int, began: float) -> dict[str, Any]:
    route = getattr(scope.get("route"), "path", "(none)")
    ms = round((time.perf_counter() - began) * 1000, 1)
    return {"route": route, "method": scope["method"], "status": status, "ms": ms}


def _where(error: BaseException) -> str:
    """The innermost line of our own code that the error passed through."""
    found, trace = "", error.__traceback__
    while trace:
        name = trace.tb_frame.f_globals.get("__name__", "")
        if name.startswith(("service.", "alerts.")):
            found = f"{name}:{trace.tb_lineno}"
        trace = trace.tb_next
    return found
