"""Pages of a list that stay true while rows are added: a signed cursor says where the last one ended."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any, Generic, TypeVar
from urllib.parse import urlencode
from uuid import UUID

from fastapi import Depends, Query, Request, Response
from pydantic import BaseModel, ConfigDict
from sqlalchemy import Select
from sqlalchemy.orm import InstrumentedAttribute, Session

from service.errors import InvalidInput, Problem
from service.security.tokens import Signer
from service.web import Now, PartsDep

USUAL = 50
MOST = 200
_LONGEST_CURSOR = 300

Row = TypeVar("Row")
Shape = TypeVar("Shape", bound=BaseModel)


class Page(BaseModel, Generic[Shape]):
    """Some of the items; `next` is the cursor for those after them, null at the end."""

    model_config = ConfigDict(frozen=True)

    items: tuple[Shape, ...]
    next: str | None


@dataclass(frozen=True, slots=True)
class Window:
    """What part of the list was asked for."""

    path: str
    filters: tuple[tuple[str, str], ...]
    limit: int
    after: str | None
    signer: Signer
    now: datetime
    response: Response

    def page(
        self,
        session: Session,
        statement: Select[Row],
        key: InstrumentedAttribute[Any],
        show: Callable[[Row], Shape],
    ) -> Page[Shape]:
        """The rows after the cursor in the order of `key`, which must be unique. Raises InvalidInput for a foreign cursor."""
        return self.page_of(session, statement, key, lambda rows: [show(row) for row in rows])

    def page_of(
        self,
        session: Session,
        statement: Select[Row],
        key: InstrumentedAttribute[Any],
        show_all: Callable[[Sequence[Row]], Iterable[Shape]],
    ) -> Page[Shape]:
        """The same where the rows of a page are shown together, because what they need is asked for at once."""
        if self.after is not None:
            statement = statement.where(key > self._last(key))
        rows = session.scalars(statement.order_by(key).limit(self.limit + 1)).all()
        more = len(rows) > self.limit
        rows = rows[: self.limit]
        following = self.signer.sign(self._purpose, str(getattr(rows[-1], key.key))) if more else None
        if following:
            query = urlencode([*self.filters, ("limit", str(self.limit)), ("after", following)])
            self.response.headers["Link"] = f'<{self.path}?{query}>; rel="next"'
        return Page(items=tuple(show_all(rows)), next=following)

    @property
    def _purpose(self) -> str:
        # A cursor of one list says nothing in another.
        return f"cursor {self.path}"

    def _last(self, key: InstrumentedAttribute[Any]) -> UUID | int:
        try:
            value = self.signer.read(self._purpose, self.after or "", now=self.now)
        except InvalidInput:
            raise InvalidInput([Problem("query:after", "This is no cursor of this list.")]) from None
        return int(value) if key.type.python_type is int else UUID(value)


def window(
    request: Request,
    response: Response,
    parts: PartsDep,
    now: Now,
    limit: Annotated[int, Query(ge=1, le=MOST, description="How many items at most.")] = USUAL,
    after: Annotated[str | None, Query(max_length=_LONGEST_CURSOR, description="`next` of the page before.")] = None,
) -> Window:
    """The window that the query describes."""
    route = request.scope["route"]
    known = {field.alias for field in route.dependant.query_params}
    filters = tuple((name, value) for name, value in request.query_params.items() if name in known)
    return Window(request.url.path, filters, limit, after, parts.signer, now, response)


WindowDep = Annotated[Window, Depends(window)]
