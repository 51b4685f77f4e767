"""Changes of settings: checked, stored, audited, on every node within a second."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from hashlib import sha256

from app.clock import Clock
from app.content.refresh import catch_up
from app.core.hunt_settings import (
    NAMES,
    PICTURES,
    HuntSettings,
    canonical_name,
    checked_value,
    read_settings,
    written_setting,
)
from app.core.in_force import InForce
from app.core.model import Content
from app.core.setting_faults import SettingInvalid
from app.core.text import sentence
from app.database import audit, hunt_state
from app.database.engine import Database
from app.settings import queries
from app.settings.look_pictures import pictures_of

PRESETS: Mapping[str, Mapping[str, str]] = {
    "infinity": {"scoring": "fixed", "ranking": "finish", "xp": "off", "points_hints": "off"},
    "enigma": {"scoring": "time", "ranking": "points", "xp": "on"},
}


class SettingsConflict(Exception):
    """Other values were saved since these were read; nothing was changed."""

    def __init__(self, names: tuple[str, ...]) -> None:
        super().__init__(", ".join(names))
        self.names = names


class PresetUnknown(KeyError):
    """No preset has this name."""


@dataclass(frozen=True, slots=True)
class SettingChange:
    name: str
    old: str
    new: str


def change_setting(
    database: Database, in_force: InForce, clock: Clock, name: str, text: str, actor: str, address: str = ""
) -> SettingChange:
    """Raises :class:`SettingUnknown` and :class:`SettingInvalid`; then nothing was changed."""
    setting = canonical_name(name)
    changes = change_settings(database, in_force, clock, {setting: text}, actor, address)
    now = written_setting(in_force.settings, setting)
    return changes[0] if changes else SettingChange(setting, now, now)


def change_settings(
    database: Database,
    in_force: InForce,
    clock: Clock,
    texts: Mapping[str, str],
    actor: str,
    address: str = "",
    seen: Mapping[str, str] | None = None,
) -> tuple[SettingChange, ...]:
    """Change all or none; returns actual changes.

    Checked singly, then together (start before end, anchor exists). ``seen``: fingerprints of displayed values;
    :class:`SettingsConflict` if one has changed to something else.
    """
    named = {canonical_name(name): text for name, text in texts.items()}
    now = clock.now()
    with database.writing() as connection:
        # Read under the lock: of two organisers, the second is checked against what the first has done.
        stored = hunt_state.lock_settings(connection)
        wanted = {**stored, **_checked(named, stored.get("time_zone", "UTC"))}
        before, after = read_settings(stored), read_settings(wanted)
        _check_together(in_force, after, named)
        _check_pictures(after, named, queries.missing_files(connection, pictures_of(wanted)))
        changes = tuple(_change(name, before, after) for name in named)
        changed = tuple(change for change in changes if change.old != change.new)
        _refuse_overtaken(changed, seen or {})
        if changed:
            hunt_state.write_settings(connection, {change.name: change.new for change in changed}, now)
        for change in changed:
            audit.audit(connection, now, actor, "setting", change.name, address, old=change.old, new=change.new)
    catch_up(database, in_force)
    return changed


def fingerprint(written: str) -> str:
    """Identifies the value that a form showed."""
    return sha256(written.encode("utf-8", "surrogatepass")).hexdigest()[:16]


def _refuse_overtaken(changed: tuple[SettingChange, ...], seen: Mapping[str, str]) -> None:
    overtaken = tuple(one.name for one in changed if one.name in seen and seen[one.name] != fingerprint(one.old))
    if overtaken:
        raise SettingsConflict(overtaken)


def apply_preset(
    database: Database, in_force: InForce, clock: Clock, name: str, actor: str, address: str = ""
) -> tuple[SettingChange, ...]:
    """Raises :class:`PresetUnknown`."""
    preset = PRESETS.get(name.strip().lower())
    if preset is None:
        raise PresetUnknown(name)
    return change_settings(database, in_force, clock, preset, actor, address)


def list_settings(settings: HuntSettings) -> list[tuple[str, str]]:
    return [(name, written_setting(settings, name)) for name in NAMES]


def _checked(texts: Mapping[str, str], zone: str) -> dict[str, str]:
    """Times are read in a zone that is changed along with them."""
    if "time_zone" in texts:
        zone = checked_value("time_zone", texts["time_zone"])
    return {name: checked_value(name, text, zone) for name, text in texts.items()}


def _check_pictures(settings: HuntSettings, texts: Mapping[str, str], missing: Collection[str]) -> None:
    gone = next((name for name in texts if name in PICTURES and getattr(settings, name) in missing), None)
    if gone is not None:
        raise SettingInvalid(sentence("%(name)s %(must)s", name=gone, must=_GONE), _GONE)


_GONE = sentence("must be sent again: its picture is no longer stored")


def _change(name: str, before: HuntSettings, after: HuntSettings) -> SettingChange:
    return SettingChange(name, written_setting(before, name), written_setting(after, name))


def _check_together(in_force: InForce, settings: HuntSettings, texts: Mapping[str, str]) -> None:
    # Only what is being changed is complained about: an old mistake must not stand in the way of a lockdown.
    starts_at, ends_at = settings.starts_at, settings.ends_at
    if {"starts_at", "ends_at"} & set(texts) and starts_at and ends_at and starts_at >= ends_at:
        raise SettingInvalid(sentence("starts_at must be before ends_at"))
    opens_at, closes_at = settings.registration_opens_at, settings.registration_closes_at
    hours = {"registration_opens_at", "registration_closes_at"}
    if hours & set(texts) and opens_at and closes_at and opens_at >= closes_at:
        raise SettingInvalid(sentence("registration_opens_at must be before registration_closes_at"))
    if "anchor_puzzle" in texts and settings.anchor_puzzle:
        content: Content | None = in_force.content if in_force.is_loaded else None
        if content is None or content.puzzle(settings.anchor_puzzle) is None:
            raise SettingInvalid(
                sentence("anchor_puzzle must be the slug or record id of a puzzle in the current content")
            )
