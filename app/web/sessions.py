"""Sessions: one signed cookie with the team's id and epoch, the moment it ends, the CSRF token, and nothing else.

Flask-Login's own remember cookie is not used. It would be a second key to the same door: with a lifetime kept by the
browser alone, checked against the machine's clock and not the hunt's, surviving the end of the session beside it, and
made anew at a later visit. Here “remember me” only decides when the one session ends and whether the browser keeps the
cookie until then; the server looks at the end itself, whatever the browser does.

Called by the account views; the factory gives :class:`HuntSessions` to Flask.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, cast

from flask import Flask, Request, has_request_context, request, session
from flask.sessions import SecureCookieSession, SecureCookieSessionInterface, SessionMixin
from flask_login import login_user, logout_user
from itsdangerous import BadData, URLSafeTimedSerializer

from app.ports import Ports
from app.web.visit import Member

REMEMBERED = timedelta(hours=48)
# A session that is not remembered ends with the browser; browsers that never close get this long.
UNREMEMBERED = timedelta(days=7)
# A few hundred bytes each; when there are more, all are verified once more.
MOST_KNOWN = 8_192


class HuntSessions(SecureCookieSessionInterface):
    """The cookie: HttpOnly, SameSite=Lax, Secure over https; a session that is over is an empty one."""

    def __init__(self) -> None:
        self._serializer: URLSafeTimedSerializer | None = None
        self._known: dict[str, Mapping[str, Any]] = {}

    def open_session(self, app: Flask, request: Request) -> SecureCookieSession | None:
        """The session of this request. No age is asked of the signature: each session carries its own end."""
        stored = self._read(app, request.cookies.get(self.get_cookie_name(app), ""))
        now = cast(Ports, app.extensions["infinity"]).clock.now()
        return self.session_class() if is_over(stored, now) else self.session_class(stored)

    def _read(self, app: Flask, cookie: str) -> Mapping[str, Any]:
        """What the cookie says, or nothing. The same text always says the same, so it is not verified twice."""
        if (known := self._known.get(cookie)) is not None:
            return known
        serializer = self.get_signing_serializer(app)
        try:
            stored: Mapping[str, Any] = serializer.loads(cookie) if serializer and cookie else {}
        except BadData:
            return {}
        # A list in it, such as messages for the next page, could be changed by whoever reads it.
        if all(isinstance(value, str | int | float) for value in stored.values()):
            if len(self._known) >= MOST_KNOWN:
                self._known.clear()
            self._known[cookie] = stored
        return stored

    def get_signing_serializer(self, app: Flask) -> URLSafeTimedSerializer | None:
        """Made once: the key it derives from the secret is always the same."""
        if self._serializer is None:
            self._serializer = super().get_signing_serializer(app)
        return self._serializer

    def get_cookie_httponly(self, app: Flask) -> bool:
        return True

    def get_cookie_samesite(self, app: Flask) -> str:
        return "Lax"

    def get_cookie_secure(self, app: Flask) -> bool:
        """Secure wherever the visitor came by https, which the test hunt on a laptop does not."""
        return has_request_context() and request.is_secure

    def get_expiration_time(self, app: Flask, session: SessionMixin) -> datetime | None:
        """When the browser may forget the cookie; whole seconds, rounded up, since the server looks at the fraction."""
        if not session.get("remembered"):
            return None
        return datetime.fromtimestamp(math.ceil(session["until"]), UTC)


def is_over(stored: Mapping[str, Any], now: datetime) -> bool:
    """Whether a team's session has ended. A visitor's holds nothing but a token and has no end."""
    if "_user_id" not in stored:
        return False
    until = stored.get("until")
    return not isinstance(until, int | float) or now.timestamp() >= until


def begin_session(team_id: int, epoch: int, now: datetime, *, is_remembered: bool = False) -> None:
    """Log a team in: the old session goes, with its token, so that nobody can have planted it."""
    length = REMEMBERED if is_remembered else UNREMEMBERED
    _renew(team_id, epoch, {"until": (now + length).timestamp(), "remembered": is_remembered})


def continue_session(team_id: int, epoch: int) -> None:
    """Let this one session go on into a new epoch, which has ended all others; it ends when it would have ended."""
    _renew(team_id, epoch, {name: session[name] for name in ("until", "remembered") if name in session})


def _renew(team_id: int, epoch: int, ending: dict[str, Any]) -> None:
    session.clear()
    login_user(Member(team_id, epoch))
    session.update(ending)


def end_session() -> None:
    """Log out, on this browser alone."""
    logout_user()
    session.clear()


# In the session of an admin who sees the site as a team does: the team's number.
EYES = "eyes"
# All that such a session may still send.
WAYS_OUT = frozenset({"admin.stop_seeing", "account.logout"})


def claimed_identity() -> tuple[int, int] | None:
    """The team id and epoch that the signed session carries, whatever has become of them since."""
    parts = str(session.get("_user_id", "")).split(".")
    if len(parts) != 2 or not all(part.isascii() and part.isdigit() and len(part) < 16 for part in parts):
        return None
    return int(parts[0]), int(parts[1])
