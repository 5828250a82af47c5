"""Tables over HTTP: one section of a case file as CSV or XLSX, with a dry run that shows what would change."""

from __future__ import annotations

import hashlib
from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query
from pydantic import BaseModel, ConfigDict

from service.api.idempotency import Key, once
from service.api.shapes import example
from service.api.uploads import CSV, XLSX, Changes, DryRun, Importer, MediaType, RowChanged, TableBody, refused_as
from service.commands.audit import audit
from service.commands.differences import difference
from service.commands.import_table import import_table
from service.tables.columns import TableMapping, columns_of, joined
from service.tables.dates import DATE_FORMATS
from service.tables.reading import read_sent
from service.tables.rows import rows_of
from service.tables.sections import SECTIONS
from service.web import Now, PartsDep, WallNow, Writing, undone_unless

router = APIRouter(prefix="/tables", tags=["Exports"])

SectionName = StrEnum("SectionName", {name: name for name in SECTIONS})  # type: ignore[misc] # the table is the list
DateFormat = StrEnum("DateFormat", {name: name for name in DATE_FORMATS})  # type: ignore[misc] # the table is the list

_TABLE = {
    CSV: {"schema": {"type": "string"}, "example": "key,due\r\n003-specialist,2030-03-24\r\n"},
    XLSX: {"schema": {"type": "string", "format": "binary"}, "example": "PK"},
}
_BODY = {"requestBody": {"required": True, "content": _TABLE}}


@dataclass(frozen=True, slots=True)
class Asked:
    """What the caller says of a table, in the words of `vigil import table`."""

    case_file: Annotated[
        str, Query(pattern=r"^[a-z0-9][a-z0-9-]{0,62}$", description="To which case file the rows belong")
    ]
    begin: Annotated[bool, Query(alias="new", description="Let the table begin a case file of this name")] = False
    columns: Annotated[
        tuple[str, ...], Query(alias="map", max_length=200, description="Which field a column is: `Column=field`")
    ] = ()
    values: Annotated[
        tuple[str, ...], Query(alias="set", max_length=200, description="A value for every row: `field=value`")
    ] = ()
    ignore: Annotated[tuple[str, ...], Query(max_length=200, description="A column to pass over")] = ()
    dates: Annotated[DateFormat | None, Query(description="How days are written, if not YYYY-MM-DD")] = None
    sheet: Annotated[str | None, Query(max_length=200, description="The sheet, where a workbook has several")] = None

    @property
    def mapping(self) -> TableMapping:
        """The same as a mapping. Raises InvalidTable."""
        dates = self.dates.value if self.dates else None
        return joined(TableMapping(), columns=self.columns, values=self.values, ignore=self.ignore, dates=dates)


class TableTaken(BaseModel):
    """What an import did. `left_alone`: closed follow-ups that the table would have changed. `changes` are told of a dry run
    alone, at most a thousand; `more` counts the others.
    """

    model_config = ConfigDict(frozen=True) | example(
        dry_run=True, case_file="register-2030", section="follow_ups", created=12, updated=1, unchanged=40,
        left_alone=[],
        changes=[
            {
                "what": "changed", "kind": "follow_ups", "key": "003-specialist",
                "fields": [{"field": "due_on", "before": "2030-02-23", "now": "2030-03-24"}],
            }
        ],
        more=0,
    )  # fmt: skip

    dry_run: bool
    case_file: str
    section: str
    created: int
    updated: int
    unchanged: int
    left_alone: tuple[str, ...]
    changes: tuple[RowChanged, ...]
    more: int


@router.post("/{section}", summary="Import a table", openapi_extra=_BODY)
def take_table(
    section: SectionName, content: TableBody, sent_as: MediaType, asked: Annotated[Asked, Depends()], session: Writing,
    caller: Importer, parts: PartsDep, now: Now, wall_now: WallNow, key: Key = None, dry_run: DryRun = False,
) -> TableTaken:  # fmt: skip
    """One section of a case file: all of it or, when anything is wrong with it, nothing. CSV up to 64 MiB, XLSX up to 32.

    For administrators and coordinators who may write in all cases. Each problem names sheet, row and column. A dry run needs
    no Idempotency-Key.
    """

    # Read before the transaction begins: whoever writes waits for nobody's parsing.
    wanted = SECTIONS[section.value]
    with refused_as("table"):
        table = read_sent(content, is_workbook=sent_as == XLSX, sheet=asked.sheet)
        columns = columns_of(table, wanted, asked.mapping)
        rows = rows_of(table, wanted, columns)

    def take() -> TableTaken:
        changes = Changes(difference)
        with refused_as("table"), undone_unless(session, kept=not dry_run):
            report = import_table(
                session, rows, case_file=asked.case_file, section=wanted, columns=columns, now=now, by=caller.name,
                vault=parts.vault, may_begin=asked.begin, heard=changes.hear if dry_run else None,
            )  # fmt: skip
        if dry_run:
            audit(
                session, at=now, actor=caller.name, action="try_import", record="case_file", record_id=asked.case_file,
                detail={"section": section.value}, key=parts.vault.audit_key,
            )  # fmt: skip
        shown = tuple(RowChanged.model_validate(one) for one in changes.first)
        return TableTaken.model_validate(
            report.as_dict() | {"dry_run": dry_run, "changes": shown, "more": changes.more}
        )

    if dry_run:
        return take()
    request: dict[str, Any] = asdict(asked) | {"section": section.value, "file": hashlib.sha256(content).hexdigest()}
    return once(
        session, caller, key, route="POST /tables", request=request, status=200, now=wall_now, answer=take,
        shape=TableTaken,
    )  # fmt: skip
