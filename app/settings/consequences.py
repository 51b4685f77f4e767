"""Immediate consequences of a settings change, to be confirmed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from app.clock import Clock
from app.core.hunt_settings import read_settings
from app.core.in_force import InForce
from app.core.text import Text, counted
from app.database.engine import Database
from app.hints.credits import credits_at_once

# In the order in which one of them is asked about.
SCHEDULING = ("hint_schedule", "ends_at")


def unexpected_credits(
    database: Database, in_force: InForce, clock: Clock, checked: Mapping[str, str]
) -> tuple[str, Text] | None:
    """The setting that makes the schedule grant past credits, and the text.

    ``checked``: from :func:`app.core.hunt_settings.checked_value`.
    """
    found = read_settings(checked)
    changed = {name: getattr(found, name) for name in SCHEDULING if name in checked}
    before = in_force.settings
    changed = {name: value for name, value in changed.items() if value != getattr(before, name)}
    at_once = credits_at_once(database, clock, before, replace(before, **changed)) if changed else None
    if at_once is None:
        return None
    words = counted(
        "would give each team %(count)s hint credit at once, for what lies in the past: %(total)s in all to the"
        " %(teams)s teams there are, and as many to each that registers later",
        "would give each team %(count)s hint credits at once, for what lies in the past: %(total)s in all to the"
        " %(teams)s teams there are, and as many to each that registers later",
        at_once.most,
        total=at_once.total,
        teams=at_once.teams,
    )
    return next(iter(changed)), words
