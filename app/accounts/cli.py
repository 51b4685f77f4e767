"""Accounts from the command line: admins, roles, and a link for a team that forgot its password."""

from __future__ import annotations

import os

import click

from app.accounts import login, password_reset
from app.accounts import roles as role_changes
from app.core.roles import ROLES, as_words
from app.database.teams import Account
from app.errors import FieldsRefused
from app.web.command_line import ACTOR, hunt
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
    click.echo(f"{name} is an admin.")


def _asked_password(*, has_one: bool) -> str:
    words = "Password (empty: keep the present one)" if has_one else "Password"
    default = "" if has_one else None
    return str(click.prompt(words, hide_input=True, confirmation_prompt=True, default=default, show_default=False))


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
