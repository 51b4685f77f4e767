"""``hunt patches``."""

from __future__ import annotations

import click

from app.content.cli import YES, agrees, faults_told
from app.content.live_patches import drop_patch
from app.content.patches import quoted
from app.content.queries import read_patches
from app.errors import HuntError
from app.web.command_line import ACTOR, hunt, ports


@hunt.command()
@click.option("--drop", "number", type=int, metavar="ID", help="Forget this patch and take what the source says.")
@YES
def patches(number: int | None, yes: bool) -> None:
    """List the patches: fields that were changed here and not at the source.

    A patch is kept over restocks until the source says the same. Where the source changed too, a restock stops until
    the patch is dropped here, or kept on the page of patches.
    """
    if number is None:
        _list()
        return
    try:
        with faults_told():
            version = drop_patch(
                ports().for_content, ports().hasher, number, lambda effects: agrees(yes, effects), ACTOR, ""
            )
    except HuntError as refused:
        raise click.ClickException(refused.message) from None
    click.echo("The patch is gone." + (f" Version {version} is in force." if version else ""))


def _list() -> None:
    lines = read_patches(ports().database)
    for one in lines:
        source = one.fresh if one.has_fresh else one.base
        mark = "!" if one.has_fresh else " "
        here, there = quoted(one.table, one.field, one.value), quoted(one.table, one.field, source)
        where = f"{one.table} › {one.record_id} › {one.field}"
        click.echo(f"{mark} {one.id:>4}  {where}: {here}; the source says {there} ({one.made_by})")
    if any(one.has_fresh for one in lines):
        click.echo("! The source has changed since: drop the patch, or keep it on the page of patches.")
    if not lines:
        click.echo("There are no patches.")
