"""One dataclass per page: all that a template may see.

Built by the views from what a service answered. No field can hold a hash, a secret or a database row. Texts named
``*_html`` were sanitised at restock (or built by our own code from escaped parts) and are the only ones a template may
print with ``|safe``; everything else is escaped by Jinja. Times are aware UTC; the ``moment`` macro shows them in the
hunt's zone and the reader's own. Templates compute nothing: what they need to know is a field here.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal


@dataclass(frozen=True, slots=True)
class Viewer:
    """The team that is looking, as the header shows it. ``role``: team, helper, writer, admin."""

    name: str
    display_name: str
    division_code: str
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
    has_points: bool
    has_story: bool
    registration_open: bool
    banners: tuple[str, ...] = ()
    nav_pages: tuple[tuple[str, str], ...] = ()
    site_css_url: str = ""
    last_event: int = 0


# --- forms -----------------------------------------------------------------------------------------------------------
# Forms are Flask-WTF forms (app/views/forms.py); templates render them through macros/forms.html. A page with a form
# carries it in the field ``form``.


@dataclass(frozen=True, slots=True)
class FormPage:
    """Register, login, forgot, reset. ``title`` is the h1 and the document's title."""

    title: str
    form: object
    lead_html: str = ""
    notice: str = ""


@dataclass(frozen=True, slots=True)
class AccountPage:
    """The team's own profile: one form for the profile, one for the password."""

    profile: object
    password: object
    saved: str = ""


# --- home, reading pages ---------------------------------------------------------------------------------------------


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


# --- the game --------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class PuzzleCard:
    """A puzzle in a list. Closed puzzles are never in a list."""

    key: str
    title: str
    url: str
    value: int
    is_meta: bool
    is_solved: bool
    is_skipped: bool
    points: int | None
    description_html: str = ""
    access: tuple[str, ...] = ()
    is_new: bool = False
    opens_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class LevelCard:
    """A level on the overview. A closed level shows only its title and, where it has one, its opening time."""

    key: str
    title: str
    url: str
    is_open: bool
    description_html: str
    solved: int
    total: int
    puzzles: tuple[PuzzleCard, ...]
    opens_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class GamePage:
    """``/game``: all levels."""

    levels: tuple[LevelCard, ...]
    solved: int
    total: int


@dataclass(frozen=True, slots=True)
class LevelPage:
    """``/game/KEY``: one open level with its puzzles. ``css_url`` is empty without custom CSS."""

    level: LevelCard
    css_url: str = ""


@dataclass(frozen=True, slots=True)
class PastGuess:
    """An earlier guess of the team on this puzzle. ``text`` is never that of a right one."""

    at: datetime
    text: str
    verdict: str
    message_html: str


@dataclass(frozen=True, slots=True)
class HintLine:
    """One hint as this team sees it: taken (``html``) or to be had."""

    order: int
    is_taken: bool
    html: str
    cost: int
    available_at: datetime | None


@dataclass(frozen=True, slots=True)
class HintMessage:
    """One message of a hint request's thread. ``by`` is the team's name or “Organisers”."""

    at: datetime
    by: str
    text: str
    is_ours: bool


@dataclass(frozen=True, slots=True)
class HintThread:
    """The team's question to the organisers on this puzzle. ``state``: open, claimed, answered, refunded, closed."""

    state: str
    messages: tuple[HintMessage, ...]


@dataclass(frozen=True, slots=True)
class HintBox:
    """The hints part of a puzzle page. ``can_take`` is False with the reason in ``why_not``."""

    lines: tuple[HintLine, ...]
    credits: int
    next_cost: int | None
    can_take: bool
    why_not: str
    points_price: int | None
    threads: tuple[HintThread, ...] = ()
    can_ask: bool = True


@dataclass(frozen=True, slots=True)
class PowerUp:
    """One power-up: ``verb`` is hint, skip or close; ``effect`` says what it will do, in one sentence."""

    verb: str
    title: str
    cost: int
    effect: str
    is_affordable: bool
    why_not: str = ""


@dataclass(frozen=True, slots=True)
class SheetPicture:
    """A picture or other file of the puzzle. ``kind``: image, audio, video, file. ``srcset`` may be empty."""

    url: str
    kind: str
    filename: str
    alt: str
    width: int | None = None
    height: int | None = None
    srcset: str = ""


@dataclass(frozen=True, slots=True)
class Result:
    """What a guess got, as the page says it after a POST without JavaScript. ``tone``: correct, close, wrong, repeat, error."""

    tone: str
    title: str
    message_html: str
    points: int | None = None
    unlocked: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class PuzzlePage:
    """``/game/puzzle/KEY``.

    ``kind`` Text shows ``body_html``; Link adds a button to ``link_url``; Embed shows ``frame_url`` in a sandboxed frame.
    ``script_frame_url`` is the sandboxed frame of the author's own script, or empty. ``once`` is the key of the next
    guess. ``can_guess`` is False with the reason in ``why_not`` (solved, skipped).
    """

    key: str
    title: str
    url: str
    level_title: str
    level_url: str
    value: int
    is_meta: bool
    is_solved: bool
    is_skipped: bool
    points: int | None
    solved_at: datetime | None
    kind: str
    description_html: str
    body_html: str
    link_url: str
    frame_url: str
    script_frame_url: str
    pictures: tuple[SheetPicture, ...]
    css_urls: tuple[str, ...]
    story_html: tuple[str, ...]
    erratum_html: str
    solution_html: str
    authors: str
    access: tuple[str, ...]
    once: str
    can_guess: bool
    why_not: str
    guesses_left: int
    window_seconds: int
    past: tuple[PastGuess, ...]
    past_more: int = 0
    hints: HintBox | None = None
    powerups: tuple[PowerUp, ...] = ()
    result: Result | None = None
    answer: str = ""
    neighbours: tuple[PuzzleCard, ...] = ()
    metas: tuple[PuzzleCard, ...] = ()


@dataclass(frozen=True, slots=True)
class StoryEntry:
    """A revealed story block with the puzzle that revealed it."""

    puzzle_title: str
    puzzle_url: str
    html: str


@dataclass(frozen=True, slots=True)
class StoryPage:
    """``/story``: what this team has been told so far, in order."""

    entries: tuple[StoryEntry, ...]


# --- boards ----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class BoardRow:
    """A team on a board. ``rank`` and the figures are None on an unranked board. ``badges``: all, final, last."""

    rank: int | None
    display_name: str
    affiliation: str
    score: int | None
    solved: int | None
    finished_at: datetime | None
    badges: tuple[str, ...]
    is_own: bool = False


@dataclass(frozen=True, slots=True)
class ChartLine:
    """A team's points over time: ``path`` is an SVG path in a box of 1000 × 300, ``points`` the same as (time, points)."""

    display_name: str
    path: str
    points: tuple[tuple[datetime, int], ...]
    is_own: bool = False


@dataclass(frozen=True, slots=True)
class ChartTick:
    """A mark on an axis: ``at`` in the box's units."""

    at: float
    label: str
    moment: datetime | None = None


@dataclass(frozen=True, slots=True)
class BoardPage:
    """``/leaderboard/CODE``. ``tabs`` are (name, url, is_current). ``own_row`` is set when it is not among ``rows``."""

    division_name: str
    is_ranked: bool
    is_frozen: bool
    frozen_at: datetime | None
    at: datetime
    tabs: tuple[tuple[str, str, bool], ...]
    rows: tuple[BoardRow, ...]
    own_row: BoardRow | None
    page: int
    pages: int
    page_url: str
    chart: tuple[ChartLine, ...] = ()
    ticks_x: tuple[ChartTick, ...] = ()
    ticks_y: tuple[ChartTick, ...] = ()
    by_finish: bool = True


@dataclass(frozen=True, slots=True)
class ErrorPage:
    """Any refusal: ``code`` from CONTRACT's table, ``title`` and ``message`` in words, where to go next."""

    status: int
    code: str
    title: str
    message: str
    request_id: str = ""
    countdown_to: datetime | None = None
    links: tuple[tuple[str, str], ...] = field(default_factory=tuple)
