from __future__ import annotations

import pytest

from app.core.hunt_settings import HuntSettings
from app.core.in_force import InForce, NoContentYet
from app.core.model import Content

FIRST = Content(version=1, levels=(), puzzles=(), divisions=())
SECOND = Content(version=2, levels=(), puzzles=(), divisions=())


def test_before_the_first_content_there_is_none() -> None:
    in_force = InForce()
    assert not in_force.is_loaded
    with pytest.raises(NoContentYet):
        _ = in_force.content


def test_the_content_put_last_is_in_force() -> None:
    in_force = InForce()
    in_force.put(FIRST)
    in_force.put(SECOND)
    assert in_force.is_loaded
    assert in_force.content is SECOND


def test_what_a_request_took_stays_with_it() -> None:
    in_force = InForce(FIRST)
    taken = in_force.content
    in_force.put(SECOND)
    assert taken.version == 1


def test_two_apps_hold_two_contents() -> None:
    one, other = InForce(FIRST), InForce(SECOND)
    one.put(SECOND)
    other.put(FIRST)
    assert (one.content.version, other.content.version) == (2, 1)


def test_older_settings_do_not_replace_newer_ones() -> None:
    in_force = InForce()
    in_force.put_settings(5, HuntSettings(hunt_name="Newer"))
    in_force.put_settings(4, HuntSettings(hunt_name="Older"))
    assert (in_force.settings_revision, in_force.settings.hunt_name) == (5, "Newer")
