"""An export as bytes: CSV, XLSX, JSON, or a page to print."""

from __future__ import annotations

import io
import json
from datetime import UTC
from enum import StrEnum
from functools import cache
from typing import TYPE_CHECKING

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from service.exports.export import SCHEMA
from service.paths import TEMPLATES
from service.tables.csv_text import text_stream, write_csv
from service.tables.workbook import write_workbook

if TYPE_CHECKING:
    from service.exports.export import Export


class ExportFormat(StrEnum):
    """How an export is written."""

    CSV = "csv"
    XLSX = "xlsx"
    JSON = "json"
    HTML = "html"

    @property
    def media_type(self) -> str:
        """What HTTP calls it."""
        return _MEDIA_TYPES[self]


_MEDIA_TYPES = {
    ExportFormat.CSV: "text/csv; charset=utf-8",
    ExportFormat.XLSX: "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    ExportFormat.JSON: "application/json",
    ExportFormat.HTML: "text/html; charset=utf-8",
}


def written(export: Export, kind: ExportFormat) -> bytes:
    """The whole document."""
    stream = io.BytesIO()
    match kind:
        case ExportFormat.CSV:
            with text_stream(stream) as text:
                write_csv(text, export.columns, export.rows)
        case ExportFormat.XLSX:
            write_workbook(stream, export.what, export.columns, export.rows, now=export.as_of)
        case ExportFormat.JSON:
            return json.dumps(as_data(export), ensure_ascii=False, indent=2).encode()
        case ExportFormat.HTML:
            return _page(export).encode()
    return stream.getvalue()


def as_data(export: Export) -> dict[str, object]:
    """The export as plain data; an empty text is null."""
    return {
        "schema": SCHEMA,
        "what": export.what,
        "tier": export.tier.value,
        "as_of": _instant(export),
        "columns": list(export.columns),
        "rows": [{name: cell or None for name, cell in zip(export.columns, row, strict=True)} for row in export.rows],
    }


def _page(export: Export) -> str:
    rows = [dict(zip(export.columns, row, strict=True)) for row in export.rows]
    template = _environment().get_template(f"{export.what}.html")
    return template.render(export=export, rows=rows, as_of=_instant(export))


def _instant(export: Export) -> str:
    return export.as_of.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


@cache
def _environment() -> Environment:
    return Environment(
        loader=FileSystemLoader(TEMPLATES / "exports"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
