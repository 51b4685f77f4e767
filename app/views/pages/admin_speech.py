"""The organisers' pages about speaking with teams: hint requests, announcements, broadcasts."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

Option = tuple[str, str]


@dataclass(frozen=True, slots=True)
class QueueRow:
    """A question in the queue. ``claimed_by`` is a name, empty while nobody works on it."""

    id: int
    team: str
    puzzle: str
    state: str
    asked_at: datetime
    claimed_by: str
    is_mine: bool
    messages: int
    url: str


@dataclass(frozen=True, slots=True)
class QueuePage:
    """``/admin/hints``: who waits for help, the longest first? ``views`` are (title, url, is_here)."""

    rows: tuple[QueueRow, ...]
    views: tuple[tuple[str, str, bool], ...]
    is_waiting: bool
    older_url: str = ""


@dataclass(frozen=True, slots=True)
class ThreadLine:
    """One message. ``author`` is empty for the team."""

    at: datetime
    author: str
    is_staff: bool
    text: str


@dataclass(frozen=True, slots=True)
class RequestPage:
    """``/admin/hints/ID``: what does this team ask, and what has been said on this puzzle before?"""

    id: int
    team: str
    puzzle: str
    puzzle_url: str
    state: str
    asked_at: datetime
    claimed_by: str
    is_mine: bool
    is_waiting: bool
    thread: tuple[ThreadLine, ...]
    canned: tuple[str, ...]
    typed: str = ""
    problem: str = ""


@dataclass(frozen=True, slots=True)
class AnnouncementRow:
    """An announcement in the list of all."""

    title: str
    kind: str
    audience: str
    at: datetime
    is_published: bool
    revision: int
    is_edited: bool
    url: str


@dataclass(frozen=True, slots=True)
class AnnouncementsAdminPage:
    """``/admin/announcements``: what has been said, and what is being written?"""

    rows: tuple[AnnouncementRow, ...]


@dataclass(frozen=True, slots=True)
class AnnouncementPage:
    """One announcement: its form and, once stored, how it looks and whom it reaches. ``size`` is in teams."""

    form: object
    number: int
    revision: int
    is_published: bool
    html: str = ""
    title: str = ""
    audience: str = ""
    size: int = 0
    published_at: datetime | None = None
    edited_at: datetime | None = None
    url: str = ""
    conflict: str = ""


@dataclass(frozen=True, slots=True)
class BroadcastRow:
    """A broadcast that was sent. ``size`` counts the teams it was for."""

    id: int
    kind: str
    text: str
    audience: str
    at: datetime
    by: str
    seen: int
    size: int
    url: str


@dataclass(frozen=True, slots=True)
class BroadcastsPage:
    """``/admin/broadcasts``: who is there, and what were they told? ``review`` asks before sending."""

    form: object
    online_clients: int
    online_teams: int
    rows: tuple[BroadcastRow, ...]
    once: str
    review: BroadcastReview | None = None


@dataclass(frozen=True, slots=True)
class BroadcastReview:
    """What is about to be sent, to whom, and to how many teams."""

    kind: str
    text: str
    audience: str
    code: str
    size: int


@dataclass(frozen=True, slots=True)
class ReceiptRow:
    """A team that a broadcast was for."""

    team: str
    url: str
    seen_at: datetime | None


@dataclass(frozen=True, slots=True)
class BroadcastPage:
    """``/admin/broadcasts/ID``: who has seen it?"""

    broadcast: BroadcastRow
    receipts: tuple[ReceiptRow, ...]
    unseen: int
