"""The order of a board, and badges.

Total: ties are always broken.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any, Literal, NamedTuple, Protocol

from app.core.model import Content, Puzzle, playable
from app.core.names import display_key

Ranking = Literal["finish", "points"]
Badge = Literal["all", "final", "last"]

_NEVER = datetime.max.replace(tzinfo=UTC)


class BoardFigures(Protocol):
    """``solved_here``: solves of the division's puzzles; a time is None for never.

    ``final_at``, ``last_at``: solves of the division's final and the hunt's last puzzle; ``points_changed_at``: any
    change of points; ``scored_at``: the last scoring solve; ``solved_at``: the last solve; ``metas``: solved ones.
    """

    @property
    def team_id(self) -> int: ...
    @property
    def display_name(self) -> str: ...
    @property
    def affiliation(self) -> str: ...
    @property
    def score(self) -> int: ...
    @property
    def solved(self) -> int: ...
    @property
    def solved_here(self) -> int: ...
    @property
    def final_at(self) -> datetime | None: ...
    @property
    def last_at(self) -> datetime | None: ...
    @property
    def points_changed_at(self) -> datetime | None: ...
    @property
    def scored_at(self) -> datetime | None: ...
    @property
    def metas(self) -> int: ...
    @property
    def solved_at(self) -> datetime | None: ...


class Standing(NamedTuple):
    """Rank and figures are None if unranked. Stored as a list in this order."""

    team_id: int
    rank: int | None
    display_name: str
    affiliation: str
    score: int | None
    solved: int | None
    finished_at: datetime | None
    badges: tuple[Badge, ...]
    metas: int | None = None
    last_solve_at: datetime | None = None


def rank(teams: Iterable[BoardFigures], ranking: Ranking, is_ranked: bool, puzzle_count: int) -> list[Standing]:
    """Order the board; each rank from 1 is given once.

    ``finish``: earliest final solve, none last; more points; earliest last change of points; id. ``points``: more
    points; earliest last scoring solve; id. Missing times come last. Unranked: display name.
    """
    if not is_ranked:
        named = sorted(teams, key=lambda team: (display_key(team.display_name), team.team_id))
        return [_standing(team, None, puzzle_count) for team in named]
    ordered = sorted(teams, key=_finish_order if ranking == "finish" else _points_order)
    return [_standing(team, place, puzzle_count) for place, team in enumerate(ordered, 1)]


def _finish_order(team: BoardFigures) -> tuple[Any, ...]:
    return (team.final_at or _NEVER, -team.score, team.points_changed_at or _NEVER, team.team_id)


def _points_order(team: BoardFigures) -> tuple[Any, ...]:
    return (-team.score, team.scored_at or _NEVER, team.team_id)


def _standing(team: BoardFigures, place: int | None, puzzle_count: int) -> Standing:
    badges = badges_of(team, puzzle_count)
    if place is None:
        return Standing(team.team_id, None, team.display_name, team.affiliation, None, None, None, badges)
    return Standing(
        team.team_id, place, team.display_name, team.affiliation, team.score, team.solved, team.final_at, badges,
        team.metas, team.solved_at,
    )  # fmt: skip


def badges_of(team: BoardFigures, puzzle_count: int) -> tuple[Badge, ...]:
    """``all`` puzzles of the division, the division's ``final``, the hunt's ``last``. Skips do not count."""
    earned: dict[Badge, bool] = {
        "all": 0 < puzzle_count <= team.solved_here,
        "final": team.final_at is not None,
        "last": team.last_at is not None,
    }
    return tuple(badge for badge, is_earned in earned.items() if is_earned)


def division_puzzles(content: Content, division: str) -> tuple[Puzzle, ...]:
    """Playable puzzles in playing order, without closed ones."""
    return tuple(puzzle for puzzle in playable(content) if not puzzle.divisions or division in puzzle.divisions)


def final_puzzle(content: Content, division: str) -> str | None:
    found = content.division(division)
    puzzle = content.puzzle(found.final_puzzle_id) if found and found.final_puzzle_id else None
    return puzzle.id if puzzle else None


def last_puzzle(content: Content) -> str | None:
    """The last open puzzle in playing order, whatever its divisions."""
    puzzles = playable(content)
    return puzzles[-1].id if puzzles else None
