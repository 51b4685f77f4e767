"""``hunt set``, ``settings``, ``preset`` and ``announce``: what an organiser changes while the hunt runs."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Literal

import click

from app.announcements.announcements import AnnouncementInvalid, publish
from app.announcements.mail_runs import count_addresses
from app.clock import Clock
from app.core.hunt_settings import PICTURES, canonical_name, checked_value, meaning_of
from app.core.in_force import InForce
from app.core.look_settings import picture_size
from app.core.setting_faults import EMPTY, SettingInvalid, SettingUnknown
from app.database.engine import Database
from app.guesses.cli import tell_counted
from app.guesses.late_solves import count_late_solves, find_late_solves
from app.ports import HuntServices, Translate
from app.settings.consequences import unexpected_credits
from app.settings.look_pictures import MOST_BYTES, read_picture, store
from app.settings.service import PRESETS, SettingChange, apply_preset, change_setting, list_settings
from app.web.command_line import ACTOR, hunt, ports


@hunt.command("set")
@click.argument("name")
@click.argument("value")
@click.option("--yes", is_flag=True, help="Even if the hint schedule grants credits for the past at once.")
def set_value(name: str, value: str, yes: bool) -> None:
    """Change the setting NAME to VALUE, on every node within a second.

    A name may be written with spaces, in quotes, or with underscores. An empty VALUE, "", takes a time away. A time
    without an offset is meant in time_zone. For logo, icon, social_card and artwork VALUE is a picture's file.
    """
    world = ports()
    try:
        value = _picture_stored(world.database, world.clock, canonical_name(name), value)
        if not yes:
            _refuse_unexpected_credits(world.database, world.in_force, world.clock, canonical_name(name), value)
        change = change_setting(world.database, world.in_force, world.clock, name, value, ACTOR)
    except SettingUnknown:
        raise click.ClickException(f"There is no setting {name!r}; `hunt settings` lists them.") from None
    except SettingInvalid as why:
        raise click.ClickException(f"{why}.") from None
    click.echo(_said(change))
    if change.name == "ends_at" and change.old != change.new:
        _ask_about_late_solves(world.for_hunt, world.translate)


def _picture_stored(database: Database, clock: Clock, name: str, value: str) -> str:
    if name not in PICTURES or value.lower() in EMPTY | {"on"} or picture_size(value):
        return value
    try:
        with Path(value).open("rb") as file:
            picture = read_picture(file.read(MOST_BYTES + 1), name)
    except (OSError, ValueError) as why:
        words = why.must if isinstance(why, SettingInvalid) else f"cannot be read from {value}: {why}"
        raise click.ClickException(f"{name} {words}.") from None
    store(database, clock, [picture], ACTOR)
    return picture.name


def _refuse_unexpected_credits(database: Database, in_force: InForce, clock: Clock, name: str, value: str) -> None:
    found = unexpected_credits(
        database, in_force, clock, {name: checked_value(name, value, in_force.settings.time_zone)}
    )
    if found is not None:
        raise click.ClickException(f"Nothing was changed: {found[0]} {found[1]}. Add --yes to do it.")


def _ask_about_late_solves(services: HuntServices, translate: Translate) -> None:
    count = len(find_late_solves(services.database, services.in_force))
    if not count:
        return
    solves = "1 solve" if count == 1 else f"{count} solves"
    click.echo(f"{solves} between the old end and the new one earned nothing.")
    if not sys.stdin.isatty():
        click.echo("List them with hunt late-solves; count them with hunt late-solves --count.")
    elif click.confirm("Count them from when they were made?"):
        tell_counted(count_late_solves(services, translate, ACTOR))


@hunt.command()
@click.option("--explain", is_flag=True, help="Show what each setting is for.")
def settings(explain: bool) -> None:
    """List all settings with their values."""
    for name, value in list_settings(ports().in_force.settings):
        meaning = f"  # {meaning_of(name)}" if explain else ""
        click.echo(f"{name} = {value}{meaning}")


@hunt.command()
@click.argument("name", type=click.Choice(sorted(PRESETS)))
def preset(name: str) -> None:
    """Apply the settings of a known kind of hunt, all at once."""
    changes = apply_preset(ports().database, ports().in_force, ports().clock, name, ACTOR)
    for change in changes:
        click.echo(_said(change))
    if not changes:
        click.echo(f"The settings already match {name}.")


@hunt.command()
@click.argument("title")
@click.option("--body", required=True, type=click.Path(path_type=Path, allow_dash=True), help="Markdown; - for stdin.")
@click.option("--division", help="Only for the teams of this division (its code).")
@click.option("--kind", type=click.Choice(["announcement", "erratum"]), default="announcement", show_default=True)
@click.option("--puzzle", help="Only for the teams that have this puzzle (slug or id) open and unsolved.")
@click.option("--mail", "is_mailed", is_flag=True, help="Also by email to the confirmed addresses of those teams.")
def announce(
    title: str, body: Path, division: str | None, kind: Literal["announcement", "erratum"], puzzle: str | None,
    is_mailed: bool,
) -> None:  # fmt: skip
    """Publish an announcement now."""
    if division is not None and puzzle is not None:
        raise click.ClickException("Choose --division or --puzzle, not both.")
    if is_mailed and not ports().postman.is_set_up:
        raise click.ClickException("This site can’t send email: SMTP_URL is not set.")
    found = ports().in_force.content.puzzle(puzzle) if puzzle and ports().in_force.is_loaded else None
    audience = "puzzle" if puzzle else f"division:{division}" if division is not None else "all"
    puzzle_id = found.id if found else puzzle
    with click.open_file(str(body), encoding="utf-8") as file:
        try:
            number = publish(
                ports().for_content, title, file.read(), ACTOR, audience, kind, puzzle_id, is_mailed=is_mailed
            )
        except UnicodeDecodeError:
            raise click.ClickException(f"{body} is not text in UTF-8.") from None
        except AnnouncementInvalid as why:
            raise click.ClickException(str(why)) from None
    click.echo(f"Published as announcement {number}.")
    if is_mailed:
        size = count_addresses(ports().database, ports().in_force, ports().clock, audience, puzzle_id)
        click.echo(f"Also mailed to {size} addresses.")


def _said(change: SettingChange) -> str:
    if change.old == change.new:
        return f"{change.name} is {_shown(change.new)} already."
    return f"{change.name}: {_shown(change.old)} -> {_shown(change.new)}"


def _shown(value: str) -> str:
    return value or "(empty)"
