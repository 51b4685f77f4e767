"""The hunt's settings: names, defaults and validation."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields
from datetime import datetime
from fractions import Fraction
from typing import Any, Literal, cast
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from app.core.answers import InvalidAnswer, checked
from app.core.clean_text import has_visible, is_plain, is_storable
from app.core.look_settings import read_accent, read_contact, read_language, read_picture
from app.core.model import HuntState
from app.core.moments import LocalTimeUnclear, MomentOutOfRange, read_moment, with_offset
from app.core.schedule import HintSchedule
from app.core.setting_faults import EMPTY, SettingInvalid, SettingUnknown
from app.core.text import sentence

_ON = frozenset({"on", "true", "yes", "1"})
_OFF = frozenset({"off", "false", "no", "0"})


def _moment(text: str, zone: str) -> datetime | None:
    if text.lower() in EMPTY:
        return None
    try:
        return read_moment(text, zone)
    except LocalTimeUnclear as why:
        raise _unclear(why, zone) from None
    except MomentOutOfRange:
        raise SettingInvalid(sentence("must lie within the years 1 to 9999 in UTC")) from None
    except ValueError:
        raise SettingInvalid(
            sentence("must be a time such as 2027-03-14T18:00Z (without a zone: in time_zone), or empty")
        ) from None


def _unclear(why: LocalTimeUnclear, zone: str) -> SettingInvalid:
    """For forms and terminals."""
    choices = tuple((with_offset(at, zone), with_offset(at, "UTC")) for at in why.meanings)
    values = {
        "local": why.local.isoformat(" ", "seconds" if why.local.second else "minutes"), "zone": zone,
        "first": choices[0][0], "first_utc": choices[0][1], "second": choices[1][0], "second_utc": choices[1][1],
    }  # fmt: skip
    if why.is_skipped:
        words = sentence(
            "cannot be %(local)s: the clocks of %(zone)s are put forward over that time, so that it does not exist."
            " Write %(first)s (%(first_utc)s) or %(second)s (%(second_utc)s)",
            **values,
        )
    else:
        words = sentence(
            "cannot be %(local)s alone: the clocks of %(zone)s are put back, so that this time comes twice."
            " Write %(first)s (%(first_utc)s) or %(second)s (%(second_utc)s)",
            **values,
        )
    return SettingInvalid(words, choices=choices)


def _switch(text: str, zone: str) -> bool:
    if text.lower() in _ON | _OFF:
        return text.lower() in _ON
    raise SettingInvalid(sentence("must be on or off"))


def _choice(*allowed: str) -> Callable[[str, str], str]:
    def read(text: str, zone: str) -> str:
        if text.lower() not in allowed:
            raise SettingInvalid(sentence("must be %(choices)s", choices=" or ".join(allowed)))
        return text.lower()

    return read


def _zone(text: str, zone: str) -> str:
    try:
        ZoneInfo(text)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise SettingInvalid(sentence("must be the name of a time zone, such as Europe/London or UTC")) from None
    return text


def _percent(text: str, zone: str) -> int:
    found = re.fullmatch(r"(\d{1,3})\s*%?", text)
    if not found or int(found[1]) > 100:
        raise SettingInvalid(sentence("must be a whole percentage from 0 to 100"))
    return int(found[1])


def _whole(least: int, most: int) -> Callable[[str, str], int]:
    def read(text: str, zone: str) -> int:
        if not re.fullmatch(r"[0-9]{1,9}", text) or not least <= int(text) <= most:
            raise SettingInvalid(sentence("must be a whole number from %(least)s to %(most)s", least=least, most=most))
        return int(text)

    return read


def _answers(text: str, zone: str) -> str:
    """Right answers, one a line, compared like guesses."""
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    try:
        for line in lines:
            checked(line)
    except InvalidAnswer:
        raise SettingInvalid(sentence("must have answers with letters or digits, one a line, or be empty")) from None
    if len(lines) > 20:
        raise SettingInvalid(sentence("must have at most %(most)s answers", most=20))
    return "\n".join(lines)


# As people write them, in English, German and French.
_UNITS = {
    **dict.fromkeys(("s", "sec", "secs", "second", "seconds", "sek", "sekunde", "sekunden", "seconde", "secondes"), 1),
    **dict.fromkeys(("m", "min", "mins", "minute", "minutes", "minuten"), 60),
    **dict.fromkeys(("h", "hr", "hrs", "hour", "hours", "std", "stunde", "stunden", "heure", "heures", ""), 3600),
    **dict.fromkeys(("d", "day", "days", "tag", "tage", "tagen", "j", "jour", "jours"), 86400),
}
_TOKENS = re.compile(r"[0-9]+(?:[.,][0-9]{1,3})?|[a-z]+|\S")


def _window(text: str, zone: str) -> int:
    """One length or several that add up: “90 min”, “2 hours”, “1 h 30 min”; a number alone is hours."""
    tokens = [one for one in _TOKENS.findall(text.lower()) if one not in (",", ".", "and", "und", "et")]
    numbers, units = tokens[::2], tokens[1::2] if len(tokens) != 1 else [""]
    is_length = len(numbers) == len(units) and all(one in _UNITS for one in units)
    is_length = is_length and all(one[0] in "0123456789" and len(one) <= 12 for one in numbers)
    parts = zip(numbers, units, strict=True) if is_length else ()
    seconds = round(sum(Fraction(number.replace(",", ".")) * _UNITS[unit] for number, unit in parts))
    if not 1 <= seconds <= 366 * 86400:
        raise SettingInvalid(sentence("must be a length of time such as 24 hours, 90 min or 30 s"))
    return seconds


def _written_length(seconds: int) -> str:
    """In the largest whole unit; in days only above two."""
    units = (("d", 86400),) if seconds > 2 * 86400 else ()
    unit, length = next(one for one in (*units, ("h", 3600), ("min", 60), ("s", 1)) if seconds % one[1] == 0)
    return f"{seconds // length} {unit}"


def _seconds(text: str, zone: str) -> int:
    """Without a unit: seconds."""
    seconds = _window(f"{text} s" if text.strip().replace(".", "", 1).isdigit() else text, zone)
    if seconds > 86400:
        raise SettingInvalid(sentence("must be a length of time of at most a day, such as 60 s or 5 minutes"))
    return seconds


def _schedule(text: str, zone: str) -> HintSchedule | None:
    """``FIRST every N h``: grants at FIRST (else: the start) and every N hours after (``+`` may replace ``every``)."""
    if text.lower() in EMPTY:
        return None
    pattern = r"(?:(\S+(?: \d{1,2}:\S+)?)\s*)?(?:every|\+|,)\s*(\d{1,4})\s*(?:h|hours?|hrs?)?"
    found = re.fullmatch(pattern, text.strip(), re.I)
    if found is None or int(found[2]) < 1:
        raise SettingInvalid(sentence("must be like 2027-03-14T20:00Z every 6 h, every 6 h (from the start), or off"))
    if not found[1]:
        return HintSchedule(first_at=None, every_hours=int(found[2]))
    try:
        first = _moment(found[1], zone)
    except SettingInvalid as why:
        every = f" every {found[2]} h"
        raise SettingInvalid(str(why), choices=tuple((text + every, utc) for text, utc in why.choices)) from None
    return HintSchedule(first_at=first, every_hours=int(found[2]))


def _line(most: int) -> Callable[[str, str], str]:
    def read(text: str, zone: str) -> str:
        if len(text) > most or not is_plain(text, "\n"):
            raise SettingInvalid(sentence("must be plain text of at most %(most)s characters", most=most))
        return text

    return read


def _words(most: int) -> Callable[[str, str], str]:
    def read(text: str, zone: str) -> str:
        if len(text) > most:
            raise SettingInvalid(sentence("must be text of at most %(most)s characters", most=most))
        return text

    return read


def _setting(read: Callable[[str, str], Any], meaning: str, default: Any = None, group: str = "game") -> Any:
    return field(default=default, metadata={"read": read, "meaning": meaning, "group": group})


@dataclass(frozen=True, slots=True)
class HuntSettings:
    """Times are aware UTC or None; windows in seconds."""

    hunt_name: str = _setting(
        _line(60), sentence("the hunt's name, in the header and the titles"), "Infinity", group="look"
    )
    tagline: str = _setting(_line(160), sentence("one line below the name"), "A puzzle hunt without end", group="look")
    site_css: str = _setting(
        _words(20_000), sentence("extra style for the whole site; cleaned before it is used"), "", group="look"
    )
    home_text: str = _setting(
        _words(20_000), sentence("the home page in Markdown; empty: the content's own"), "", group="look"
    )
    contact: str = _setting(
        read_contact, sentence("whom to ask: an e-mail address or a link, on every page that says so"), "", group="look"
    )
    language: str = _setting(
        read_language, sentence("the language that the hunt itself is written in"), "en", group="look"
    )
    accent: str = _setting(
        read_accent,
        sentence("the colour of links, buttons and marks, such as #1f5fbf; the dark scheme’s shade follows from it"),
        "",
        group="look",
    )
    logo: str = _setting(read_picture(), sentence("stands in the header beside the name"), "", group="look")
    icon: str = _setting(
        read_picture(),
        sentence("a square, for the browser’s tabs and the home screens of phones"),
        "",
        group="look",
    )
    social_card: str = _setting(
        read_picture(),
        sentence("shown where a link to the site is posted; 1200 × 630 pixels are best"),
        "",
        group="look",
    )
    artwork: str = _setting(
        read_picture("on", "off"),
        sentence("the picture beside the home page’s text, on wide screens"),
        "on",
        group="look",
    )
    starts_at: datetime | None = _setting(
        _moment, sentence("when the hunt starts; empty: it has started"), group="time"
    )
    ends_at: datetime | None = _setting(_moment, sentence("when the hunt ends; empty: it does not"), group="time")
    freeze_at: datetime | None = _setting(
        _moment, sentence("from when on teams see the board as it was then"), group="time"
    )
    time_zone: str = _setting(_zone, sentence("the zone in which times are shown"), "UTC", group="time")
    scoring: Literal["fixed", "time", "order"] = _setting(
        _choice("fixed", "time", "order"), sentence("how a solve earns points"), "fixed"
    )
    time_floor: int = _setting(_percent, sentence("scoring time: the percentage of the value that always remains"), 50)
    time_window: int = _setting(_window, sentence("scoring time: how long the value falls"), 24 * 3600)
    ranking: Literal["finish", "points"] = _setting(
        _choice("finish", "points"), sentence("what decides the order on the boards"), "finish"
    )
    guess_limit: int = _setting(
        _whole(1, 1_000), sentence("how many guesses a team may make in a window, over all puzzles"), 10
    )
    guess_window: int = _setting(_seconds, sentence("how long the window of guesses is"), 60)
    solve_counts: bool = _setting(
        _switch, sentence("teams see how many teams have solved each puzzle that is open to them"), False
    )
    unlock_progress: bool = _setting(_switch, sentence("teams see how many solves a locked level still needs"), True)
    anchor_puzzle: str = _setting(_line(64), sentence("the puzzle (slug or id) that everyone has to solve first"), "")
    xp: bool = _setting(_switch, sentence("experience points and power-ups"), False)
    points_hints: bool = _setting(_switch, sentence("hints may be taken for points"), False)
    hint_schedule: HintSchedule | None = _setting(_schedule, sentence("when every team is given a hint credit"))
    registration_opens_at: datetime | None = _setting(
        _moment, sentence("from when on teams may register; empty: from now on"), group="registration"
    )
    registration_closes_at: datetime | None = _setting(
        _moment, sentence("when registration closes; empty: it does not"), group="registration"
    )
    registration_limit: int = _setting(
        _whole(1, 10_000),
        sentence("how many teams one address may register at once, then one a minute; a school is one address"),
        20,
        group="registration",
    )
    registration_question: str = _setting(
        _line(200), sentence("a question that only those you invite can answer"), "", group="registration"
    )
    registration_answer: str = _setting(
        _answers,
        sentence("what answers it, one a line, compared as a guess is; without one nothing is asked"),
        "",
        group="registration",
    )
    mail_rate: int = _setting(
        _whole(1, 6_000), sentence("announcements by mail: how many go out in a minute"), 60, group="look"
    )
    lockdown_puzzles: bool = _setting(
        _switch, sentence("closes puzzles, guesses, hints and power-ups"), False, group="lockdown"
    )
    lockdown_registration: bool = _setting(_switch, sentence("closes registration"), False, group="lockdown")
    archive: bool = _setting(_switch, sentence("after the end: everything readable by anyone"), False, group="time")
    staff_second_factor: bool = _setting(
        _switch, sentence("organisers log in with a second factor, and set it up at their next login"), False
    )
    lockdown_leaderboard: bool = _setting(_switch, sentence("closes the boards"), False, group="lockdown")

    def state_at(self, now: datetime) -> HuntState:
        """Limits are inclusive. No start: always running; no end: forever."""
        if self.starts_at is not None and now < self.starts_at:
            return "before"
        if self.ends_at is not None and now >= self.ends_at:
            return "ended"
        return "running"

    def is_frozen_at(self, now: datetime) -> bool:
        return self.freeze_at is not None and now >= self.freeze_at

    def registration_at(self, now: datetime) -> Literal["before", "open", "closed"]:
        """Limits are inclusive. Independent of the lockdown switch."""
        if self.registration_closes_at is not None and now >= self.registration_closes_at:
            return "closed"
        if self.registration_opens_at is not None and now < self.registration_opens_at:
            return "before"
        return "open"

    @property
    def asks_at_registration(self) -> bool:
        """Only if an answer is set."""
        return bool(self.registration_question and self.registration_answer)


# Settings in seconds, written with their unit.
DURATIONS = frozenset({"time_window", "guess_window"})
PICTURES = ("logo", "icon", "social_card", "artwork")
_FIELDS = {found.name: found for found in fields(HuntSettings)}
NAMES = tuple(_FIELDS)


def canonical_name(name: str) -> str:
    """Treats spaces, hyphens, underscores and case alike. Raises :class:`SettingUnknown`."""
    found = re.sub(r"[\s_-]+", "_", name.strip().lower())
    if found not in _FIELDS:
        raise SettingUnknown(name)
    return found


def meaning_of(name: str) -> str:
    return cast(str, _FIELDS[name].metadata["meaning"])


def group_of(name: str) -> str:
    return str(_FIELDS[name].metadata["group"])


def checked_value(name: str, text: str, zone: str = "UTC") -> str:
    try:
        if not is_storable(text):
            raise SettingInvalid(sentence("must be text without broken or control characters"))
        value = _FIELDS[name].metadata["read"](text.strip(), zone)
        if name == "hunt_name" and not has_visible(str(value)):
            raise SettingInvalid(sentence("must not be empty: it stands in the title of every page"))
    except SettingInvalid as why:
        raise SettingInvalid(sentence("%(name)s %(must)s", name=name, must=why.must), why.must, why.choices) from None
    return _written_length(value) if name in DURATIONS else written(value)


def written(value: object) -> str:
    """:func:`checked_value` reads it back unchanged."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "on" if value else "off"
    if isinstance(value, datetime):
        return value.isoformat().replace("+00:00", "Z")
    if isinstance(value, HintSchedule):
        return f"{written(value.first_at)} every {value.every_hours} h".strip()
    return str(value)


def written_setting(settings: HuntSettings, name: str) -> str:
    value = getattr(settings, name)
    return _written_length(value) if name in DURATIONS else written(value)


def read_settings(stored: Mapping[str, str]) -> HuntSettings:
    """Ignores unknown names from other versions."""
    zone = stored.get("time_zone", "UTC")
    known = {name: text for name, text in stored.items() if name in _FIELDS}
    if not has_visible(known.get("hunt_name", "")):
        known.pop("hunt_name", None)  # an older version let it be empty
    return HuntSettings(**{name: _stored(name, text, zone) for name, text in known.items()})


def _stored(name: str, text: str, zone: str) -> Any:
    try:
        return _FIELDS[name].metadata["read"](text, zone)
    except SettingInvalid as why:
        # Saved before a version that asks for more contrast.
        if name == "accent":
            return why.choices[0][0] if why.choices else ""
        raise
