"""What stands around every page, and the pages that say no."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Viewer:
    """The team that is looking, as the header shows it. ``role``: team, helper, writer, admin."""

    name: str
    display_name: str
    division_name: str
    role: str
    score: int
    hint_credits: int
    xp: int
    next_xp_seconds: int | None

    @property
    def is_staff(self) -> bool:
        return self.role != "team"


@dataclass(frozen=True, slots=True)
class Site:
    """What every page shows around its content. Present in every template as ``site``.

    ``banners`` are sentences for staff who see a page that teams cannot (before the start, a closed switch).
    ``seen_as`` is the team through whose eyes an admin looks.
    ``state`` is before, running or ended. ``nav_pages`` are (title, url) of the organisers' pages.
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
    banners: tuple[str, ...] = ()
    nav_pages: tuple[tuple[str, str], ...] = ()
    site_css_url: str = ""
    last_event: int = 0
    seen_as: str = ""
    is_archive: bool = False


# Forms are Flask-WTF forms (app/accounts/forms.py); templates render them through macros/forms.html. A page with a form
# carries it in the field ``form``.


@dataclass(frozen=True, slots=True)
class ErrorPage:
    """Any refusal: a ``code`` of :mod:`app.errors`, ``title`` and ``message`` in words, and where to go next."""

    status: int
    code: str
    title: str
    message: str
    request_id: str = ""
    countdown_to: datetime | None = None
    links: tuple[tuple[str, str], ...] = field(default_factory=tuple)
