from __future__ import annotations

import pytest

from app.content.current import Current, NoContentYet
from app.core.model import Content

FIRST = Content(version=1, levels=(), puzzles=(), divisions=())
SECOND = Content(version=2, levels=(), puzzles=(), divisions=())


def test_an_empty_holder_says_that_there_is_no_content_yet() -> None:
    holder = Current()
    assert not holder.is_loaded
    with pytest.raises(NoContentYet):
        holder.current()


def test_swapping_puts_the_new_content_in_force_and_hands_back_the_old() -> None:
    holder = Current()
    assert holder.swap(FIRST) is None
    assert holder.swap(SECOND) is FIRST
    assert holder.is_loaded
    assert holder.current() is SECOND


def test_what_a_request_took_stays_with_it() -> None:
    holder = Current(FIRST)
    taken = holder.current()
    holder.swap(SECOND)
    assert taken.version == 1


def test_two_apps_hold_two_contents() -> None:
    one, other = Current(FIRST), Current(SECOND)
    one.swap(SECOND)
    other.swap(FIRST)
    assert (one.current().version, other.current().version) == (2, 1)
