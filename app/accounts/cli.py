"""Accounts from the command line: admins, roles, and a link for a team that forgot its password."""

from __future__ import annotations

import os

import click

from app.accounts import login, password_reset, second_factor, team_admin
from app.accounts import roles as role_changes
from app.core.roles import ROLES, as_words
from app.database.teams import Account
from app.errors import FieldsRefused
from app.web.command_line import ACTOR, hunt, prompted
from app.web.command_line import ports as loaded_ports
from app.web.visit import ports


@hunt.command("admin")
@click.argument("name")
def make_admin(name: str) -> None:
    """Create the admin NAME, or make the team of that name an admin.

    The password comes from ADMIN_PASSWORD or from a prompt. For an account that has one, an empty answer keeps it.
    """
    password = os.environ.get("ADMIN_PASSWORD") or _asked_password(
        has_one=role_changes.has_password(ports().database, name)
    )
    try:
        role_changes.create_or_promote_admin(
            ports().database, ports().in_force, ports().clock, ports().hasher, name, password
        )
    except FieldsRefused as refused:
        raise click.ClickException(" ".join(refused.fields.values())) from None
    click.echo(f"{name} is now an admin.")


def _asked_password(*, has_one: bool) -> str:
    words = "Password (empty: keep the present one)" if has_one else "Password"
    default = "" if has_one else None
    return prompted(words, confirmation_prompt=True, default=default, show_default=False)


@hunt.command("roles")
@click.argument("name")
@click.argument("roles", nargs=-1, type=click.Choice(ROLES))
def set_roles(name: str, roles: tuple[str, ...]) -> None:
    """Give the account NAME exactly these roles; without any it is a team.

    helper: the hint desk, the log, every puzzle and solution. writer: the content, and questions about own puzzles.
    admin: everything.
    """
    account = _account(name)
    role_changes.set_roles(ports().database, ports().clock, ports().broadcaster, account.id, roles, ACTOR)
    click.echo(f"{account.name}: {', '.join(as_words(roles).split()) or 'a team'}.")


@hunt.command("move-teams")
@click.argument("before", metavar="FROM")
@click.argument("after", metavar="TO")
def move_teams(before: str, after: str) -> None:
    """Move all teams of the division FROM to the division TO. They keep everything they have."""
    known = loaded_ports()
    codes = sorted(one.code for one in known.in_force.content.divisions if not one.is_closed and one.code != before)
    if after not in codes:
        raise click.ClickException(f"There is no open division {after} to move to. There are: {', '.join(codes)}.")
    count = team_admin.move_teams(known.for_hunt, before, after, ACTOR)
    click.echo(f"{count} {'team is' if count == 1 else 'teams are'} now in {after}.")


@hunt.command("second-factor")
@click.argument("name")
@click.option("--reset", is_flag=True, help="Remove it, and end the account's sessions.")
def show_second_factor(name: str, reset: bool) -> None:
    """Say whether the account NAME has a second factor, or remove it."""
    account = _account(name)
    if not reset:
        click.echo(f"{account.name}: the second factor is {'on' if account.has_second_factor else 'off'}.")
    elif second_factor.reset(ports().database, ports().clock, ports().broadcaster, account.id, ACTOR):
        click.echo(f"{account.name}: second factor removed.")
    else:
        raise click.ClickException(f"{account.name} has no second factor.")


@hunt.command("reset-link")
@click.argument("name")
def reset_link(name: str) -> None:
    """Print a one-time link with which the team NAME sets a new password within 24 hours."""
    click.echo(password_reset.make_reset_link(ports().database, ports().clock, _account(name).id, ACTOR))


def _account(name: str) -> Account:
    account = login.find_account(ports().database, name)
    if account is None:
        raise click.ClickException(f"There is no team called {name}.")
    return account
