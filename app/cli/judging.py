"""Commands about play: accept an answer after the fact, give a team its guesses back, grant hint credits."""

from __future__ import annotations

import click

from app.cli import hunt
from app.cli.world import ACTOR, ports
from app.services.accepting import Gain, accept_answer, who_tried
from app.services.clearing import clear_guesses
from app.services.granting import GrantInvalid, grant_credits
from app.services.logging_in import find_account


@hunt.command("accept")
@click.argument("puzzle")
@click.option("--dry-run", is_flag=True, help="Only say who would gain what.")
def accept(puzzle: str, dry_run: bool) -> None:
    """Make an answer (typed at the prompt, or on stdin) right for PUZZLE, also for the teams that have tried it."""
    world = ports()
    content = world.content.current()
    found = content.puzzle(puzzle)
    if found is None:
        raise click.ClickException(f"There is no puzzle {puzzle!r}.")
    answer = click.prompt("Answer", hide_input=True)
    gains = who_tried(world, found, answer) if dry_run else accept_answer(world, content, found, answer, ACTOR)
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
    account = find_account(ports(), name)
    if account is None:
        raise click.ClickException(f"There is no team {name!r}.")
    clear_guesses(ports(), account.id, ACTOR)
    click.echo(f"{name} has all its guesses again.")


@hunt.command("grant", context_settings={"ignore_unknown_options": True})
@click.argument("audience")
@click.argument("amount", type=int)
@click.option("--reason", default="", help="Why; it stands in the ledger and in the audit.")
def grant(audience: str, amount: int, reason: str) -> None:
    """Give AMOUNT hint credits to AUDIENCE: all, division:CODE, or the name of a team. A minus takes some away."""
    world = ports()
    try:
        count = grant_credits(world, _audience(audience), amount, ACTOR, reason=reason)
    except GrantInvalid as no:
        raise click.ClickException(str(no)) from None
    click.echo(f"{count} team{'' if count == 1 else 's'} got {amount} each, or what there was to take.")


def _audience(text: str) -> str:
    if text == "all" or text.startswith("division:"):
        return text
    account = find_account(ports(), text)
    if account is None:
        raise click.ClickException(f"There is no team {text!r}.")
    return f"team:{account.id}"
