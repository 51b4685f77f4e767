"""Filters and places of long lists, read from an address: whatever stands there, never an error."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from flask import Response, request, stream_with_context, url_for

from app.core.text import sentence
from app.database.pagination import Cut, Place, Row
from app.web.admin_pages import Paging
from app.web.visit import Visit

LONGEST = 200
LARGEST_ID = 2**63


def argument(name: str) -> str:
    """A word of the address, without what a database would choke on."""
    return request.args.get(name, "").replace("\0", "").strip()[:LONGEST]


def moment_argument(seen: Visit, name: str, problems: list[str]) -> datetime | None:
    """A time as typed into the filter, in the hunt's zone; what is none is said and left out."""
    text = argument(name)
    if not text:
        return None
    try:
        found = datetime.fromisoformat(text)
        aware = found if found.tzinfo else found.replace(tzinfo=ZoneInfo(seen.settings.time_zone))
        return aware.astimezone(UTC)
    except (ValueError, OverflowError):
        problems.append(sentence("“%(text)s” is not a time such as 2027-03-14T18:00; it was left out.", text=text))
        return None


def place_argument(name: str) -> Place | None:
    """Where a page of the log begins or ends; what is no place is the beginning."""
    try:
        at, table, number = argument(name).split("~")
        moment = datetime.fromisoformat(at).astimezone(UTC)
        return Place(moment, int(table) % 2, int(number) % LARGEST_ID)
    except (ValueError, OverflowError):
        return None


def place_text(place: Place) -> str:
    """A place as it stands in an address."""
    return f"{place.at.isoformat()}~{place.table}~{place.id}"


def number_argument(name: str) -> int | None:
    """A number of the address, or None."""
    text = argument(name)
    return int(text) if text.isascii() and text.isdigit() and len(text) < 19 else None


def paging_of(endpoint: str, kept: Mapping[str, str], page: Cut[Row], place: Callable[[Row], str]) -> Paging:
    """The ways on from a page of a list; ``place`` names a row in an address, ``kept`` is the filter."""

    def address(**more: str) -> str:
        return url_for(f"admin.{endpoint}", **{**kept, **more})  # type: ignore[arg-type]

    return Paging(
        newest_url=address() if page.has_newer else "",
        newer_url=address(after=place(page.rows[0])) if page.has_newer and page.rows else "",
        older_url=address(before=place(page.rows[-1])) if page.has_older and page.rows else "",
    )


def download(pieces: object, mimetype: str, filename: str) -> Response:
    """A long file, sent while it is being read."""
    response = Response(stream_with_context(pieces), mimetype=mimetype)  # type: ignore[call-overload]
    response.headers["Content-Disposition"] = f'attachment; filename="{filename}"'
    return response


def in_words(details: Mapping[str, object]) -> str:
    """Details of an entry as a line of text."""
    return ", ".join(f"{name.replace('_', ' ')}: {value}" for name, value in details.items() if value not in ("", None))
