"""The command that lists tests."""

from __future__ import annotations

import click

from app.content.diff import solving_digest
from app.core.puzzle_tests import CLEAN_NEEDED, tally
from app.database.puzzle_tests import read_test_marks
from app.web.command_line import hunt, ports


@hunt.command("tests", help="List the live puzzles, each with its clean tests.")
@click.option("--needed", is_flag=True, help="Only those that need more.")
def list_tests(needed: bool) -> None:
    world = ports()
    marks = read_test_marks(world.database)
    for puzzle in world.in_force.content.puzzles:
        counts = tally(marks.get(puzzle.id, ()), solving_digest(puzzle))
        if counts.needs_tests or not needed:
            outdated = f", {counts.outdated} before the last change" if counts.outdated else ""
            click.echo(f"{counts.clean} of {CLEAN_NEEDED} clean{outdated}\t{puzzle.title}")
