"""A request that sends something is answered once: its repeat gets the same answer and sends nothing."""

from __future__ import annotations

import hashlib
import json
from datetime import timedelta
from typing import TYPE_CHECKING, Annotated, TypeVar

from fastapi import Header
from pydantic import BaseModel

from service.api.problems import KeyRequired
from service.errors import InvalidInput, Problem
from service.records import IdempotencyKey

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from sqlalchemy.orm import Session

    from service.api.access import Caller

KEPT_FOR = timedelta(hours=24)
LONGEST_KEY = 100

Key = Annotated[
    str | None,
    Header(
        alias="Idempotency-Key",
        description="Any text that is new for each thing you want sent; a repeat within 24 hours gets the same answer.",
        examples=["5f1c7f3e-test-1"],
    ),
]
Shape = TypeVar("Shape", bound=BaseModel)


def once(
    session: Session,
    caller: Caller,
    key: str | None,
    *,
    route: str,
    request: object,
    status: int,
    now: datetime,
    answer: Callable[[], Shape],
    shape: type[Shape],
) -> Shape:
    """What `answer` gives, or gave when this caller sent the same key for the same request within 24 hours.

    The key is written in the transaction of what it guards: two at once cannot both commit, and the loser sends nothing.
    Raises KeyRequired, and InvalidInput when the key was used for something else.
    """
    if key is None or not 0 < len(key) <= LONGEST_KEY or not key.isprintable():
        raise KeyRequired
    asked = hashlib.sha256(json.dumps(request, sort_keys=True, default=str).encode()).hexdigest()
    known = session.get(IdempotencyKey, (str(caller.token_id), key))
    if known is not None and known.created_at > now - KEPT_FOR:
        if (known.route, known.request_hash) != (route, asked):
            raise InvalidInput([Problem("header:Idempotency-Key", "This key was used for another request.")])
        return shape.model_validate_json(known.response)
    if known is not None:
        session.delete(known)
        session.flush()
    given = answer()
    session.add(
        IdempotencyKey(
            caller=str(caller.token_id), key=key, route=route, request_hash=asked, status=status,
            response=given.model_dump_json(), created_at=now,
        )
    )  # fmt: skip
    session.flush()
    return given
