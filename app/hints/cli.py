"""The command that grants hint credits."""

from __future__ import annotations

import click

from app.accounts.login import find_account
from app.hints.credits import GrantInvalid, grant_credits
from app.web.command_line import ACTOR, hunt, ports


@hunt.command("grant", context_settings={"ignore_unknown_options": True})
@click.argument("audience")
@click.argument("amount", type=int)
@click.option("--reason", default="", help="Goes into the ledger and the audit.")
def grant(audience: str, amount: int, reason: str) -> None:
    """Give AMOUNT hint credits to AUDIENCE: all, division:CODE, or the name of a team. A minus takes some away."""
    world = ports()
    try:
        count = grant_credits(world.for_hunt, _audience(audience), amount, ACTOR, reason=reason)
    except GrantInvalid as no:
        raise click.ClickException(str(no)) from None
    click.echo(f"{count} team{'' if count == 1 else 's'} got {amount} each (never below 0).")


def _audience(text: str) -> str:
    if text == "all" or text.startswith("division:"):
        return text
    account = find_account(ports().database, text)
    if account is None:
        raise click.ClickException(f"There is no team {text!r}.")
    return f"team:{account.id}"
