"""``hunt new``, ``spreadsheet`` and ``import``."""

from __future__ import annotations

from pathlib import Path

import click

from app.content.cli import faults_told
from app.content.imports.archive import MOST_BYTES, ImportRefused
from app.content.imports.columns import choices
from app.content.imports.incoming import Checked, check, hashed
from app.content.imports.new_hunt import new_hunt
from app.content.imports.reading import KINDS, ImportFile, base_of, read_import
from app.content.imports.workbook import write_workbook
from app.content.sources.json_file import write_text
from app.content.sources.site import read_site
from app.content.sources.tables import TABLES, Source
from app.content.writing.tables import empty_hunt, replace_tables
from app.core.spelling import suggestion
from app.web.command_line import ACTOR, bare_ports, hunt, ports

FILE = click.Path(dir_okay=False, path_type=Path)
SITE = "site"


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


@hunt.command("spreadsheet")
@click.argument("path", metavar="FILE.xlsx", type=FILE)
@click.option("--empty", is_flag=True, help="Only the names of the fields, for a new hunt.")
def spreadsheet(path: Path, empty: bool) -> None:
    """Write the hunt to FILE.xlsx: the site's own tables or, if empty, the version in play."""
    source = empty_hunt() if empty else base_of(ports().database)
    _write(path, write_workbook(source))
    count = len(source.records("Puzzles"))
    click.echo(
        f"Wrote {path}: {count} {'puzzle' if count == 1 else 'puzzles'}. Answers are blank; blank ones are kept."
    )


@hunt.command("import")
@click.argument("path", metavar="FILE", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--as", "kind", type=click.Choice(KINDS), default=None, help="What the file is; else the file tells.")
@click.option("--dry-run", is_flag=True, help="Only say what would come in, and what is wrong.")
@click.option("--to", "target", default=SITE, metavar="site|FILE.json", show_default=True, help="Where to.")
@click.option(
    "--map",
    "names",
    multiple=True,
    metavar="[SHEET!]COLUMN=FIELD",
    help="The field of a column; nothing behind = leaves it out. Can be given several times.",
)
@click.option("--sheet", "sheets", multiple=True, metavar="SHEET=TABLE", help="The table of a sheet, in the same way.")
@click.option("--yes", is_flag=True, help="Replace what the site's tables hold without asking.")
def import_hunt(
    path: Path,
    kind: str | None,
    dry_run: bool,
    target: str,
    names: tuple[str, ...],
    sheets: tuple[str, ...],
    yes: bool,
) -> None:
    """Take in the hunt in FILE: a spreadsheet, or an export of another platform. Nothing comes into play by it."""
    world = ports()
    with path.open("rb") as file:
        raw = file.read(MOST_BYTES + 1)
    base, zone = base_of(world.database), world.in_force.settings.time_zone
    request = ImportFile(raw, path.name, base, zone, kind or "", _chosen("--map", names), _chosen("--sheet", sheets))
    try:
        incoming = read_import(request)
    except ImportRefused as refused:
        raise click.ClickException(str(refused)) from None
    checked = check(incoming)
    _report(checked)
    if checked.faults:
        count = len(checked.faults)
        raise click.ClickException(f"{count} {'fault' if count == 1 else 'faults'}; nothing was changed.")
    if dry_run:
        click.echo("Nothing was changed.")
        return
    if target == SITE and not yes and _holds_records() and not click.confirm("Replace what the site’s tables hold?"):
        raise click.ClickException("Nothing was changed.")
    with faults_told():
        source = hashed(incoming, world.hasher, world.clock)
        _deliver(source, target)


def _deliver(source: Source, target: str) -> None:
    if target == SITE:
        replace_tables(ports().database, ports().clock, source, ACTOR)
        click.echo(
            "The site’s tables are filled. hunt check site checks them, hunt restock --from site puts them live."
        )
    else:
        _write(Path(target), (write_text(source) + "\n").encode())
        click.echo(f"Wrote {target}. hunt check {target} checks it, hunt restock --from {target} puts it live.")


def _report(checked: Checked) -> None:
    for prefix, found in (("Note: ", checked.noted), ("", checked.faults)):
        for fault in found:
            click.echo(f"{prefix}{fault}")
    counts = ", ".join(f"{count} in {table}" for table, count in checked.counts.items())
    click.echo(f"Found: {counts or 'nothing'}; {len(checked.source.assets)} files.")


def _holds_records() -> bool:
    return any(read_site(ports().database).tables.values())


KNOWN = {"--map": {"", *(one for table in TABLES for one in choices(table))}, "--sheet": {"", *TABLES}}


def _chosen(option: str, texts: tuple[str, ...]) -> dict[str, str]:
    pairs = {}
    for text in texts:
        name, mark, ours = (part.strip() for part in text.rpartition("="))
        if not mark or not name:
            raise click.BadParameter("Write it as NAME=OURS.", param_hint=option)
        if ours not in KNOWN[option]:
            raise click.BadParameter(f"{ours} is none of ours.{suggestion(ours, KNOWN[option])}", param_hint=option)
        pairs[name] = ours
    return pairs


def _write(path: Path, content: bytes) -> None:
    """Refuses to overwrite."""
    try:
        with path.open("xb") as file:
            file.write(content)
    except FileExistsError:
        raise click.ClickException(f"{path} exists already; choose another name.") from None
