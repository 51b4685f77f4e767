"""The hunt as a calendar event (RFC 5545), for visitors' own calendars."""

from __future__ import annotations

from datetime import datetime, timedelta
from urllib.parse import urlsplit

from icalendar import Calendar, Event

from app.core.hunt_settings import HuntSettings

# Calendars that subscribe ask again this often.
REFRESH = timedelta(hours=1)


def hunt_calendar(settings: HuntSettings, starts_at: datetime, site_url: str, revision: int, now: datetime) -> bytes:
    """``revision`` grows with every change of settings: calendars take the event with the highest."""
    calendar, event = Calendar(), Event()
    calendar.add("prodid", "-//Infinity//EN")
    calendar.add("version", "2.0")
    calendar.add("method", "PUBLISH")
    calendar.add("x-wr-calname", settings.hunt_name)
    calendar.add("refresh-interval", REFRESH, parameters={"VALUE": "DURATION"})
    calendar.add("x-published-ttl", REFRESH)
    # Never changes, so that a calendar moves the event instead of adding one.
    event.add("uid", f"hunt@{urlsplit(site_url).hostname or 'infinity.invalid'}")
    event.add("sequence", revision)
    event.add("dtstamp", now)
    event.add("dtstart", starts_at)
    if settings.ends_at is not None:
        event.add("dtend", settings.ends_at)
    event.add("summary", settings.hunt_name)
    words = "\n".join(filter(None, (settings.tagline, site_url)))
    if words:
        event.add("description", words)
    if site_url:
        event.add("url", site_url)
    event.add("transp", "TRANSPARENT")
    calendar.add_component(event)
    return bytes(calendar.to_ical())
