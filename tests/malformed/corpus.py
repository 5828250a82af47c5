"""Files that are not what they should be, the same for the same seed: tables, workbooks, case files, bundles, mappings."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from random import Random
from typing import TYPE_CHECKING, Any

from tests.malformed.damage import MEGABYTE, STRANGE, altered, damaged, nested
from tests.service.casefile.samples import CASE_FILE, as_json
from tests.service.tables.workbooks import SHEET, sheet_of, with_parts, workbook

if TYPE_CHECKING:
    from collections.abc import Iterator

HEADINGS = ["case", "key", "kind", "title", "due", "basis"]
ROWS = [
    ["KAZ-2099-001", f"row-{n}", "court_hearing", f"=Hearing {n}", f"2014-12-{n + 1:02d}", "Order of the court"]
    for n in range(12)
]
MAPPING = b"columns: {Ref: key, Frist: due}\nvalues: {kind: court_hearing}\nignore: [Notes]\ndates: DD.MM.YYYY\n"
DATES = (
    "24.12.2014",
    "12/24/2014",
    "24/12/2014",
    "2014-12-24T10:00",
    "41997",
    "24 Dec 2014",
    "2014-13-01",
    "٢٠١٤-١٢-٢٤",
)
# Each a sheet's cell, or what is in it.
CELLS = (
    b'<c r="A0"><v>1</v></c>', b'<c r="ZZZZZ1"><v>1</v></c>', b'<c r="1A"><v>1</v></c>', b'<c r=""><v>1</v></c>',
    b'<c r="A-1"/>', b'<c r="A99999999999"><v>1</v></c>', b'<c t="s"><v>999999</v></c>', b'<c t="s"><v>-1</v></c>',
    b'<c t="s"><v>x</v></c>', b'<c t="b"><v>maybe</v></c>', b"<c><v>abc</v></c>", b"<c><v>1e999</v></c>",
    b"<c><v>NaN</v></c>", b'<c s="99"><v>1</v></c>', b'<c s="x"><v>1</v></c>', b'<c t="d"><v>2014-99-99</v></c>',
    b'<c t="e"><v>#REF!</v></c>', b"<c><f>1+1</f><v>2</v></c>", b'<c><f t="array" ref="A1:A9">1</f></c>',
    b'<c><f t="shared" si="0">1</f></c>', b'<c><f t="dataTable" ref="A1" r1="x"/></c>', b'<c t="nonsense"><v>1</v></c>',
    b'<c t="inlineStr"/>', b'<c t="inlineStr"><is><r/></is></c>', b'<c t="inlineStr"><is><t>&nope;</t></is></c>',
    b"<c><v>" + b"9" * 5000 + b"</v></c>", b'<row r="x"/>', b'<row r="1.5"/>', b'<row r="-5"><c><v>1</v></c></row>',
    b'<mergeCell ref="x"/>', b'<dimension ref="A1:XFD1048576"/>', b"<extLst><ext/></extLst>", b"<!-- -->",
    b"<cols><col min='x'/></cols>", b"<sheetProtection password='zz'/>", b"<hyperlink/>",
)  # fmt: skip
PARTS = (
    "xl/workbook.xml", "xl/styles.xml", "[Content_Types].xml", "xl/_rels/workbook.xml.rels", "_rels/.rels", SHEET,
    "docProps/app.xml", "docProps/core.xml", "xl/theme/theme1.xml",
)  # fmt: skip
YAML = (
    "a: &a [x]\nb: *a\n", "a: &a {b: *a}\n", "!!python/object/apply:os.system ['true']\n", "a: 1\na: 2\n", "? [x]\n: y\n",
    "a: !!binary aGk=\n", "<<: {a: 1}\n", "- a\n- b\n", "a: |\n\tb\n", "%YAML 9.9\n---\na\n", "a: b: c\n", "{a: [}\n",
    "a: 2014-12-24\n---\nb: 1\n", "'unclosed\n", "@x\n", "`x`\n", "a: >9\n x\n", "\t- x\n", "--- !<tag:x> y\n",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Malformed:
    """One file: what it claims to be by its name, and what is in it."""

    number: int
    name: str
    content: bytes


def files(seed: int, bundle: bytes) -> Iterator[Malformed]:
    """Files without end, drawn with the seed; `bundle` is a sound one to be damaged."""
    random = Random(seed)  # noqa: S311 - a corpus, not a secret
    number = 0
    while True:
        name, content = _draw(random, bundle)
        yield Malformed(number, f"{number:05d}-{name}", content)
        number += 1


def _draw(random: Random, bundle: bytes) -> tuple[str, bytes]:
    match random.randrange(8):
        case 0 | 1:
            return "table.csv", _csv(random)
        case 2 | 3:
            return "table.xlsx", _xlsx(random)
        case 4:
            return "case.yaml", _yaml(random)
        case 5:
            return "case.json", _json(as_json().encode(), random)
        case 6:
            return "bundle.json", _json(bundle, random)
        case _:
            return "mapping.yaml", _mapping(random)


def _csv(random: Random) -> bytes:
    rows = [list(HEADINGS), *(list(row) for row in ROWS)]
    random.choice(_SPOILS)(rows, random.choice(rows), random.randrange(len(HEADINGS)), random)
    content = _joined(rows, random)
    return damaged(content, random) if random.random() < 0.3 else content


def _put(rows: list[list[str]], row: int, column: int, text: str) -> None:
    rows[row][column] = text


Spoil = Callable[[list[list[str]], list[str], int, Random], object]
# From the rows, one of them, a column and the die.
_SPOILS: tuple[Spoil, ...] = (
    lambda _, row, column, random: row.__setitem__(column, str(random.choice(STRANGE))),
    lambda rows, _, __, random: _put(rows, random.randrange(1, len(rows)), 4, random.choice(DATES)),
    lambda _, row, __, random: row.extend(["x"] * random.choice((1, 5, 300))),
    lambda rows, _, __, random: _put(rows, random.randrange(2, len(rows)), 1, rows[1][1]),
    lambda rows, _, column, random: _put(rows, 0, column, random.choice(("", "key", "Titel", "=key", "x" * 50_000))),
    lambda _, row, column, random: row.__setitem__(column, "y" * random.choice((6_000, 40_000, 200_000, MEGABYTE))),
    lambda _, row, column, __: row.__delitem__(slice(column, None)),
    lambda rows, _, __, random: _put(rows, random.randrange(1, len(rows)), 0, "KAZ-2099-009"),
)


def _joined(rows: list[list[str]], random: Random) -> bytes:
    separator, end = random.choice(",;\t"), random.choice(("\n", "\r\n", "\r"))
    lines = [separator.join(f'"{cell}"' if random.random() < 0.8 else cell for cell in row) for row in rows]
    mark = random.choice((b"", b"\xef\xbb\xbf", b"\xef\xbb\xbf\xef\xbb\xbf"))
    return mark + end.join(lines).encode(errors=random.choice(("replace", "surrogatepass")))


def _xlsx(random: Random) -> bytes:
    return random.choice(_WORKBOOKS)(random)


def _damaged_part(random: Random) -> bytes:
    name = random.choice((*PARTS, SHEET, SHEET))
    with zipfile.ZipFile(io.BytesIO(_sound())) as archive:
        return with_parts(_sound(), {name: damaged(archive.read(name), random)})


def _other_part(random: Random) -> bytes:
    part = random.choice((None, b"", b"<x/>", b"\0", random.randbytes(99)))
    return with_parts(_sound(), {random.choice(PARTS): part})


def _wrong_value(random: Random) -> bytes:
    rows = [list(row) for row in ROWS]
    random.choice(rows)[random.randrange(len(HEADINGS))] = random.choice(("", "nope", *DATES))
    return workbook(HEADINGS, rows)


def _wrong_headings(random: Random) -> bytes:
    return workbook(random.choice(([], ["key"], ["key", "key"], [*HEADINGS, "x"], HEADINGS[1:])), ROWS)


def _wrong_header(random: Random) -> bytes:
    flags = bytearray(_sound())
    flags[random.choice((6, 8, 14, 18, 22, 26, 28))] ^= random.randrange(1, 256)
    return bytes(flags)


def _wrong_cell(random: Random) -> bytes:
    xml = sheet_of(_sound())
    at = random.choice([place for place in range(len(xml)) if xml.startswith((b"<c ", b"<row"), place)])
    return with_parts(_sound(), {SHEET: xml[:at] + random.choice(CELLS) + xml[at:]})


@cache
def _sound() -> bytes:
    return workbook(HEADINGS, ROWS)


@cache
def _bombs() -> tuple[bytes, ...]:
    xml = sheet_of(_sound())
    start, end = xml[: xml.index(b"<row")], xml[xml.index(b"</sheetData>") :]
    laughs = b"".join(b'<!ENTITY l%d "%s">' % (n, b"&l%d;" % (n - 1) * 10) for n in range(1, 10))
    bodies = (
        b"<row>" + b"<c/>" * 1_100_000 + b"</row>",
        b"<row></row>" * 100_100,
        b"<c>" * 300_000,
        b"<row><c t='inlineStr'><is><t>" + b"x" * (5 * MEGABYTE) + b"</t></is></c></row>",
        b"<row><c><v>1</v></c></row>" * 1_000 + b"<c/>" * 1_200_000,
    )
    doctype = b'<!DOCTYPE x [<!ENTITY l0 "lol">' + laughs + b"]>" + start + b"<row><c><v>&l9;</v></c></row>" + end
    outside = b'<!DOCTYPE x [<!ENTITY l0 SYSTEM "file:///etc/passwd">]>' + start + end
    zeros = b"\0" * (40 * MEGABYTE)
    return (
        *(with_parts(_sound(), {SHEET: start + body + end}) for body in bodies),
        with_parts(_sound(), {SHEET: doctype}),
        with_parts(_sound(), {SHEET: outside}),
        with_parts(_sound(), {f"xl/media/{n}.bin": zeros for n in range(7)}),
        with_parts(_sound(), {"xl/styles.xml": b" " * (5 * MEGABYTE)}),
        with_parts(_sound(), {f"xl/{n}.xml": b"" for n in range(1_100)}),
        with_parts(_sound(), {"xl/inner.zip": _sound()})[:-30],
    )


def _yaml(random: Random) -> bytes:
    choice = random.randrange(5)
    if choice == 0:
        return damaged(CASE_FILE.encode(), random)
    if choice == 1:
        return (CASE_FILE + random.choice(YAML)).encode()
    if choice == 2:
        return random.choice(YAML).encode()
    if choice == 3:
        return (CASE_FILE + "x: " + nested(random.choice((30, 1_000, 50_000)), *random.choice(("[]", "{}")))).encode()
    lines = CASE_FILE.splitlines()
    at = random.randrange(len(lines))
    lines[at] = random.choice(
        (lines[at] + ":", "\t" + lines[at], lines[at].lstrip(), lines[at].replace(":", "", 1), lines[at] * 2)
    )
    return "\n".join(lines).encode()


def _json(content: bytes, random: Random) -> bytes:
    choice = random.randrange(6)
    if choice == 0:
        return damaged(content, random)
    if choice == 1:
        return nested(random.choice((30, 5_000, 100_000)), *random.choice(("[]", ('{"a":', "}")))).encode()
    if choice == 2:
        at = content.index(b"{") + 1
        return (
            content[:at]
            + random.choice((b'"schema": 1,', b'"a": NaN,', b'"a": 1e9999,', b'"\\ud800": 1,', b","))
            + content[at:]
        )
    value: Any = json.loads(content)
    for _ in range(random.randrange(1, 4)):
        value = altered(value, random)
    return json.dumps(value, ensure_ascii=random.random() < 0.5).encode(errors="surrogatepass")


def _mapping(random: Random) -> bytes:
    if random.random() < 0.5:
        return damaged(MAPPING, random)
    return random.choice(
        (
            *(one.encode() for one in YAML), b"columns: [x]\n", b"values: {a: {b: c}}\n", b"ignore: x\n", b"dates: tomorrow\n",
            b"colums: {}\n", b"columns: {Ref: key, Frist: nope}\n", b"a: " + b"x" * 70_000, b"", b"columns: {key: true}\n",
            b"ignore: [1]\n", nested(5_000, "[", "]").encode(), b"columns: {Nowhere: key}\n",
        )
    )  # fmt: skip


_WORKBOOKS: tuple[Callable[[Random], bytes], ...] = (
    lambda random: damaged(_sound(), random),
    lambda random: random.choice(_bombs()),
    _damaged_part,
    _damaged_part,
    _other_part,
    _wrong_value,
    _wrong_headings,
    _wrong_header,
    _wrong_cell,
    _wrong_cell,
)
