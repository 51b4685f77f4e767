"""Moments and the local times of zones: what overflows, does not exist or comes twice. Pure.

A moment is an aware time in UTC from year 1 to 9999. Near both ends a zone's local time may lie outside of these
years, where Python has no times; such a moment is shown in UTC.
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
    """The moment lies outside of the years 1 to 9999 in UTC."""


class LocalTimeUnclear(ValueError):
    """A clock change skips this local time (``is_skipped``) or repeats it; ``meanings`` are two moments, in order."""

    def __init__(self, local: datetime, is_skipped: bool, meanings: tuple[datetime, datetime]) -> None:
        super().__init__(f"{local.isoformat()} is skipped or repeated by a clock change")
        self.local, self.is_skipped, self.meanings = local, is_skipped, meanings


@cache
def zone_of(name: str) -> ZoneInfo:
    """Return the zone; raises as :class:`ZoneInfo` does."""
    return ZoneInfo(name)


def shifted(at: datetime, by: timedelta) -> datetime:
    """Return ``at + by``, at most LAST and at least FIRST."""
    try:
        return at + by
    except OverflowError:
        return LAST if by > timedelta() else FIRST


def local_in(at: datetime, zone: tzinfo) -> datetime:
    """Return the zone's local time, or UTC where that lies outside of the years 1 to 9999."""
    try:
        return at.astimezone(zone)
    except (OverflowError, ValueError):
        return at.astimezone(UTC)


def zone_shown(at: datetime, name: str) -> str:
    """Return the name of the zone in which :func:`local_in` shows the moment: the zone's own, or UTC."""
    zone = zone_of(name)
    return name if local_in(at, zone).tzinfo is zone else "UTC"


def read_moment(text: str, zone: str) -> datetime:
    """Parse an ISO 8601 time; one without an offset is local in ``zone``.

    Raises :class:`LocalTimeUnclear`, :class:`MomentOutOfRange`, and ValueError for other texts.
    """
    found = datetime.fromisoformat(text.replace("z", "Z"))
    if found.tzinfo is None:
        return from_local(found, zone_of(zone))
    try:
        return found.astimezone(UTC)
    except OverflowError:
        raise MomentOutOfRange(text) from None


def from_local(local: datetime, zone: tzinfo) -> datetime:
    """Return the moment of a naive local time. Raises :class:`LocalTimeUnclear`, :class:`MomentOutOfRange`."""
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
    """Format the moment as local time with its offset: “2027-10-31T02:30+01:00”; in UTC: “…Z”."""
    local = local_in(at, zone_of(zone))
    text = _short(local)
    # isoformat ends with the offset, which in early years has seconds.
    offset = local.isoformat().removeprefix(local.replace(tzinfo=None).isoformat())
    return f"{text}Z" if local.tzinfo is UTC or zone == "UTC" else text + offset


def as_typed(at: datetime, zone: str) -> str:
    """Format the moment so that :func:`read_moment` returns it: as local time; with an offset if that is unclear."""
    local = local_in(at, zone_of(zone))
    try:
        is_clear = local.tzinfo is not UTC and from_local(local.replace(tzinfo=None, fold=0), zone_of(zone)) == at
    except ValueError:
        is_clear = False
    return _short(local) if is_clear else with_offset(at, zone)


def stamp(at: datetime) -> str:
    """Format the moment for terminals: “2027-03-14 18:00 UTC”."""
    # strftime writes year 1 as “1”.
    return f"{at.astimezone(UTC).replace(tzinfo=None).isoformat(' ', 'minutes')} UTC"


def _short(local: datetime) -> str:
    """ISO 8601 without the offset, and without seconds if there are none."""
    is_whole = not local.second and not local.microsecond
    return local.replace(tzinfo=None).isoformat(timespec="minutes" if is_whole else "auto")


def is_plain(text: str) -> bool:
    """Whether a browser's field for local times can hold the text: “2027-03-14T18:00”, with seconds or without."""
    return _PLAIN.fullmatch(text) is not None
