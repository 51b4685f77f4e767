"""A puzzle's own page: its sheet, guesses, hints and power-ups."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from app.game.frame_policy import FrameRules
from app.game.list_pages import PuzzleCard


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
class HintMessageLine:
    """One message of a hint request's thread. ``by`` is the team's name or “Organisers”."""

    at: datetime
    by: str
    text: str
    is_ours: bool


@dataclass(frozen=True, slots=True)
class HintThread:
    """The team's question to the organisers on this puzzle. ``state``: open, claimed, answered, refunded, closed."""

    state: str
    messages: tuple[HintMessageLine, ...]


@dataclass(frozen=True, slots=True)
class HintBox:
    """The hints part of a puzzle page. ``why_not`` says why none can be taken, or none for credits.

    ``next_order`` is the number of the hint that is offered; a form sends it, so that a second one takes no other hint.
    ``question`` is what was typed into a question that was refused.
    """

    lines: tuple[HintLine, ...]
    credits: int
    next_cost: int | None
    can_take: bool
    why_not: str
    points_price: int | None
    threads: tuple[HintThread, ...] = ()
    can_ask: bool = True
    next_order: int | None = None
    question: str = ""


@dataclass(frozen=True, slots=True)
class ReportLine:
    """A problem that the team has reported: ``state`` is open, correct or erratum, ``note`` the organisers' words."""

    at: datetime
    text: str
    state: str
    note: str


@dataclass(frozen=True, slots=True)
class ReportBox:
    """The team's reports about a puzzle, newest first. ``problem`` is what was typed for one that was refused."""

    lines: tuple[ReportLine, ...]
    can_report: bool
    problem: str = ""


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
    """What a guess got, for pages without JavaScript. ``tone``: correct, close, wrong, repeat, error."""

    tone: str
    title: str
    message_html: str
    points: int | None = None
    unlocked: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class FoundBox:
    """What this team found. ``answer`` is empty where it ``is_lost`` (cannot be read any more) or was never kept.

    ``success_html`` is what the author says to a right guess.
    """

    answer: str
    is_lost: bool
    success_html: str


@dataclass(frozen=True, slots=True)
class FeederRow:
    """A puzzle from whose answer a meta is built. ``answer`` is this team's own, empty where there is none."""

    title: str
    url: str
    is_solved: bool
    is_skipped: bool
    answer: str


@dataclass(frozen=True, slots=True)
class PuzzlePage:
    """``/game/puzzle/KEY``.

    ``kind`` Text shows ``body_html``; Link adds a button to ``link_url``; Embed a sandboxed frame of ``frame_url``
    by the rules of ``frame``.
    ``script_frame_url`` is the sandboxed frame of the author's own script, or empty. ``once`` is the key of the next
    guess. ``can_guess`` is False with the reason in ``why_not`` (solved, skipped). ``refusal`` is why a hint or a
    power-up was not given, ``close_answer`` what was typed for it. ``list_query`` leads back to the list as it was
    filtered. ``found`` is there once the puzzle is solved.
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
    frame: FrameRules
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
    has_free_guesses: bool = False
    hints: HintBox | None = None
    report: ReportBox | None = None
    powerups: tuple[PowerUp, ...] = ()
    result: Result | None = None
    answer: str = ""
    refusal: str = ""
    close_answer: str = ""
    neighbours: tuple[PuzzleCard, ...] = ()
    metas: tuple[PuzzleCard, ...] = ()
    list_query: str = ""
    found: FoundBox | None = None
    feeders: tuple[FeederRow, ...] = ()
