"""Pictures, walked part by part to their end without being drawn."""

from __future__ import annotations

import struct
import zlib

from service.errors import InvalidInput

# A phone's picture has some fifty parts; a scan in strips a few thousand.
MOST_PARTS = 100_000

_JPEG_SCAN, _JPEG_END = 0xDA, b"\xff\xd9"
_JPEG_FRAMES = frozenset({*range(0xC0, 0xD0)} - {0xC4, 0xC8, 0xCC})
_JPEG_ALONE = frozenset({0x01, *range(0xD0, 0xDA)})
_TIFF_WIDTH, _TIFF_ENTRY = 256, 12
_WEBP_FIRST = frozenset({b"VP8 ", b"VP8L", b"VP8X"})
_WEBP_PICTURES = frozenset({b"VP8 ", b"VP8L", b"ANMF"})


def require_png(content: bytes) -> None:
    """Raise InvalidInput unless every chunk is whole and nothing stands behind the last (ISO/IEC 15948, 5.3)."""
    at, kinds = 8, list[bytes]()
    while at + 12 <= len(content) and len(kinds) < MOST_PARTS:
        length, kind = struct.unpack_from(">I4s", content, at)
        end = at + 12 + length
        if end > len(content) or zlib.crc32(content[at + 4 : end - 4]) != int.from_bytes(content[end - 4 : end], "big"):
            break
        kinds.append(kind)
        at = end
        if kind == b"IEND":
            break
    if kinds[:1] != [b"IHDR"] or b"IDAT" not in kinds or kinds[-1] != b"IEND":
        raise _broken("PNG")
    if at != len(content):
        raise _followed("PNG")


def require_jpeg(content: bytes) -> None:
    """Raise InvalidInput unless its segments lead to a scan that ends (ITU-T T.81, annex B).

    Phones write more behind the end, so that is left to stand.
    """
    at, has_frame = 2, False
    for _ in range(MOST_PARTS):
        while content[at : at + 2] == b"\xff\xff":
            at += 1
        if at + 4 > len(content) or content[at] != 0xFF or content[at + 1] in _JPEG_ALONE:
            break
        marker, length = content[at + 1], int.from_bytes(content[at + 2 : at + 4], "big")
        if length < 2:
            break
        has_frame = has_frame or marker in _JPEG_FRAMES
        at += 2 + length
        if marker == _JPEG_SCAN:
            if has_frame and content.find(_JPEG_END, at) > at:
                return
            break
    raise _broken("JPEG")


def require_tiff(content: bytes) -> None:
    """Raise InvalidInput unless its directories lie within the file and the first is of a picture (TIFF 6.0, 2)."""
    order = "<" if content.startswith(b"II") else ">"
    seen: set[int] = set()
    at = _number(content, order + "I", 4)
    while at and at not in seen and len(seen) < MOST_PARTS:
        entries = _number(content, order + "H", at)
        following = at + 2 + entries * _TIFF_ENTRY
        tags = {_number(content, order + "H", at + 2 + n * _TIFF_ENTRY) for n in range(entries)} if not seen else set()
        if not entries or at < 8 or (not seen and _TIFF_WIDTH not in tags):
            raise _broken("TIFF")
        seen.add(at)
        at = _number(content, order + "I", following)
    if at or not seen:
        raise _broken("TIFF")


def require_webp(content: bytes) -> None:
    """Raise InvalidInput unless its chunks fill the file exactly and one of them is a picture (RFC 9649, 2)."""
    if int.from_bytes(content[4:8], "little") + 8 > len(content):
        raise _broken("WebP")
    if int.from_bytes(content[4:8], "little") + 8 < len(content):
        raise _followed("WebP")
    at, kinds = 12, list[bytes]()
    while at + 8 <= len(content) and len(kinds) < MOST_PARTS:
        kinds.append(content[at : at + 4])
        length = int.from_bytes(content[at + 4 : at + 8], "little")
        at += 8 + length + length % 2
    if at != len(content) or not {*kinds[:1]} & _WEBP_FIRST or not _WEBP_PICTURES & set(kinds):
        raise _broken("WebP")


def _number(content: bytes, form: str, at: int) -> int:
    if at + struct.calcsize(form) > len(content):
        raise _broken("TIFF")
    number: int = struct.unpack_from(form, content, at)[0]
    return number


def _broken(kind: str) -> InvalidInput:
    return InvalidInput(f"This begins like a {kind} picture, but is cut off or broken.")


def _followed(kind: str) -> InvalidInput:
    return InvalidInput(f"Something stands behind the end of this {kind} picture: save it anew.")
