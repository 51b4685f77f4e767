"""Commands about guesses: accept an answer after the fact, clear a team's window."""

from __future__ import annotations

import click

from app.core.names import name_key
from app.database import teams
from app.guesses.clearing import clear_guesses
from app.guesses.corrections import Gain, accept_answer, who_tried
from app.web.command_line import ACTOR, hunt, ports


@hunt.command("accept")
@click.argument("puzzle")
@click.option("--dry-run", is_flag=True, help="Only say who would gain what.")
def accept(puzzle: str, dry_run: bool) -> None:
    """Make an answer (typed at the prompt, or on stdin) right for PUZZLE, also for the teams that have tried it."""
    world = ports()
    content = world.in_force.content
    found = content.puzzle(puzzle)
    if found is None:
        raise click.ClickException(f"There is no puzzle {puzzle!r}.")
    answer = click.prompt("Answer", hide_input=True)
    gains = (
        who_tried(world.database, found, answer)
        if dry_run
        else accept_answer(world.for_hunt, world.secret, content, found, answer, ACTOR)
    )
    for gain in gains:
        click.echo(f"{gain.tried_at:%Y-%m-%d %H:%M:%SZ}  {gain.display_name}: {_words(gain, dry_run)}")
    click.echo("Nobody has tried it yet." if not gains else f"{len(gains)} teams had tried it.")


def _words(gain: Gain, dry_run: bool) -> str:
    if gain.outcome != "solve":
        return f"has {gain.outcome} the puzzle already, nothing changes"
    return "would get the solve" if dry_run else f"gets the solve, {gain.points} points"


@hunt.command("clear-guesses")
@click.argument("name")
def clear(name: str) -> None:
    """Give the team NAME all guesses of the present minute back."""
    account = teams.find_by_name(ports().database, name_key(name))
    if account is None:
        raise click.ClickException(f"There is no team {name!r}.")
    clear_guesses(ports().database, ports().clock, account.id, ACTOR)
    click.echo(f"{name} has all its guesses again.")
