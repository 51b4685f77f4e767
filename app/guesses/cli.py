"""Commands about guesses."""

from __future__ import annotations

from collections.abc import Sized

import click

from app.core.moments import stamp
from app.core.names import name_key
from app.database import teams
from app.guesses.answer_keys import reencrypt_answers
from app.guesses.clearing import clear_guesses
from app.guesses.corrections import Gain, accept_answer, who_tried
from app.guesses.late_solves import Counted, count_late_solves, find_late_solves
from app.web.command_line import ACTOR, hunt, ports, prompted


@hunt.command("accept")
@click.argument("puzzle")
@click.option("--dry-run", is_flag=True, help="Only show who would gain what.")
def accept(puzzle: str, dry_run: bool) -> None:
    """Make an answer (typed at the prompt, or on stdin) right for PUZZLE, also for the teams that have tried it."""
    world = ports()
    content = world.in_force.content
    found = content.puzzle(puzzle)
    if found is None:
        raise click.ClickException(f"There is no puzzle {puzzle!r}.")
    answer = prompted("Answer")
    gains = (
        who_tried(world.database, found, answer)
        if dry_run
        else accept_answer(world.for_hunt, world.encryption, world.secret, content, found, answer, ACTOR)
    )
    for gain in gains:
        click.echo(f"{gain.tried_at:%Y-%m-%d %H:%M:%SZ}  {gain.display_name}: {_words(gain, dry_run)}")
    click.echo("No team has tried it yet." if not gains else f"{len(gains)} teams had tried it.")


def _words(gain: Gain, dry_run: bool) -> str:
    if gain.outcome != "solve":
        return f"has {gain.outcome} the puzzle already, nothing changes"
    return "would get the solve" if dry_run else f"gets the solve, {gain.points} points"


@hunt.command("late-solves")
@click.option("--count", "is_counted", is_flag=True, help="Count them from when they were made, and notify the teams.")
def late_solves(is_counted: bool) -> None:
    """List the solves that earned nothing because they were made after the end, which was moved later since."""
    world = ports()
    if is_counted:
        tell_counted(count_late_solves(world.for_hunt, world.translate, ACTOR))
        return
    found = find_late_solves(world.database, world.in_force)
    for late in found:
        puzzle = world.in_force.content.puzzle(late.puzzle_id)
        click.echo(f"{stamp(late.solved_at)}  {late.display_name}: {puzzle.title if puzzle else late.puzzle_id}")
    click.echo(f"{_solves(found)}; --count counts them." if found else "None.")


def tell_counted(found: list[Counted]) -> None:
    for one in found:
        click.echo(f"{stamp(one.late.solved_at)}  {one.late.display_name}: {one.puzzle.title}, {one.points} points")
    click.echo(f"Counted: {_solves(found)}; teams notified." if found else "Nothing left to count.")


def _solves(found: Sized) -> str:
    return "1 solve" if len(found) == 1 else f"{len(found)} solves"


@hunt.command("clear-guesses")
@click.argument("name")
def clear(name: str) -> None:
    """Reset the guess limit of the team NAME, so that it can guess at once."""
    account = teams.find_by_name(ports().database, name_key(name))
    if account is None:
        raise click.ClickException(f"There is no team {name!r}.")
    clear_guesses(ports().database, ports().clock, account.id, ACTOR)
    click.echo(f"{name} can guess again.")


@hunt.command("reencrypt")
def reencrypt() -> None:
    """Encrypt with SECRET_KEY the found answers that one of SECRET_KEY_FALLBACKS encrypted, so that it can go."""
    counts = reencrypt_answers(ports().database, ports().encryption)
    click.echo(f"{counts['renewed']} found answers re-encrypted.")
    if counts["unreadable"]:
        raise click.ClickException(f"{counts['unreadable']} cannot be read with any of the secrets.")
