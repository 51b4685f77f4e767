"""What a bench answers: figures with their goals, and how they are printed."""

from __future__ import annotations

import statistics
from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Row:
    """One figure. ``goal`` is the most it may be, in the same unit; None for what is told for its own sake."""

    name: str
    figure: float
    unit: str = ""
    goal: float | None = None
    digits: int = 2
    spread: str = ""

    @property
    def is_reached(self) -> bool:
        """Whether the figure keeps to its goal."""
        return self.goal is None or self.figure <= self.goal

    def cells(self) -> tuple[str, ...]:
        """The row as text."""
        goal = "" if self.goal is None else f"≤ {self.goal:g} {self.unit}".rstrip()
        verdict = "" if self.goal is None else ("yes" if self.is_reached else "NO")
        return (self.name, f"{self.figure:.{self.digits}f} {self.unit}".rstrip(), self.spread, goal, verdict)


@dataclass(frozen=True)
class Table:
    """The figures of one bench."""

    title: str
    rows: tuple[Row, ...]

    @property
    def is_reached(self) -> bool:
        """Whether every figure keeps to its goal."""
        return all(row.is_reached for row in self.rows)

    def __str__(self) -> str:
        lines = [("", "figure", "spread", "goal", "kept"), *(row.cells() for row in self.rows)]
        widths = [max(len(line[place]) for line in lines) for place in range(5)]
        text = ["  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)) for line in lines]
        return "\n".join([self.title, "-" * len(self.title), *(line.rstrip() for line in text)])


def quiet(turns: Sequence[float]) -> float:
    """The lower quartile. Whoever else uses the machine only ever adds to a figure, never takes away."""
    return statistics.quantiles(turns, n=4)[0] if len(turns) > 1 else turns[0]


def quiet_row(name: str, turns: Sequence[float], unit: str = "", goal: float | None = None, digits: int = 2) -> Row:
    """The lower quartile of the turns; the spread goes from the best turn to the median."""
    spread = f"{min(turns):.{digits}f} … {statistics.median(turns):.{digits}f}"
    return Row(name, quiet(turns), unit, goal, digits, spread)
