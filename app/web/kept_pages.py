"""Pages that are made once and sent again until something they are made from changes."""

from __future__ import annotations

import math
import re
import secrets
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from hashlib import blake2b

from flask import Flask, Response, after_this_request, current_app, g, request, session
from prometheus_client import Counter

from app.concurrency.cache import Cache
from app.core.hunt_settings import HuntSettings
from app.core.in_force import InForce
from app.core.model import Content
from app.core.moments import FIRST, LAST
from app.core.text import LANGUAGES
from app.database.page_query import PageRow, Reading
from app.web.access import Keeping
from app.web.languages import asked_for
from app.web.process_state import vitals_of
from app.web.render import wants_json, xp_of
from app.web.sessions import form_token
from app.web.visit import Visit, maybe_visit

# A view is kept if it says so: app.web.access.kept. Its page may depend on
# - the address, the arguments and cookies that the view names, HTML or JSON, the language, the host asked for;
# - the row of the page's query, with marks of what the view asks beside it;
# - settings and content in force;
# - the time, until the next moment of _next_changes or holds_until.
# What differs each time is a hole: form token, key of the next guess, newest notice, time.

PAGES = Counter(
    "infinity_pages",
    "Pages that may be kept: made, sent again, so without Flask, or unchanged in the browser",
    ("how",),
)
MADE, KEPT, REPEATED, UNCHANGED = (PAGES.labels(how) for how in ("made", "kept", "repeated", "unchanged"))
# Of an entry beside its text.
OVERHEAD_BYTES = 1_000
# Headers of a page that has nothing to say but its text.
PLAIN = {"Content-Type", "Content-Length"}
PAGE_KEY = "page."
# In the environment of a request: what the same request may be answered from.
REPEAT = "infinity.repeat"
VARY = "Accept, Accept-Language, Cookie"
# Text that no author can know, so that it stands in a page only where a hole is.
_MARK = f"hole{secrets.token_hex(12)}"
# In JSON the mark of a number stands in quotes, which go with it.
_HOLE = re.compile(f'(?:"(?={_MARK}xp"))?{_MARK}(token|once|notice|now|xp)(?:(?<={_MARK}xp)")?'.encode())


@dataclass(frozen=True, slots=True)
class KeptPage:
    """Every second of ``pieces`` is the name of a hole."""

    pieces: tuple[bytes, ...]
    content_type: str
    frame_sources: tuple[str, ...]
    digest: str
    next_xp_at: datetime | None
    since: datetime
    until: datetime

    def holds(self, now: datetime) -> bool:
        return self.since <= now < self.until


@dataclass(frozen=True, slots=True)
class SessionPage:
    """A kept page for one session: the token of its forms; ``tag``: empty for visitors."""

    page: KeptPage
    token: str
    tag: str

    def tag_at(self, now: datetime) -> str:
        return (
            f"{self.tag}-{self._filling(b'xp', now, 0)}" if self.tag and b"xp" in self.page.pieces[1::2] else self.tag
        )

    def filled(self, now: datetime, notice: int) -> bytes:
        """``notice``: number of the newest."""
        pieces = list(self.page.pieces)
        pieces[1::2] = [self._filling(name, now, notice).encode() for name in pieces[1::2]]
        return b"".join(pieces)

    def _filling(self, name: bytes, now: datetime, notice: int) -> str:
        if name == b"token":
            return self.token
        if name == b"once":
            return page_key()
        if name == b"notice":
            return str(notice)
        return (
            now.isoformat() if name == b"now" else str(math.ceil(((self.page.next_xp_at or now) - now).total_seconds()))
        )


def _size(page: KeptPage) -> int:
    return sum(map(len, page.pieces)) + OVERHEAD_BYTES


@dataclass(frozen=True, slots=True)
class Repeat:
    """What has gone out to a session, and what it followed from.

    ``until``: end of the session, seconds since 1970.
    """

    sent: SessionPage
    reading: Reading
    content: Content
    settings: HuntSettings
    since: datetime
    until: float
    route: str
    team_id: int | None
    # As sent, but for headers that differ each time.
    status: str = ""
    head: tuple[tuple[str, str], ...] = ()

    def holds(self, now: datetime, in_force: InForce) -> bool:
        is_in_force = in_force.is_loaded and in_force.content is self.content and in_force.settings is self.settings
        return is_in_force and self.since <= now and self.sent.page.holds(now) and now.timestamp() < self.until


def _size_of_repeat(repeat: Repeat) -> int:
    return sum(len(one) for one in repeat.reading.columns if isinstance(one, str)) + 2 * OVERHEAD_BYTES


class PageCache:
    """Kept under one content and one set of settings. ``repeats``: by what was asked."""

    def __init__(self, most_bytes: int) -> None:
        self.pages: Cache[bytes, KeptPage] = Cache(most_bytes * 3 // 4, size_of=_size)
        self.repeats: Cache[tuple[str, ...], Repeat] = Cache(most_bytes // 4, size_of=_size_of_repeat)
        self._content: Content | None = None
        self._settings: HuntSettings | None = None
        self.openings: tuple[datetime, ...] = ()

    def follow(self, content: Content, settings: HuntSettings) -> None:
        if content is self._content and settings is self._settings:
            return
        self._content, self._settings = content, settings
        timed = (one.unlock_at for found in (content.levels, content.puzzles) for one in found)
        self.openings = tuple(sorted({at for at in timed if at is not None}))
        self.pages.clear()
        self.repeats.clear()


@dataclass(slots=True)
class Making:
    cache: PageCache
    key: bytes
    since: datetime
    until: datetime = LAST


def install(app: Flask, most_bytes: int) -> None:
    cache = app.extensions["kept_pages"] = PageCache(most_bytes)
    vitals_of(app).gauges["kept_page_bytes"] = lambda: cache.pages.used + cache.repeats.used


# --- before the view --------------------------------------------------------------------------------------------------


def find(keeping: Keeping, row: PageRow, in_force: InForce, now: datetime) -> Response | PageRow:
    """The kept page, or the row as far as the view may read it."""
    if row.is_staff or "_flashes" in session or not request.args.keys() <= set(keeping.arguments):
        return row
    row = row.without(keeping.unread)
    cache: PageCache = current_app.extensions["kept_pages"]
    content, settings = in_force.content, in_force.settings
    cache.follow(content, settings)
    key = _key(keeping, row, in_force)
    page = cache.pages.get(key)
    g.page_row = row
    if page is None or not page.holds(now):
        g.making = Making(cache, key, now)
        after_this_request(_finish)
        return row
    sent = _for_session(page)
    if row.reading is not None and in_force.is_at(row.settings_revision, row.content_version):
        until = float(session["until"]) if "_user_id" in session else math.inf
        route = request.url_rule.rule if request.url_rule else "-"
        request.environ[REPEAT] = Repeat(sent, row.reading, content, settings, now, until, route, row.id)
    return _answer(sent, now, KEPT)


def _key(keeping: Keeping, row: PageRow, in_force: InForce) -> bytes:
    """All inputs but the time."""
    g.language = row.language if row.language in LANGUAGES else asked_for()
    asked = (
        request.endpoint, request.view_args, [request.args.getlist(name) for name in keeping.arguments],
        [request.cookies.get(name) for name in keeping.cookies], wants_json(), g.language, request.host,
    )  # fmt: skip
    inputs = (asked, in_force.settings_revision, in_force.content.version, row.inputs())
    return blake2b(repr(inputs).encode("utf-8", "surrogatepass"), digest_size=16).digest()


# --- while it is made -------------------------------------------------------------------------------------------------


def hole(name: str) -> str | None:
    """Its mark in a page that may be kept, else None."""
    return _MARK + name if "making" in g else None


def holds_until(*moments: datetime | None) -> None:
    """The page changes at these moments; if one has passed it is not kept."""
    making: Making | None = g.get("making")
    if making is not None:
        making.until = min([making.until, *(at for at in moments if at is not None)])


def is_asked_for_again() -> bool:
    return "making" in g and bool(g.page_row.team)


def is_not_kept() -> None:
    """Making the page has done what a kept one would not do."""
    holds_until(FIRST)


# --- after the view ---------------------------------------------------------------------------------------------------


def _finish(response: Response) -> Response:
    # Whatever is made from here on, such as a page of an error, has no holes.
    making: Making = g.pop("making")
    seen = maybe_visit()
    page = _page_of(response, making, seen)
    sent = _for_session(page)
    if seen is None or response.status_code != 200 or not PLAIN.issuperset(response.headers.keys()) or session.modified:
        response.set_data(sent.filled(making.since, g.page_row.last_event))
        return response
    if page.until > page.since:
        making.cache.pages.put(making.key, page)
    return _answer(sent, making.since, MADE)


def _page_of(response: Response, making: Making, seen: Visit | None) -> KeptPage:
    pieces, frames = tuple(_HOLE.split(response.get_data())), g.get("frame_sources", ())
    # The marks are this process's own, the names of the holes are the same everywhere.
    digest = blake2b(b"\0".join((*pieces, repr(frames).encode())), digest_size=12).hexdigest()
    next_xp_at = xp_of(seen).next_at if seen else None
    until = min([making.until, next_xp_at or LAST, *_next_changes(making, seen)])
    return KeptPage(pieces, str(response.content_type), frames, digest, next_xp_at, making.since, until)


def _next_changes(making: Making, seen: Visit | None) -> Iterator[datetime]:
    now = making.since
    yield from (at for at in making.cache.openings if at > now)
    if seen is not None:
        hunt = seen.settings
        fixed = (hunt.starts_at, hunt.ends_at, hunt.freeze_at, hunt.registration_opens_at, hunt.registration_closes_at)
        yield from (at for at in fixed if at is not None and at > now)
        # Another node's clock is ahead, or ours was set back: one piece of news after the other comes up.
        newest = g.page_row.newest_news_at()
        if newest is not None and newest > now:
            yield now


# --- the answer -------------------------------------------------------------------------------------------------------


def _answer(sent: SessionPage, now: datetime, how: Counter) -> Response:
    g.frame_sources, headers = sent.page.frame_sources, {}
    if sent.tag:
        tag = sent.tag_at(now)
        headers = {"ETag": f'W/"{tag}"', "Cache-Control": "private, no-cache", "Vary": VARY}
        if request.if_none_match.contains_weak(tag):
            UNCHANGED.inc()
            return Response(status=304, headers=headers)
    how.inc()
    return Response(sent.filled(now, g.page_row.last_event), headers=headers, content_type=sent.page.content_type)


def _for_session(page: KeptPage) -> SessionPage:
    """A browser may show an old page in the same session alone, whose token is in it."""
    token, tag = form_token() if b"token" in page.pieces[1::2] else "", page.digest if g.page_row.team else ""
    if tag and token:
        tag += blake2b(str(session.get("csrf_token") or secrets.token_hex()).encode(), digest_size=6).hexdigest()
    return SessionPage(page, token, tag)


def page_key() -> str:
    return f"{PAGE_KEY}{secrets.token_urlsafe(16)}"
