"""No spreadsheet runs what is in a cell, and the reader gives back the very same text."""

from __future__ import annotations

import csv
import io
import re
from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from openpyxl import load_workbook

from service.tables.csv_text import read_csv, write_csv
from service.tables.safe_cells import as_meant, defused, would_run
from service.tables.workbook import read_workbook, write_workbook

NOW = datetime(2014, 10, 24, tzinfo=UTC)
RUNS = ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "  =1", "'=1", "''=1", "|calc", "%0A", "＝1", "=HYPERLINK(1)"]
TEXTS = st.text(st.characters(codec="utf-8", exclude_categories=["Cc", "Cs"], include_characters="\n\t"), max_size=40)
RISKY = st.builds(str.__add__, st.sampled_from(["=", "+", "-", "@", "'", " ", "'=", "' '-", "\t", "|"]), TEXTS)


@pytest.mark.parametrize("text", RUNS)
def test_what_would_run_is_written_as_text(text: str) -> None:
    assert would_run(text)
    assert re.match(r"[=+\-@\t\r|%]", defused(text)) is None
    assert as_meant(defused(text)) == text


@pytest.mark.parametrize("text", ["", "Dana", "'tis", "1S2", "a=b", "O'Neill", "  blanks"])
def test_any_other_text_stays_as_it_is(text: str) -> None:
    assert defused(text) == text == as_meant(text)


@given(st.one_of(TEXTS, RISKY))
def test_the_reverse_is_exact(text: str) -> None:
    assert as_meant(defused(text)) == text


@given(st.lists(st.lists(st.one_of(TEXTS, RISKY), min_size=3, max_size=3), min_size=1, max_size=5))
@settings(deadline=None)
def test_csv_gives_back_what_it_was_given(rows: list[list[str]]) -> None:
    rows = [row for row in rows if any(row)]
    stream = io.StringIO()
    write_csv(stream, ["a", "b", "c"], rows)
    assert [list(cells) for _, cells in read_csv(stream.getvalue().encode()).rows] == rows
    for cell in (cell for row in csv.reader(io.StringIO(stream.getvalue(), newline="")) for cell in row):
        assert not re.match(r" *[=+\-@\t\r]", cell)


@given(st.lists(st.lists(st.one_of(TEXTS, RISKY), min_size=3, max_size=3), min_size=1, max_size=5))
@settings(deadline=None, max_examples=30)
def test_a_workbook_gives_back_what_it_was_given(rows: list[list[str]]) -> None:
    rows = [row for row in rows if any(row)]
    stream = io.BytesIO()
    write_workbook(stream, "sheet", ["a", "b", "c"], rows, now=NOW)
    stream.seek(0)
    assert [[cell or "" for cell in cells] for _, cells in read_workbook(stream).rows] == rows


def test_no_cell_of_a_workbook_is_a_formula() -> None:
    stream = io.BytesIO()
    write_workbook(stream, "sheet", ["a"], [[text] for text in (*RUNS[:4], "#N/A", "#REF!")], now=NOW)
    cells = [cell for row in load_workbook(stream)["sheet"].iter_rows(min_row=2) for cell in row]
    assert {cell.data_type for cell in cells} == {"s"}
    assert [cell.quotePrefix for cell in cells] == [True] * 4 + [False] * 2


def test_a_foreign_formula_in_csv_is_text(tmp_path: object) -> None:
    assert read_csv(b"a,b\n=1+1,x\n").rows[0][1] == ("=1+1", "x")
