"""Every route of an application, those of included routers and mounts too."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fastapi.routing import iter_route_contexts
from starlette.routing import Mount

from service.security.csrf import BEARER_ONLY, SAFE_METHODS

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from starlette.routing import BaseRoute


def all_routes(routes: Sequence[BaseRoute], prefix: str = "") -> Iterator[tuple[str, str]]:
    """Method and path template; a loop over `app.routes` would miss whatever was included."""
    for context in iter_route_contexts(routes):
        if isinstance(context.original_route, Mount):
            yield from all_routes(context.original_route.routes, prefix + (context.path or ""))
        else:
            yield from ((method, prefix + (context.path or "")) for method in sorted(context.methods or ()))


def unsafe_routes(routes: Sequence[BaseRoute]) -> list[tuple[str, str]]:
    """Those that may change something by a form; the bearer-only API has its own proofs."""
    return [(m, path) for m, path in all_routes(routes) if m not in SAFE_METHODS and not BEARER_ONLY.match(path)]


def safe_routes(routes: Sequence[BaseRoute]) -> list[tuple[str, str]]:
    """Those that only show something."""
    return [(m, path) for m, path in all_routes(routes) if m in {"GET", "HEAD"} and not BEARER_ONLY.match(path)]
