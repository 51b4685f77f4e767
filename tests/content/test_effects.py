"""What a new version does to teams is said before it is done; the cases are values, without a database."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from app.content.effects import Effects, PuzzleReach, Stakes, decisive, weigh, with_closed_divisions
from app.core.hunt_settings import HuntSettings
from app.core.model import Content, Division, Hint, Level, Progress, Puzzle, StoryBlock
from tests.support.clock import NOON

LEVEL, SECOND = Level("recL1", "quay", "The Quay"), Level("recL2", "stair", "The Stair", prereq=("recA",))
HINT, BLOCK = Hint("recH", 1, "<p>h</p>"), StoryBlock("recS", 1, "<p>s</p>")
ONE = Puzzle("recA", "a", "One", "recL1", value=10, answers=("x",), hints=(HINT,), story=(BLOCK,), near="n")
TWO = Puzzle("recB", "b", "Two", "recL1", 2)
DEEP = Puzzle("recC", "c", "Deep", "recL2")
OPEN, SOLO = Division("open", "Open", final_puzzle_id="recA"), Division("solo", "Solo")
OLD = Content(1, (LEVEL, SECOND), (ONE, TWO, DEEP), (OPEN, SOLO))
PAST = NOON - timedelta(hours=1)
SOLVER = Progress("open", PAST, solved={"recA": PAST}, skipped={"recB": PAST})
FRESH = Progress("solo", PAST)
MEMBERS = {"open": 1, "solo": 2}
STAKES = Stakes(NOON, teams=(SOLVER, FRESH, FRESH), members=MEMBERS, hints={"recH": 1}, questions={"recB": 2})


def effects(new: Content, **stakes: Any) -> Effects:
    return weigh(OLD, new, replace(STAKES, **stakes))


def places(effects: Effects) -> tuple[set[tuple[str, str]], set[tuple[str, str]]]:
    """(record, field) of what is taken and of what is noted."""
    return tuple({(one.record_id, one.field) for one in part} for part in (effects.taken, effects.noted))  # type: ignore[return-value]


def puzzles(*changed: Puzzle, without: str = "") -> Content:
    by_id = {puzzle.id: puzzle for puzzle in changed}
    return replace(OLD, puzzles=tuple(by_id.get(one.id, one) for one in OLD.puzzles if one.id != without))


def test_the_same_content_does_nothing_to_anybody() -> None:
    assert effects(replace(OLD, version=2)) == Effects()


@pytest.mark.parametrize(
    ("new", "place", "words"),
    [
        (replace(OLD, divisions=(OPEN,)), ("solo", "Code"), "2 teams play in it. It stays listed as closed"),
        (replace(OLD, divisions=(OPEN, replace(SOLO, is_ranked=False))), ("solo", "Ranked"), "no rank any more"),
        (replace(OLD, divisions=(replace(OPEN, final_puzzle_id="recC"), SOLO)), ("open", "FinalPuzzle"), "1 team has"),
        (puzzles(without="recA"), ("recA", ""), "1 team has solved it; 1 of its hints were taken; 3 teams can see it"),
        (puzzles(without="recB"), ("recB", ""), "1 team has skipped it; 2 questions about it are open"),
        (puzzles(replace(ONE, is_unlocked=False)), ("recA", "Unlocked"), "closes for 3 teams"),
        (puzzles(replace(ONE, unlock_at=NOON + timedelta(1))), ("recA", "UnlockAt"), "closes for 3 teams"),
        (puzzles(replace(ONE, divisions=("open",))), ("recA", "Divisions"), "closes for 2 teams"),
        (puzzles(replace(TWO, prereq=("recA",))), ("recB", "Prereq"), "closes for 2 teams"),
        (puzzles(replace(TWO, level_id="recL2")), ("recB", "Level"), "moves to the level “The Stair”"),
        (replace(OLD, levels=(replace(LEVEL, is_unlocked=False), SECOND)), ("recA", ""), "closes for 3 teams"),
        (puzzles(replace(ONE, hints=())), ("recH", ""), "Hint 1 of “One” goes, and 1 team has taken it"),
        (puzzles(replace(ONE, story=())), ("recS", ""), "3 teams can read"),
    ],
)  # fmt: skip
def test_what_teams_would_lose_is_taken(new: Content, place: tuple[str, str], words: str) -> None:
    found = effects(new)
    assert place in places(found)[0]
    assert any(words in one.message and (one.record_id, one.field) == place for one in found.taken)


@pytest.mark.parametrize(
    ("new", "place", "words"),
    [
        (replace(OLD, divisions=(OPEN, replace(SOLO, is_public=False))), ("solo", "Public"), "2 teams play"),
        (puzzles(replace(ONE, answers=("y",))), ("recA", "Solution"), "1 team has solved it with the old"),
        (puzzles(replace(ONE, value=20)), ("recA", "Value"), "keep the points"),
        (puzzles(replace(ONE, key="new")), ("recA", "Slug"), "Its address changes"),
        (puzzles(replace(TWO, is_meta=True)), ("recB", "Meta"), "1 team has skipped"),
        (replace(OLD, levels=(LEVEL, replace(SECOND, prereq=()))), ("recC", ""), "opens at once for 2 teams"),
        (puzzles(replace(ONE, hints=(replace(HINT, html="!"),))), ("recH", "HintText"), "reads otherwise"),
        (puzzles(replace(ONE, hints=(replace(HINT, cost=3),))), ("recH", "Cost"), "costs 3 in place of 1"),
        (puzzles(replace(ONE, hints=(replace(HINT, available_after=30),))), ("recH", "AvailableAfter"), "30 min"),
        (puzzles(replace(ONE, story=(replace(BLOCK, html="!"),))), ("recS", "Text"), "reads otherwise"),
    ],
)  # fmt: skip
def test_what_teams_would_notice_is_noted_and_nothing_is_taken(
    new: Content, place: tuple[str, str], words: str
) -> None:
    found = effects(new)
    assert places(found) == (set(), {place})
    assert words in found.noted[0].message


def test_a_power_up_that_loses_its_tolerance_is_noted_where_there_are_power_ups() -> None:
    new = puzzles(replace(ONE, near=""))
    assert effects(new) == Effects()
    assert places(effects(new, settings=HuntSettings(xp=True))) == (set(), {("recA", "Near")})


def test_the_anchor_that_goes_is_noted() -> None:
    found = effects(puzzles(without="recA"), settings=HuntSettings(anchor_puzzle="a"))
    assert "anchor puzzle" in found.noted[-1].message


def test_before_the_start_nobody_loses_a_puzzle_but_a_division_with_teams_counts() -> None:
    settings = HuntSettings(starts_at=NOON + timedelta(hours=1))
    waiting = (replace(FRESH), replace(FRESH))
    assert effects(puzzles(without="recB"), settings=settings, teams=waiting, hints={}, questions={}).taken == ()
    assert effects(replace(OLD, divisions=(OPEN,)), settings=settings, teams=waiting).taken != ()


def test_without_teams_nothing_is_lost() -> None:
    assert weigh(OLD, Content(2, (LEVEL,), (TWO,), ()), Stakes(NOON)) == Effects()


def test_a_puzzle_that_comes_again_under_another_id_is_named() -> None:
    again = replace(OLD, puzzles=(replace(ONE, id="recNew"), TWO, DEEP))
    found = effects(again)
    assert any("recNew; solves belong to the id" in one.message for one in found.taken)


def test_what_was_agreed_to_is_known_by_its_places_whatever_the_numbers() -> None:
    new = replace(OLD, divisions=(OPEN,))
    more = effects(new, members={"open": 1, "solo": 9})
    assert effects(new).digest == more.digest != effects(puzzles(without="recB")).digest


# --- divisions that stay ---------------------------------------------------------------------------------------------


def test_a_division_with_teams_stays_closed_and_an_empty_one_goes() -> None:
    bare = replace(OLD, divisions=(replace(OPEN, code="all"),))
    kept = with_closed_divisions(bare, OLD, {"solo": 3, "open": 0})
    assert [(one.code, one.is_closed) for one in kept.divisions] == [("all", False), ("solo", True)]
    assert with_closed_divisions(bare, OLD, {}).divisions == bare.divisions


def test_a_closed_division_keeps_its_name_rank_and_final_puzzle_while_that_is_there() -> None:
    final = replace(SOLO, final_puzzle_id="recB")
    old, bare = replace(OLD, divisions=(OPEN, final)), replace(OLD, divisions=(OPEN,))
    assert with_closed_divisions(bare, old, {"solo": 1}).divisions[1] == replace(final, is_closed=True)
    gone = replace(bare, puzzles=(ONE, DEEP))
    assert with_closed_divisions(gone, old, {"solo": 1}).divisions[1].final_puzzle_id is None


def test_teams_of_a_division_that_nobody_knows_are_listed_too() -> None:
    kept = with_closed_divisions(OLD, None, {"lost": 1}).divisions[-1]
    assert (kept.code, kept.name, kept.is_closed) == ("lost", "lost", True)
    assert "lost" in {one.record_id for one in effects(OLD, members={"lost": 1}).noted}


def test_a_closed_division_is_no_new_loss() -> None:
    closed = replace(OLD, divisions=(OPEN, replace(SOLO, is_closed=True)))
    found = weigh(closed, replace(OLD, divisions=(OPEN,)), STAKES)
    assert found.taken == ()
    assert "Move them" in found.noted[0].message


def test_a_change_says_how_many_teams_work_on_the_puzzle_and_how_many_have_solved_it() -> None:
    assert effects(puzzles(replace(ONE, body_html="<p>x</p>"))).reach == {"recA": PuzzleReach(working=2, solved=1)}
    # The third team has skipped it.
    assert effects(puzzles(without="recB")).reach == {"recB": PuzzleReach(working=2, solved=0)}
    assert effects(OLD).reach == {}


IDS = ("recA", "recB", "recC", "recD")
some_ids = st.lists(st.sampled_from((*IDS, "recGone")), unique=True, max_size=3).map(tuple)
some_times = st.sampled_from((None, PAST, NOON + timedelta(hours=1)))
levels = st.builds(
    Level, st.just("recL1"), st.just("one"), st.just("One"), is_unlocked=st.sampled_from((True, True, False)),
    unlock_at=some_times, prereq=some_ids, prereq_count=st.sampled_from((None, 1)),
)  # fmt: skip
puzzle_like = st.fixed_dictionaries(
    {
        "title": st.sampled_from(("One", "Two")),
        "level_id": st.sampled_from(("recL1", "recL2")),
        "value": st.sampled_from((10, 20)),
        "is_unlocked": st.sampled_from((True, True, False)),
        "unlock_at": some_times,
        "prereq": some_ids,
        "divisions": st.sampled_from(((), ("open",))),
        "answers": st.sampled_from((("x",), ("y",))),
    }
)
contents = st.builds(
    lambda first, found, final, owner, parts: Content(
        1,
        (first, replace(SECOND, prereq=first.prereq)),
        tuple(Puzzle(key, key.lower(), **cells, **(parts if key == owner else {})) for key, cells in found.items()),
        (replace(OPEN, final_puzzle_id=final), SOLO),
    ),
    levels,
    st.dictionaries(st.sampled_from(IDS), puzzle_like, min_size=1),
    st.sampled_from((None, *IDS)),
    st.sampled_from(IDS),
    st.fixed_dictionaries(
        {
            "hints": st.sampled_from(((), (HINT,), (replace(HINT, cost=2),))),
            "story": st.sampled_from(((), (BLOCK,), (replace(BLOCK, html="<p>t</p>"),))),
        }
    ),
)
passed = st.lists(st.sampled_from(IDS), unique=True, max_size=3).map(lambda ids: dict.fromkeys(ids, PAST))
progresses = st.builds(Progress, st.sampled_from(("open", "solo")), st.just(PAST), solved=passed, skipped=passed)


@given(contents, contents, st.lists(progresses, max_size=5), st.sampled_from((None, "reca", "recB")))
@hypothesis_settings(max_examples=100, deadline=None)
def test_who_solved_the_decisive_puzzles_says_as_much_as_all_that_everybody_has_done(
    old: Content, new: Content, teams: list[Progress], anchor: str | None
) -> None:
    stakes = replace(STAKES, teams=tuple(teams), settings=HuntSettings(anchor_puzzle=anchor))
    needed = decisive(old, new, anchor)
    known = [
        replace(
            team,
            solved={key: at for key, at in team.solved.items() if key in needed},
            skipped={key: at for key, at in team.skipped.items() if key in needed},
        )
        for team in teams
    ]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("app.content.effects._concerned", lambda *_: frozenset((*IDS, "recGone")))
        whole = weigh(old, new, stakes)
    some = weigh(old, new, replace(stakes, teams=tuple(known)))
    assert (some, some.reach) == (whole, whole.reach)


def test_one_changed_title_asks_for_few_solves() -> None:
    assert decisive(OLD, puzzles(replace(DEEP, title="Deeper")), None) == {"recC", "recA"}
