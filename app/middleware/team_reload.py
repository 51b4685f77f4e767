"""Loads the team in one query a page, so that bans, credits and solves show at once; detects new settings and content.

``Authorization: Bearer TOKEN`` replaces the session: GET and HEAD on views open to tokens, no writes, JSON.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable
from dataclasses import replace
from typing import Any

from flask import Flask, Response, current_app, g, request, session
from werkzeug.http import parse_etags

from app.accounts.api_tokens import digest_of_token
from app.clock import Clock, begin_waiting, end_waiting
from app.concurrency.cache import Cache
from app.concurrency.rate_limit import RateLimit
from app.content.refresh import follow
from app.core.addresses import counted_address
from app.core.in_force import InForce
from app.core.model import Puzzle
from app.core.text import sentence
from app.database.engine import Database, allow_writing, forbid_writing
from app.database.page_query import Mark, PageRow, PageState, read_page_row, read_row_by_token, state_of
from app.errors import HuntError
from app.extensions import login_manager
from app.middleware import request_log
from app.web import kept_pages
from app.web.access import ViewPolicy, policy_of
from app.web.kept_pages import REPEAT, REPEATED, UNCHANGED, Repeat
from app.web.sessions import EYES, WAYS_OUT, open_session
from app.web.visit import Member, Visit, ports

# These need no team, and must work while the database is down.
EXEMPT = frozenset({"health", "broadcast_api", "look"})
# Pages that list puzzles, with how many teams have solved each where the organisers show it.
LISTS = frozenset({"game.levels", "game.level"})
# For so long a team that asked for an organisers' page gets none of the places kept for them under overload.
TURNED_AWAY_SECONDS, MOST_TURNED_AWAY = 300.0, 10_000


def install(app: Flask) -> None:
    install_limits(app)
    kept_pages.install(app, app.extensions["config"].kept_pages_mb * 1_000_000)
    app.wsgi_app = RepeatedPages(app)  # type: ignore[method-assign,assignment]
    app.before_request(_reload)
    app.teardown_request(allow_writing)
    # Do not expose current_user to templates.
    login_manager.init_app(app, add_context_processor=False)
    login_manager.user_loader(_member)
    # Flask-Login's address check would log out mobile players.
    login_manager.session_protection = None


def _reload() -> Response | None:
    if request.blueprint in EXEMPT:
        return None
    world, policy = ports(), policy_of(current_app.view_functions.get(request.endpoint or ""))
    token, marks = presented(policy), policy.keeping.marks if policy.keeping else ()
    row = (
        _read(world.database, world.in_force, marks=marks)
        if token is None
        else row_of(world.database, world.in_force, world.clock, token, marks)
    )
    newest = row.settings_revision, row.content_version
    if not world.in_force.is_at(*newest) and follow(world.database, world.in_force, *newest):
        # The key may now belong to another puzzle.
        row = _read(world.database, world.in_force, marks=marks) if token is None else row
    g.team_id, now = row.id, world.clock.now()
    if request.blueprint == "admin" and row.team and not row.is_staff:
        current_app.extensions["turned_away"].put(str(session.get("_user_id")), True)
    if policy.keeping and request.method in ("GET", "HEAD") and world.in_force.is_loaded:
        found = kept_pages.find(policy.keeping, row, world.in_force, now)
        if isinstance(found, Response):
            return found
        row = found
    state = state_of(row)
    is_borrowing = token is None and EYES in session
    borrowed = _through_other_eyes(world.database, world.in_force, state) if is_borrowing else None
    if token is not None or (borrowed is not None and request.endpoint not in WAYS_OUT):
        # Before all else, so that writes after the response are blocked too.
        forbid_writing()
    g.visit = Visit(
        state=borrowed if borrowed is not None and request.blueprint != "admin" else state,
        settings=world.in_force.settings,
        content=world.in_force.content,
        now=now,
        address=request.remote_addr or "",
        seen_as=borrowed.team.display_name if borrowed is not None and borrowed.team is not None else "",
    )
    g.team_id = g.visit.team.id if g.visit.team else None
    return None


def _through_other_eyes(database: Database, in_force: InForce, own: PageState) -> PageState | None:
    eyes = session[EYES]
    if not isinstance(eyes, int) or own.team is None or "admin" not in own.team.roles or own.team.is_banned:
        return None
    borrowed = state_of(_read(database, in_force, eyes))
    return borrowed if borrowed.team is not None else None


def _read(database: Database, in_force: InForce, team_id: int | None = None, marks: tuple[Mark, ...] = ()) -> PageRow:
    claimed = open_session() if team_id is None else None
    key = (request.view_args or {}).get("puzzle")
    puzzle = in_force.content.puzzle(key) if isinstance(key, str) and in_force.is_loaded else None
    once = request.args.get("r", "")[:64]
    row = read_page_row(
        database,
        claimed.team_id if claimed else team_id,
        puzzle.id if puzzle is not None else None,
        once,
        claimed.key if claimed else "",
        _answers_shown(in_force, puzzle),
        has_counts=in_force.settings.solve_counts and request.endpoint in LISTS,
        marks=marks,
        read=request.environ.pop(READING, None),
    )
    # A ban ends all sessions too, but the team must see why.
    is_ended = claimed is not None and row.team and row.epoch != claimed.epoch and not row.is_banned
    return row.without_team() if is_ended else row


def _answers_shown(in_force: InForce, puzzle: Puzzle | None) -> Collection[str] | None:
    """Puzzles whose answers the page may show; None: all.

    A level's own and those that feed its metas; a puzzle and what feeds it; else none.
    """
    if request.endpoint == "game.levels":
        return None
    key = (request.view_args or {}).get("level")
    if puzzle is None and not isinstance(key, str):
        return ()
    content = in_force.content
    level = content.level(key) if isinstance(key, str) else None
    shown = content.puzzles_by_level[level.id] if level else (puzzle,) if puzzle else ()
    return {one.id for found in shown for one in (found, *content.feeders.get(found.id, ()))}


def _member(identity: str) -> Member | None:
    seen = g.get("visit")
    return Member(seen.team.id, seen.team.epoch) if seen and seen.team else None


READS_A_MINUTE = 60
# Wrong tokens per address: limits the database queries that they cost.
WRONG_A_MINUTE = 30
NOT_IN_FORCE = sentence("This token isn’t valid. You can create a new one on your account page.")


def install_limits(app: Flask) -> None:
    app.extensions["token_reads"] = RateLimit(READS_A_MINUTE, 60)
    app.extensions["token_failures"] = RateLimit(WRONG_A_MINUTE, 60)
    monotonic = app.extensions["infinity"].clock.monotonic
    app.extensions["turned_away"] = Cache(MOST_TURNED_AWAY, TURNED_AWAY_SECONDS, monotonic)


def presented(policy: ViewPolicy) -> str | None:
    """None if the session applies."""
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    if scheme.lower() != "bearer" or request.method not in ("GET", "HEAD"):
        return None
    if not policy.is_open_to_tokens:
        return None
    g.is_by_token = True
    return token.strip()


def row_of(database: Database, in_force: InForce, clock: Clock, token: str, marks: tuple[Mark, ...] = ()) -> PageRow:
    """Raises 401 (wrong token), 429 (rate limit), 403 (staff)."""
    reads: RateLimit = current_app.extensions["token_reads"]
    failures: RateLimit = current_app.extensions["token_failures"]
    now, address, digest = clock.monotonic(), counted_address(request.remote_addr or ""), digest_of_token(token)
    # A recently valid token is exempt from the address limit, so that others at the address cannot block it.
    wait = reads.seconds_to_wait(digest, now) if reads.knows(digest) else failures.seconds_to_wait(address, now)
    if wait:
        raise HuntError(
            "rate_limited",
            sentence("Too many requests. Try again in %(seconds)s s.", seconds=wait),
            retry_after=wait,
        )
    row = read_row_by_token(database, digest, has_counts=in_force.settings.solve_counts, marks=marks)
    (reads if row.team else failures).use(digest if row.team else address, now)
    if not row.team:
        raise HuntError("login_required", NOT_IN_FORCE)
    if row.role != "team":
        raise HuntError("forbidden", sentence("Tokens are for teams that play."))
    return row


# --- without Flask ----------------------------------------------------------------------------------------------------

# What has been asked for a request already.
READING = "infinity.reading"
# All that the way to a kept page reads of a request, beside the address and the id from outside, which are logged.
ALIKE = (
    "PATH_INFO", "QUERY_STRING", "SCRIPT_NAME", "SERVER_PROTOCOL", "wsgi.url_scheme", "HTTP_HOST", "HTTP_COOKIE",
    "HTTP_ACCEPT", "HTTP_ACCEPT_LANGUAGE", "HTTP_IF_NONE_MATCH",
)  # fmt: skip
# Headers that differ each time.
EACH_TIME = frozenset({"X-Request-ID", "Content-Length", "ETag"})
Start = Callable[..., Any]


class RepeatedPages:
    """Stands before Flask. A request like one that got a kept page gets it again, while the page holds and the row of
    its query is the same; else Flask is handed the row.
    """

    def __init__(self, app: Flask) -> None:
        self._extensions, self._flask = app.extensions, app.wsgi_app

    def __call__(self, environ: dict[str, Any], start: Start) -> Iterable[bytes]:
        if environ["REQUEST_METHOD"] != "GET" or environ.get("CONTENT_LENGTH") or "HTTP_AUTHORIZATION" in environ:
            return self._flask(environ, start)
        repeats: Cache[tuple[str, ...], Repeat] = self._extensions["kept_pages"].repeats
        key = tuple([environ.get(name, "") for name in ALIKE])
        known = repeats.get(key)
        body = self._again(known, environ, start) if known is not None else None
        if body is not None:
            return [body]
        sent: list[Any] = []

        def note(status: str, headers: list[tuple[str, str]], *more: Any) -> Any:
            sent[:] = status, headers
            return start(status, headers, *more)

        made = self._flask(environ, note)
        repeat = environ.pop(REPEAT, None)
        if repeat is not None and sent and all(name != "Set-Cookie" for name, _ in sent[1]):
            head = tuple(one for one in sent[1] if one[0] not in EACH_TIME)
            repeats.put(key, replace(repeat, status=sent[0], head=head))
        return made

    def _again(self, repeat: Repeat, environ: dict[str, Any], start: Start) -> bytes | None:
        world, head, body = self._extensions["infinity"], list(repeat.head), b""
        started = world.clock.monotonic()
        begin_waiting(world.clock, request_log.LONGEST_WAIT_SECONDS)
        environ[READING] = reading = repeat.reading.again(world.database)
        end_waiting()
        now = world.clock.now()
        if reading.problem or not reading.is_like(repeat.reading) or not repeat.holds(now, world.in_force):
            return None
        tag = repeat.sent.tag_at(now)
        is_unchanged = bool(tag) and parse_etags(environ.get("HTTP_IF_NONE_MATCH")).contains_weak(tag)
        if is_unchanged is not repeat.status.startswith("304"):
            return None
        if tag:
            head.append(("ETag", f'W/"{tag}"'))
        if not is_unchanged:
            body = repeat.sent.filled(now, reading.last_event)
            head.append(("Content-Length", str(len(body))))
        (UNCHANGED if is_unchanged else REPEATED).inc()
        number = request_log.note_repeated(environ, world.clock, started, repeat)
        start(repeat.status, [*head, ("X-Request-ID", number)])
        return body
