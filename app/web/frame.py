"""View models for the page frame and error pages."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Viewer:
    """The header's team."""

    name: str
    display_name: str
    division_name: str
    is_staff: bool
    score: int
    hint_credits: int
    xp: int
    next_xp_seconds: int | None


@dataclass(frozen=True, slots=True)
class DeskNotices:
    """Of which questions and reports this account is told on its open pages; ``puzzles`` None: of all."""

    puzzles: tuple[str, ...] | None


@dataclass(frozen=True, slots=True)
class Site:
    """The page frame; templates see it as ``site``.

    ``state``: before, running or ended. ``seen_as``: the impersonated team. ``nav_pages``: (title, url). ``desk``: for
    staff, None for everybody else.
    """

    title: str
    tagline: str
    viewer: Viewer | None
    state: str
    starts_at: datetime | None
    ends_at: datetime | None
    now: datetime
    time_zone: str
    has_xp: bool
    has_story: bool
    registration_open: bool
    registration_opens_at: datetime | None = None
    contact: str = ""
    contact_url: str = ""
    banners: tuple[str, ...] = ()
    nav_pages: tuple[tuple[str, str], ...] = ()
    site_css_url: str = ""
    last_event: int = 0
    seen_as: str = ""
    is_archive: bool = False
    desk: DeskNotices | None = None


# Templates render Flask-WTF forms through web/macros/forms.html; a page carries its form in the field
# ``form``.


@dataclass(frozen=True, slots=True)
class ErrorPage:
    """An error page; ``code`` is from :mod:`app.errors`."""

    status: int
    code: str
    title: str
    message: str
    request_id: str = ""
    countdown_to: datetime | None = None
    countdown_label: str = ""
    links: tuple[tuple[str, str], ...] = field(default_factory=tuple)
