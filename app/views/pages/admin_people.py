"""The organisers' pages about teams: searching, one team, a list taken in, accepting answers, hashing answers."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

Option = tuple[str, str]


@dataclass(frozen=True, slots=True)
class TeamRow:
    """A team in a list."""

    name: str
    display_name: str
    division: str
    role: str
    is_banned: bool
    score: int
    solved: int
    url: str


@dataclass(frozen=True, slots=True)
class TeamsPage:
    """``/admin/teams``: which teams are there? An empty address is a way that ends here."""

    rows: tuple[TeamRow, ...]
    count: int
    first: int
    words: str
    division: str
    role: str
    standing: str
    divisions: tuple[Option, ...]
    roles: tuple[Option, ...]
    is_filtered: bool
    previous_url: str = ""
    next_url: str = ""


@dataclass(frozen=True, slots=True)
class SolveRow:
    """A puzzle that the team solved."""

    puzzle: str
    puzzle_id: str
    at: datetime
    points: int
    is_late: bool


@dataclass(frozen=True, slots=True)
class LedgerRow:
    """A change of the team's totals."""

    at: datetime
    kind: str
    amount: int
    reason: str
    puzzle: str
    actor: str


@dataclass(frozen=True, slots=True)
class DoingRow:
    """Something the team did."""

    at: datetime
    kind: str
    puzzle: str
    text: str
    address: str


@dataclass(frozen=True, slots=True)
class Clash:
    """A field that two organisers changed: what the other one stored, and what was typed here."""

    label: str
    stored: str
    typed: str


@dataclass(frozen=True, slots=True)
class TeamPage:
    """``/admin/teams/ID``. ``reset_link`` is shown once, right after it was made; ``problem`` is above everything."""

    id: int
    name: str
    display_name: str
    division: str
    role: str
    is_banned: bool
    score: int
    xp: int
    hint_credits: int
    created_at: datetime
    form: object
    seen: str
    once: str
    roles: tuple[Option, ...]
    unsolved: tuple[Option, ...]
    solves: tuple[SolveRow, ...]
    ledger: tuple[LedgerRow, ...]
    doings: tuple[DoingRow, ...]
    reset_link: str = ""
    problem: str = ""
    clashes: tuple[Clash, ...] = ()


@dataclass(frozen=True, slots=True)
class ImportRow:
    """A row of a list to be taken in."""

    line: int
    name: str
    display_name: str
    division: str
    emails: int
    problems: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ImportPage:
    """``/admin/teams/import``. ``packed`` carries the file on to the next step; empty while it cannot be taken in.

    Of a long list only rows with faults and the first of the others are shown; ``count`` and ``faults`` are of all.
    """

    problem: str = ""
    rows: tuple[ImportRow, ...] = ()
    count: int = 0
    faults: int = 0
    divisions: tuple[tuple[str, int], ...] = ()
    packed: str = ""
    most_teams: int = 0


@dataclass(frozen=True, slots=True)
class LinksPage:
    """``/admin/teams/import/links``: the links of the import just done, to be downloaded once."""

    count: int
    made_at: datetime | None


@dataclass(frozen=True, slots=True)
class WrongGuess:
    """A common wrong guess. ``url`` leads on to who would gain what."""

    text: str
    teams: int
    times: int
    is_near: bool
    url: str


@dataclass(frozen=True, slots=True)
class AcceptPage:
    """``/admin/accept``: which wrong guesses were common on a puzzle?"""

    puzzles: tuple[Option, ...]
    puzzle: str
    puzzle_title: str
    guesses: tuple[WrongGuess, ...] = ()


@dataclass(frozen=True, slots=True)
class GainRow:
    """A team that tried it. ``outcome``: solve, solved, skipped."""

    team: str
    tried_at: datetime
    outcome: str


@dataclass(frozen=True, slots=True)
class AcceptReviewPage:
    """``/admin/accept/ID``: who would gain what, before it is done."""

    puzzle: str
    puzzle_title: str
    text: str
    guess: int
    gains: tuple[GainRow, ...]
    gaining: int


@dataclass(frozen=True, slots=True)
class HashedLine:
    """One answer as the base stores it, or why it cannot be one."""

    line: int
    normalised: str = ""
    digest_for_base: str = ""
    signature_for_base: str = ""
    problem: str = ""


@dataclass(frozen=True, slots=True)
class HashesPage:
    """``/admin/hashes``: what goes into ``Solution`` and ``Near``? What was typed is not kept."""

    lines: tuple[HashedLine, ...] = ()
    problem: str = ""
    most: int = 0
    has_near: bool = field(default=False)
