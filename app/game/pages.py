"""Page values of a puzzle."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from app.game.frame_policy import FrameRules
from app.game.list_pages import PuzzleCard


@dataclass(frozen=True, slots=True)
class PastGuess:
    """``text``: never a right one."""

    at: datetime
    text: str
    verdict: str
    message_html: str


@dataclass(frozen=True, slots=True)
class HintLine:
    order: int
    is_taken: bool
    html: str
    cost: int
    available_at: datetime | None


@dataclass(frozen=True, slots=True)
class HintMessageLine:
    at: datetime
    by: str
    text: str
    is_ours: bool


@dataclass(frozen=True, slots=True)
class HintThread:
    """A question. ``state``: open, claimed, answered, refunded, closed."""

    state: str
    messages: tuple[HintMessageLine, ...]


@dataclass(frozen=True, slots=True)
class HintBox:
    """``why_not``: why no hint, or none for credits.

    ``next_order``: of the offered hint, so a repeated form takes no other. ``question``: refused input.
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
    has_address: bool = False


@dataclass(frozen=True, slots=True)
class ReportLine:
    at: datetime
    text: str
    state: str
    note: str


@dataclass(frozen=True, slots=True)
class ReportBox:
    """Newest first. ``problem``: refused input."""

    lines: tuple[ReportLine, ...]
    can_report: bool
    problem: str = ""


@dataclass(frozen=True, slots=True)
class RatingBox:
    """As typed or stored, or empty. ``errors``: by field."""

    fun: str = ""
    difficulty: str = ""
    comment: str = ""
    errors: Mapping[str, str] = field(default_factory=dict)

    @property
    def is_rated(self) -> bool:
        return bool(self.fun) and not self.errors


@dataclass(frozen=True, slots=True)
class PowerUp:
    """``verb``: hint, skip or close; ``effect``: one sentence."""

    verb: str
    title: str
    cost: int
    effect: str
    is_affordable: bool
    why_not: str = ""


@dataclass(frozen=True, slots=True)
class SheetPicture:
    """``kind``: image, audio, video, file. ``srcset`` may be empty."""

    url: str
    kind: str
    filename: str
    alt: str
    width: int | None = None
    height: int | None = None
    srcset: str = ""


@dataclass(frozen=True, slots=True)
class Result:
    """For pages without JavaScript. ``tone``: correct, close, wrong, repeat, error."""

    tone: str
    title: str
    message_html: str
    points: int | None = None
    unlocked: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class FoundBox:
    """``answer``: empty if ``is_lost`` (unreadable) or not kept.

    ``success_html``: the author's message. ``opened``: what the solve unlocked, as (title, url).
    """

    answer: str
    is_lost: bool
    success_html: str
    opened: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class FeederRow:
    title: str
    url: str
    is_solved: bool
    is_skipped: bool
    answer: str


@dataclass(frozen=True, slots=True)
class PuzzlePage:
    """``/game/puzzle/KEY``.

    ``kind``: Text shows ``body_html``; Link adds ``link_url``; Embed a sandboxed ``frame_url`` by the rules of
    ``frame``. ``script_frame_url``: the author's script, or empty. ``once``: key of the next guess. ``why_not``: why
    not ``can_guess`` (solved, skipped). ``refusal``: of a hint or power-up, ``close_answer``: its input.
    ``list_query``: back to the filtered list. ``found``: once solved.
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
    guesses_back_at: tuple[datetime, ...]
    window_seconds: int
    past: tuple[PastGuess, ...]
    past_more: int = 0
    is_first_view: bool = False
    next_puzzle: PuzzleCard | None = None
    has_free_guesses: bool = False
    hints: HintBox | None = None
    report: ReportBox | None = None
    rating: RatingBox | None = None
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
