"""The stop sign: raised whenever something that was queued must not leave any more."""

from __future__ import annotations

from sqlalchemy.orm import Mapped, mapped_column

from service.records.base import PUBLIC, Base


class StopSign(Base):
    """One row, which counts how often it was raised: whoever raises it waits for whoever raised it before.

    So a sender that reads a higher number than before knows that its last look may be out of date.
    """

    __tablename__ = "stop_sign"

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False, info=PUBLIC)
    raised: Mapped[int] = mapped_column(info=PUBLIC)


THE_ONE = 1
