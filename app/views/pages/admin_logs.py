"""The organisers' pages of what happened: log, audit, signs of cheating; and how the machine does."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from app.views.pages.admin import Paging


@dataclass(frozen=True, slots=True)
class LogRow:
    """One thing a team did, in words. ``address`` is empty for those who need not know it."""

    at: datetime
    team: str
    team_url: str
    kind: str
    puzzle: str
    puzzle_url: str
    verdict: str
    text: str
    said: str
    address: str


@dataclass(frozen=True, slots=True)
class Filtered:
    """What the filter's form holds: each value as typed, the choices, and what could not be understood."""

    team: str = ""
    puzzle: str = ""
    kind: str = ""
    verdict: str = ""
    actor: str = ""
    action: str = ""
    since: str = ""
    until: str = ""
    is_on: bool = False
    problems: tuple[str, ...] = ()
    puzzles: tuple[tuple[str, str], ...] = ()
    kinds: tuple[tuple[str, str], ...] = ()
    verdicts: tuple[tuple[str, str], ...] = ()
    actions: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class LogPage:
    """``/admin/log``: what did teams do?"""

    rows: tuple[LogRow, ...]
    filtered: Filtered
    paging: Paging
    csv_url: str
    json_url: str
    shows_addresses: bool


@dataclass(frozen=True, slots=True)
class AuditRow:
    """One act of an organiser, in words."""

    at: datetime
    actor: str
    action: str
    subject: str
    said: str
    address: str


@dataclass(frozen=True, slots=True)
class AuditPage:
    """``/admin/audit``: who of us did what?"""

    rows: tuple[AuditRow, ...]
    filtered: Filtered
    paging: Paging
    csv_url: str
    json_url: str


@dataclass(frozen=True, slots=True)
class NamedTeam:
    """A team with the way to its entries in the log."""

    name: str
    url: str


@dataclass(frozen=True, slots=True)
class SharedAddressRow:
    """Teams that came from one address."""

    address: str
    teams: tuple[NamedTeam, ...]
    more: int


@dataclass(frozen=True, slots=True)
class QuickSolveRow:
    """A solve within seconds of the first sight."""

    team: NamedTeam
    puzzle: str
    seconds: int
    solved_at: datetime


@dataclass(frozen=True, slots=True)
class SharedGuessRow:
    """The same rare wrong guess by two teams within minutes."""

    puzzle: str
    text: str
    first: NamedTeam
    second: NamedTeam
    first_at: datetime
    seconds_between: int


@dataclass(frozen=True, slots=True)
class CheatingPage:
    """``/admin/cheating``: what looks odd? Each list says how many there are in all."""

    at: datetime
    addresses: tuple[SharedAddressRow, ...]
    address_count: int
    quick: tuple[QuickSolveRow, ...]
    quick_count: int
    shared: tuple[SharedGuessRow, ...]
    shared_count: int


@dataclass(frozen=True, slots=True)
class ProcessRow:
    """A process of the site: its sockets as it last reported them, its connections to the database."""

    name: str
    sockets: int | None
    connections: int | None


@dataclass(frozen=True, slots=True)
class JobRow:
    """The latest run of a periodic job."""

    name: str
    node: str
    started_at: datetime
    finished_at: datetime | None
    problem: str


@dataclass(frozen=True, slots=True)
class StatusPage:
    """``/admin/status``: how does the machine do? What is None does not apply or is not known."""

    program: str
    database: str
    connections: int | None
    connections_limit: int | None
    processes: tuple[ProcessRow, ...]
    pool_in_use: int
    pool_size: int
    clients: int
    teams: int
    redis: str
    airtable: str
    jobs: tuple[JobRow, ...]
    content_version: int
    settings_revision: int
    figures: tuple[tuple[str, str], ...] = ()
