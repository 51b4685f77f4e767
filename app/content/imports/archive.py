"""Zip files from outside, unpacked into memory."""

# Threats: bombs, many members, encryption, names that leave the folder. Sizes are counted as bytes come out.

from __future__ import annotations

import io
import stat
import zipfile
import zlib

from app.core.clean_text import clean_text, one_line
from app.core.text import sentence

MEGABYTE = 1024 * 1024
MOST_BYTES = 10 * MEGABYTE
MOST_UNPACKED = 100 * MEGABYTE
MOST_MEMBERS = 5_000
PIECE = 256 * 1024
# Other methods unpack a piece of any size at once.
METHODS = frozenset({zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED})
ENCRYPTED = 0x1
TOO_LARGE = sentence("Unpacked, this file has more than %(most)s MB.", most=MOST_UNPACKED // MEGABYTE)


class ImportRefused(Exception):
    """The file as a whole cannot be read. The message is for its sender."""


def read_archive(raw: bytes) -> dict[str, bytes]:
    """Members by name. Raises :class:`ImportRefused`."""
    expect_size(raw)
    try:
        with zipfile.ZipFile(io.BytesIO(raw)) as archive:
            return _members(archive)
    except (zipfile.BadZipFile, zlib.error, EOFError, OSError, ValueError, NotImplementedError, RuntimeError):
        raise ImportRefused(sentence("This zip file is damaged.")) from None


def expect_size(raw: bytes) -> None:
    if len(raw) > MOST_BYTES:
        raise ImportRefused(sentence("A file to import has at most %(most)s MB.", most=MOST_BYTES // MEGABYTE))


def is_archive(raw: bytes) -> bool:
    return raw.startswith((b"PK\x03\x04", b"PK\x05\x06"))


def _members(archive: zipfile.ZipFile) -> dict[str, bytes]:
    infos = [one for one in archive.infolist() if not _is_noise(one.filename)]
    if len(infos) > MOST_MEMBERS:
        raise ImportRefused(sentence("This zip file holds more than %(most)s files.", most=MOST_MEMBERS))
    found: dict[str, bytes] = {}
    left = MOST_UNPACKED
    for info in infos:
        _check(info)
        if info.filename in found:
            raise ImportRefused(sentence("This zip file holds a name twice: %(name)s", name=_shown(info.filename)))
        found[info.filename] = _unpack(archive, info, left)
        left -= len(found[info.filename])
    return found


def _check(info: zipfile.ZipInfo) -> None:
    parts = info.filename.split("/")
    if "\\" in info.filename or ".." in parts or "" in parts or ":" in parts[0]:
        raise ImportRefused(sentence("A name in this zip file leaves its folder: %(name)s", name=_shown(info.filename)))
    if stat.S_ISLNK(info.external_attr >> 16):
        raise ImportRefused(sentence("A name in this zip file is a link: %(name)s", name=_shown(info.filename)))
    if info.flag_bits & ENCRYPTED:
        raise ImportRefused(sentence("This zip file is encrypted. Save it without a password."))
    if info.compress_type not in METHODS:
        raise ImportRefused(sentence("This zip file is packed in an unusual way. Pack it again as a plain zip."))


def _unpack(archive: zipfile.ZipFile, info: zipfile.ZipInfo, left: int) -> bytes:
    pieces = []
    with archive.open(info) as member:
        while piece := member.read(PIECE):
            left -= len(piece)
            if left < 0:
                raise ImportRefused(TOO_LARGE)
            pieces.append(piece)
    return b"".join(pieces)


def _is_noise(name: str) -> bool:
    last = name.rpartition("/")[2]
    return name.endswith("/") or name.startswith("__MACOSX/") or last in (".DS_Store", "Thumbs.db", "desktop.ini")


def _shown(name: str) -> str:
    return one_line(clean_text(name))[:100]
