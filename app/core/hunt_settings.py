"""The hunt's settings: names, defaults and validation."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields
from datetime import UTC, datetime
from fractions import Fraction
from typing import Any, Literal, cast
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from app.core.model import HuntState
from app.core.schedule import HintSchedule
from app.core.text import sentence

_ON = frozenset({"on", "true", "yes", "1"})
_OFF = frozenset({"off", "false", "no", "0"})
_EMPTY = frozenset({"", "-", "none", "never", "off", "null"})


class SettingUnknown(KeyError):
    """No setting has this name."""


class SettingInvalid(ValueError):
    """The value is invalid; the text says what is valid. ``must`` omits the setting's name."""

    def __init__(self, words: str, must: str = "") -> None:
        super().__init__(words)
        self.must = must or words


def _moment(text: str, zone: str) -> datetime | None:
    if text.lower() in _EMPTY:
        return None
    try:
        moment = datetime.fromisoformat(text.replace("z", "Z"))
        aware = moment if moment.tzinfo else moment.replace(tzinfo=ZoneInfo(zone))
        return aware.astimezone(UTC)
    except (ValueError, OverflowError):
        raise SettingInvalid(
            sentence("must be a time such as 2027-03-14T18:00Z (without a zone: in time_zone), or empty")
        ) from None


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


def _language(text: str, zone: str) -> str:
    if not re.fullmatch(r"[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8}){0,3}", text):
        raise SettingInvalid(sentence("must be the short name of a language, such as en, de or pt-BR"))
    return text


def _percent(text: str, zone: str) -> int:
    found = re.fullmatch(r"(\d{1,3})\s*%?", text)
    if not found or int(found[1]) > 100:
        raise SettingInvalid(sentence("must be a whole percentage from 0 to 100"))
    return int(found[1])


def _count(least: int, most: int) -> Callable[[str, str], int]:
    def read(text: str, zone: str) -> int:
        if not re.fullmatch(r"[0-9]{1,9}", text) or not least <= int(text) <= most:
            raise SettingInvalid(sentence("must be a whole number from %(least)s to %(most)s", least=least, most=most))
        return int(text)

    return read


_UNITS = {"s": 1, "sec": 1, "m": 60, "min": 60, "h": 3600, "": 3600, "d": 86400}


def _window(text: str, zone: str) -> int:
    found = re.fullmatch(r"(\d{1,6}(?:\.\d{1,3})?)\s*(s|sec|m|min|h|d|)", text.lower())
    seconds = round(Fraction(found[1]) * _UNITS[found[2]]) if found else 0
    if not 1 <= seconds <= 366 * 86400:
        raise SettingInvalid(sentence("must be a length of time such as 24 h, 90 min or 30 s"))
    return seconds


def _schedule(text: str, zone: str) -> HintSchedule | None:
    """``FIRST every N h``: grants at FIRST and every N hours after (``+`` may replace ``every``)."""
    if text.lower() in _EMPTY:
        return None
    found = re.fullmatch(r"(\S+(?: \d{1,2}:\S+)?)\s*(?:every|\+|,)\s*(\d{1,4})\s*(?:h|hours?)?", text.strip(), re.I)
    first = _moment(found[1], zone) if found else None
    if found is None or first is None or int(found[2]) < 1:
        raise SettingInvalid(sentence("must be like 2027-03-14T20:00Z every 6 h, or off"))
    return HintSchedule(first_at=first, every_hours=int(found[2]))


def _line(most: int) -> Callable[[str, str], str]:
    def read(text: str, zone: str) -> str:
        if len(text) > most or not text.replace("\n", " ").isprintable():
            raise SettingInvalid(sentence("must be plain text of at most %(most)s characters", most=most))
        return text

    return read


def _words(most: int) -> Callable[[str, str], str]:
    def read(text: str, zone: str) -> str:
        if len(text) > most or "\0" in text:
            raise SettingInvalid(sentence("must be text of at most %(most)s characters", most=most))
        return text

    return read


def _setting(read: Callable[[str, str], Any], meaning: str, default: Any = None, group: str = "game") -> Any:
    return field(default=default, metadata={"read": read, "meaning": meaning, "group": group})


@dataclass(frozen=True, slots=True)
class HuntSettings:
    """Times are aware UTC or None; ``time_window`` is in seconds."""

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
    language: str = _setting(_language, sentence("the language that the hunt itself is written in"), "en", group="look")
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
    anchor_puzzle: str = _setting(_line(64), sentence("the puzzle (slug or id) that everyone has to solve first"), "")
    xp: bool = _setting(_switch, sentence("experience points and power-ups"), False)
    points_hints: bool = _setting(_switch, sentence("hints may be taken for points"), False)
    hint_schedule: HintSchedule | None = _setting(_schedule, sentence("when every team is given a hint credit"))
    mail_rate: int = _setting(
        _count(1, 6_000), sentence("announcements by mail: how many go out in a minute"), 60, group="look"
    )
    lockdown_puzzles: bool = _setting(
        _switch, sentence("closes puzzles, guesses, hints and power-ups"), False, group="lockdown"
    )
    lockdown_registration: bool = _setting(_switch, sentence("closes registration"), False, group="lockdown")
    archive: bool = _setting(_switch, sentence("after the end: everything readable by anyone"), False, group="time")
    lockdown_leaderboard: bool = _setting(_switch, sentence("closes the boards"), False, group="lockdown")

    def state_at(self, now: datetime) -> HuntState:
        """Both limits are inclusive. Without a start the hunt has always been running; without an end it never
        ends."""
        if self.starts_at is not None and now < self.starts_at:
            return "before"
        if self.ends_at is not None and now >= self.ends_at:
            return "ended"
        return "running"


_FIELDS = {found.name: found for found in fields(HuntSettings)}
NAMES = tuple(_FIELDS)


def canonical_name(name: str) -> str:
    """Treats spaces, hyphens, underscores and case alike. Raises :class:`SettingUnknown`."""
    found = re.sub(r"[\s_-]+", "_", name.strip().lower())
    if found not in _FIELDS:
        raise SettingUnknown(name)
    return found


def meaning_of(name: str) -> str:
    """A short description of the setting."""
    return cast(str, _FIELDS[name].metadata["meaning"])


def group_of(name: str) -> str:
    """The setting's section on the settings page: look, time, game or lockdown."""
    return str(_FIELDS[name].metadata["group"])


def checked_value(name: str, text: str, zone: str = "UTC") -> str:
    """Validate input and return the text to store. Raises :class:`SettingInvalid`."""
    try:
        value = _FIELDS[name].metadata["read"](text.strip(), zone)
    except SettingInvalid as why:
        raise SettingInvalid(sentence("%(name)s %(must)s", name=name, must=why.must), why.must) from None
    return f"{value} s" if name == "time_window" else written(value)


def written(value: object) -> str:
    """Format a value so that :func:`checked_value` reads it back unchanged."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "on" if value else "off"
    if isinstance(value, datetime):
        return value.isoformat().replace("+00:00", "Z")
    if isinstance(value, HintSchedule):
        return f"{written(value.first_at)} every {value.every_hours} h"
    return str(value)


def written_setting(settings: HuntSettings, name: str) -> str:
    """The setting's current value as text; durations include a unit."""
    value = getattr(settings, name)
    return f"{value} s" if name == "time_window" else written(value)


def read_settings(stored: Mapping[str, str]) -> HuntSettings:
    """Parse stored settings; ignores unknown names from older versions."""
    zone = stored.get("time_zone", "UTC")
    known = {name: text for name, text in stored.items() if name in _FIELDS}
    return HuntSettings(**{name: _FIELDS[name].metadata["read"](text, zone) for name, text in known.items()})
