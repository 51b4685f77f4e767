"""``hunt restock``, ``check``, ``export``, ``versions``, ``rollback`` and ``airtable-init``."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack, contextmanager
from functools import partial
from pathlib import Path
from typing import Any

import click

from app.content import restock as content_restock
from app.content.diff import Change, Changes, Choice, where_erratum_changed
from app.content.effects import Effects
from app.content.faults import ContentFaulty, Fault
from app.content.live_patches import drop_patch
from app.content.parse.parser import parse
from app.content.patches import quoted
from app.content.preparation import TakesAway, effects_of, patched, prepare
from app.content.queries import read_patches
from app.content.restock import RestockOvertaken, SourceMissing
from app.content.sources.tables import SourceUnreadable
from app.content.versions import VersionUnknown, seams
from app.errors import HuntError
from app.web.command_line import ACTOR, config, hunt, ports


@contextmanager
def faults_told() -> Iterator[None]:
    """Print each fault on a line; exit code 1."""
    try:
        yield
    except ContentFaulty as faulty:
        _tell("Warning: ", faulty.warnings)
        _tell("", faulty.faults)
        count = len(faulty.faults)
        raise click.ClickException(f"{count} {'fault' if count == 1 else 'faults'}; nothing was changed.") from None
    except SourceUnreadable as unreadable:
        raise click.ClickException("\n".join(unreadable.reasons)) from None
    except TakesAway:
        raise click.ClickException(
            "This would take from teams what they have; nothing was changed. With --yes it is done all the same."
        ) from None
    except RestockOvertaken:
        raise click.ClickException("Others restocked at the same time; nothing was changed. Try again.") from None
    except SourceMissing as problem:
        raise click.ClickException(str(problem)) from None
    except VersionUnknown as problem:
        raise click.ClickException(
            f"There is no content version {problem.version}; hunt versions lists them."
        ) from None


@contextmanager
def progress_shown() -> Iterator[Callable[[int, int], None]]:
    """A progress bar for the pictures, on a terminal only."""
    with ExitStack() as stack:
        bars: list[Any] = []

        def tell(done: int, total: int) -> None:
            if not bars:
                bar = click.progressbar(length=total, label="Pictures", file=sys.stderr, show_pos=True)
                bars.append(stack.enter_context(bar))
            bars[0].update(done - bars[0].pos)

        yield tell


# Which corrections teams are told of, by the word of --tell.
TOLD: dict[str, Choice] = {"errata": where_erratum_changed, "texts": lambda _: True, "nothing": lambda _: False}
YES = click.option("--yes", is_flag=True, help="Don’t ask, even if teams lose something they have.")


@hunt.command()
@click.option(
    "--from", "source", default="", metavar="airtable|site|FILE", help="Where from; else what the environment says."
)
@click.option(
    "--tell",
    type=click.Choice(list(TOLD)),
    default="errata",
    show_default=True,
    help="Which corrections to announce to teams that have the puzzle open and unsolved; texts: changed texts, too.",
)
@YES
def restock(source: str, tell: str, yes: bool) -> None:
    """Fetch the content, check it, show what changes, and make it live on all nodes.

    With any fault the old one stays. It asks before it takes away what teams have: a puzzle that is solved, a division
    with teams. Where nobody can be asked, it refuses and says what, unless --yes is given.
    """
    with faults_told(), progress_shown() as bar:
        records = content_restock.source_from(config(), source, ports().database)
        found = prepare(ports().for_content, ports().hasher, records, bar)
    _tell("Warning: ", (*found.warnings, *found.effects.noted))
    if not found.is_new:
        click.echo(f"Nothing has changed; version {found.base} stays in force.")
        return
    if found.changes is not None:
        _tell_changes(found.changes)
    with faults_told():
        done = content_restock.put_live(
            ports().for_content, ports().hasher, found, ACTOR, "", partial(agrees, yes), is_told=TOLD[tell]
        )
    click.echo(f"Version {done.version} is in force.")
    for one in filter(TOLD[tell], found.corrections):
        click.echo(f"Teams working on “{one.title}” will be notified.")


def agrees(yes: bool, effects: Effects) -> bool:
    _tell("Warning: ", effects.taken)
    if yes:
        return True
    return sys.stdin.isatty() and click.confirm("Teams will lose something they have. Continue?")


@hunt.command()
@click.argument("file", default="")
def check(file: str) -> None:
    """Report the faults of FILE, of the site's own tables (site), or of the source that the environment names.

    Exit code 1 if there are any.

    Besides, what it would do to teams if it were put into play.
    """
    with faults_told():
        source = patched(ports().database, content_restock.source_from(config(), file, ports().database), is_trial=True)
        parsed = parse(source, version=0, seams=seams(ports().clock, ports().hasher, ports().prox))
        effects = effects_of(ports().for_content, ports().hasher, parsed.content)
    _tell("Warning: ", (*parsed.warnings, *effects.taken, *effects.noted))
    click.echo(f"No faults in {len(parsed.content.puzzles)} puzzles of {source.origin}.")


@hunt.command()
@click.argument("path", metavar="FILE", type=click.Path(dir_okay=False, allow_dash=True, path_type=Path))
def export(path: Path) -> None:
    """Write the current content to FILE (- for stdout) as JSON, ready to be edited and restocked."""
    with faults_told():
        text = content_restock.export_current(ports().database)
    with click.open_file(str(path), "w", encoding="utf-8") as file:
        file.write(text + "\n")
    if str(path) != "-":
        click.echo(f"Wrote the current content to {path}.")


@hunt.command()
@click.argument("old", type=int, required=False)
@click.argument("new", type=int, required=False)
def versions(old: int | None, new: int | None) -> None:
    """List the content versions; with two numbers, say what changed from OLD to NEW."""
    known = ports()
    if old is not None and new is not None:
        with faults_told():
            _tell_changes(
                content_restock.compare_versions(known.database, known.clock, known.hasher, known.prox, old, new)
            )
        return
    current = known.in_force.content.version if known.in_force.is_loaded else None
    for line in content_restock.list_versions(known.database):
        mark = "*" if line.id == current else " "
        words = f"{line.puzzles} puzzles, {len(line.warnings)} warnings, from {line.source}, by {line.made_by}"
        click.echo(f"{mark} {line.id:>4}  {line.made_at:%Y-%m-%d %H:%M:%S} UTC  {words}")


@hunt.command()
@click.argument("version", type=int)
@YES
def rollback(version: int, yes: bool) -> None:
    """Make the content version VERSION current again, on all nodes; it asks as a restock does."""
    with faults_told():
        _tell("Warning: ", content_restock.prepare_rollback(ports().for_content, ports().hasher, version).effects.noted)
        now = content_restock.rollback(ports().for_content, ports().hasher, version, ACTOR, "", partial(agrees, yes))
    if now != version:
        click.echo(f"Version {now} is version {version} with the divisions that teams are in, closed.")
    click.echo(f"Version {now} is in force.")


@hunt.command("airtable-init")
def airtable_init() -> None:
    """Create the tables and fields in the empty Airtable base that the environment names."""
    with faults_told():
        for line in content_restock.set_up_airtable(config()):
            click.echo(line)


def _tell(prefix: str, faults: Iterable[Fault]) -> None:
    for fault in faults:
        click.echo(f"{prefix}{fault}")


def _tell_changes(changes: Changes) -> None:
    for words, found in (("added", changes.added), ("removed", changes.removed), ("changed", changes.changed)):
        for change in found:
            click.echo(f"{words}: {_named(change)}")
    if changes.is_empty:
        click.echo("No differences.")


def _named(change: Change) -> str:
    columns = f": {', '.join(change.columns)}" if change.columns else ""
    number = f" ({change.id})" if change.id != change.title else ""
    return f"{change.kind} “{change.title}”{number}{columns}"


@hunt.command()
@click.option("--drop", "number", type=int, metavar="ID", help="Drop this patch and use the source’s value.")
@YES
def patches(number: int | None, yes: bool) -> None:
    """List the patches: fields that were changed here and not at the source.

    A patch is kept over restocks until the source says the same. Where the source changed too, a restock stops until
    the patch is dropped here, or kept on the page of patches.
    """
    if number is None:
        _list_patches()
        return
    try:
        with faults_told():
            version = drop_patch(
                ports().for_content, ports().hasher, number, lambda effects: agrees(yes, effects), ACTOR, ""
            )
    except HuntError as refused:
        raise click.ClickException(refused.message) from None
    click.echo("Patch dropped." + (f" Version {version} is in force." if version else ""))


def _list_patches() -> None:
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
        click.echo("No patches.")
