"""The organisers' pages. Each answers one question; each act on it says beforehand what it will do and to whom."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from app.rules.wording import sentence


@dataclass(frozen=True, slots=True)
class NavLink:
    """One page in the navigation."""

    title: str
    url: str
    is_here: bool


@dataclass(frozen=True, slots=True)
class NavGroup:
    """Pages that belong together."""

    title: str
    links: tuple[NavLink, ...]


@dataclass(frozen=True, slots=True)
class AdminFrame:
    """The navigation around an organisers' page. In every such template as ``admin``."""

    groups: tuple[NavGroup, ...]

    @property
    def here(self) -> str:
        """The title of the page one is on, for the closed menu of a phone."""
        return next(
            (link.title for group in self.groups for link in group.links if link.is_here), sentence("All pages")
        )


@dataclass(frozen=True, slots=True)
class Paging:
    """The ways through a long list, newest first; an empty address is a way that ends here."""

    newest_url: str = ""
    newer_url: str = ""
    older_url: str = ""


@dataclass(frozen=True, slots=True)
class Bar:
    """One minute of the chart: heights and tops in a box of 600 by 120."""

    at: datetime
    guesses: int
    solves: int
    x: float
    guesses_y: float
    guesses_height: float
    solves_y: float
    solves_height: float


@dataclass(frozen=True, slots=True)
class Stuck:
    """A team that still guesses and has solved nothing for long. ``since`` is its last solve, or when it began."""

    team_id: int
    name: str
    since: datetime
    minutes: int
    guesses: int
    has_solved: bool
    url: str


@dataclass(frozen=True, slots=True)
class RestockNote:
    """What the last restock came to. ``state``: none, running, done, unchanged, refused, failed, lost."""

    state: str
    by: str = ""
    source: str = ""
    at: datetime | None = None
    step: str = ""
    version: int | None = None
    faults: int = 0
    warnings: int = 0


@dataclass(frozen=True, slots=True)
class DashboardPage:
    """``/admin/``: how is the hunt, and who needs us?"""

    active_teams: int
    teams: int
    online_clients: int
    online_teams: int
    bars: tuple[Bar, ...]
    guesses: int
    solves: int
    top: int
    stuck: tuple[Stuck, ...]
    open_requests: int
    oldest_request_at: datetime | None
    hint_queue_url: str
    content_version: int
    warnings: int
    restock: RestockNote
    links: tuple[NavLink, ...] = ()
