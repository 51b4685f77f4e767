"""Moments in all zones: no overflow, no text that reads back as another moment, no guess at a clock change."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import available_timezones

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from app.core.moments import (
    FIRST,
    LAST,
    LocalTimeUnclear,
    MomentOutOfRange,
    as_typed,
    from_local,
    local_in,
    read_moment,
    shifted,
    stamp,
    with_offset,
    zone_of,
    zone_shown,
)

ZONES = st.sampled_from(sorted(available_timezones()))
# Whole days at both ends, where zones overflow, and all years between, with local mean times and clock changes.
NEAR_ENDS = st.one_of(
    st.timedeltas(timedelta(), timedelta(days=2)).map(lambda gone: FIRST + gone),
    st.timedeltas(timedelta(), timedelta(days=2)).map(lambda left: LAST - left),
)
MOMENTS = st.one_of(st.datetimes(timezones=st.just(UTC)), NEAR_ENDS)


def at(text: str) -> datetime:
    return datetime.fromisoformat(text)


@settings(max_examples=400, deadline=None)
@given(MOMENTS, ZONES)
@example(LAST, "Asia/Tokyo")
@example(FIRST, "America/Los_Angeles")
@example(at("9999-12-31T23:59:00Z"), "Pacific/Kiritimati")
@example(at("1883-11-18T12:03:57Z"), "America/New_York")
@example(at("2027-10-31T01:30:00Z"), "Europe/Berlin")
def test_every_moment_is_shown_in_every_zone_and_reads_back_as_itself(moment: datetime, zone: str) -> None:
    assert local_in(moment, zone_of(zone)).astimezone(UTC) == moment
    assert zone_shown(moment, zone) in (zone, "UTC")
    assert read_moment(as_typed(moment, zone), zone) == moment
    assert read_moment(with_offset(moment, zone), "UTC") == moment


@settings(max_examples=400, deadline=None)
@given(st.one_of(st.datetimes(), NEAR_ENDS.map(lambda moment: moment.replace(tzinfo=None))), ZONES)
@example(datetime(1, 1, 1), "Asia/Tokyo")
@example(datetime(9999, 12, 31, 23, 59), "America/Los_Angeles")
def test_every_local_time_is_one_moment_or_two_or_out_of_range(local: datetime, zone: str) -> None:
    try:
        meanings: tuple[datetime, ...] = (from_local(local, zone_of(zone)),)
    except LocalTimeUnclear as why:
        meanings = why.meanings if why.is_skipped else (*why.meanings, *why.meanings)
    except MomentOutOfRange:
        meanings = ()
    shown = [local_in(one, zone_of(zone)).replace(tzinfo=None) for one in meanings]
    # One moment is shown as it was typed, both of a repeated hour too, neither of a skipped one; no moment at the ends.
    assert [one == local for one in shown] in ([True], [True] * 4, [False] * 2, [])
    assert shown or local.year in (1, 9999)
    assert list(meanings[:2]) == sorted(meanings[:2])


@settings(max_examples=200, deadline=None)
@given(MOMENTS, st.timedeltas())
@example(LAST, timedelta.max)
@example(FIRST, timedelta.min)
def test_a_shifted_moment_stops_at_the_ends(moment: datetime, by: timedelta) -> None:
    assert FIRST <= shifted(moment, by) <= LAST
    assert (shifted(moment, by) >= moment) is (by >= timedelta()) or shifted(moment, by) == moment


@pytest.mark.parametrize(
    ("text", "zone", "is_skipped", "meanings"),
    [
        ("2027-03-28T02:30", "Europe/Berlin", True, ("2027-03-28T00:30:00Z", "2027-03-28T01:30:00Z")),
        ("2027-10-31T02:30", "Europe/Berlin", False, ("2027-10-31T00:30:00Z", "2027-10-31T01:30:00Z")),
        ("2027-03-14T02:00", "America/New_York", True, ("2027-03-14T06:00:00Z", "2027-03-14T07:00:00Z")),
        ("2027-04-04T01:45", "Australia/Lord_Howe", False, ("2027-04-03T14:45:00Z", "2027-04-03T15:15:00Z")),
        ("2011-12-30", "Pacific/Apia", True, ("2011-12-29T10:00:00Z", "2011-12-30T10:00:00Z")),
    ],
)
def test_a_local_time_at_a_clock_change_has_two_meanings(
    text: str, zone: str, is_skipped: bool, meanings: tuple[str, str]
) -> None:
    with pytest.raises(LocalTimeUnclear) as caught:
        read_moment(text, zone)
    assert caught.value.is_skipped is is_skipped
    assert caught.value.meanings == (at(meanings[0]), at(meanings[1]))


@pytest.mark.parametrize("text", ["2027-03-28T01:59:59", "2027-03-28T03:00", "2027-10-31T01:59", "2027-10-31T03:00"])
def test_a_local_time_beside_a_clock_change_is_clear(text: str) -> None:
    assert as_typed(read_moment(text, "Europe/Berlin"), "Europe/Berlin") == text


def test_an_offset_makes_a_repeated_time_clear() -> None:
    assert read_moment("2027-10-31T02:30+01:00", "Europe/Berlin") == at("2027-10-31T01:30:00Z")
    assert as_typed(at("2027-10-31T01:30:00Z"), "Europe/Berlin") == "2027-10-31T02:30+01:00"


@pytest.mark.parametrize(
    "text", ["0001-01-01T00:00+23:59", "9999-12-31T23:59-00:01", "9999-12-31T23:59:59.999999-23:59"]
)
def test_a_moment_outside_of_the_years_is_refused(text: str) -> None:
    with pytest.raises(MomentOutOfRange):
        read_moment(text, "UTC")


def test_a_moment_that_overflows_its_zone_is_typed_in_utc() -> None:
    moment = at("9999-12-31T23:59:00Z")
    assert as_typed(moment, "Asia/Tokyo") == "9999-12-31T23:59Z"
    assert as_typed(moment, "America/New_York") == "9999-12-31T18:59"


def test_a_stamp_has_four_digits_for_the_year() -> None:
    assert stamp(FIRST) == "0001-01-01 00:00 UTC"
