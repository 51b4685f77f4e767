"""Filters and pagination in the query; invalid values never raise."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, datetime

from flask import Response, request, stream_with_context, url_for

from app.core.moments import LocalTimeUnclear, is_plain, read_moment, with_offset
from app.core.text import sentence
from app.database.pagination import Cut, Place, Row
from app.web.admin_pages import Paging
from app.web.header_values import file_disposition
from app.web.visit import Visit

LONGEST = 200
LARGEST_ID = 2**63


def argument(name: str) -> str:
    """ "" if missing."""
    return request.args.get(name, "").strip()[:LONGEST]


def moment_argument(seen: Visit, name: str, problems: list[str]) -> datetime | None:
    """In the hunt's zone; errors go to ``problems``."""
    text = argument(name)
    if not text:
        return None
    zone = seen.settings.time_zone
    try:
        return read_moment(text, zone)
    except LocalTimeUnclear as why:
        first, second = (with_offset(at, zone) for at in why.meanings)
        problems.append(
            sentence(
                "“%(text)s” is skipped or repeated by a clock change in %(zone)s; it was left out. Write %(first)s or"
                " %(second)s.",
                text=text,
                zone=zone,
                first=first,
                second=second,
            )
        )
        return None
    except ValueError:
        problems.append(sentence("“%(text)s” is not a time such as 2027-03-14T18:00; it was left out.", text=text))
        return None


def moment_kind(problems: list[str], *texts: str) -> str:
    return "text" if problems or not all(is_plain(text) for text in texts if text) else "datetime-local"


def place_argument(name: str) -> Place | None:
    """None if invalid."""
    try:
        at, table, number = argument(name).split("~")
        moment = datetime.fromisoformat(at).astimezone(UTC)
        return Place(moment, int(table) % 2, int(number) % LARGEST_ID)
    except (ValueError, OverflowError):
        return None


def place_text(place: Place) -> str:
    return f"{place.at.isoformat()}~{place.table}~{place.id}"


def page_argument() -> int:
    """``?page=``; 1 if invalid."""
    text = request.args.get("page", "1")
    return int(text) if text.isascii() and text.isdigit() and len(text) < 7 else 1


def number_argument(name: str) -> int | None:
    text = argument(name)
    return int(text) if text.isascii() and text.isdigit() and len(text) < 19 else None


def paging_of(endpoint: str, kept: Mapping[str, str], page: Cut[Row], place: Callable[[Row], str]) -> Paging:
    """``kept``: the filter."""

    def address(**more: str) -> str:
        return url_for(f"admin.{endpoint}", **{**kept, **more})  # type: ignore[arg-type]

    return Paging(
        newest_url=address() if page.has_newer else "",
        newer_url=address(after=place(page.rows[0])) if page.has_newer and page.rows else "",
        older_url=address(before=place(page.rows[-1])) if page.has_older and page.rows else "",
    )


def download(pieces: object, mimetype: str, filename: str) -> Response:
    """Streamed."""
    response = Response(stream_with_context(pieces), mimetype=mimetype)  # type: ignore[call-overload]
    response.headers["Content-Disposition"] = file_disposition(*filename.rsplit(".", 1))
    return response


def in_words(details: Mapping[str, object]) -> str:
    shown = {name: ", ".join(map(str, value)) if isinstance(value, list) else value for name, value in details.items()}
    return ", ".join(f"{name.replace('_', ' ')}: {value}" for name, value in shown.items() if value not in ("", None))
