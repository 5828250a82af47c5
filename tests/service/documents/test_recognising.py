"""A file is what its content says, whatever it is called; what is spliced, broken or may run is not taken."""

from __future__ import annotations

import io
import zipfile
import zlib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from service.documents.packages import MOST_MEMBERS
from service.documents.recognising import recognised
from service.errors import InvalidInput
from service.vocabulary import DocumentType
from tests.service.documents.files import OLE, WHOLE, docx, jpeg, odt, packed, pdf, png, tiff, webp

KINDS = list(DocumentType)
BINARY = [kind for kind in KINDS if kind is not DocumentType.TEXT]


def told(content: bytes) -> DocumentType | None:
    """What the file is taken for; None when it is refused. Anything else that is raised fails the test."""
    try:
        return recognised(content)
    except InvalidInput:
        return None


def outside(kind: str, target: str) -> str:
    """A list of parts of which one lies elsewhere."""
    of = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
    return f'<Relationships><Relationship Id="a" Type="{of}/{kind}" Target="{target}" TargetMode="External"/></Relationships>'


@pytest.mark.parametrize("kind", KINDS)
def test_each_kind_is_recognised(kind: DocumentType) -> None:
    assert recognised(WHOLE[kind]) is kind


@pytest.mark.parametrize(
    ("content", "kind"),
    [
        (tiff(">"), DocumentType.TIFF),
        (b"\xef\xbb\xbf" + WHOLE[DocumentType.TEXT], DocumentType.TEXT),
        ("Три строки\r\nи таблица\tв них\f".encode(), DocumentType.TEXT),
        (b"a < b, and <i> is no page", DocumentType.TEXT),
        # phones write more behind the end
        (jpeg() + b"SEFT" + bytes(40), DocumentType.JPEG),
        (pdf() + b"\r\n\0", DocumentType.PDF),
        (docx(("word/embeddings/table.xlsx", packed(("xl/workbook.xml", "<x/>")))), DocumentType.DOCX),
        (odt(("Pictures/1.png", png())), DocumentType.ODT),
        (
            docx(("word/_rels/a.rels", outside("attachedTemplate", "file:///C:\\Users\\dana\\Normal.dotm"))),
            DocumentType.DOCX,
        ),
        (docx(("word/_rels/a.rels", outside("attachedTemplate", "Normal.dotm"))), DocumentType.DOCX),
        (docx(("word/_rels/a.rels", outside("hyperlink", "https://reports.example.org/1"))), DocumentType.DOCX),
    ],
    ids=range(11),
)
def test_what_real_programs_write_is_taken(content: bytes, kind: DocumentType) -> None:
    assert recognised(content) is kind


REFUSED: dict[str, bytes] = {
    "empty": b"",
    "space": b" \n\t ",
    "a Windows program": b"MZ\x90\0\x03" + bytes(60),
    "a Linux program": b"\x7fELF\x02\x01\x01" + bytes(60),
    "a script": b"#!/bin/sh\nrm -r /\n",
    "HTML": b"<!doctype html><title>x</title>",
    "HTML behind words": b"Dear all,\n\n<HTML><body>",
    "a script in text": b"hello <script>alert(1)</script>",
    "SVG": b'<svg xmlns="http://www.w3.org/2000/svg"/>',
    "XML": b'<?xml version="1.0"?><x/>',
    "rich text": b"{\\rtf1 hello}",
    "PostScript": b"%!PS-Adobe-3.0\n",
    "text with a NUL": b"hello\0there",
    "text in Latin-1": "пример".encode("cp1251"),
    "text in UTF-16": "hello".encode("utf-16"),
    "PDF behind words": b"hello\n" + pdf(),
    "PDF without an end": pdf().replace(b"%%EOF", b""),
    "PDF and a zip": pdf() + packed(("run.exe", b"MZ" + bytes(2_000)), method=zipfile.ZIP_STORED),
    "PDF and a word": pdf() + b"MZ",
    "PDF without a version": b"%PDF-x\n%%EOF",
    "PNG and a zip": png() + packed(("a", "b")),
    "PNG with a broken sum": png()[:-1] + b"x",
    "WebP and a program": webp() + b"MZ",
    "GIF": b"GIF89a" + bytes(30),
    "gzip": b"\x1f\x8b\x08" + zlib.compress(b"x"),
    "an old Word file": OLE,
    "an empty zip": packed(),
    "a zip": packed(("a.txt", "hello")),
    "a jar": packed(("META-INF/MANIFEST.MF", "Main-Class: x"), ("x.class", b"\xca\xfe\xba\xbe")),
    "a workbook": packed(("[Content_Types].xml", "<Types/>"), ("xl/workbook.xml", "<x/>")),
    "a spreadsheet of LibreOffice": odt(mimetype="application/vnd.oasis.opendocument.spreadsheet"),
    "a DOCX and a program": docx() + b"MZ" + bytes(30),
    "a DOCX behind a zip": packed(("a", "b")) + docx(),
    "a DOCX with macros": docx(("word/vbaProject.bin", b"x")),
    "a DOCX with macros by another name": docx(("word/pictures.bin", OLE)),
    "a DOCM": docx(types="ContentType='application/vnd.ms-word.document.macroEnabled.main+xml'"),
    "a DOCX that points to macros": docx(("word/_rels/document.xml.rels", "<R Target='VbaProject.bin'/>")),
    "a DOCX with ActiveX": docx(("word/_rels/document.xml.rels", "<R Target='activeX/activeX1.xml'/>")),
    "a DOCX that hides its list": docx(("word/_rels/a.rels", "<R Target='vbaProject.bin'/>".encode("utf-16"))),
    "a DOCX with a template from elsewhere": docx(
        ("word/_rels/settings.xml.rels", outside("attachedTemplate", "https://hooks.example.org/x.dotm"))
    ),
    "a DOCX with a template on another machine": docx(("word/_rels/a.rels", outside("attachedTemplate", "\\\\host\\x"))),
    "a DOCX with a template on a file server": docx(("word/_rels/a.rels", outside("attachedTemplate", "file://host/x"))),
    "a DOCX with a picture from elsewhere": docx(("word/_rels/a.rels", outside("image", "&#104;ttp://example.org/p"))),
    "a DOCX with a list that is broken": docx(("word/_rels/a.rels", "<R")),
    "a DOCX with a list with entities": docx(("word/_rels/a.rels", '<!DOCTYPE x [<!ENTITY a "b">]><R>&a;</R>')),
    "a DOCX with a program": docx(("word/media/image1.png", b"MZ" + bytes(30))),
    "a DOCX with a workbook with macros": docx(("word/embeddings/a.xlsx", packed(("xl/vbaProject.bin", OLE)))),
    "a DOCX with archives in archives": docx(("a.docx", packed(("b.docx", packed(("c", "d")))))),
    "an ODT with macros": odt(("Basic/Standard/Module1.xml", "<x/>")),
    "an ODT with scripts": odt(("Scripts/python/x.py", "import os")),
    "an ODT that calls a script": odt(("styles.xml", "<a xlink:href='vnd.sun.star.script:x.py$y'/>")),
    "an ODT with a password": odt(manifest="<manifest:encryption-data/>"),
    "an ODT with a password, packed whole": packed(
        ("mimetype", DocumentType.ODT.media_type), ("encrypted-package", bytes(99))
    ),
    "two parts of one name": docx(("word/x.xml", "1"), ("word/X.xml", "2")),
    "many parts": docx(*((f"word/{n}", "x") for n in range(MOST_MEMBERS))),
    "packed otherwise": packed(
        ("[Content_Types].xml", "wordprocessingml.document.main+xml"), ("word/document.xml", "x"), method=zipfile.ZIP_LZMA
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", REFUSED)
def test_it_is_refused(name: str) -> None:
    with pytest.raises(InvalidInput):
        recognised(REFUSED[name])


def test_a_refusal_says_why_and_repeats_nothing() -> None:
    with pytest.raises(InvalidInput, match="macros: save it without them") as refused:
        recognised(docx(("word/qsecretname/vbaProject.bin", b"qsecretwords")))
    assert "qsecret" not in str(refused.value)


def with_flag(content: bytes) -> bytes:
    """The same archive, said to be encrypted."""
    at = content.index(b"PK\x01\x02") + 8
    return content[:at] + b"\x01\0" + content[at + 2 :]


def test_an_archive_with_a_password_is_refused() -> None:
    with pytest.raises(InvalidInput, match="password"):
        recognised(with_flag(docx()))


def test_a_bomb_is_refused_before_it_goes_off() -> None:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("[Content_Types].xml", "wordprocessingml.document.main+xml")
        with archive.open("word/document.xml", "w") as part:
            for _ in range(140):
                part.write(bytes(1024 * 1024))
    bomb = stream.getvalue()
    assert len(bomb) < 300_000
    with pytest.raises(InvalidInput, match="MiB unpacked"):
        recognised(bomb)
    # A directory that says less is not believed.
    lying = bomb.replace((140 * 1024 * 1024).to_bytes(4, "little"), (1_000).to_bytes(4, "little"))
    assert lying != bomb
    with pytest.raises(InvalidInput, match=r"broken|MiB unpacked"):
        recognised(lying)


@given(st.binary(max_size=400))
@settings(max_examples=500, deadline=None)
def test_random_bytes_are_refused_or_are_text(content: bytes) -> None:
    assert told(content) in {None, DocumentType.TEXT}


@given(st.sampled_from(BINARY), st.binary(max_size=400))
@settings(max_examples=500, deadline=None)
def test_a_beginning_alone_proves_nothing(kind: DocumentType, rest: bytes) -> None:
    assert told(WHOLE[kind][:12] + rest) in {None, DocumentType.TEXT}


@given(st.sampled_from(KINDS), st.data())
@settings(max_examples=500, deadline=None)
def test_a_file_that_is_cut_off_is_never_another_kind(kind: DocumentType, data: st.DataObject) -> None:
    whole = WHOLE[kind]
    begin, end = sorted(data.draw(st.tuples(st.integers(0, len(whole)), st.integers(0, len(whole)))))
    assert told(whole[:end]) in ({None, kind} if kind is DocumentType.TEXT else {None, kind, DocumentType.TEXT})
    assert told(whole[begin:end]) in {None, kind, DocumentType.TEXT}
    if kind in BINARY and 12 <= end < len(whole) - 2:
        assert told(whole[:end]) is None


@given(st.sampled_from(KINDS), st.sampled_from(KINDS), st.data())
@settings(max_examples=500, deadline=None)
def test_of_two_files_spliced_the_first_alone_is_seen(
    first: DocumentType, second: DocumentType, data: st.DataObject
) -> None:
    cut = data.draw(st.integers(0, len(WHOLE[second])))
    assert told(WHOLE[first] + WHOLE[second][cut:]) in {None, first}
    kept = data.draw(st.integers(12, len(WHOLE[first])))
    if first in BINARY:
        assert told(WHOLE[first][:kept] + WHOLE[second]) in {None, first}


@given(st.sampled_from(BINARY), st.data())
@settings(max_examples=500, deadline=None)
def test_a_file_with_altered_bytes_is_never_another_kind(kind: DocumentType, data: st.DataObject) -> None:
    altered = bytearray(WHOLE[kind])
    for at in data.draw(st.lists(st.integers(0, len(altered) - 1), min_size=1, max_size=6)):
        altered[at] = data.draw(st.integers(0, 255))
    assert told(bytes(altered)) in {None, kind}


@pytest.mark.parametrize("kind", BINARY)
def test_a_file_without_its_end_is_refused(kind: DocumentType) -> None:
    assert told(WHOLE[kind][:-8]) is None
