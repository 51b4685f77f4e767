"""Settings as form fields.

A form carries the fingerprint of each value shown, and only changed fields are written. Two organisers conflict
only on the same field.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from functools import cache
from types import MappingProxyType
from typing import NamedTuple
from zoneinfo import ZoneInfo, available_timezones

from flask import flash, request

from app.core.hunt_settings import HuntSettings, SettingInvalid, checked_value, meaning_of, written_setting
from app.core.text import sentence
from app.ops.audit_log import last_act
from app.settings.service import SettingsConflict, change_settings, fingerprint
from app.web.languages import told
from app.web.visit import Visit, our_team, ports, visit

LABELS = {
    "hunt_name": sentence("Name of the hunt"),
    "tagline": sentence("Tagline"),
    "site_css": sentence("Style of the site (CSS)"),
    "home_text": sentence("Home page (Markdown)"),
    "starts_at": sentence("Start"),
    "ends_at": sentence("End"),
    "freeze_at": sentence("Freeze of the boards"),
    "language": sentence("Language of the hunt"),
    "time_zone": sentence("Time zone"),
    "scoring": sentence("Points"),
    "time_floor": sentence("Lowest value, in per cent"),
    "time_window": sentence("How long the value falls"),
    "ranking": sentence("Order on the boards"),
    "anchor_puzzle": sentence("Anchor puzzle"),
    "xp": sentence("XP and power-ups"),
    "points_hints": sentence("Hints for points"),
    "mail_rate": sentence("Mails a minute"),
    "hint_schedule": sentence("Hint credits by schedule"),
    "lockdown_puzzles": sentence("Puzzles"),
    "lockdown_registration": sentence("Registration"),
    "lockdown_leaderboard": sentence("Leaderboard"),
    "archive": sentence("Archive"),
}
ON_OFF = (("off", sentence("off")), ("on", sentence("on")))
CLOSED_OPEN = (("off", sentence("open")), ("on", sentence("closed")))
CHOICES = {
    "scoring": (
        ("fixed", sentence("fixed: the puzzle’s value")),
        ("time", sentence("time: falls after unlocking")),
        ("order", sentence("order: first solvers earn more")),
    ),
    "ranking": (("finish", sentence("finish: who finished first")), ("points", sentence("points"))),
    "xp": ON_OFF,
    "points_hints": ON_OFF,
    "archive": ON_OFF,
    "lockdown_puzzles": CLOSED_OPEN,
    "lockdown_registration": CLOSED_OPEN,
    "lockdown_leaderboard": CLOSED_OPEN,
}
LOOK_BELOW = sentence("Nothing was saved yet: please look at the fields marked below.")
MOMENTS = frozenset({"starts_at", "ends_at", "freeze_at"})
AREAS = frozenset({"site_css", "home_text"})
MOST_SHOWN = 2_000
NOTHING_TYPED: Mapping[str, str] = MappingProxyType({})
_DEFAULTS = HuntSettings()


class SettingField(NamedTuple):
    """``kind``: text, area, moment, zone or choice. ``seen``: fingerprint of the value shown.

    ``options`` are (value, label) pairs.
    """

    name: str
    label: str
    meaning: str
    kind: str
    value: str
    seen: str
    default: str
    options: tuple[tuple[str, str], ...]
    error: str


class SettingConflict(NamedTuple):
    """A setting that another organiser saved first."""

    label: str
    theirs: str
    yours: str
    by: str
    at: datetime | None


class FormRefused(Exception):
    """Nothing was saved. ``status``: 400 invalid, 409 conflict."""

    def __init__(
        self, status: int, message: str, errors: Mapping[str, str] | None = None,
        conflicts: tuple[SettingConflict, ...] = (),
    ) -> None:  # fmt: skip
        super().__init__(message)
        self.status, self.message, self.errors, self.conflicts = status, message, errors or {}, conflicts


@cache
def zones() -> tuple[str, ...]:
    """Return all time zone names."""
    return tuple(sorted(available_timezones()))


def label_of(name: str) -> str:
    """Return the setting's label."""
    return LABELS.get(name, name.replace("_", " "))


def fields_of(names: Iterable[str], typed: Mapping[str, str], refused: FormRefused | None) -> tuple[SettingField, ...]:
    """Build fields from typed values, else stored ones."""
    return tuple(_field(visit(), name, typed, refused.errors if refused else {}) for name in names)


def _field(seen: Visit, name: str, typed: Mapping[str, str], errors: Mapping[str, str]) -> SettingField:
    return SettingField(
        name=name,
        label=label_of(name),
        meaning=meaning_of(name),
        kind=_kind_of(name),
        value=typed.get(name, form_text(seen.settings, name)),
        seen=fingerprint(written_setting(seen.settings, name)),
        default=shown(name, written_setting(_DEFAULTS, name)),
        options=_options_of(seen, name),
        error=errors.get(name, ""),
    )


def _kind_of(name: str) -> str:
    if name in MOMENTS:
        return "moment"
    if name in AREAS:
        return "area"
    if name == "time_zone":
        return "zone"
    return "choice" if name in CHOICES or name == "anchor_puzzle" else "text"


def _options_of(seen: Visit, name: str) -> tuple[tuple[str, str], ...]:
    if name != "anchor_puzzle":
        return tuple((value, told(words)) for value, words in CHOICES.get(name, ()))
    known = [("", told(sentence("none"))), *((puzzle.key, puzzle.title) for puzzle in seen.content.puzzles)]
    present = seen.settings.anchor_puzzle
    return tuple(known if present in dict(known) else [*known, (present, present)])


def form_text(settings: HuntSettings, name: str) -> str:
    """Times are in the hunt's time zone."""
    value = getattr(settings, name)
    if name in MOMENTS and isinstance(value, datetime):
        local = value.astimezone(ZoneInfo(settings.time_zone))
        return local.strftime("%Y-%m-%dT%H:%M:%S" if local.second else "%Y-%m-%dT%H:%M")
    return written_setting(settings, name)


def shown(name: str, text: str) -> str:
    """Return the choice label or the text, cut to 2,000 characters."""
    return told(dict(CHOICES.get(name, ())).get(text, text[:MOST_SHOWN]) or sentence("(empty)"))


# --- saving ----------------------------------------------------------------------------------------------------------


def typed_texts(names: Iterable[str]) -> dict[str, str]:
    """Return submitted fields, CRLF replaced by LF."""
    return {name: request.form[name].replace("\r\n", "\n") for name in names if name in request.form}


def save(names: Iterable[str], typed: Mapping[str, str]) -> None:
    """Save changed fields and flash the result. Raises :class:`FormRefused`."""
    known_by = {name: request.form[f"seen.{name}"] for name in names if f"seen.{name}" in request.form}
    zone = _zone_meant(typed)
    errors = _errors(typed, zone)
    if errors:
        raise FormRefused(400, LOOK_BELOW, errors)
    wanted = {name: text for name, text in typed.items() if _is_changed(name, text, zone, known_by.get(name, ""))}
    try:
        changes = change_settings(
            ports().database, ports().in_force, ports().clock, wanted, our_team().name, visit().address, known_by
        )
    except SettingInvalid as why:
        raise FormRefused(400, sentence("Nothing was saved: %(why)s.", why=str(why))) from None
    except SettingsConflict as conflict:
        raise FormRefused(409, _TOLD, conflicts=_conflicts(conflict.names, wanted)) from None
    names_changed = ", ".join(told(label_of(change.name)) for change in changes)
    said = sentence("Saved: %(names)s.", names=names_changed) if changes else sentence("Nothing was changed.")
    flash(told(said), "success")


_TOLD = sentence(
    "Another organiser saved some of this while you were typing. Nothing of yours was saved yet, and nothing of it is"
    " lost: compare, then save again to put yours in force."
)


def _zone_meant(typed: Mapping[str, str]) -> str:
    """Zone of typed times: the form's if valid, else the stored one."""
    try:
        return checked_value("time_zone", typed.get("time_zone", visit().settings.time_zone))
    except SettingInvalid:
        return visit().settings.time_zone


def _errors(typed: Mapping[str, str], zone: str) -> dict[str, str]:
    errors: dict[str, str] = {}
    for name, text in typed.items():
        try:
            checked_value(name, text, zone)
        except SettingInvalid as why:
            errors[name] = sentence("%(label)s %(must)s.", label=label_of(name), must=why.must)
    return errors


def _is_changed(name: str, text: str, zone: str, shown_as: str) -> bool:
    # A time in the hour that a clock change repeats is ambiguous as text; untouched text is no change.
    if text == form_text(visit().settings, name) and zone == visit().settings.time_zone:
        return False
    return fingerprint(checked_value(name, text, zone)) != shown_as


def _conflicts(names: tuple[str, ...], wanted: Mapping[str, str]) -> tuple[SettingConflict, ...]:
    found = []
    for name in names:
        act = last_act(ports().database, "setting", name)
        theirs = shown(name, form_text(ports().in_force.settings, name))
        by, at = (act.actor, act.at) if act else (told(sentence("somebody")), None)
        found.append(SettingConflict(label_of(name), theirs, shown(name, wanted[name]), by, at))
    return tuple(found)
