"""Moments and local times: overflow, gaps and repeats. Pure.

A moment is aware UTC, years 1 to 9999. Where its local time lies outside, it is shown in UTC.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta, tzinfo
from functools import cache
from zoneinfo import ZoneInfo

FIRST = datetime.min.replace(tzinfo=UTC)
LAST = datetime.max.replace(tzinfo=UTC)
_PLAIN = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d)?", re.ASCII)


class MomentOutOfRange(ValueError):
    """Outside years 1 to 9999 in UTC."""


class LocalTimeUnclear(ValueError):
    """A clock change skips (``is_skipped``) or repeats the time; ``meanings``: two moments, in order."""

    def __init__(self, local: datetime, is_skipped: bool, meanings: tuple[datetime, datetime]) -> None:
        super().__init__(f"{local.isoformat()} is skipped or repeated by a clock change")
        self.local, self.is_skipped, self.meanings = local, is_skipped, meanings


@cache
def zone_of(name: str) -> ZoneInfo:
    return ZoneInfo(name)


def shifted(at: datetime, by: timedelta) -> datetime:
    """Clamped to FIRST and LAST."""
    try:
        return at + by
    except OverflowError:
        return LAST if by > timedelta() else FIRST


def local_in(at: datetime, zone: tzinfo) -> datetime:
    """UTC if out of range."""
    try:
        return at.astimezone(zone)
    except (OverflowError, ValueError):
        return at.astimezone(UTC)


def zone_shown(at: datetime, name: str) -> str:
    """The zone that :func:`local_in` uses."""
    zone = zone_of(name)
    return name if local_in(at, zone).tzinfo is zone else "UTC"


def read_moment(text: str, zone: str) -> datetime:
    """ISO 8601; without offset, local in ``zone``.

    Raises :class:`LocalTimeUnclear`, :class:`MomentOutOfRange`, ValueError.
    """
    found = datetime.fromisoformat(text.replace("z", "Z"))
    if found.tzinfo is None:
        return from_local(found, zone_of(zone))
    try:
        return found.astimezone(UTC)
    except OverflowError:
        raise MomentOutOfRange(text) from None


def from_local(local: datetime, zone: tzinfo) -> datetime:
    """Raises :class:`LocalTimeUnclear`, :class:`MomentOutOfRange`."""
    # Where a change skips or repeats a time, fold chooses between the offsets before and after it.
    before, after = (local.replace(tzinfo=zone, fold=fold).utcoffset() or timedelta() for fold in (0, 1))
    try:
        first, second = sorted((local - offset).replace(tzinfo=UTC) for offset in (before, after))
    except OverflowError:
        raise MomentOutOfRange(local.isoformat()) from None
    if before != after:
        raise LocalTimeUnclear(local, is_skipped=before < after, meanings=(first, second))
    return first


def with_offset(at: datetime, zone: str) -> str:
    """“2027-10-31T02:30+01:00”; in UTC “…Z”."""
    local = local_in(at, zone_of(zone))
    text = _short(local)
    # isoformat ends with the offset, which in early years has seconds.
    offset = local.isoformat().removeprefix(local.replace(tzinfo=None).isoformat())
    return f"{text}Z" if local.tzinfo is UTC or zone == "UTC" else text + offset


def as_typed(at: datetime, zone: str) -> str:
    """Local time that :func:`read_moment` reads back, with an offset if needed."""
    local = local_in(at, zone_of(zone))
    try:
        is_clear = local.tzinfo is not UTC and from_local(local.replace(tzinfo=None, fold=0), zone_of(zone)) == at
    except ValueError:
        is_clear = False
    return _short(local) if is_clear else with_offset(at, zone)


def stamp(at: datetime) -> str:
    """“2027-03-14 18:00 UTC”."""
    # strftime writes year 1 as “1”.
    return f"{at.astimezone(UTC).replace(tzinfo=None).isoformat(' ', 'minutes')} UTC"


def _short(local: datetime) -> str:
    is_whole = not local.second and not local.microsecond
    return local.replace(tzinfo=None).isoformat(timespec="minutes" if is_whole else "auto")


def is_plain(text: str) -> bool:
    """Fits a datetime-local field: “2027-03-14T18:00”, with or without seconds."""
    return _PLAIN.fullmatch(text) is not None
