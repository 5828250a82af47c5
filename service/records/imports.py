"""What was taken from case files, so that an import changes only what changed in the file."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from sqlalchemy import JSON, String
from sqlalchemy.orm import Mapped, mapped_column

from service.records.base import PUBLIC, RESTRICTED, SECRET, Base

# No case file can bear this name, under which everything stands that came in bundles.
BUNDLES = "(bundle)"


class ImportedRow(Base):
    """One row as its case file last stated it: `marks` holds a keyed hash of each field, never the field.

    Where the file's field is the same as last time, what staff have changed since stands.
    """

    __tablename__ = "imported_row"

    id: Mapped[UUID] = mapped_column(primary_key=True, info=PUBLIC)
    case_file: Mapped[str] = mapped_column(String(64), index=True, info=RESTRICTED)
    kind: Mapped[str] = mapped_column(String(32), info=RESTRICTED)
    key: Mapped[str] = mapped_column(String(200), info=RESTRICTED)
    marks: Mapped[dict[str, Any]] = mapped_column(JSON, info=SECRET)
