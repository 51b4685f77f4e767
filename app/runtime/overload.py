"""Sorts requests into the lanes of :mod:`app.runtime.admission`, and answers refused ones without Flask."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterable
from typing import Any

from flask import Flask
from werkzeug.http import parse_cookie

from app.concurrency.cache import Cache
from app.core.text import LANGUAGES
from app.errors import Busy
from app.middleware.error_handlers import answer
from app.middleware.request_log import BUSY
from app.middleware.security_headers import protect
from app.runtime.admission import MEMBER, MOVE, STAFF, VISITOR, Admission
from app.web.sessions import member_of

Environ = dict[str, Any]
App = Callable[[Environ, Callable[..., Any]], Iterable[bytes]]
# Health checks must be answered under overload; sockets last for hours.
HEALTH = frozenset({"/healthz", "/up", "/readyz", "/metrics"})
SOCKETS = "/socket.io/"
LEAST_PLACES, STAFF_PLACES = 8, 2
# A refused crowd must not come back all together.
SOONEST_RETRY, LATEST_RETRY = 2, 5


class Overloaded(Busy):
    is_overload = True


class LoadShedder:
    """Stands before the application. Organisers' pages have places of their own."""

    def __init__(self, app: Flask, pool_size: int) -> None:
        self._app = app
        self._static: frozenset[str] = app.config["STATIC_FILES"]
        self.players = Admission(max(LEAST_PLACES, 2 * pool_size))
        self.organisers = Admission(STAFF_PLACES, (STAFF,))
        self._turned_away: Cache[str, bool] = app.extensions["turned_away"]
        self._refusals: dict[tuple[bool, str], tuple[list[tuple[str, str]], bytes]] = {}
        self._dice = random.Random()

    def __call__(self, environ: Environ, start_response: Callable[..., Any]) -> Iterable[bytes]:
        path = environ["PATH_INFO"]
        # Static files that exist cost next to nothing; others are looked for in the whole site.
        if path in HEALTH or path in self._static or path.startswith(SOCKETS):
            return self._app(environ, start_response)
        lane = self._lane_of(environ)
        with (self.organisers if lane == STAFF else self.players).place(lane) as is_admitted:
            if is_admitted:
                return self._app(environ, start_response)
        return self._refuse(environ, start_response)

    def _lane_of(self, environ: Environ) -> str:
        """By path, method and the signed session; the account itself is not looked at."""
        cookies = parse_cookie(environ.get("HTTP_COOKIE", ""))
        member = member_of(self._app, cookies.get(self._app.config["SESSION_COOKIE_NAME"], ""))
        if not member:
            return VISITOR
        if environ["PATH_INFO"].startswith("/admin") and member not in self._turned_away:
            return STAFF
        return MOVE if environ["REQUEST_METHOD"] == "POST" else MEMBER

    def take_back(self) -> None:
        for admission in (self.players, self.organisers):
            admission.take_back()

    def _refuse(self, environ: Environ, start_response: Callable[..., Any]) -> Iterable[bytes]:
        accepted = environ.get("HTTP_ACCEPT_LANGUAGE", "")[:2].lower()
        key = ("json" in environ.get("HTTP_ACCEPT", ""), accepted if accepted in LANGUAGES else "en")
        if key not in self._refusals:
            self._refusals[key] = self._made(*key)
        headers, body = self._refusals[key]
        retry = ("Retry-After", str(self._dice.randint(SOONEST_RETRY, LATEST_RETRY)))
        BUSY.inc()
        start_response("503 Service Unavailable", [*headers, retry])
        return [b"" if environ["REQUEST_METHOD"] == "HEAD" else body]

    def _made(self, is_json: bool, language: str) -> tuple[list[tuple[str, str]], bytes]:
        """The application's own answer, made once."""
        asked = {"Accept": "application/json" if is_json else "text/html", "Accept-Language": language}
        with self._app.test_request_context("/", headers=asked):
            response = protect(answer(Overloaded()))  # type: ignore[arg-type]
            del response.headers["Retry-After"]
            return list(response.headers.items()), response.get_data()
