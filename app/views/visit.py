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

from app.rules.model import Content, HuntState, Progress
from app.rules.schedule import hunt_state, is_frozen
from app.rules.settings import HuntSettings
from app.services.ports import Ports
from app.store.page_state import PageState, TeamState

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
        return hunt_state(self.now, self.settings.starts_at, self.settings.ends_at)

    @property
    def is_archive(self) -> bool:
        """Whether the hunt is over and its pages are open to everybody."""
        return self.settings.archive and self.hunt_state == "ended"

    @property
    def has_statistics(self) -> bool:
        """Whether everybody may see the figures: after the end, and not while the boards are still frozen."""
        return self.hunt_state == "ended" and not is_frozen(self.now, self.settings.freeze_at)

    @property
    def anchor(self) -> str | None:
        """The puzzle that comes before everything, if one is set."""
        return self.settings.anchor_puzzle or None

    @cached_property
    def progress(self) -> Progress:
        """What the team has done so far, for the unlock rules. In the archive also for nobody, and all is open."""
        if not self.is_archive:
            return progress_of(self.state, self.settings)
        own = progress_of(self.state, self.settings) if self.team else Progress(division="", base=self.now)
        return replace(own, sees_all=True)


def progress_of(state: PageState, settings: HuntSettings) -> Progress:
    """A team's progress as the rules want it."""
    team = state.team
    if team is None:
        raise LookupError("a visitor has no progress")
    return Progress(
        division=team.division,
        base=base_moment(team.created_at, settings),
        solved={puzzle: solve.solved_at for puzzle, solve in state.solves.items()},
        skipped=dict(state.skips),
        unlocked=dict(state.unlocks),
    )


def base_moment(created_at: datetime, settings: HuntSettings) -> datetime:
    """Before this nothing can have opened for a team: the hunt's start or its own registration."""
    return max(created_at, settings.starts_at) if settings.starts_at else created_at


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
