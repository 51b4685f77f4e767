"""``hunt hash``, ``audit``, ``backup`` and ``restore``."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import bcrypt
import click

from app.core.answers import InvalidAnswer, checked
from app.core.near_answers import signature
from app.database import server_check
from app.guesses.answer_keys import count_answers
from app.ops.audit_log import find_differences
from app.ops.backup import BackupUnreadable, NotEmpty, back_up
from app.ops.backup import restore as restore_backup
from app.web.command_line import bare_ports, config, hunt, ports


@hunt.command("hash")
@click.option("--near", is_flag=True, help="Add a third column: the signature for the field Near.")
def hash_answers(near: bool) -> None:
    """Hash answers: one a line on stdin becomes NORMALISED<TAB>HASH on stdout.

    Nothing is stored and nothing is logged. With --near each answer takes about a second.
    """
    has_wrong = False
    for number, raw in _lines():
        try:
            click.echo("\t".join(_columns(checked(raw), near)))
        except InvalidAnswer as why:
            # The text itself is not repeated: this stream often ends in a log.
            click.echo(f"Line {number}: {why}", err=True)
            has_wrong = True
    if has_wrong:
        raise SystemExit(1)


def _lines() -> Iterator[tuple[int, str]]:
    for number, line in enumerate(sys.stdin.buffer, 1):
        try:
            text = line.decode("utf-8-sig").rstrip("\r\n")
        except UnicodeDecodeError:
            raise click.ClickException(f"Line {number} is not text in UTF-8.") from None
        if text.strip():
            yield number, text


def _columns(normalised: str, has_near: bool) -> list[str]:
    cost = bare_ports().hasher.answer_cost
    hashed = bcrypt.hashpw(normalised.encode(), bcrypt.gensalt(cost)).decode()
    columns = [normalised, hashed]
    if has_near:
        columns.append(signature(normalised, bcrypt.gensalt(cost).decode(), _hash_under))
    return columns


def _hash_under(salt: str, form: str) -> str:
    return bcrypt.hashpw(form.encode(), salt.encode()).decode()


@hunt.command()
def audit() -> None:
    """Prove that every team's totals equal the sums of its ledger; exit code 1 if one does not."""
    differences = find_differences(ports().database)
    for found in differences:
        click.echo(
            f"{found.name} (team {found.team_id}): {found.kind} is {found.total}, the ledger says {found.ledger}"
        )
    if differences:
        raise SystemExit(1)
    click.echo("All totals equal their ledgers.")
    unreadable = count_answers(ports().database, ports().encryption)["unreadable"]
    if unreadable:
        click.echo(f"{unreadable} found answers cannot be read with any of the secrets.")


@hunt.command("check-database")
def check_database() -> None:
    """Say what is wrong with the database server; exit code 1 if it cannot work."""
    found = server_check.examine(config())
    for fault in found:
        click.echo(f"{'Fault' if fault.is_fatal else 'Warning'}: {fault}")
    if any(fault.is_fatal for fault in found):
        raise SystemExit(1)
    if not found:
        click.echo("The database server suits the program.")


@hunt.command()
@click.argument("path", metavar="FILE", type=click.Path(dir_okay=False, path_type=Path))
def backup(path: Path) -> None:
    """Write everything in the database to FILE: content, teams, guesses, all of it. Keep it safe."""
    count = back_up(bare_ports().database, bare_ports().clock, path)
    click.echo(f"Wrote {count} rows to {path}.")


@hunt.command()
@click.argument("path", metavar="FILE", type=click.Path(dir_okay=False, path_type=Path))
@click.option("--force", is_flag=True, help="Replace the hunt in the database for good.")
def restore(path: Path, force: bool) -> None:
    """Fill an empty database from a backup, all or nothing. Restart the nodes afterwards."""
    try:
        count = restore_backup(bare_ports().database, bare_ports().in_force, path, is_forced=force)
    except NotEmpty:
        raise click.ClickException(
            "There is a hunt in this database already. Make a backup of it, then replace it with --force."
        ) from None
    except BackupUnreadable as why:
        raise click.ClickException(str(why)) from None
    click.echo(f"Restored {count} rows.")
