"""The smallest whole file of each kind that is taken, and some that are not."""

from __future__ import annotations

import io
import struct
import zipfile
import zlib

from service.vocabulary import DocumentType

_TYPES = (
    '<?xml version="1.0"?><Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">'
    '<Override PartName="/word/document.xml" ContentType="application/vnd.openxmlformats-officedocument.'
    'wordprocessingml.document.main+xml"/></Types>'
)
OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(504)


def text() -> bytes:
    """A note."""
    return "Reply of the Prosecutor General: Дана Образцова is well, № 12-345.\n".encode()


def pdf() -> bytes:
    """A page without anything on it."""
    return (
        b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj\n2 0 obj<</Type/Pages/Count 0/Kids[]>>endobj\n"
        b"trailer<</Root 1 0 R>>\nstartxref\n0\n%%EOF\n"
    )


def png() -> bytes:
    """One grey pixel."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    header = struct.pack(">IIBBBBB", 1, 1, 8, 0, 0, 0, 0)
    pixels = zlib.compress(b"\0\x80")
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", pixels) + chunk(b"IEND", b"")


def jpeg() -> bytes:
    """A frame and a scan, such as a camera writes them, with a segment of metadata."""

    def segment(marker: int, data: bytes) -> bytes:
        return bytes((0xFF, marker)) + struct.pack(">H", len(data) + 2) + data

    frame = struct.pack(">BHHB", 8, 1, 1, 1) + b"\x01\x11\x00"
    parts = [
        segment(0xE1, b"Exif\0\0 somebody's camera"),
        segment(0xC0, frame),
        segment(0xDA, b"\x01\x01\x00\x00\x3f\x00"),
    ]
    return b"\xff\xd8" + b"".join(parts) + b"\x12\x34\x56\xff\xd9"


def tiff(order: str = "<") -> bytes:
    """One directory that says how wide the picture is."""
    entry = struct.pack(order + "HHII", 256, 4, 1, 1)
    return (b"II*\0" if order == "<" else b"MM\0*") + struct.pack(order + "IH", 8, 1) + entry + bytes(4)


def webp() -> bytes:
    """One chunk without loss."""
    chunk = b"VP8L" + struct.pack("<I", 6) + b"\x2f\0\0\0\0\0"
    return b"RIFF" + struct.pack("<I", 4 + len(chunk)) + b"WEBP" + chunk


def packed(*parts: tuple[str, bytes | str], method: int = zipfile.ZIP_DEFLATED) -> bytes:
    """A zip of these parts in this order."""
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", method) as archive:
        for name, content in parts:
            archive.writestr(name, content)
    return stream.getvalue()


def docx(*more: tuple[str, bytes | str], types: str = _TYPES) -> bytes:
    """A document of one paragraph, and more parts."""
    return packed(("[Content_Types].xml", types), ("word/document.xml", "<w:document/>"), *more)


def odt(*more: tuple[str, bytes | str], manifest: str = "<manifest/>", mimetype: str | None = None) -> bytes:
    """The same as LibreOffice packs it."""
    says = mimetype or DocumentType.ODT.media_type
    return packed(("mimetype", says), ("content.xml", "<office/>"), ("META-INF/manifest.xml", manifest), *more)


WHOLE = {
    DocumentType.TEXT: text(),
    DocumentType.PDF: pdf(),
    DocumentType.PNG: png(),
    DocumentType.JPEG: jpeg(),
    DocumentType.TIFF: tiff(),
    DocumentType.WEBP: webp(),
    DocumentType.DOCX: docx(),
    DocumentType.ODT: odt(),
}
