"""Request middleware, in a fixed order."""

from __future__ import annotations

from flask import Flask

from app.middleware import access, body_limits, error_handlers, request_log, security_headers, team_reload


def install(app: Flask) -> None:
    request_log.install(app)  # outermost: measures the visitor's whole wait; every log line and error has an ID
    error_handlers.install(app)  # handles all errors raised below
    security_headers.install(app)  # after all that write headers, before the log; also on refusals
    body_limits.install(app)  # before anything reads a body
    team_reload.install(app)  # one query: team and revisions
    access.install(app)  # default: logged in, not banned, required role; who is admitted may send files where one may
    body_limits.install_csrf(app)  # before any view; after the access, so that who is logged out is told so
    access.install_game(app)  # hunt window, lockdown, and access to the puzzle or level
    body_limits.install_text(app)  # last: only who may use the view learns what it reads
