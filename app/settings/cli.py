"""``hunt set``, ``settings``, ``preset`` and ``announce``: what an organiser changes while the hunt runs."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

import click

from app.announcements.announcements import AnnouncementInvalid, publish
from app.announcements.mail_runs import count_addresses
from app.core.hunt_settings import SettingInvalid, SettingUnknown, meaning_of
from app.settings.service import PRESETS, SettingChange, apply_preset, change_setting, list_settings
from app.web.command_line import ACTOR, hunt, ports


@hunt.command("set")
@click.argument("name")
@click.argument("value")
def set_value(name: str, value: str) -> None:
    """Change the setting NAME to VALUE, on every node within a second.

    A name may be written with spaces, in quotes, or with underscores. An empty VALUE, "", takes a time away.
    """
    try:
        change = change_setting(ports().database, ports().in_force, ports().clock, name, value, ACTOR)
    except SettingUnknown:
        raise click.ClickException(f"There is no setting {name!r}; `hunt settings` lists them.") from None
    except SettingInvalid as why:
        raise click.ClickException(f"{why}.") from None
    click.echo(_said(change))


@hunt.command()
@click.option("--explain", is_flag=True, help="Say what each setting is for.")
def settings(explain: bool) -> None:
    """List all settings with their values."""
    for name, value in list_settings(ports().in_force.settings):
        meaning = f"  # {meaning_of(name)}" if explain else ""
        click.echo(f"{name} = {value}{meaning}")


@hunt.command()
@click.argument("name", type=click.Choice(sorted(PRESETS)))
def preset(name: str) -> None:
    """Put the settings of a known kind of hunt into force, all at once."""
    changes = apply_preset(ports().database, ports().in_force, ports().clock, name, ACTOR)
    for change in changes:
        click.echo(_said(change))
    if not changes:
        click.echo(f"The settings are those of {name} already.")


@hunt.command()
@click.argument("title")
@click.option("--body", required=True, type=click.Path(path_type=Path, allow_dash=True), help="Markdown; - for stdin.")
@click.option("--division", help="Only for the teams of this division (its code).")
@click.option("--kind", type=click.Choice(["announcement", "erratum"]), default="announcement", show_default=True)
@click.option("--puzzle", help="Only for the teams that have this puzzle (slug or id) open and unsolved.")
@click.option("--mail", "is_mailed", is_flag=True, help="Also by mail to the confirmed addresses of those teams.")
def announce(
    title: str, body: Path, division: str | None, kind: Literal["announcement", "erratum"], puzzle: str | None,
    is_mailed: bool,
) -> None:  # fmt: skip
    """Publish an announcement now."""
    if division is not None and puzzle is not None:
        raise click.ClickException("Choose --division or --puzzle, not both.")
    if is_mailed and not ports().postman.is_set_up:
        raise click.ClickException("This site sends no mail: SMTP_URL is not set.")
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
        click.echo(f"It goes by mail, too: {size} addresses.")


def _said(change: SettingChange) -> str:
    if change.old == change.new:
        return f"{change.name} is {_shown(change.new)} already."
    return f"{change.name}: {_shown(change.old)} -> {_shown(change.new)}"


def _shown(value: str) -> str:
    return value or "(empty)"
