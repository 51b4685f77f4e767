"""The order of a board, and the badges on it.

A board is a list of figures per team, read from the database in one query; here it is put into an order that is never
left to chance. Staff and banned teams have been left out before. The chart is in :mod:`app.boards.chart`.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Literal, Protocol

from app.core.model import Content, Puzzle, playable
from app.core.names import display_key

Ranking = Literal["finish", "points"]
Badge = Literal["all", "final", "last"]

_NEVER = datetime.max.replace(tzinfo=UTC)


class BoardFigures(Protocol):
    """One team's figures. ``solved_here`` counts the solves among the division's puzzles; a time is None for never.

    ``final_at`` and ``last_at`` are when it solved the division's final puzzle and the hunt's last one,
    ``points_changed_at`` when its points last changed for whatever reason, ``scored_at`` its last solve with points.
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


@dataclass(frozen=True, slots=True)
class Standing:
    """A team's line on a board; rank and figures are None where teams are not ranked."""

    team_id: int
    rank: int | None
    display_name: str
    affiliation: str
    score: int | None
    solved: int | None
    finished_at: datetime | None
    badges: tuple[Badge, ...]


def rank(teams: Iterable[BoardFigures], ranking: Ranking, is_ranked: bool, puzzle_count: int) -> list[Standing]:
    """The board of a division with ``puzzle_count`` puzzles, best first; every rank from 1 is given once.

    ``finish``: who solved the division's final puzzle earliest, those without it last; then more points; then whose
    points changed last the longest ago; then the id. ``points``: more points, then whose last scoring solve is older,
    then the id. Between equals, a team that has no such time comes after those that have. Unranked: by display name.
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
        team.team_id, place, team.display_name, team.affiliation, team.score, team.solved, team.final_at, badges
    )


def badges_of(team: BoardFigures, puzzle_count: int) -> tuple[Badge, ...]:
    """What a team has achieved: ``all`` puzzles of its division, the division's ``final`` puzzle, the hunt's ``last``.

    A skipped puzzle is not solved and earns no badge.
    """
    earned: dict[Badge, bool] = {
        "all": 0 < puzzle_count <= team.solved_here,
        "final": team.final_at is not None,
        "last": team.last_at is not None,
    }
    return tuple(badge for badge, is_earned in earned.items() if is_earned)


def division_puzzles(content: Content, division: str) -> tuple[Puzzle, ...]:
    """The puzzles that teams of a division can play, in playing order, without those kept closed."""
    return tuple(puzzle for puzzle in playable(content) if not puzzle.divisions or division in puzzle.divisions)


def final_puzzle(content: Content, division: str) -> str | None:
    """The record id of the puzzle whose solve finishes the hunt for this division, if it has one."""
    found = content.division(division)
    puzzle = content.puzzle(found.final_puzzle_id) if found and found.final_puzzle_id else None
    return puzzle.id if puzzle else None


def last_puzzle(content: Content) -> str | None:
    """The record id of the hunt's last puzzle: the last in playing order that is not kept closed, whoever it is for."""
    puzzles = playable(content)
    return puzzles[-1].id if puzzles else None
