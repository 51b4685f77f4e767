"""One request's view of the world: who looks, what is in force, what time it is.

Made once by the team reload and held to the end of the request, so that a page is of one piece even when content or
settings change while it is being made. Views read it by :func:`visit`, and reach services with :func:`ports`.
"""

from __future__ import annotations

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

STAFF = ("helper", "writer", "admin")


class Member(UserMixin):
    """The logged-in team as Flask-Login wants it. Its id carries the epoch: a new epoch ends all older sessions."""

    def __init__(self, team_id: int, epoch: int) -> None:
        self.team_id = team_id
        self.epoch = epoch

    def get_id(self) -> str:
        return f"{self.team_id}.{self.epoch}"


@dataclass(frozen=True)
class Visit:
    """Everything a view may know. ``address`` is the visitor's, as far as trusted proxies vouch for it."""

    state: PageState
    settings: HuntSettings
    content: Content
    now: datetime
    address: str
    # The team through whose eyes an admin looks, by its display name.
    seen_as: str = ""

    @property
    def team(self) -> TeamState | None:
        """The team that is logged in, or None."""
        return self.state.team

    @property
    def is_staff(self) -> bool:
        """Whether the viewer belongs to the organisers."""
        return self.team is not None and self.team.role in STAFF

    @property
    def is_admin(self) -> bool:
        """Whether the viewer may do everything."""
        return self.team is not None and self.team.role == "admin"

    @property
    def sees_early(self) -> bool:
        """Whether pages open to this viewer before the start: admins and writers."""
        return self.team is not None and self.team.role in ("writer", "admin")

    @property
    def hunt_state(self) -> HuntState:
        """before, running or ended, by the server's clock."""
        return self.settings.state_at(self.now)

    @property
    def is_archive(self) -> bool:
        """Whether the hunt is over and its pages are open to everybody."""
        return self.settings.archive and self.hunt_state == "ended"

    @property
    def has_statistics(self) -> bool:
        """Whether everybody may see the figures: after the end, and not while the boards are still frozen."""
        return self.hunt_state == "ended" and not is_frozen(self.now, self.settings.freeze_at)

    @cached_property
    def game(self) -> GameView:
        """The hunt as the team may see it. Raises LookupError for a visitor, but in the archive, where all is open."""
        if self.is_archive:
            progress = replace(self.state.progress() if self.team else Progress("", self.now), sees_all=True)
        else:
            progress = self.state.progress()
        return GameView(self.content, self.settings, self.now, progress)


def ports() -> Ports:
    """The way to the services."""
    return cast(Ports, current_app.extensions["infinity"])


def visit() -> Visit:
    """The present request's visit."""
    return cast(Visit, g.visit)


def maybe_visit() -> Visit | None:
    """The present request's visit, or None where a request failed before it was made."""
    return g.get("visit") if has_request_context() else None


def our_team() -> TeamState:
    """The logged-in team; only in views that are not open to all."""
    team = visit().team
    if team is None:
        raise LookupError("this view is open to visitors and must not ask for a team")
    return team
