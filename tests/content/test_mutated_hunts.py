"""Whatever stands in a content file: a check and a restock agree, each wrong thing is a listed fault."""

from __future__ import annotations

import json
from collections.abc import Iterator
from copy import deepcopy
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from app.content.faults import ContentFaulty
from app.content.parse.parser import parse
from app.content.refresh import catch_up
from app.content.restock import restock
from app.content.sources.json_file import read_text
from app.content.sources.tables import SourceUnreadable
from app.content.versions import read_version, seams
from app.ports import Ports
from tests.support.clock import FixedClock
from tests.support.environment import DEMO_HUNT
from tests.support.records import HASH, SOUND
from tests.support.world import world

DEMO: dict[str, Any] = json.loads(DEMO_HUNT.read_text())
SMALL: dict[str, Any] = {
    "format": 1,
    "tables": {table: [{"id": key, "fields": cells} for key, cells in rows.items()] for table, rows in SOUND.items()},
}
ODD: tuple[Any, ...] = (
    None, True, False, 0, -1, 2**70, 1.5, 1e400, "", " ", "x", "\x00", "\ufeff", "\u200b",
    "recP1", "recNowhere", [], [[]], {}, [None], ["recP1", "recP2"], {"error": "#ERROR"}, {"name": "x"}, [{"id": "x"}],
    HASH, HASH + "\n" + HASH, "2030-13-01", "0001-01-01", "9999-12-31T23:59-23:59", "https://[", "javascript:x",
    "asset:nothing", "data:image/png;base64,!", "<b>" * 50, "[" * 400, "![x](asset:x)", "| a |\n|--", "{team}",
    "<script>", "&#x110000;", "\x0b", "open, solo", "../x", "Link", "Embed", "<svg onload=x>", "[^1]\n\n[^1]: [^1]",
)  # fmt: skip
scalars = st.sampled_from(ODD) | st.text(max_size=30) | st.integers() | st.floats(allow_nan=False)
values = st.recursive(
    scalars,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=6), inner, max_size=2),
    max_leaves=5,
)
names = st.sampled_from(
    ["Title", "Prereq", "Level", "Puzzle", "Slug", "Code", "Meta", "URL", "Type", "Solution", "Close1", "Hints", "Near",
     "Attachments", "CustomCSS", "Divisions", "UnlockAt", "id", "fields", "Puzzles", "Order", "ContentText", "Access"]
) | st.text(max_size=8)  # fmt: skip


def places(found: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Where something stands in a file; the insides of assets are left out."""
    if path:
        yield path
    inside = found.items() if isinstance(found, dict) else enumerate(found) if isinstance(found, list) else ()
    for key, value in inside:
        yield from places(value, (*path, key))


PLACES = {id(whole): list(places(whole)) for whole in (DEMO, SMALL)}


@st.composite
def mutated(draw: st.DrawFn, whole: dict[str, Any]) -> dict[str, Any]:
    found = deepcopy(whole)
    for _ in range(draw(st.integers(1, 4))):
        path = draw(st.sampled_from(PLACES[id(whole)]))
        holder: Any = found
        try:
            for step in path[:-1]:
                holder = holder[step]
            _change(draw, holder, path[-1])
        except (KeyError, IndexError, TypeError, AttributeError):
            continue  # an earlier change took this place away
    return found


def _change(draw: st.DrawFn, holder: Any, key: Any) -> None:
    act = draw(st.sampled_from(["replace", "drop", "wrap", "twice", "rename", "add"]))
    if act == "replace":
        holder[key] = draw(values)
    elif act == "drop":
        del holder[key]
    elif act == "wrap":
        holder[key] = [holder[key]]
    elif act == "twice" and isinstance(holder, list):
        holder.append(deepcopy(holder[key]))
    elif act == "rename":
        holder[draw(names)] = holder.pop(key)
    elif isinstance(holder[key], dict):
        holder[key][draw(names)] = draw(values)


def outcome(act: Any) -> tuple[str, ...]:
    """What was said: the faults, the reasons, or nothing."""
    try:
        act()
    except ContentFaulty as faulty:
        said = tuple(str(one) for one in faulty.faults)
    except SourceUnreadable as unreadable:
        said = unreadable.reasons
    else:
        return ()
    assert said
    assert all(one.strip() for one in said)
    # What is said goes to terminals, pages and the database.
    assert "".join(said).encode()
    return said


@pytest.fixture(scope="module")
def ports(shelves: Any) -> Iterator[Ports]:
    with shelves["sqlite"].fresh() as url, world(url, FixedClock()) as node:
        node.in_force.put(None)
        yield node.ports


def agree(ports: Ports, whole: dict[str, Any]) -> None:
    raw = json.dumps(whole).encode()

    def check() -> None:
        parse(read_text(raw, "hunt.json"), version=0, seams=seams(ports.clock, ports.hasher, ports.prox))

    def put() -> None:
        done = restock(
            ports.for_content, ports.hasher, read_text(raw, "hunt.json"), "ada", consent=lambda effects: True
        )
        assert (
            read_version(ports.database, ports.clock, ports.hasher, ports.prox, done.version) == ports.in_force.content
        )
        assert not restock(ports.for_content, ports.hasher, read_text(raw, "hunt.json"), "ada").is_new

    assert outcome(check) == outcome(put)
    catch_up(ports.database, ports.in_force)


@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@given(mutated(SMALL))
def test_a_check_and_a_restock_of_a_spoilt_small_hunt_agree(ports: Ports, whole: dict[str, Any]) -> None:
    agree(ports, whole)


@settings(max_examples=12, deadline=None, suppress_health_check=list(HealthCheck))
@given(mutated(DEMO))
def test_a_check_and_a_restock_of_the_spoilt_demo_hunt_agree(ports: Ports, whole: dict[str, Any]) -> None:
    agree(ports, whole)
