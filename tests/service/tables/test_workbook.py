"""A workbook that is broken, too large or armed is refused in plain words, before anything is built from it."""

from __future__ import annotations

import io
import tracemalloc
import zipfile
from typing import TYPE_CHECKING

import pytest

from service.errors import InvalidTable
from service.tables.reading import read_table
from service.tables.sheets import MOST_ROWS
from service.tables.workbook import read_workbook
from tests.service.tables.workbooks import SHEET, sheet_of, with_parts, workbook

if TYPE_CHECKING:
    from pathlib import Path

SOUND = workbook(["key", "title"], [["a", "One"], ["b", "Two"]])
XML = sheet_of(SOUND)
ENTITIES = (
    b'<?xml version="1.0"?><!DOCTYPE w [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">]>'
    b'<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData><row r="1">'
    b'<c r="A1" t="inlineStr"><is><t>&b;</t></is></c></row></sheetData></worksheet>'
)
OUTSIDE = ENTITIES.replace(b'<!ENTITY a "aaaaaaaaaa">', b'<!ENTITY a SYSTEM "file:///etc/passwd">')
START = XML[: XML.index(b"<row")]
END = XML[XML.index(b"</sheetData>") :]


def zipped(parts: dict[str, bytes], *, method: int = zipfile.ZIP_DEFLATED) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", method) as archive:
        for name, part in parts.items():
            archive.writestr(name, part)
    return stream.getvalue()


def sheet(xml: bytes) -> bytes:
    return with_parts(SOUND, {SHEET: xml})


def encrypted(content: bytes) -> bytes:
    """The flag of every member says that it is encrypted."""
    spoiled = bytearray(content)
    for mark, offset in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        at = spoiled.find(mark)
        while at >= 0:
            spoiled[at + offset] |= 1
            at = spoiled.find(mark, at + 4)
    return bytes(spoiled)


REFUSED = {
    "a bomb": (with_parts(SOUND, {"xl/media/zeros.bin": b"\0" * (300 * 1024 * 1024)}), "unpacked; the most is 256 MiB"),
    "a huge stylesheet": (with_parts(SOUND, {"xl/styles.xml": b" " * (5 * 1024 * 1024)}), "bytes unpacked"),
    "many parts": (zipped({f"{n}.xml": b"" for n in range(1_001)}), "1,001 parts"),
    "entities": (sheet(ENTITIES), "comment or declaration"),
    "an outside entity": (sheet(OUTSIDE), "comment or declaration"),
    "a comment full of tags": (sheet(START + b"<!-- </row> -->" + END), "comment or declaration"),
    "a row of a million tags": (sheet(START + b"<row>" + b"<c/>" * 300_000 + b"</row>" + END), "longer than any"),
    "too many rows": (sheet(START + b"<row></row>" * (MOST_ROWS + 50) + END), "more than 100,000 rows"),
    "a row far below": (sheet(START + b'<row r="999999"><c r="A999999"><v>1</v></c></row>' + END), "beyond row"),
    "a cell far right": (sheet(XML.replace(b'r="A1"', b'r="XFD1"')), "cell XFD1: is beyond column 200"),
    "a formula": (sheet(XML.replace(b't="inlineStr"><is><t>One</t></is>', b"><f>1+1</f>")), "cell B2: is a formula"),
    "an encrypted zip": (encrypted(SOUND), "encrypted"),
    "an old workbook": (
        b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 512,
        "old .xls file, or a workbook with a password",
    ),
    "a text": (b"key;title\na;One\n", "no .xlsx workbook, whatever its name says"),
    "a zip of something else": (zipped({"hello.txt": b"hi"}), "a zip file, but no .xlsx"),
    "half a workbook": (SOUND[: len(SOUND) // 2], "broken"),
    "nothing": (b"", "no .xlsx workbook"),
    "no sheet": (with_parts(SOUND, {SHEET: None}), "has no sheet"),
    "no workbook": (with_parts(SOUND, {"xl/workbook.xml": b"<x/>"}), "broken|has no sheet"),
    "wrong XML": (sheet(XML[:-30]), "broken"),
    "a strange packing": (zipped({"xl/workbook.xml": b"<x/>"}, method=zipfile.ZIP_BZIP2), "no spreadsheet uses"),
    "a wrong sum": (SOUND.replace(b"xl/worksheets/sheet1.xml", b"xl/worksheets/sheetX.xml", 1), "broken"),
    "a heading twice": (workbook(["key", "key"], [["a", "b"]]), "the heading 'key' stands twice"),
    "no heading": (workbook(["key", ""], [["a", "b"]]), "more than|2 cells under 1"),
    "no rows": (workbook([], []), "the table is empty"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_it_is_refused_with_the_reason(name: str) -> None:
    content, words = REFUSED[name]
    with pytest.raises(InvalidTable, match=words):
        read_workbook(io.BytesIO(content))


def test_a_bomb_is_refused_without_unpacking_it() -> None:
    content = REFUSED["a bomb"][0]
    tracemalloc.start()
    with pytest.raises(InvalidTable):
        read_workbook(io.BytesIO(content))
    _, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert most < 5 * 1024 * 1024


def test_two_parts_of_one_name_are_refused() -> None:
    stream = io.BytesIO(SOUND)
    with pytest.warns(UserWarning, match="Duplicate name"), zipfile.ZipFile(stream, "a") as archive:
        archive.writestr(SHEET, XML)
    with pytest.raises(InvalidTable, match="two parts of one name"):
        read_workbook(stream)


def test_several_sheets_need_a_name() -> None:
    from openpyxl import Workbook

    book, stream = Workbook(), io.BytesIO()
    for title in ("First", "Second"):
        book.create_sheet(title).append(["key"])
    book.remove(book["Sheet"])
    book.save(stream)
    with pytest.raises(InvalidTable, match="2 sheets: say which with --sheet; it has 'First', 'Second'"):
        read_workbook(stream)
    assert read_workbook(stream, sheet="Second").headings == ("key",)
    with pytest.raises(InvalidTable, match="no sheet 'Third'"):
        read_workbook(stream, sheet="Third")


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("table.xls", b"x", "old .xls workbook"),
        ("table.ods", b"x", "OpenDocument"),
        ("table.docx", b"x", "a .csv or .xlsx file"),
        ("table.csv", SOUND, "a zip file, perhaps a workbook"),
        ("table.csv", "ключ;x\n".encode("cp1251"), "is not UTF-8: byte 0xEA at offset 0"),
        ("table.csv", "key\n".encode("utf-16"), "written in UTF-16"),
        ("table.csv", b"key,title\na,\0\n", "line 2: holds a NUL"),
        ("table.csv", b'key,title\n"a,b\n', "is not CSV"),
        ("table.csv", b'key,title\n"a"b,c\n', "is not CSV"),
        ("table.csv", b"key,title\na,b,c\n", "has 3 cells under 2 headings"),
        ("table.csv", b"key\n" + b"x" * 40_000, "a cell of 40,000 characters"),
        ("table.csv", b"key\n" + b"x" * 200_000, "is not CSV: field larger"),
        ("table.csv", b",".join([b"a"] * 300), "has 300 cells"),
        ("table.csv", b"", "the table is empty"),
    ],
)
def test_a_file_that_is_no_table_is_told_what_it_is(tmp_path: Path, name: str, content: bytes, words: str) -> None:
    path = tmp_path / name
    path.write_bytes(content)
    with pytest.raises(InvalidTable, match=words):
        read_table(path)


@pytest.mark.parametrize("separator", [",", ";", "\t"])
@pytest.mark.parametrize("ends", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("mark", ["", "\ufeff"])
def test_separators_line_ends_and_the_mark_of_utf_8_are_known(
    tmp_path: Path, separator: str, ends: str, mark: str
) -> None:
    path = tmp_path / "table.csv"
    text = ends.join([separator.join(['"key"', "title"]), separator.join(["a", f'"One{separator}""two"""']), ""])
    path.write_text(mark + text, encoding="utf-8", newline="")
    table = read_table(path)
    assert (table.headings, table.rows[0][1]) == (("key", "title"), ("a", f'One{separator}"two"'))
