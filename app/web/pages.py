"""Page values of account and reading pages."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal


@dataclass(frozen=True, slots=True)
class FormPage:
    title: str
    form: object
    lead_html: str = ""
    notice: str = ""


@dataclass(frozen=True, slots=True)
class ProgramsBox:
    """Tokens (``name``, ``made_at``) and webhook.

    ``hook_host``: empty without one; ``hook_off_at``: deactivated after failures.
    """

    tokens: Sequence[object]
    hook: object
    hook_host: str = ""
    hook_set_at: datetime | None = None
    hook_failures: int = 0
    hook_problem: str = ""
    hook_off_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class NoticesBox:
    """How one of the staff hears of new questions. ``connected``: the webhook, or None."""

    about_own: bool
    by_mail: bool
    sees_all: bool
    can_mail: bool
    hook: object
    connected: object | None = None


@dataclass(frozen=True, slots=True)
class TokenPage:
    token: str
    reads_a_minute: int = 60


@dataclass(frozen=True, slots=True)
class AccountPage:
    """``programs``: None for staff; ``notices``: None for teams; ``addresses``: ``address``, ``is_proved``."""

    profile: object
    password: object
    saved: str = ""
    programs: ProgramsBox | None = None
    addresses: tuple[object, ...] = ()
    notices: NoticesBox | None = None


@dataclass(frozen=True, slots=True)
class AnnouncementItem:
    """Without ``html``, an erratum says that the puzzle's text was changed."""

    id: int
    title: str
    html: str
    at: datetime
    kind: Literal["announcement", "erratum"]
    url: str
    puzzle_url: str = ""


@dataclass(frozen=True, slots=True)
class Welcome:
    """For a team that waits for the start: what to share. Addresses may be empty."""

    username: str
    login_url: str
    rules_url: str
    has_emails: bool


@dataclass(frozen=True, slots=True)
class HomePage:
    body_html: str
    countdown_to: datetime | None
    countdown_label: str
    announcements: tuple[AnnouncementItem, ...] = ()
    welcome: Welcome | None = None


@dataclass(frozen=True, slots=True)
class ReadingPage:
    """``/page/SLUG``."""

    title: str
    html: str


@dataclass(frozen=True, slots=True)
class AnnouncementsPage:
    items: tuple[AnnouncementItem, ...]
    is_single: bool = False
