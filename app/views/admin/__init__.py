"""The organisers' pages: one module a subject, all on one blueprint, every view with the roles that may use it.

A new subject is a module that hangs its views on the blueprint, a line here, and a line in the frame's navigation.
"""

from __future__ import annotations

from app.views.admin import (
    accept,
    announcements,
    broadcasts,
    cheating,
    content,
    customization,
    dashboard,
    hashes,
    hint_queue,
    lockdown,
    logs,
    preview,
    seeing,
    settings,
    status,
    team_acts,
    team_imports,
    teams,
)
from app.views.admin.blueprint import admin

__all__ = [
    "accept",
    "admin",
    "announcements",
    "broadcasts",
    "cheating",
    "content",
    "customization",
    "dashboard",
    "hashes",
    "hint_queue",
    "lockdown",
    "logs",
    "preview",
    "seeing",
    "settings",
    "status",
    "team_acts",
    "team_imports",
    "teams",
]
