"""Forms of the account, and pages of plain reading."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Literal


@dataclass(frozen=True, slots=True)
class FormPage:
    """Register, login, forgot, reset. ``title`` is the h1 and the document's title."""

    title: str
    form: object
    lead_html: str = ""
    notice: str = ""


@dataclass(frozen=True, slots=True)
class ProgramsBox:
    """What the team has set up for its own programs. ``token_made_at``: None without a token.

    ``hook_host`` is where its news go, empty without a hook; ``hook_off_at`` when the hook was switched off after
    ``hook_failures`` in a row, of which ``hook_problem`` was the last.
    """

    token_made_at: datetime | None
    hook: object
    hook_host: str = ""
    hook_set_at: datetime | None = None
    hook_failures: int = 0
    hook_problem: str = ""
    hook_off_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class TokenPage:
    """A token that was just made: the only page that ever shows it."""

    token: str
    reads_a_minute: int = 60


@dataclass(frozen=True, slots=True)
class AccountPage:
    """The team's own profile: one form for the profile, one for the password, and its programs (not for staff)."""

    profile: object
    password: object
    saved: str = ""
    programs: ProgramsBox | None = None


@dataclass(frozen=True, slots=True)
class AnnouncementItem:
    """One announcement or erratum. ``url`` is its own page."""

    id: int
    title: str
    html: str
    at: datetime
    kind: Literal["announcement", "erratum"]
    url: str


@dataclass(frozen=True, slots=True)
class HomePage:
    """The front page: countdown before the start, the way in while it runs, thanks after the end."""

    body_html: str
    countdown_to: datetime | None
    countdown_label: str
    announcements: tuple[AnnouncementItem, ...] = ()


@dataclass(frozen=True, slots=True)
class ReadingPage:
    """``/page/SLUG``."""

    title: str
    html: str


@dataclass(frozen=True, slots=True)
class AnnouncementsPage:
    """The list, newest first, or (with one item and ``is_single``) one announcement."""

    items: tuple[AnnouncementItem, ...]
    is_single: bool = False
