"""Media type and size from the first bytes. Declared types are not trusted. HTML and SVG are refused because they
would run as documents of this origin.
"""

from __future__ import annotations

import re
import struct
from collections.abc import Callable
from dataclasses import dataclass

# Few bytes can decode to a huge picture; decoding costs memory per pixel.
LONGEST_SIDE = 20_000
MOST_PIXELS = 40_000_000  # decoded, 160 MB
ORIENTATION, SHORT = 0x0112, 3  # a tag of EXIF, and its type
MOST_HEADERS = 500  # maximum number of segments or boxes to scan for the size

PICTURES = ("image/png", "image/jpeg", "image/gif", "image/webp", "image/avif")
DOCUMENTS = ("application/pdf",)

Size = tuple[int, int] | None


@dataclass(frozen=True, slots=True)
class Kind:
    media_type: str
    size: Size = None

    @property
    def is_vast(self) -> bool:
        width, height = self.size or (0, 0)
        return max(width, height) > LONGEST_SIDE or width * height > MOST_PIXELS

    @property
    def words(self) -> str:
        width, height = self.size or (0, 0)
        return f"{width} × {height} pixels"


def kind_of(content: bytes) -> Kind | None:
    """The type, or None if it is not allowed. A picture without a size counts as damaged."""
    for is_it, kind in _SIGNS:
        if is_it(content):
            media_type, size = kind(content)
            if media_type in PICTURES and size is None:
                return None
            return Kind(media_type, size) if media_type else None
    return None


def drawing_size(svg: bytes) -> Size:
    """Of our own SVGs: width and height, or view box."""
    root = re.search(rb"<svg\b[^>]*>", svg[:65_536])
    if root is None:
        return None
    found = [
        re.search(rb"\s%s\s*=\s*[\"']\s*([0-9.]{1,9})(?:px)?\s*[\"']" % name, root[0]) for name in (b"width", b"height")
    ]
    texts = [one[1] for one in found if one]
    if len(texts) < 2:
        box = re.search(rb"\sviewBox\s*=\s*[\"']\s*[-0-9.]+[\s,]+[-0-9.]+[\s,]+([0-9.]+)[\s,]+([0-9.]+)", root[0])
        texts = [box[1], box[2]] if box else []
    try:
        width, height = (round(float(text)) for text in texts)
    except (ValueError, OverflowError):
        return None
    return (width, height) if 0 < width < 100_000 and 0 < height < 100_000 else None


def _png(content: bytes) -> tuple[str, Size]:
    """As shown: an ``eXIf`` chunk before the pixels turns it."""
    size = _unpacked(">II", content, 16) if content[12:16] == b"IHDR" else None
    place = 8
    for _ in range(MOST_HEADERS):
        name, length = content[place + 4 : place + 8], int.from_bytes(content[place : place + 4], "big")
        if name == b"eXIf" and size and _orientation(content[place + 8 : place + 8 + length]) > 4:
            return "image/png", size[::-1]
        if name in (b"", b"IDAT", b"eXIf"):
            break
        place += 12 + length
    return "image/png", size


def _gif(content: bytes) -> tuple[str, Size]:
    """The screen; browsers widen it for a first frame that is larger."""
    screen = struct.unpack_from("<HH", content, 6) if len(content) >= 10 else (0, 0)
    place = 13 + (3 << (content[10] & 7) + 1 if content[10:11] and content[10] & 0x80 else 0)
    for _ in range(MOST_HEADERS):
        if content[place : place + 1] != b"!":
            break
        place += 2
        while content[place : place + 1] not in (b"", b"\0"):
            place += content[place] + 1
        place += 1
    if content[place : place + 1] == b"," and len(content) >= place + 9:
        left, top, width, height = struct.unpack_from("<HHHH", content, place + 1)
        screen = max(screen[0], left + width), max(screen[1], top + height)
    return "image/gif", _positive(*screen)


def _jpeg(content: bytes) -> tuple[str, Size]:
    """As shown: any number of segments; the first EXIF turns it, wherever it stands before the pixels."""
    place, turns, size = 2, list[bool](), None
    for _ in range(MOST_HEADERS):
        marker = content[place : place + 2]
        if len(marker) < 2 or marker[0] != 0xFF or marker[1] == 0xDA:
            break
        if marker[1] == 0xFF:  # padding
            place += 1
            continue
        length = _unpacked(">H", content, place + 2)
        if length is None or length[0] < 2:
            break
        if 0xC0 <= marker[1] <= 0xCF and marker[1] not in (0xC4, 0xC8, 0xCC):
            size = size or _unpacked(">HH", content, place + 5)
        if marker[1] == 0xE1 and content[place + 4 : place + 10] == b"Exif\0\0":
            turns.append(_orientation(content[place + 10 : place + 2 + length[0]]) > 4)
        place += 2 + length[0]
    # Height comes first.
    return "image/jpeg", (size if any(turns[:1]) else size[::-1]) if size else None


def _orientation(exif: bytes) -> int:
    """1 to 8; from 5 on width and height are swapped. 1 if unreadable."""
    order = {b"II*\0": "<", b"MM\0*": ">"}.get(exif[:4])
    if order is None:
        return 1
    try:
        (at,) = struct.unpack_from(f"{order}I", exif, 4)
        (count,) = struct.unpack_from(f"{order}H", exif, at)
        for number in range(min(count, MOST_HEADERS)):
            tag, kind, values, value = struct.unpack_from(f"{order}HHIH", exif, at + 2 + 12 * number)
            if tag == ORIENTATION and kind == SHORT and values == 1:
                return value if 1 <= value <= 8 else 1
    except struct.error:
        return 1
    return 1


def _webp(content: bytes) -> tuple[str, Size]:
    form = content[12:16]
    if form == b"VP8X" and len(content) >= 30:
        return "image/webp", _positive(
            int.from_bytes(content[24:27], "little") + 1, int.from_bytes(content[27:30], "little") + 1
        )
    if form == b"VP8L" and content[20:21] == b"\x2f" and len(content) >= 25:
        bits = int.from_bytes(content[21:25], "little")
        return "image/webp", _positive((bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1)
    if form == b"VP8 " and content[23:26] == b"\x9d\x01\x2a":
        found = _unpacked("<HH", content, 26)
        return "image/webp", _positive(found[0] & 0x3FFF, found[1] & 0x3FFF) if found else None
    return "image/webp", None


def _boxes(content: bytes) -> tuple[str, Size]:
    length = int.from_bytes(content[:4], "big")
    brands = {content[8:12], *(content[at : at + 4] for at in range(16, min(length, 256, len(content) - 3), 4))}
    if brands & {b"avif", b"avis"}:
        return "image/avif", _avif_size(content)
    if content[8:12] in (b"M4A ", b"M4B "):
        return "audio/mp4", None
    known = {b"isom", b"iso2", b"iso4", b"iso5", b"iso6", b"mp41", b"mp42", b"avc1", b"dash", b"M4V ", b"MSNV"}
    return ("video/mp4" if brands & known else ""), None


def _avif_size(content: bytes) -> Size:
    """The largest ``ispe`` in the meta box: thumbnails have them too."""
    found = [_unpacked(">II", content, at.end() + 4) for at in re.finditer(rb"ispe", content[:65_536])][:MOST_HEADERS]
    largest = max((one for one in found if one), default=None)
    turn = content[:65_536].find(b"irot")
    is_turned = turn >= 0 and len(content) > turn + 4 and content[turn + 4] & 1
    return largest[::-1] if largest and is_turned else largest


def _ebml(content: bytes) -> tuple[str, Size]:
    return ("video/webm" if b"webm" in content[:64] else ""), None


def _ogg(content: bytes) -> tuple[str, Size]:
    return ("video/ogg" if b"theora" in content[:128] else "audio/ogg"), None


def _unpacked(form: str, content: bytes, at: int) -> tuple[int, int] | None:
    try:
        found = struct.unpack_from(form, content, at)
    except struct.error:
        return None
    return _positive(found[0], found[-1])


def _positive(width: int, height: int) -> Size:
    return (width, height) if width > 0 and height > 0 else None


def _starts(*signs: bytes) -> Callable[[bytes], bool]:
    return lambda content: content.startswith(signs)


def _is_mpeg_audio(content: bytes) -> bool:
    head = content[:4]
    return (
        len(head) == 4
        and head[0] == 0xFF
        and head[1] in (0xFB, 0xFA, 0xF3, 0xF2, 0xE3, 0xE2)
        and head[2] >> 4 not in (0, 15)
        and head[2] >> 2 & 3 != 3
    )


def _is_captions(content: bytes) -> bool:
    return re.match(rb"(?:\xef\xbb\xbf)?WEBVTT(?:[ \t\r\n]|\Z)", content) is not None


def _plain(media_type: str) -> Callable[[bytes], tuple[str, Size]]:
    return lambda content: (media_type, None)


_SIGNS: tuple[tuple[Callable[[bytes], bool], Callable[[bytes], tuple[str, Size]]], ...] = (
    (_starts(b"\x89PNG\r\n\x1a\n"), _png),
    (_starts(b"\xff\xd8\xff"), _jpeg),
    (_starts(b"GIF87a", b"GIF89a"), _gif),
    (lambda content: content[:4] == b"RIFF" and content[8:12] == b"WEBP", _webp),
    (lambda content: content[:4] == b"RIFF" and content[8:12] == b"WAVE", _plain("audio/wav")),
    (lambda content: content[4:8] == b"ftyp", _boxes),
    (_starts(b"\x1a\x45\xdf\xa3"), _ebml),
    (_starts(b"OggS"), _ogg),
    (_starts(b"ID3"), _plain("audio/mpeg")),
    (_is_mpeg_audio, _plain("audio/mpeg")),
    (_starts(b"%PDF-"), _plain("application/pdf")),
    (_is_captions, _plain("text/vtt")),
)
