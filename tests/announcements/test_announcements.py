"""Announcements: who reads which, in what order, and what cannot be published."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import update

from app.announcements.announcements import AnnouncementInvalid, Reader, find_announcement, list_announcements, publish
from app.database import announcements as announcement_queries
from app.database.schema import Announcement
from app.ports import Ports
from tests.support.clock import NOON, FixedClock
from tests.support.small_hunt import FIRST, ports_on, stock

VISITOR = Reader()
TEAM = Reader(7, "teams")
STAFF = Reader(1, "teams", is_staff=True)


@pytest.fixture
def ports(database: str, clock: FixedClock) -> Iterator[Ports]:
    with ports_on(database, clock) as ports:
        stock(ports)
        yield ports


def say(ports: Ports, title: str, **more: Any) -> int:
    return publish(ports.for_content, title, "Some *words*.", "ada", **more)


def titles(ports: Ports, reader: Reader, after: int = 0) -> list[str]:
    return [found.title for found in list_announcements(ports.database, ports.clock, reader, after)]


def test_visitors_read_what_goes_to_everybody(ports: Ports) -> None:
    say(ports, "for all")
    say(ports, "for teams", audience="division:teams")
    say(ports, "for one", audience="team:7")
    say(ports, "for solvers", audience="puzzle", puzzle_id=FIRST.id)
    assert titles(ports, VISITOR) == ["for all"]


def test_a_team_reads_what_goes_to_it_and_its_division_newest_first(ports: Ports, clock: FixedClock) -> None:
    for audience in ("all", "division:teams", "team:7", "division:solo", "team:77"):
        say(ports, audience, audience=audience)
        clock.advance(1)
    assert titles(ports, TEAM) == ["team:7", "division:teams", "all"]


def test_staff_read_everything(ports: Ports) -> None:
    say(ports, "elsewhere", audience="division:solo")
    say(ports, "for solvers", audience="puzzle", puzzle_id=FIRST.id)
    assert len(titles(ports, STAFF)) == 2


def test_what_concerns_a_puzzle_is_for_those_whom_it_concerns(ports: Ports) -> None:
    asked: list[tuple[str, datetime]] = []

    def is_concerned(puzzle: str, at: datetime) -> bool:
        asked.append((puzzle, at))
        return True

    number = say(ports, "erratum", audience="puzzle", puzzle_id=FIRST.id, kind="erratum")
    assert titles(ports, TEAM) == []
    assert find_announcement(ports.database, ports.clock, TEAM, number) is None
    assert titles(ports, Reader(8, "teams", is_concerned=is_concerned)) == ["erratum"]
    assert asked == [(FIRST.id, NOON)]


def test_one_for_others_looks_like_none(ports: Ports) -> None:
    number = say(ports, "secret", audience="team:8")
    assert find_announcement(ports.database, ports.clock, TEAM, number) is None
    assert find_announcement(ports.database, ports.clock, VISITOR, number) is None
    assert find_announcement(ports.database, ports.clock, STAFF, number) is not None


@pytest.mark.parametrize("number", [0, -1, 999, 2**63 - 1, 2**63, 10**40])
def test_a_number_that_names_nothing_finds_nothing(ports: Ports, number: int) -> None:
    assert find_announcement(ports.database, ports.clock, STAFF, number) is None
    assert titles(ports, STAFF, number) == []


def test_drafts_and_what_is_to_come_are_not_shown(ports: Ports, clock: FixedClock) -> None:
    row = {"source": "x", "html": "x", "kind": "announcement", "audience": "all", "written_at": NOON}
    with ports.database.writing() as connection:
        announcement_queries.add(connection, title="draft", published_at=None, **row)
        announcement_queries.add(connection, title="later", published_at=NOON + timedelta(minutes=1), **row)
    assert titles(ports, STAFF) == []
    clock.advance(60)
    assert titles(ports, VISITOR) == ["later"]


def test_who_asks_again_gets_what_came_since(ports: Ports, clock: FixedClock) -> None:
    first = say(ports, "first")
    second = say(ports, "second")
    clock.advance(1)
    say(ports, "third")
    assert titles(ports, VISITOR, first) == ["third", "second"]
    assert titles(ports, VISITOR, second) == ["third"]


def test_a_draft_that_is_published_late_is_not_missed(ports: Ports, clock: FixedClock) -> None:
    draft = say(ports, "draft")
    seen = say(ports, "seen")
    clock.advance(60)
    with ports.database.writing() as connection:
        connection.execute(update(Announcement).where(Announcement.id == draft).values(published_at=clock.now()))
    assert titles(ports, VISITOR, seen) == ["draft"]


def test_the_text_is_rendered_and_made_harmless_when_it_is_published(ports: Ports) -> None:
    publish(ports.for_content, "<b>Hi</b>", "A *word*.\n\n<script>alert(1)</script><img src=x onerror=alert(1)>", "ada")
    (found,) = list_announcements(ports.database, ports.clock, VISITOR)
    assert found.title == "<b>Hi</b>"
    assert "<em>word</em>" in found.html
    assert "script" not in found.html
    assert "onerror" not in found.html


@pytest.mark.parametrize(
    ("title", "body", "more"),
    [
        ("", "text", {}),
        ("  \n ", "text", {}),
        ("x" * 201, "text", {}),
        ("zero\0", "text", {}),
        ("title", "", {}),
        ("title", "x" * 20_001, {}),
        ("title", "zero\0", {}),
        ("title", "text", {"audience": "division:nobody"}),
        ("title", "text", {"audience": "puzzle", "puzzle_id": "recNothing"}),
        ("title", "text", {"audience": "puzzle"}),
    ],
)
def test_what_cannot_be_published_is_refused_in_words(
    ports: Ports, title: str, body: str, more: dict[str, Any]
) -> None:
    with pytest.raises(AnnouncementInvalid):
        publish(ports.for_content, title, body, "ada", **more)
    assert titles(ports, STAFF) == []
