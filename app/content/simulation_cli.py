"""``hunt dry-run``: dead ends and timelines."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import click

from app.content.simulate import Walk, dry_run
from app.content.timeline import PACES, Pace, Timetable, courses
from app.content.timeline_text import timeline
from app.core.in_force import InForce
from app.core.moments import stamp
from app.web.command_line import hunt, ports

LONGEST_MINUTES = 10_000


class Minutes(click.ParamType[tuple[Pace, ...]]):
    name = "minutes"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> tuple[Pace, ...]:
        if not isinstance(value, str):
            return tuple(value)
        try:
            found = [float(part) for part in value.split(",")]
        except ValueError:
            found = []
        if len(found) != len(PACES) or found != sorted(found) or not all(1 <= one <= LONGEST_MINUTES for one in found):
            self.fail("give three numbers of minutes, from the quickest to the slowest, such as 20,45,120.", param, ctx)
        return tuple(replace(pace, minutes=minutes) for pace, minutes in zip(PACES, found, strict=True))


@hunt.command("dry-run")
@click.option("--timeline", "is_drawn", is_flag=True, help="Also draw what quick, median and slow teams open when.")
@click.option(
    "--minutes",
    "paces",
    type=Minutes(),
    default="20,45,120",
    show_default=True,
    metavar="QUICK,MEDIAN,SLOW",
    help="Minutes each of the three takes for a usual puzzle.",
)
@click.option("--seed", type=int, default=1, show_default=True, help="Seed for the puzzles’ difficulties.")
def walk_through(is_drawn: bool, paces: tuple[Pace, ...], seed: int) -> None:
    """Let a bot solve whatever is open, division by division; exit code 1 if something can never be reached."""
    known = ports()
    now, anchor = known.clock.now(), known.in_force.settings.anchor_puzzle
    begins_at = max(now, known.in_force.settings.starts_at or now)
    report = dry_run(known.in_force.content, begins_at, anchor)
    for walk in report.walks:
        _tell_walk(walk)
    if is_drawn:
        # From the hunt's start, also when it is over: the whole plan is drawn.
        _draw(
            known.in_force,
            Timetable(
                known.in_force.settings.starts_at or now,
                known.in_force.settings.ends_at,
                anchor,
                known.in_force.settings.hint_schedule,
            ),
            paces,
            seed,
        )
    if report.has_dead_ends:
        raise SystemExit(1)


def _draw(in_force: InForce, times: Timetable, paces: tuple[Pace, ...], seed: int) -> None:
    content = in_force.content
    for division in content.divisions:
        click.echo("")
        for line in timeline(content, division, times, courses(content, division, times, paces, seed)):
            click.echo(line.rstrip())


def _tell_walk(walk: Walk) -> None:
    click.echo(f"{walk.division.name} ({walk.division.code})")
    for opening in walk.openings:
        when = f" at {stamp(opening.at)}" if opening.is_timed else ""
        click.echo(f"  step {opening.step}: {opening.puzzle.title} ({opening.puzzle.id}){when}")
    for end in walk.dead_ends:
        click.echo(f"  never reached: {end.puzzle.title} ({end.puzzle.id}): {end.reason}")
    click.echo("  reaches the end" if walk.is_finished else "  never solves its final puzzle")
