"""Restocks: all or nothing, one at a time, never in the way of players; versions, their comparison and return."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from copy import deepcopy
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select, update

from app.content import queries as content_queries
from app.content import restock as content_restock
from app.content.faults import ContentFaulty
from app.content.refresh import catch_up
from app.content.restock import (
    SourceMissing,
    compare_versions,
    ensure_content,
    export_current,
    list_versions,
    opening_times,
    restock,
    rollback,
    source_from,
)
from app.content.sources.json_file import read_text
from app.content.sources.tables import Source, SourceUnreadable
from app.content.versions import VersionUnknown
from app.core.model import Content, Level, Puzzle
from app.database import hunt_state
from app.database.schema import AuditEntry, ContentVersion
from app.ports import Ports
from app.prox.client import ProxClient
from app.prox.fetcher import Fetcher
from app.prox.tokens import Signer
from app.prox.url_policy import Policy
from config import Config
from tests.support.clock import NOON, FixedClock
from tests.support.environment import DEMO_HUNT, settings
from tests.support.small_hunt import ports_on
from tests.support.world import hashed, world

HASH = hashed("answer")
Tables = dict[str, list[dict[str, Any]]]


@pytest.fixture
def ports(database: str, clock: FixedClock) -> Iterator[Ports]:
    """A node that plays nothing yet."""
    with world(database, clock) as node:
        node.in_force.put(None)
        yield node.ports


def row(number: str, **fields: Any) -> dict[str, Any]:
    return {"id": f"rec{number}", "createdTime": "2027-01-01T00:00:00.000Z", "fields": fields}


def puzzle(number: str, title: str, **fields: Any) -> dict[str, Any]:
    return row(number, Title=title, Level=["recL1"], Value=10, Unlocked=True, Solution=HASH, **fields)


def tables() -> Tables:
    return {
        "Levels": [row("L1", Title="The Quay", Unlocked=True)],
        "Puzzles": [puzzle("P1", "One"), puzzle("P2", "Two")],
        "Hints": [row("H1", Puzzle=["recP1"], HintText="Look up.")],
    }


def source(changed: Tables | None = None) -> Source:
    return read_text(json.dumps({"format": 1, "tables": changed or tables()}), "test.json")


def current(ports: Ports) -> int | None:
    return hunt_state.read_versions(ports.database)[1]


def test_the_first_restock_is_in_force_here_and_on_every_other_node(
    database: str, ports: Ports, clock: FixedClock
) -> None:
    done = restock(ports.for_content, ports.hasher, source(), "ada")
    assert (done.version, done.is_new, current(ports)) == (1, True, 1)
    assert ports.in_force.content.puzzles[0].title == "One"
    with ports_on(database, clock) as elsewhere:
        elsewhere.in_force.put(Content(0, (), (), ()))
        catch_up(elsewhere.database, elsewhere.in_force)
        assert elsewhere.in_force.content == ports.in_force.content


def test_a_restock_is_audited_and_listed_with_who_and_where_from(ports: Ports) -> None:
    restock(ports.for_content, ports.hasher, source(), "ada", "192.0.2.1")
    (line,) = list_versions(ports.database)
    assert (line.id, line.made_at, line.made_by, line.source, line.puzzles) == (1, NOON, "ada", "test.json", 2)
    with ports.database.reading() as connection:
        act = connection.execute(select(AuditEntry.actor, AuditEntry.action, AuditEntry.address)).one()
    assert tuple(act) == ("ada", "restock", "192.0.2.1")


def test_warnings_are_told_and_kept_and_do_not_stop_a_restock(ports: Ports) -> None:
    done = restock(ports.for_content, ports.hasher, source(), "ada")
    assert any(warning.record_id == "recP2" for warning in done.warnings)
    assert len(list_versions(ports.database)[0].warnings) == len(done.warnings) > 0


def test_with_any_fault_the_old_version_stays_and_all_faults_are_named(ports: Ports) -> None:
    restock(ports.for_content, ports.hasher, source(), "ada")
    before = ports.in_force.content
    wrong = tables()
    wrong["Puzzles"][0]["fields"]["Solution"] = "not a hash"
    wrong["Puzzles"][1]["fields"]["Level"] = ["recNowhere"]
    with pytest.raises(ContentFaulty) as faulty:
        restock(ports.for_content, ports.hasher, source(wrong), "ada")
    assert {fault.record_id for fault in faulty.value.faults} == {"recP1", "recP2"}
    assert ports.in_force.content is before
    assert (current(ports), len(list_versions(ports.database))) == (1, 1)


def test_unchanged_records_make_no_new_version(ports: Ports) -> None:
    restock(ports.for_content, ports.hasher, source(), "ada")
    again = restock(ports.for_content, ports.hasher, source(), "ada")
    assert (again.version, again.is_new, len(list_versions(ports.database))) == (1, False, 1)


def test_a_restock_says_what_was_added_removed_and_changed(ports: Ports) -> None:
    restock(ports.for_content, ports.hasher, source(), "ada")
    changed = tables()
    changed["Puzzles"][0]["fields"]["Title"] = "One!"
    changed["Puzzles"][1] = puzzle("P3", "Three")
    changes = restock(ports.for_content, ports.hasher, source(changed), "ada").changes
    assert changes is not None
    told = [[change.id for change in part] for part in (changes.added, changes.removed, changes.changed)]
    assert told == [["recP3"], ["recP2"], ["recP1"]]


# --- when a puzzle was opened ----------------------------------------------------------------------------------------


def test_in_the_first_version_everything_is_open_from_the_beginning(ports: Ports) -> None:
    restock(ports.for_content, ports.hasher, source(), "ada")
    assert ports.in_force.content.since == {}


def test_a_puzzle_that_is_added_or_opened_later_opens_then_and_keeps_that_time(ports: Ports, clock: FixedClock) -> None:
    first = tables()
    del first["Puzzles"][1]["fields"]["Unlocked"]
    restock(ports.for_content, ports.hasher, source(first), "ada")
    clock.advance(3600)
    second = tables()
    second["Puzzles"].append(puzzle("P3", "Three"))
    restock(ports.for_content, ports.hasher, source(second), "ada")
    opened = {"recP2": NOON + timedelta(hours=1), "recP3": NOON + timedelta(hours=1)}
    assert ports.in_force.content.since == opened
    clock.advance(3600)
    second["Puzzles"][0]["fields"]["Title"] = "One!"
    restock(ports.for_content, ports.hasher, source(second), "ada")
    assert ports.in_force.content.since == opened


def _content(level_open: bool = True, *, since: Any = None, **puzzles: bool) -> Content:
    level = Level("recL", "l", "L", is_unlocked=level_open)
    rows = tuple(Puzzle(key, key, key, "recL", is_unlocked=is_open) for key, is_open in puzzles.items())
    return Content(1, (level,), rows, (), since=since or {})


LATER = NOON + timedelta(hours=1)


@pytest.mark.parametrize(
    ("before", "after", "since"),
    [
        (None, _content(a=True), {}),
        (_content(a=True), _content(a=True), {}),
        (_content(a=True), _content(a=True, b=True), {"b": LATER}),
        (_content(a=True), _content(a=True, b=False), {}),
        (_content(a=False), _content(a=True), {"a": LATER}),
        (_content(False, a=True), _content(a=True), {"a": LATER}),
        (_content(a=True, since={"a": NOON}), _content(a=True), {"a": NOON}),
        (_content(a=True, since={"a": NOON}), _content(b=True), {"b": LATER}),
        (_content(a=False, since={"a": NOON}), _content(a=True), {"a": LATER}),
    ],
)
def test_when_the_organisers_opened_what(before: Content | None, after: Content, since: Any) -> None:
    assert opening_times(before, after, LATER) == since


# --- versions --------------------------------------------------------------------------------------------------------


def test_an_older_version_is_made_current_again_as_it_was(ports: Ports) -> None:
    restock(ports.for_content, ports.hasher, source(), "ada")
    first = ports.in_force.content
    changed = tables()
    changed["Puzzles"].pop()
    restock(ports.for_content, ports.hasher, source(changed), "ada")
    rollback(ports.for_content, ports.hasher, 1, "ada")
    assert (current(ports), ports.in_force.content) == (1, first)
    rollback(ports.for_content, ports.hasher, 2, "ada")
    assert len(ports.in_force.content.puzzles) == 1


def test_after_a_rollback_a_restock_gets_a_number_of_its_own(ports: Ports) -> None:
    restock(ports.for_content, ports.hasher, source(), "ada")
    changed = tables()
    changed["Puzzles"].pop()
    restock(ports.for_content, ports.hasher, source(changed), "ada")
    rollback(ports.for_content, ports.hasher, 1, "ada")
    assert restock(ports.for_content, ports.hasher, source(changed), "ada").version == 3


@pytest.mark.parametrize("number", [0, -1, 2, 2**31, 10**30])
def test_a_version_that_never_was_is_refused(ports: Ports, number: int) -> None:
    restock(ports.for_content, ports.hasher, source(), "ada")
    with pytest.raises(VersionUnknown):
        rollback(ports.for_content, ports.hasher, number, "ada")
    with pytest.raises(VersionUnknown):
        compare_versions(ports.database, ports.clock, ports.hasher, ports.prox, 1, number)
    assert current(ports) == 1


def test_any_two_versions_can_be_compared(ports: Ports) -> None:
    restock(ports.for_content, ports.hasher, source(), "ada")
    changed = tables()
    changed["Puzzles"].append(puzzle("P3", "Three"))
    restock(ports.for_content, ports.hasher, source(changed), "ada")
    assert [
        change.id for change in compare_versions(ports.database, ports.clock, ports.hasher, ports.prox, 1, 2).added
    ] == ["recP3"]
    assert [
        change.id for change in compare_versions(ports.database, ports.clock, ports.hasher, ports.prox, 2, 1).removed
    ] == ["recP3"]


def test_what_is_exported_can_be_restocked_and_changes_nothing(ports: Ports) -> None:
    restock(ports.for_content, ports.hasher, content_restock.read_file(DEMO_HUNT), "ada")
    again = restock(ports.for_content, ports.hasher, read_text(export_current(ports.database), "export.json"), "ada")
    assert not again.is_new


def test_nothing_can_be_exported_before_there_is_anything(ports: Ports) -> None:
    with pytest.raises(VersionUnknown):
        export_current(ports.database)


def test_a_version_of_an_older_shape_is_compiled_again_and_keeps_its_opening_times(
    ports: Ports, clock: FixedClock
) -> None:
    restock(ports.for_content, ports.hasher, source(), "ada")
    clock.advance(60)
    more = tables()
    more["Puzzles"].append(puzzle("P3", "Three"))
    restock(ports.for_content, ports.hasher, source(more), "ada")
    good = ports.in_force.content
    compiled = content_queries.read_compiled(ports.database, 2)
    assert compiled is not None
    with ports.database.writing() as connection:
        old = json.dumps(json.loads(compiled) | {"shape": 0})
        connection.execute(update(ContentVersion).where(ContentVersion.id == 2).values(compiled=old))
    ports.in_force.put(Content(0, (), (), ()))
    ensure_content(ports.for_content, ports.hasher, Config.from_env(settings("sqlite:///x.db")))
    assert ports.in_force.content == good
    assert content_queries.read_compiled(ports.database, 2) == compiled


# --- at once ---------------------------------------------------------------------------------------------------------


def test_restocks_at_once_on_two_nodes_follow_one_another(database: str, ports: Ports, clock: FixedClock) -> None:
    restock(ports.for_content, ports.hasher, source(), "ada")
    with ports_on(database, clock) as elsewhere:
        outcomes: list[Any] = []
        gate = threading.Barrier(4)

        def work(node: Ports, number: int) -> None:
            changed = tables()
            changed["Puzzles"][0]["fields"]["Title"] = f"Edit {number}"
            gate.wait()
            outcomes.append(restock(node.for_content, node.hasher, source(changed), f"writer {number}").version)

        threads = [threading.Thread(target=work, args=((ports, elsewhere)[n % 2], n)) for n in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(30)
    assert sorted(outcomes) == [2, 3, 4, 5]
    assert current(ports) == 5


def test_two_nodes_that_start_at_once_stock_the_hunt_once(database: str, ports: Ports, clock: FixedClock) -> None:
    config = Config.from_env(settings("sqlite:///x.db"))
    with world(database, clock) as other:
        elsewhere = other.ports
        elsewhere.in_force.put(None)
        gate = threading.Barrier(2)

        def start(node: Ports) -> None:
            gate.wait()
            ensure_content(node.for_content, node.hasher, config)

        threads = [threading.Thread(target=start, args=(node,)) for node in (ports, elsewhere)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(30)
        assert len(list_versions(ports.database)) == 1
        assert ports.in_force.content == elsewhere.in_force.content


# --- where it comes from ---------------------------------------------------------------------------------------------


def test_a_node_starts_from_the_database_with_no_source_at_all(ports: Ports, tmp_path: Path) -> None:
    restock(ports.for_content, ports.hasher, source(), "ada")
    ports.in_force.put(None)
    ensure_content(
        ports.for_content,
        ports.hasher,
        Config.from_env(settings("sqlite:///x.db", {"CONTENT_FILE": str(tmp_path / "gone.json")})),
    )
    assert ports.in_force.content.version == 1


def test_without_airtable_the_file_of_the_environment_is_the_source() -> None:
    assert source_from(Config.from_env(settings("sqlite:///x.db"))).origin == DEMO_HUNT.name


def test_airtable_can_be_asked_for_only_where_it_is_set_up() -> None:
    with pytest.raises(SourceMissing, match="AIRTABLE_API_KEY"):
        source_from(Config.from_env(settings("sqlite:///x.db")), "airtable")


def test_a_file_that_is_not_there_is_refused_in_words() -> None:
    with pytest.raises(SourceUnreadable, match="cannot be read"):
        source_from(Config.from_env(settings("sqlite:///x.db")), "/no/such/file.json")


AIRTABLE = {"AIRTABLE_API_KEY": "key", "AIRTABLE_BASE_ID": "appBase", "AIRTABLE_ENDPOINT_URL": "http://127.0.0.1:9"}


def test_at_the_very_first_start_the_file_serves_where_airtable_does_not(
    ports: Ports, monkeypatch: pytest.MonkeyPatch
) -> None:
    def down(config: Config) -> Source:
        raise SourceUnreadable("Airtable does not answer.")

    monkeypatch.setattr(content_restock, "_fetch_airtable", down)
    ensure_content(ports.for_content, ports.hasher, Config.from_env(settings("sqlite:///x.db", AIRTABLE)))
    assert list_versions(ports.database)[0].source == DEMO_HUNT.name


def test_at_the_very_first_start_the_file_serves_where_airtable_is_full_of_faults(
    ports: Ports, monkeypatch: pytest.MonkeyPatch
) -> None:
    empty = deepcopy(tables()) | {"Puzzles": []}
    monkeypatch.setattr(content_restock, "_fetch_airtable", lambda config: source(empty))
    ensure_content(ports.for_content, ports.hasher, Config.from_env(settings("sqlite:///x.db", AIRTABLE)))
    assert list_versions(ports.database)[0].source == DEMO_HUNT.name


def test_an_airtable_that_is_down_later_leaves_everything_as_it_is(
    ports: Ports, monkeypatch: pytest.MonkeyPatch
) -> None:
    restock(ports.for_content, ports.hasher, source(), "ada")

    def down(config: Config) -> Source:
        raise SourceUnreadable("Airtable does not answer.")

    monkeypatch.setattr(content_restock, "_fetch_airtable", down)
    config = Config.from_env(settings("sqlite:///x.db", AIRTABLE))
    with pytest.raises(SourceUnreadable):
        source_from(config)
    ensure_content(ports.for_content, ports.hasher, config)
    assert (current(ports), ports.in_force.content.version) == (1, 1)


def test_a_linked_style_sheet_that_cannot_be_had_is_a_fault_of_its_record(ports: Ports) -> None:
    linked = tables()
    linked["Levels"][0]["fields"]["CustomCSS"] = "https://127.0.0.1:9/style.css"
    nobody = Fetcher(Policy(None))
    ports = replace(ports, prox=ProxClient(Signer(b"secret"), nobody, nobody, lambda *_: None))
    with pytest.raises(ContentFaulty) as faulty:
        restock(ports.for_content, ports.hasher, source(linked), "ada")
    (fault,) = faulty.value.faults
    assert (fault.record_id, fault.field) == ("recL1", "CustomCSS")
