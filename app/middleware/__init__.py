"""What happens to every request before its view runs, one concern a file. The order is here, with its reasons."""

from __future__ import annotations

from flask import Flask

from app.middleware import (
    access,
    body_limits,
    error_handlers,
    hunt_window,
    request_id,
    request_log,
    security_headers,
    team_reload,
    unlock_guard,
)


def install(app: Flask) -> None:
    """Put the hooks in, in this order."""
    request_log.install(app)  # outermost: its seconds are what the visitor waited
    error_handlers.install(app)  # whatever fails below is answered from the one table
    request_id.install(app)  # first, so that every line of the log and every error can be told apart
    security_headers.install(app)  # also on refusals: an error page needs the same protection
    body_limits.install(app)  # before anything reads a body
    team_reload.install(app)  # one query: who is this, what is in force
    body_limits.install_csrf(app)  # before any view, after the reload so that its refusal is a whole page
    access.install(app)  # closed by default: logged in, not banned, of the right role
    hunt_window.install(app)  # is the hunt on, is a switch closed
    unlock_guard.install(app)  # does the puzzle or level exist for this team
