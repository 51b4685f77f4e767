"""Settings as form fields.

Each field carries a fingerprint of the value shown; only changed fields are written, so organisers conflict on the
same field only.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from functools import cache
from types import MappingProxyType
from typing import NamedTuple
from zoneinfo import available_timezones

from flask import flash, request

from app.core.hunt_settings import (
    NAMES,
    PICTURES,
    HuntSettings,
    checked_value,
    meaning_of,
    read_settings,
    written_setting,
)
from app.core.look_settings import picture_size
from app.core.moments import as_typed, is_plain
from app.core.schedule import HintSchedule
from app.core.setting_faults import SettingInvalid
from app.core.text import sentence
from app.ops.audit_log import last_act
from app.settings.consequences import unexpected_credits
from app.settings.service import SettingsConflict, change_settings, fingerprint
from app.web.languages import told
from app.web.visit import Visit, our_team, ports, visit

LABELS = {
    "hunt_name": sentence("Name of the hunt"),
    "tagline": sentence("Tagline"),
    "site_css": sentence("Style of the site (CSS)"),
    "home_text": sentence("Home page (Markdown)"),
    "accent": sentence("Accent colour"),
    "logo": sentence("Logo"),
    "icon": sentence("Icon"),
    "social_card": sentence("Social card"),
    "artwork": sentence("Artwork"),
    "starts_at": sentence("Start"),
    "ends_at": sentence("End"),
    "freeze_at": sentence("Freeze leaderboard at"),
    "language": sentence("Language of the hunt"),
    "time_zone": sentence("Time zone"),
    "scoring": sentence("Points"),
    "time_floor": sentence("Minimum (%% of value)"),
    "time_window": sentence("Decay period"),
    "ranking": sentence("Ranking"),
    "guess_limit": sentence("Guess limit"),
    "guess_window": sentence("Guess limit period"),
    "solve_counts": sentence("Show solve counts"),
    "unlock_progress": sentence("Progress towards locked levels"),
    "anchor_puzzle": sentence("Anchor puzzle"),
    "xp": sentence("XP and power-ups"),
    "points_hints": sentence("Hints for points"),
    "mail_rate": sentence("Emails per minute"),
    "hint_schedule": sentence("Hint credit schedule"),
    "lockdown_puzzles": sentence("Puzzles"),
    "lockdown_registration": sentence("Registration"),
    "lockdown_leaderboard": sentence("Leaderboard"),
    "archive": sentence("Archive"),
    "contact": sentence("Contact"),
    "registration_opens_at": sentence("Registration opens"),
    "registration_closes_at": sentence("Registration closes"),
    "registration_limit": sentence("Teams per network address"),
    "registration_question": sentence("Question at registration"),
    "registration_answer": sentence("Accepted answers"),
    "staff_second_factor": sentence("Second factor for organisers"),
}
ON_OFF = (("off", sentence("off")), ("on", sentence("on")))
CLOSED_OPEN = (("off", sentence("open")), ("on", sentence("closed")))
BUILT_IN, OWN = sentence("built-in"), sentence("own picture")
CHOICES = {
    "logo": (("", BUILT_IN),),
    "icon": (("", BUILT_IN),),
    "social_card": (("", sentence("none")),),
    "artwork": (("on", BUILT_IN), ("off", sentence("off"))),
    "scoring": (
        ("fixed", sentence("fixed: the puzzle’s value")),
        ("time", sentence("time: falls after unlocking")),
        ("order", sentence("order: first solvers earn more")),
    ),
    "ranking": (("finish", sentence("finish: first to finish")), ("points", sentence("points"))),
    "xp": ON_OFF,
    "points_hints": ON_OFF,
    "solve_counts": ON_OFF,
    "unlock_progress": ON_OFF,
    "archive": ON_OFF,
    "staff_second_factor": ON_OFF,
    "lockdown_puzzles": CLOSED_OPEN,
    "lockdown_registration": CLOSED_OPEN,
    "lockdown_leaderboard": CLOSED_OPEN,
}
LOOK_BELOW = sentence("Nothing was saved. There’s a problem with these fields:")
MOMENTS = frozenset({"starts_at", "ends_at", "freeze_at", "registration_opens_at", "registration_closes_at"})
AREAS = frozenset({"site_css", "home_text", "registration_answer"})
MOST_SHOWN = 2_000
NOTHING_TYPED: Mapping[str, str] = MappingProxyType({})
_DEFAULTS = HuntSettings()


class SettingField(NamedTuple):
    """``kind``: text, area, moment, zone or choice. ``seen``: fingerprint.

    ``options``: (value, label); ``meanings``: the same, for an ambiguous local time. ``confirm``: the value of the
    confirming box.
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
    meanings: tuple[tuple[str, str], ...]
    confirm: str


class SettingConflict(NamedTuple):
    label: str
    theirs: str
    yours: str
    by: str
    at: datetime | None


class NotConfirmed(SettingInvalid):
    """Valid, but with consequences; ``key`` confirms it."""

    def __init__(self, words: str, key: str) -> None:
        super().__init__(words)
        self.key = key


class FormRefused(Exception):
    """``status``: 400 invalid, 409 conflict."""

    def __init__(
        self, status: int, message: str, errors: Mapping[str, SettingInvalid] | None = None,
        conflicts: tuple[SettingConflict, ...] = (),
    ) -> None:  # fmt: skip
        super().__init__(message)
        self.status, self.message, self.errors, self.conflicts = status, message, errors or {}, conflicts


@cache
def zones() -> tuple[str, ...]:
    return tuple(sorted(available_timezones()))


def label_of(name: str) -> str:
    return LABELS.get(name, name.replace("_", " "))


def fields_of(names: Iterable[str], typed: Mapping[str, str], refused: FormRefused | None) -> tuple[SettingField, ...]:
    return tuple(_field(visit(), name, typed, refused.errors if refused else {}) for name in names)


def _field(seen: Visit, name: str, typed: Mapping[str, str], errors: Mapping[str, SettingInvalid]) -> SettingField:
    refused = errors.get(name)
    # What was saved by this very request is in force already.
    in_force = ports().in_force.settings
    stored, text = form_text(in_force, name), typed.get(name)
    # What was left alone is shown as it is in force now, even if another organiser has changed it meanwhile.
    value = stored if text is None or _is_untouched(name, text) else text
    return SettingField(
        name=name,
        label=label_of(name),
        meaning=meaning_of(name),
        kind=_kind_of(name, value, refused),
        value=value,
        seen=fingerprint(written_setting(in_force, name)),
        default=_default(name),
        options=_options_of(seen, name, value),
        error=sentence("%(label)s %(must)s.", label=label_of(name), must=refused.must) if refused else "",
        meanings=tuple((text, f"{text} ({utc})" if utc else text) for text, utc in refused.choices) if refused else (),
        confirm=refused.key if isinstance(refused, NotConfirmed) else "",
    )


def _default(name: str) -> str:
    text = written_setting(_DEFAULTS, name)
    return shown(name, text) if text or name in PICTURES else ""


def _kind_of(name: str, value: str, refused: SettingInvalid | None) -> str:
    if name in MOMENTS:
        # A browser's field for local times has no room for an offset, and is empty where it cannot show its value.
        return "moment" if not refused and (not value or is_plain(value)) else "text"
    if name in AREAS:
        return "area"
    if name == "hint_schedule":
        return "schedule" if not refused and (not value or "every " in value) else "text"
    if name in ("time_zone", "language"):
        return "zone" if name == "time_zone" else "language"
    return "choice" if name in CHOICES or name == "anchor_puzzle" else "text"


def _options_of(seen: Visit, name: str, value: str) -> tuple[tuple[str, str], ...]:
    if name != "anchor_puzzle":
        own = ((value, OWN),) if name in PICTURES and picture_size(value) else ()
        return tuple((one, told(words)) for one, words in (*CHOICES.get(name, ()), *own))
    known = [("", told(sentence("none"))), *((puzzle.key, puzzle.title) for puzzle in seen.content.puzzles)]
    present = seen.settings.anchor_puzzle
    return tuple(known if present in dict(known) else [*known, (present, present)])


def form_text(settings: HuntSettings, name: str) -> str:
    """Times in the hunt's zone, with an offset if unclear."""
    value = getattr(settings, name)
    if isinstance(value, HintSchedule):
        first = as_typed(value.first_at, settings.time_zone) if value.first_at else ""
        return f"{first} every {value.every_hours} h".strip()
    if name in MOMENTS and isinstance(value, datetime):
        return as_typed(value, settings.time_zone)
    return written_setting(settings, name)


def shown(name: str, text: str) -> str:
    """The choice's label or the text, at most 2,000 characters."""
    if name in PICTURES and picture_size(text):
        return told(OWN)
    return told(dict(CHOICES.get(name, ())).get(text, text[:MOST_SHOWN]) or sentence("(empty)"))


# --- saving ----------------------------------------------------------------------------------------------------------


def typed_texts(names: Iterable[str]) -> dict[str, str]:
    """With LF line ends and chosen meanings."""
    names = tuple(names)
    found = {name: request.form[name].replace("\r\n", "\n") for name in names if name in request.form}
    if "hint_schedule" in names and "hint_schedule" not in found and "hint_schedule.first" in request.form:
        found["hint_schedule"] = _typed_schedule()
    meant = {name: request.form.get(f"meant.{name}", "") for name in found}
    return {name: meant[name] or text for name, text in found.items()}


def _typed_schedule() -> str:
    first, every = (request.form.get(f"hint_schedule.{part}", "").strip() for part in ("first", "every"))
    return f"{first} every {every}".strip() if first or every else ""


def touched(typed: Mapping[str, str]) -> list[str]:
    """The names of those fields that were changed."""
    return [name for name, text in typed.items() if not _is_untouched(name, text)]


def would_be(typed: Mapping[str, str], errors: Mapping[str, SettingInvalid]) -> HuntSettings:
    # Raises FormRefused.
    settings = ports().in_force.settings
    errors = {**_errors(typed, settings.time_zone), **errors}
    if errors:
        raise FormRefused(400, LOOK_BELOW, errors)
    stored = {name: written_setting(settings, name) for name in NAMES}
    return read_settings(stored | {name: checked_value(name, text, settings.time_zone) for name, text in typed.items()})


def save(
    names: Iterable[str], typed: Mapping[str, str], found: Mapping[str, SettingInvalid] = MappingProxyType({})
) -> None:
    """Save changed fields and flash. Raises :class:`FormRefused`."""
    known_by = {name: request.form[f"seen.{name}"] for name in names if f"seen.{name}" in request.form}
    # Times that were changed are meant in the zone of the same form.
    zone = _checked_zone(typed.get("time_zone"))
    changed = {name: typed[name] for name in touched(typed)}
    errors = {**_errors(changed, zone), **found}
    if errors:
        raise FormRefused(400, LOOK_BELOW, errors)
    wanted = {name: text for name, text in changed.items() if _is_changed(name, text, zone, known_by.get(name, ""))}
    _ask_about_credits({name: checked_value(name, text, zone) for name, text in wanted.items()})
    try:
        changes = change_settings(
            ports().database, ports().in_force, ports().clock, wanted, our_team().name, visit().address, known_by
        )
    except SettingInvalid as why:
        raise FormRefused(400, sentence("Nothing was saved: %(why)s.", why=str(why))) from None
    except SettingsConflict as conflict:
        raise FormRefused(409, _TOLD, conflicts=_conflicts(conflict.names, wanted)) from None
    names_changed = [change.name for change in changes]
    labels = ", ".join(told(label_of(name)) for name in names_changed)
    flash(told(sentence("Saved: %(names)s.", names=labels) if changes else sentence("Nothing was changed.")), "success")
    if "time_zone" in names_changed and any(
        getattr(ports().in_force.settings, name) for name in MOMENTS.difference(names_changed)
    ):
        flash(told(sentence("The times that you left alone are the same moments as before, shown in the new zone.")))


_TOLD = sentence(
    "Another organiser saved some of this while you were typing. Nothing of yours was saved yet, and nothing of it is"
    " lost: compare, then save again to put yours in force."
)


def _checked_zone(text: str | None) -> str:
    try:
        return checked_value("time_zone", text or visit().settings.time_zone)
    except SettingInvalid:
        return visit().settings.time_zone


def _errors(typed: Mapping[str, str], zone: str) -> dict[str, SettingInvalid]:
    errors: dict[str, SettingInvalid] = {}
    for name, text in typed.items():
        try:
            checked_value(name, text, zone)
        except SettingInvalid as why:
            errors[name] = why
    return errors


def _ask_about_credits(checked: Mapping[str, str]) -> None:
    """Raises :class:`FormRefused` for unconfirmed past credits."""
    found = unexpected_credits(ports().database, ports().in_force, ports().clock, checked)
    if found is None:
        return
    name, words = found
    key = fingerprint(f"{name} {checked[name]}")
    if request.form.get(f"confirm.{name}") != key:
        raise FormRefused(400, LOOK_BELOW, {name: NotConfirmed(words, key)})


def _is_untouched(name: str, text: str) -> bool:
    """Unchanged in the zone in which it was shown.

    A new zone moves no untouched time.
    """
    zone = _checked_zone(request.form.get("shown.time_zone"))
    seen = request.form.get(f"seen.{name}", fingerprint(written_setting(visit().settings, name)))
    try:
        return fingerprint(checked_value(name, text, zone)) == seen
    except SettingInvalid:
        return False


def _is_changed(name: str, text: str, zone: str, shown_as: str) -> bool:
    return fingerprint(checked_value(name, text, zone)) != shown_as


def _conflicts(names: tuple[str, ...], wanted: Mapping[str, str]) -> tuple[SettingConflict, ...]:
    found = []
    for name in names:
        act = last_act(ports().database, "setting", name)
        theirs = shown(name, form_text(ports().in_force.settings, name))
        by, at = (act.actor, act.at) if act else (told(sentence("somebody")), None)
        found.append(SettingConflict(label_of(name), theirs, shown(name, wanted[name]), by, at))
    return tuple(found)
