"""Request middleware, in a fixed order."""

from __future__ import annotations

from flask import Flask

from app.middleware import (
    access,
    body_limits,
    error_handlers,
    hunt_window,
    request_id,
    request_log,
    request_text,
    response_headers,
    security_headers,
    team_reload,
    unlock_guard,
)


def install(app: Flask) -> None:
    """Install the hooks in order."""
    request_log.install(app)  # outermost: measures the visitor's whole wait
    error_handlers.install(app)  # handles all errors raised below
    response_headers.install(app)  # after all that write headers, before the log: what cannot be sent is a fault
    request_id.install(app)  # first, so that every log line and error has an ID
    security_headers.install(app)  # also on refusals: error pages need the same protection
    body_limits.install(app)  # before anything reads a body
    team_reload.install(app)  # one query: team and revisions
    access.install(app)  # default: logged in, not banned, required role
    body_limits.install_csrf(app)  # before any view; after the access, so that who is logged out is told so
    hunt_window.install(app)  # hunt window and lockdown
    unlock_guard.install(app)  # access to the puzzle or level
    request_text.install(app)  # last: only who may use the view learns what it reads
