"""The state of one request: team, settings, content and time.

It stays fixed during the request, so that a page is consistent.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from functools import cached_property
from typing import cast

from flask import current_app, g, has_request_context
from flask_login import UserMixin

from app.core.game_view import GameView
from app.core.hunt_settings import HuntSettings
from app.core.model import Content, HuntState, Progress
from app.core.schedule import is_frozen
from app.core.team import TeamState
from app.database.page_query import PageState
from app.ports import Ports


class Member(UserMixin):
    """Flask-Login's user; a new epoch ends all older sessions."""

    def __init__(self, team_id: int, epoch: int) -> None:
        self.team_id = team_id
        self.epoch = epoch

    def get_id(self) -> str:
        return f"{self.team_id}.{self.epoch}"


@dataclass(frozen=True)
class Visit:
    """What a view may know; ``address`` is the client address according to trusted proxies."""

    state: PageState
    settings: HuntSettings
    content: Content
    now: datetime
    address: str
    # Display name of the impersonated team.
    seen_as: str = ""

    @property
    def team(self) -> TeamState | None:
        return self.state.team

    def holds(self, *roles: str) -> bool:
        """Whether the account has one of these roles. An admin's account need not have the others."""
        return self.team is not None and not self.team.roles.isdisjoint(roles)

    @property
    def is_staff(self) -> bool:
        return self.team is not None and bool(self.team.roles)

    @property
    def is_admin(self) -> bool:
        return self.team is not None and "admin" in self.team.roles

    @property
    def sees_early(self) -> bool:
        """Admins and writers see pages before the start."""
        return self.team is not None and not self.team.roles.isdisjoint({"writer", "admin"})

    @property
    def hunt_state(self) -> HuntState:
        """before, running or ended, by the server's clock."""
        return self.settings.state_at(self.now)

    @property
    def is_archive(self) -> bool:
        """Whether the hunt is over and public."""
        return self.settings.archive and self.hunt_state == "ended"

    @property
    def has_statistics(self) -> bool:
        """Public after the end, unless the boards are frozen."""
        return self.hunt_state == "ended" and not is_frozen(self.now, self.settings.freeze_at)

    @property
    def solve_counts(self) -> Mapping[str, int] | None:
        """How many teams solved each puzzle, where the organisers show it; a frozen board must not be read off it."""
        is_shown = self.is_staff or not is_frozen(self.now, self.settings.freeze_at)
        return self.state.solve_counts if self.settings.solve_counts and is_shown else None

    @cached_property
    def game(self) -> GameView:
        """Raises LookupError without a team, except in the archive."""
        if self.is_archive:
            progress = replace(self.state.progress() if self.team else Progress("", self.now), sees_all=True)
        else:
            progress = self.state.progress()
        return GameView(self.content, self.settings, self.now, progress)


def ports() -> Ports:
    """Return the ports."""
    return cast(Ports, current_app.extensions["infinity"])


def visit() -> Visit:
    """Return the current visit."""
    return cast(Visit, g.visit)


def maybe_visit() -> Visit | None:
    """Return the visit, or None if the request failed before it."""
    return g.get("visit") if has_request_context() else None


def our_team() -> TeamState:
    """Return the logged-in team; use only in views that require login."""
    team = visit().team
    if team is None:
        raise LookupError("this view is open to visitors and must not ask for a team")
    return team
