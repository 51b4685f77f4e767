"""The organisers' pages that change settings: lockdown and schedule, look, everything else."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class SettingField:
    """One setting in a form. ``kind``: text, area, moment, zone, choice. ``seen`` names the value it was shown with.

    ``options`` are (value, words) of a choice; ``default`` is what holds when nothing was ever set.
    """

    name: str
    label: str
    meaning: str
    kind: str
    value: str
    seen: str
    default: str
    options: tuple[tuple[str, str], ...] = ()
    error: str = ""


@dataclass(frozen=True, slots=True)
class SettingConflict:
    """A setting that another organiser saved in between: what is in force now, and what was typed here."""

    label: str
    theirs: str
    yours: str
    by: str
    at: datetime | None


@dataclass(frozen=True, slots=True)
class SettingsGroup:
    """Settings that belong together, under a heading."""

    title: str
    fields: tuple[SettingField, ...]


@dataclass(frozen=True, slots=True)
class Refused:
    """Why a form of settings was not saved: words for the whole form, and what others saved meanwhile."""

    message: str = ""
    conflicts: tuple[SettingConflict, ...] = ()


NOT_REFUSED = Refused()


@dataclass(frozen=True, slots=True)
class PresetCard:
    """A known kind of hunt, and what choosing it would change now: (setting, from, to)."""

    name: str
    about: str
    changes: tuple[tuple[str, str, str], ...]


@dataclass(frozen=True, slots=True)
class SettingsPage:
    """``/admin/settings``: how is this hunt played?"""

    groups: tuple[SettingsGroup, ...]
    presets: tuple[PresetCard, ...]
    zones: tuple[str, ...]
    refused: Refused = NOT_REFUSED


@dataclass(frozen=True, slots=True)
class Switch:
    """One of the three switches of the lockdown. ``effect`` says what closing or opening does, and to whom."""

    name: str
    title: str
    is_closed: bool
    teams_see: str
    effect: str


@dataclass(frozen=True, slots=True)
class LockdownPage:
    """``/admin/lockdown``: what is open to teams, and when?"""

    switches: tuple[Switch, ...]
    teams_see: str
    fields: tuple[SettingField, ...]
    zones: tuple[str, ...]
    refused: Refused = NOT_REFUSED


@dataclass(frozen=True, slots=True)
class LookPage:
    """``/admin/customization``: what does the site look like? ``dropped`` are the parts of the style left out."""

    fields: tuple[SettingField, ...]
    zones: tuple[str, ...]
    is_preview: bool = False
    dropped: tuple[str, ...] = ()
    css: str = ""
    home_html: str = ""
    refused: Refused = NOT_REFUSED
