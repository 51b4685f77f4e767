"""Signed session cookie: team, epoch, key, end time, CSRF token.

No remember cookie: it would outlive the session. The server checks the end.
"""

from __future__ import annotations

import math
import secrets
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Any, NamedTuple, cast

from flask import Flask, Request, g, has_request_context, request, session
from flask.sessions import SecureCookieSession, SecureCookieSessionInterface, SessionMixin
from flask_login import login_user, logout_user
from flask_wtf.csrf import generate_csrf
from itsdangerous import BadData, URLSafeTimedSerializer

from app.concurrency.cache import Cache
from app.ports import Ports
from app.web.visit import Member

REMEMBERED = timedelta(hours=48)
# Session cookies end with the browser; this limits browsers that stay open.
UNREMEMBERED = timedelta(days=7)
# A few hundred bytes each.
MOST_KNOWN = TOKENS_KEPT = 8_192
KEY, KEY_BYTES = "key", 12


# The second step of a login has to follow within this time.
SECOND_STEP = timedelta(minutes=10)
# Session key: whether it began with, or has proved, a second factor.
SECOND_FACTOR = "second_factor"


class SecondStep(NamedTuple):
    """The password was right, the code is missing; ``onward``: target path."""

    team_id: int
    epoch: int
    is_remembered: bool
    onward: str


class HuntSessions(SecureCookieSessionInterface):
    """HttpOnly, SameSite=Lax, Secure over HTTPS; expired ones are empty."""

    def __init__(self) -> None:
        self._serializer: URLSafeTimedSerializer | None = None
        self._known: Cache[str, Mapping[str, Any]] = Cache(MOST_KNOWN)

    def open_session(self, app: Flask, request: Request) -> SecureCookieSession | None:
        """Ignores the signature's age: the session has its own end."""
        stored = self._read(app, request.cookies.get(self.get_cookie_name(app), ""))
        now, until = cast(Ports, app.extensions["infinity"]).clock.now(), stored.get("until")
        # Visitors' sessions never end.
        is_over = "_user_id" in stored and not (isinstance(until, int | float) and now.timestamp() < until)
        return self.session_class() if is_over else self.session_class(stored)

    def _read(self, app: Flask, cookie: str) -> Mapping[str, Any]:
        if (known := self._known.get(cookie)) is not None:
            return known
        serializer = self.get_signing_serializer(app)
        try:
            stored: Mapping[str, Any] = serializer.loads(cookie) if serializer and cookie else {}
        except BadData:
            return {}
        # Do not cache mutable values, such as a list of flashed messages.
        if all(isinstance(value, str | int | float) for value in stored.values()):
            self._known.put(cookie, stored)
        return stored

    def get_signing_serializer(self, app: Flask) -> URLSafeTimedSerializer | None:
        """Cached: key derivation is deterministic."""
        if self._serializer is None:
            self._serializer = super().get_signing_serializer(app)
        return self._serializer

    def get_cookie_secure(self, app: Flask) -> bool:
        """Over HTTPS only, for local tests."""
        return has_request_context() and request.is_secure

    def get_expiration_time(self, app: Flask, session: SessionMixin) -> datetime | None:
        """Whole seconds up; the server checks exactly."""
        if not session.get("remembered"):
            return None
        return datetime.fromtimestamp(math.ceil(session["until"]), UTC)


def member_of(app: Flask, cookie: str) -> str:
    """Whose login the cookie is, by its signature, or empty; the account may be gone."""
    sessions = cast(HuntSessions, app.session_interface)
    return str(sessions._read(app, cookie).get("_user_id", "")) if cookie else ""


def begin_session(
    team_id: int, epoch: int, now: datetime, *, is_remembered: bool = False, by_second_factor: bool = False
) -> None:
    """A new session and CSRF token, against fixation."""
    g.is_other_visitor = "_user_id" in session
    length = REMEMBERED if is_remembered else UNREMEMBERED
    ending = {"until": (now + length).timestamp(), "remembered": is_remembered}
    _renew(team_id, epoch, ending | ({SECOND_FACTOR: True} if by_second_factor else {}))


def continue_session(team_id: int, epoch: int, *, by_second_factor: bool | None = None) -> None:
    """Move to a new epoch with the same end; others end. None keeps the kind of login."""
    kept = {name: session[name] for name in ("until", "remembered", SECOND_FACTOR) if name in session}
    _renew(team_id, epoch, kept | ({} if by_second_factor is None else {SECOND_FACTOR: by_second_factor}))


def begin_second_step(team_id: int, epoch: int, now: datetime, *, is_remembered: bool, onward: str) -> None:
    """An anonymous session that remembers the account."""
    _clear()
    until = (now + SECOND_STEP).timestamp()
    session.update(step_of=f"{team_id}.{epoch}", step_until=until, step_remembered=is_remembered, step_onward=onward)


def second_step(now: datetime) -> SecondStep | None:
    """None if absent or too late."""
    identity, until = _identity("step_of"), session.get("step_until")
    if identity is None or not isinstance(until, int | float) or now.timestamp() >= until:
        return None
    return SecondStep(*identity, bool(session.get("step_remembered")), str(session.get("step_onward", "")))


def _renew(team_id: int, epoch: int, ending: dict[str, Any]) -> None:
    _clear()
    login_user(Member(team_id, epoch))
    session.update(ending)
    session[KEY] = secrets.token_urlsafe(KEY_BYTES)


def _clear() -> None:
    session.clear()
    # A page that this very request renders needs a token of the new session.
    g.pop("csrf_token", None)


def forget_session() -> None:
    """In this browser; :mod:`app.accounts.logout` ends copies."""
    g.is_other_visitor = True
    logout_user()
    session.clear()


def form_token() -> str:
    """Signed once a session."""
    raw = session.get("csrf_token")
    return _signed(raw) if raw else str(generate_csrf())


@lru_cache(TOKENS_KEPT)
def _signed(_raw: str) -> str:
    return str(generate_csrf())


# Session key for the ID of the impersonated team.
EYES = "eyes"
# The only endpoints that may write during impersonation.
WAYS_OUT = frozenset({"admin.stop_seeing", "account.logout"})


class OpenSession(NamedTuple):
    """The cookie's claims, maybe outdated. ``until``: seconds since 1970."""

    team_id: int
    epoch: int
    key: str
    until: float


def open_session() -> OpenSession | None:
    """None for a visitor."""
    identity = _identity("_user_id")
    if identity is None:
        return None
    until = float(session["until"])
    # Sessions of versions that gave them no key are told apart by their end, as those versions did.
    return OpenSession(*identity, str(session.get(KEY) or until)[:64], until)


def _identity(name: str) -> tuple[int, int] | None:
    parts = str(session.get(name, "")).split(".")
    if len(parts) != 2 or not all(part.isascii() and part.isdigit() and len(part) < 16 for part in parts):
        return None
    return int(parts[0]), int(parts[1])
