"""What happens to every request before its view runs, one concern a file. The order is here, with its reasons."""

from __future__ import annotations

from flask import Flask

from app.middleware import access, headers, limits, locks, measuring, refusals, request_id, team_reload, windows


def install(app: Flask) -> None:
    """Put the hooks in, in this order."""
    measuring.install(app)  # outermost: its seconds are what the visitor waited
    refusals.install(app)  # whatever fails below is answered from the one table
    request_id.install(app)  # first, so that every line of the log and every error can be told apart
    headers.install(app)  # also on refusals: an error page needs the same protection
    limits.install(app)  # before anything reads a body
    team_reload.install(app)  # one query: who is this, what is in force
    limits.install_csrf(app)  # before any view, after the reload so that its refusal is a whole page
    access.install(app)  # closed by default: logged in, not banned, of the right role
    windows.install(app)  # is the hunt on, is a switch closed
    locks.install(app)  # does the puzzle or level exist for this team
