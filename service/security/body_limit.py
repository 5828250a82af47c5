"""A bound on what a request may carry, counted while it arrives."""

from __future__ import annotations

from typing import TYPE_CHECKING

from starlette.datastructures import Headers

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from starlette.types import ASGIApp, Message, Receive, Scope, Send

    Refuse = Callable[[Scope, int], ASGIApp]

FORM_BYTES = 64 * 1024
API_BYTES = 1024 * 1024
API_PREFIX = "/api/"


class _TooLarge(Exception):
    """More arrived than may."""


class BodyLimit:
    """Answers 413 when a body is announced, or turns out, larger than its part of the site allows.

    `files` are the beginnings of the paths to which files are sent, and how many bytes such a file may have.
    """

    def __init__(self, app: ASGIApp, *, refuse: Refuse, files: Mapping[str, int]) -> None:
        self._app = app
        self._refuse = refuse
        self._files = files

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on, counting."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        limit = self._limit(scope["path"])
        announced = Headers(scope=scope).get("content-length", "0")
        if not announced.isascii() or not announced.isdigit() or int(announced[:20]) > limit:
            await self._refuse(scope, 413)(scope, receive, send)
            return
        arrived = 0
        answered = False

        async def counting() -> Message:
            nonlocal arrived
            message = await receive()
            arrived += len(message.get("body", b""))
            if arrived > limit:
                raise _TooLarge
            return message

        async def noting(message: Message) -> None:
            nonlocal answered
            answered = True
            await send(message)

        try:
            await self._app(scope, counting, noting)
        except _TooLarge:
            if answered:
                raise
            await self._refuse(scope, 413)(scope, receive, send)

    def _limit(self, path: str) -> int:
        of_file = next((most for start, most in self._files.items() if path.startswith(start)), None)
        return of_file or (API_BYTES if path.startswith(API_PREFIX) else FORM_BYTES)
