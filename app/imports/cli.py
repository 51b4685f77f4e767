"""``hunt new``, ``spreadsheet`` and ``import``."""

from __future__ import annotations

from pathlib import Path

import click

from app.content.sources.json_file import write_text
from app.imports.new_hunt import new_hunt
from app.web.command_line import bare_ports, hunt

FILE = click.Path(dir_okay=False, path_type=Path)


@hunt.command("new")
@click.argument("path", metavar="FILE", type=FILE)
def new(path: Path) -> None:
    """Write a hunt of three puzzles to FILE, to begin with; its texts explain the fields."""
    made = new_hunt(bare_ports().hasher)
    _write(path, (write_text(made.source) + "\n").encode())
    click.echo(f"Wrote {path}: {len(made.answers)} puzzles. Their answers, which the file holds as hashes only:")
    for title, answer in made.answers:
        click.echo(f"  {title}: {answer}")
    click.echo("Edit it, then:")
    click.echo(f"  hunt check {path}            lists what there is to fix")
    click.echo(f"  hunt restock --from {path}   puts it live")
    click.echo("Keep each “id”: solves belong to it. All fields: docs/writers.md.")


def _write(path: Path, content: bytes) -> None:
    """Refuses to overwrite."""
    try:
        with path.open("xb") as file:
            file.write(content)
    except FileExistsError:
        raise click.ClickException(f"{path} exists already; choose another name.") from None
