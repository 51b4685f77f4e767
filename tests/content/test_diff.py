from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from app.content.diff import COLUMNS, KINDS, PARTS, Change, Changes, compare
from app.core.model import Content, Division, Hint, Level, Page, Puzzle, StoryBlock

LEVEL = Level("recL", "l", "The Level")
ONE = Puzzle(id="recA", key="a", title="One", level_id="recL", value=10)
TWO = Puzzle(id="recB", key="b", title="Two", level_id="recL", order=2)
OLD = Content(
    1, (LEVEL,), (ONE, TWO), (Division("open", "Open"),), (Page("rules", "Rules", "<p>r</p>"),), {"x": "data:,"}
)
BARE = Content(1, (), (replace(ONE, id="recZ"),), ())

# For each kind: a content with it, the same with it changed, and what it is called.
Pair = tuple[Content, Content, Change]
HINT, BLOCK = Hint("recH", 1, "<p>h</p>"), StoryBlock("recS", 1, "<p>s</p>")
OF_EACH_KIND: dict[str, Pair] = {
    "level": (
        replace(BARE, levels=(LEVEL,)),
        replace(BARE, levels=(replace(LEVEL, prereq_count=1),)),
        Change("level", "recL", "The Level", ("PrereqCount",)),
    ),
    "puzzle": (
        replace(BARE, puzzles=(*BARE.puzzles, TWO)),
        replace(BARE, puzzles=(*BARE.puzzles, replace(TWO, value=3))),
        Change("puzzle", "recB", "Two", ("Value",)),
    ),
    "hint": (
        replace(BARE, puzzles=(replace(BARE.puzzles[0], hints=(HINT,)),)),
        replace(BARE, puzzles=(replace(BARE.puzzles[0], hints=(replace(HINT, html="", cost=2),)),)),
        Change("hint", "recH", "One › 1", ("HintText", "Cost")),
    ),
    "story block": (
        replace(BARE, puzzles=(replace(BARE.puzzles[0], story=(BLOCK,)),)),
        replace(BARE, puzzles=(replace(BARE.puzzles[0], story=(replace(BLOCK, html=""),)),)),
        Change("story block", "recS", "One › 1", ("Text",)),
    ),
    "division": (
        replace(BARE, divisions=(Division("solo", "Solo"),)),
        replace(BARE, divisions=(Division("solo", "Alone"),)),
        Change("division", "solo", "Alone", ("Name",)),
    ),
    "page": (
        replace(BARE, pages=(Page("rules", "Rules", "<p>r</p>"),)),
        replace(BARE, pages=(Page("rules", "Rules", ""),)),
        Change("page", "rules", "Rules", ("Body",)),
    ),
    "asset": (
        replace(BARE, assets={"pic.png": "data:,x"}),
        replace(BARE, assets={"pic.png": "data:,y"}),
        Change("asset", "pic.png", "pic.png", ("Content",)),
    ),
    "setting": (
        replace(BARE, site_css="p{}"),
        replace(BARE, site_css="q{}"),
        Change("setting", "site_css", "site_css", ("Content",)),
    ),
}


def test_a_renumbered_copy_has_no_changes() -> None:
    assert compare(OLD, replace(OLD, version=2)).is_empty


def test_every_kind_of_thing_has_its_case() -> None:
    assert set(OF_EACH_KIND) == set(KINDS)


@pytest.mark.parametrize("kind", OF_EACH_KIND)
def test_each_kind_is_named_in_its_own_words_when_it_comes_goes_and_changes(kind: str) -> None:
    there, otherwise, told = OF_EACH_KIND[kind]
    title = {"division": "Solo"}.get(kind, told.title)
    assert compare(BARE, there) == Changes((Change(kind, told.id, title),), (), ())
    assert compare(there, BARE) == Changes((), (Change(kind, told.id, title),), ())
    assert compare(there, otherwise) == Changes((), (), (told,))


def test_added_and_removed_puzzles_are_named() -> None:
    new = replace(OLD, puzzles=(TWO, replace(ONE, id="recC", key="c", title="Three")))
    changes = compare(OLD, new)
    assert changes.added == (Change("puzzle", "recC", "Three"),)
    assert changes.removed == (Change("puzzle", "recA", "One"),)
    assert changes.changed == ()


def test_changes_are_told_by_the_columns_a_writer_knows() -> None:
    changed = replace(ONE, title="One!", body_html="<p>b</p>", answers=("h",))
    changes = compare(OLD, replace(OLD, puzzles=(changed, TWO)))
    assert changes.changed == (Change("puzzle", "recA", "One!", ("Title", "ContentText", "Solution")),)


def test_a_hint_that_moves_to_another_puzzle_is_a_changed_hint() -> None:
    def with_hint(is_first: bool) -> Content:
        return replace(
            OLD, puzzles=(replace(ONE, hints=(HINT,) * is_first), replace(TWO, hints=(HINT,) * (not is_first)))
        )

    assert compare(with_hint(True), with_hint(False)).changed == (Change("hint", "recH", "Two › 1", ("Puzzle",)),)


def test_what_has_no_title_is_called_by_its_name_and_by_nothing_of_python() -> None:
    """A name that is also a method of ``str`` must not be taken for one."""
    said = compare(BARE, replace(BARE, assets=dict.fromkeys(("title", "name", "pic.png"), "data:,x"))).added
    assert [change.title for change in said] == ["title", "name", "pic.png"]


def every_field(kind: Callable[..., object]) -> set[str]:
    return set(kind.__dataclass_fields__)  # type: ignore[attr-defined]


def test_every_field_a_writer_sets_has_a_column_name() -> None:
    for kind in (Level, Puzzle, Division, Page, Hint, StoryBlock):
        assert every_field(kind) - set(COLUMNS) - PARTS <= {"id"}
