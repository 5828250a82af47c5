"""Exports: cases, their texts in other languages, timelines and the ledger as files, for one tier, and noted."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends, Query, Response
from pydantic import BaseModel, ConfigDict, Field

from service.api.access import Reader
from service.api.shapes import Reference, example
from service.commands.note_export import note_export
from service.exports.case_texts import export_case_texts
from service.exports.cases import export_cases
from service.exports.export import SCHEMA, Export, ExportTier
from service.exports.ledger import export_ledger
from service.exports.timelines import export_timeline
from service.exports.written import ExportFormat, written
from service.web import Now, PartsDep, Writing

router = APIRouter(prefix="/exports", tags=["Exports"])

MOST_REFERENCES = 100

Format = Annotated[ExportFormat, Query(alias="format", description="csv, xlsx, json, or html to print")]
ForTier = Annotated[ExportTier, Query(alias="tier", description="For whom it is made: what is closer is left out")]
References = Annotated[
    tuple[Reference, ...],
    Query(alias="reference", max_length=MOST_REFERENCES, description="These cases alone; may be repeated"),
]


class ExportShown(BaseModel):
    """An export as JSON: a row bears every column; what is empty is null."""

    model_config = ConfigDict(frozen=True, populate_by_name=True) | example(
        schema=SCHEMA, what="cases", tier="restricted", as_of="2030-03-01T09:00:00Z", columns=["reference", "country"],
        rows=[{"reference": "ABC-2030-001", "country": "KZ"}],
    )  # fmt: skip

    schema_: Literal["vigil-export/1"] = Field(alias="schema")
    what: str
    tier: ExportTier
    as_of: datetime
    columns: list[str]
    rows: list[dict[str, str | None]]


_TEXT = {"type": "string"}
_ANSWERS: dict[int | str, dict[str, Any]] = {
    200: {
        "model": ExportShown,
        "description": "The export in the format that was asked for.",
        "content": {
            "text/csv": {"schema": _TEXT, "example": '"reference","country"\r\n"ABC-2030-001","KZ"\r\n'},
            "text/html": {"schema": _TEXT, "example": "<!doctype html>"},
            ExportFormat.XLSX.media_type: {"schema": _TEXT | {"format": "binary"}, "example": "PK"},
        },
    }
}


@dataclass(frozen=True, slots=True)
class Asked:
    """One caller's export: in which format, for whom, and of which cases."""

    session: Writing
    caller: Reader
    parts: PartsDep
    now: Now
    kind: Format = ExportFormat.JSON
    tier: ForTier = ExportTier.RESTRICTED
    references: References = ()

    def answer(self, export_of: Callable[..., Export]) -> Response:
        """The file; what was in it is noted in the audit."""
        export = export_of(
            self.session, self.caller.actor, tier=self.tier.tier, now=self.now, references=self.references
        )
        if export.rows:
            note_export(
                self.session, export.what, export.about, rows=len(export.rows), tier=export.tier.value,
                now=export.as_of, by=self.caller.name, vault=self.parts.vault,
            )  # fmt: skip
        name = f"{export.what}-{export.as_of:%Y-%m-%d}.{self.kind.value}"
        headers = {"Content-Disposition": f'attachment; filename="{name}"', "Cache-Control": "no-store"}
        return Response(written(export, self.kind), media_type=self.kind.media_type, headers=headers)


Wanted = Annotated[Asked, Depends(scope="function")]


@router.get("/cases", summary="Export cases", response_class=Response, responses=_ANSWERS)
def cases(asked: Wanted) -> Response:
    """A row a case: who, where, status, what is due next."""
    return asked.answer(export_cases)


@router.get(
    "/case-texts", summary="Export the summaries in other languages", response_class=Response, responses=_ANSWERS
)
def case_texts(asked: Wanted) -> Response:
    """A row a text: its language, and whether the original has changed since; for the public only what its pages show."""
    return asked.answer(export_case_texts)


@router.get("/timeline", summary="Export timelines", response_class=Response, responses=_ANSWERS)
def timeline(asked: Wanted) -> Response:
    """What happened in the cases, with source and day; health records are in none of them."""
    return asked.answer(export_timeline)


@router.get("/ledger", summary="Export the ledger of demands", response_class=Response, responses=_ANSWERS)
def ledger(asked: Wanted) -> Response:
    """What is asked of the state, how it answered, how far it was carried out."""
    return asked.answer(export_ledger)
