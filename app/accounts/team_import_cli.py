"""Importing teams from the command line."""

from __future__ import annotations

from pathlib import Path

import click

from app.accounts.team_import import ListHasFaults, Look, import_teams, links_as_csv, links_of, look_through
from app.accounts.team_list import MOST_BYTES
from app.web.command_line import ACTOR, config, hunt, ports


@hunt.command("import-teams")
@click.argument("path", metavar="CSV", type=click.Path(dir_okay=False, path_type=Path))
@click.option("--dry-run", is_flag=True, help="Check the file and change nothing.")
def import_list(path: Path, dry_run: bool) -> None:
    """Import all teams of a CSV file, or none; print a one-time link for each, as CSV. Nobody gets a password.

    The first line names the columns: name, and as you like display_name, division, affiliation, emails. Other usual
    words for these are understood, and a column that is not read is named.
    """
    world = ports()
    content = world.in_force.content
    with path.open("rb") as file:
        raw = file.read(MOST_BYTES + 1)
    try:
        look = look_through(world.database, world.clock, content, raw)
        for note in look.notes:
            click.echo(note, err=not dry_run)
        if look.faults or dry_run:
            _report(look)
            return
        done = import_teams(world.database, world.clock, content, raw, ACTOR)
    except ListHasFaults as refused:
        _report(refused.look)
        return
    site = config().site_url
    click.echo(
        "".join(links_as_csv(links_of(world.database, done.key, done.made_at), site)).removeprefix("\ufeff"), nl=False
    )
    click.echo(f"{done.count} teams imported. The links above are shown only once.", err=True)


def _report(look: Look) -> None:
    for row in look.rows:
        for problem in row.problems:
            click.echo(f"Line {row.line}, {row.name}: {problem}", err=True)
    if look.faults:
        raise click.ClickException(f"{look.faults} of {len(look.rows)} teams have errors; none was imported.")
    for code, count in sorted(look.divisions.items()):
        click.echo(f"{code}: {count} teams")
    click.echo(f"{len(look.rows)} teams would be imported; nothing was changed.")
