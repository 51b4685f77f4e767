"""Strict checks of a request's head. Pure.

Threat: request smuggling. If a proxy and the lenient library disagree about where a request ends, a second one can
hide in it.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

_TOKEN = rb"[!#$%&'*+.^_`|~0-9A-Za-z-]+"
_REQUEST_LINE = re.compile(_TOKEN + rb" (/[!-~\x80-\xff]*|\*) HTTP/1\.([01])\r\n")
_HEADER = re.compile(rb"(" + _TOKEN + rb"):[ \t]*([\t -~\x80-\xff]*?)[ \t]*\r\n")
_HOST = re.compile(rb"([0-9A-Za-z._~%!$&'()*+;=-]+|\[[0-9A-Fa-f:.]+\])?(:[0-9]{0,5})?")
_LENGTH = re.compile(rb"[0-9]{1,15}")
# Duplicates may be read differently by another parser.
_ONCE = (b"host", b"content-length", b"transfer-encoding", b"content-type", b"expect")
END = b"\r\n"


def fault_in_head(request_line: bytes, lines: Sequence[bytes]) -> str:
    """What is wrong, or "". ``lines``: headers up to the empty line, with line ends."""
    asked = _REQUEST_LINE.fullmatch(request_line)
    if asked is None:
        return "The first line is not METHOD /PATH VERSION."
    if not lines or lines[-1] != END:
        return "The headers have no end."
    named: dict[bytes, list[bytes]] = {}
    for line in lines[:-1]:
        header = _HEADER.fullmatch(line)
        if header is None:
            return "A header is not NAME: VALUE on one line."
        named.setdefault(header[1].lower(), []).append(header[2])
    return _fault_in_headers(named, is_newer=asked[2] == b"1")


def _fault_in_headers(named: dict[bytes, list[bytes]], *, is_newer: bool) -> str:
    twice = next((name for name in _ONCE if len(named.get(name, ())) > 1), None)
    if twice is not None:
        return f"There is more than one {twice.decode()}."
    if is_newer and b"host" not in named:
        return "There is no host."
    if not _HOST.fullmatch(named.get(b"host", [b""])[0]):
        return "The host is not a host."
    length, coding = named.get(b"content-length"), named.get(b"transfer-encoding")
    if length and not _LENGTH.fullmatch(length[0]):
        return "The content-length is not a number of bytes."
    if coding and (length or not is_newer):
        return "The body has two lengths."
    return ""
