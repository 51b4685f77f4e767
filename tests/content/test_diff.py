from __future__ import annotations

from dataclasses import replace

from app.content.diff import COLUMNS, Change, compare
from app.core.model import Content, Division, Hint, Level, Page, Puzzle

LEVEL = Level("recL", "l", "The Level")
ONE = Puzzle(id="recA", key="a", title="One", level_id="recL", value=10)
TWO = Puzzle(id="recB", key="b", title="Two", level_id="recL", order=2)
OLD = Content(
    1, (LEVEL,), (ONE, TWO), (Division("open", "Open"),), (Page("rules", "Rules", "<p>r</p>"),), {"x": "data:,"}
)


def test_a_renumbered_copy_has_no_changes() -> None:
    assert compare(OLD, replace(OLD, version=2)).is_empty


def test_added_and_removed_puzzles_are_named() -> None:
    new = replace(OLD, puzzles=(TWO, replace(ONE, id="recC", key="c", title="Three")))
    changes = compare(OLD, new)
    assert changes.added == (Change("puzzle", "recC", "Three"),)
    assert changes.removed == (Change("puzzle", "recA", "One"),)
    assert changes.changed == ()


def test_changes_are_told_by_the_columns_a_writer_knows() -> None:
    changed = replace(ONE, title="One!", body_html="<p>b</p>", answers=("h",), hints=(Hint("h", 1, ""),))
    changes = compare(OLD, replace(OLD, puzzles=(changed, TWO)))
    assert changes.changed == (Change("puzzle", "recA", "One!", ("Title", "ContentText", "Solution", "Hints")),)


def test_levels_divisions_pages_assets_and_site_css_are_compared_too() -> None:
    new = replace(
        OLD,
        levels=(replace(LEVEL, prereq_count=1),),
        divisions=(Division("open", "All"),),
        pages=(Page("rules", "Rules", ""),),
        assets={"x": "data:,y"},
        site_css="p{}",
    )
    told = {(one.kind, one.columns) for one in compare(OLD, new).changed}
    assert told == {
        ("level", ("PrereqCount",)),
        ("division", ("Name",)),
        ("page", ("Body",)),
        ("asset", ("Content",)),
        ("site", ("Content",)),
    }


def test_every_field_a_writer_sets_has_a_column_name() -> None:
    for kind in (Level, Puzzle, Division, Page):
        assert set(kind.__dataclass_fields__) - set(COLUMNS) <= {"id"}
