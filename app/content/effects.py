"""What teams lose and notice by a new content version. Pure.

Nothing that a team has done is deleted; it may become unreachable, and ranks may change.
"""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime

from app.content.faults import Fault
from app.core.game_view import open_puzzles
from app.core.hunt_settings import HuntSettings
from app.core.model import Content, Division, Hint, Progress, Puzzle

# Fields that decide who sees a puzzle: as in the model, and as in the table.
_GATES = {
    "level_id": "Level", "divisions": "Divisions", "is_unlocked": "Unlocked", "unlock_at": "UnlockAt",
    "prereq": "Prereq",
}  # fmt: skip
_GATES_OF_LEVELS = ("is_unlocked", "unlock_at", "prereq", "prereq_count")
Said = Iterator[tuple[bool, Fault]]


@dataclass(frozen=True, slots=True)
class PuzzleReach:
    working: int
    solved: int


@dataclass(frozen=True, slots=True)
class Effects:
    """``taken``: what teams would lose, which needs consent. ``noted``: other visible changes.

    ``reach``: by id, the puzzles that change or go and that any team works on or has solved.
    """

    taken: tuple[Fault, ...] = ()
    noted: tuple[Fault, ...] = ()
    reach: Mapping[str, PuzzleReach] = field(default_factory=dict, compare=False)

    @property
    def places(self) -> frozenset[tuple[str, str, str]]:
        return frozenset((one.table, one.record_id, one.field) for one in self.taken)

    @property
    def digest(self) -> str:
        """Identifies the losses that were agreed to, whatever their numbers."""
        return hashlib.sha256(json.dumps(sorted(self.places)).encode()).hexdigest()[:32]


@dataclass(frozen=True, slots=True)
class Stakes:
    """What teams have now. ``members``: teams by division, banned ones included; ``hints``: takers of each hint."""

    now: datetime
    settings: HuntSettings = field(default_factory=HuntSettings)
    teams: tuple[Progress, ...] = ()
    members: Mapping[str, int] = field(default_factory=dict)
    hints: Mapping[str, int] = field(default_factory=dict)
    questions: Mapping[str, int] = field(default_factory=dict)


def decisive(old: Content, new: Content, anchor: str | None) -> frozenset[str]:
    """The puzzles of which :func:`weigh` needs to know who has solved or skipped them."""
    concerned, found = _concerned(old, new, anchor), set[str | None]()
    for content in (old, new):
        levels = {level.id: level.prereq for level in content.levels}
        for puzzle in content.puzzles:
            if puzzle.id in concerned:
                found.update((puzzle.id, *puzzle.prereq, *levels.get(puzzle.level_id, ())))
        found.update(division.final_puzzle_id for division in content.divisions)
        held = content.puzzle(anchor) if anchor else None
        found.update([held.id] if held else ())
    return frozenset(one for one in found if one is not None)


def _concerned(old: Content, new: Content, anchor: str | None) -> frozenset[str]:
    """Puzzles that differ, or open on other terms."""
    before, after = _terms(old, anchor), _terms(new, anchor)
    return frozenset(one for one in before.keys() | after.keys() if before.get(one) != after.get(one))


def _terms(content: Content, anchor: str | None) -> dict[str, tuple[object, ...]]:
    held, known = content.puzzle(anchor) if anchor else None, content.puzzles_by_key.keys()
    anchored = held and (held.id, held.level_id)
    levels = {
        one.id: (*(getattr(one, name) for name in _GATES_OF_LEVELS), known & one.prereq) for one in content.levels
    }
    return {
        one.id: (one, levels.get(one.level_id), one.prereq and known & one.prereq, anchored) for one in content.puzzles
    }


def weigh(old: Content, new: Content, stakes: Stakes, breathe: Callable[[], None] = lambda: None) -> Effects:
    sight = _Sight(old, new, stakes, breathe)
    said = [
        *_of_divisions(old, new, stakes),
        *_of_puzzles(old, new, stakes, sight),
        *_of_hints(old, new, stakes, sight),
        *_of_story(old, new, sight),
        *_of_anchor(old, new, stakes),
    ]
    after, working, solved = {one.id: one for one in new.puzzles}, sight.working, sight.solved
    changed = (one.id for one in old.puzzles if after.get(one.id) != one and working[one.id] + solved[one.id])
    reach = {puzzle: PuzzleReach(working[puzzle], solved[puzzle]) for puzzle in changed}
    taken, noted = ([one for is_loss, one in said if is_loss is kind] for kind in (True, False))
    return Effects(tuple(taken), tuple(noted), reach)


class _Sight:
    """How many teams see each concerned puzzle, will lose it, and will gain it. None before the start."""

    def __init__(self, old: Content, new: Content, stakes: Stakes, breathe: Callable[[], None]) -> None:
        self.seen: Counter[str] = Counter()
        self.lost: Counter[str] = Counter()
        self.gained: Counter[str] = Counter()
        self.working: Counter[str] = Counter()
        self.solved = Counter(one for team in stakes.teams for one in team.solved)
        self.skipped = Counter(one for team in stakes.teams for one in team.skipped)
        if stakes.settings.state_at(stakes.now) == "before":
            return
        anchor = stakes.settings.anchor_puzzle
        concerned = _concerned(old, new, anchor)
        for progress, count in _alike(stakes.teams, decisive(old, new, anchor)):
            breathe()
            before = open_puzzles(old, progress, stakes.now, anchor) & concerned
            after = open_puzzles(new, progress, stakes.now, anchor) & concerned
            working = before - progress.solved.keys() - progress.skipped.keys()
            for counter, found in (
                (self.seen, before), (self.lost, before - after), (self.gained, after - before), (self.working, working)
            ):  # fmt: skip
                counter.update(dict.fromkeys(found, count))


def _alike(teams: Iterable[Progress], puzzles: frozenset[str]) -> Iterator[tuple[Progress, int]]:
    groups: dict[tuple[object, ...], list[Progress]] = {}
    for team in teams:
        key = (team.division, puzzles.intersection(team.solved), puzzles.intersection(team.skipped))
        groups.setdefault(key, []).append(team)
    for alike in groups.values():
        yield alike[0], len(alike)


# --- divisions -------------------------------------------------------------------------------------------------------


def _of_divisions(old: Content, new: Content, stakes: Stakes) -> Said:
    for before in old.divisions:
        after, count = new.division(before.code), stakes.members.get(before.code, 0)
        if after is None and count:
            yield _of_gone_division(before, count)
        elif after is not None and count:
            yield from _of_changed_division(before, after, count, stakes)
    for code, count in stakes.members.items():
        if old.division(code) is None and new.division(code) is None:
            words = f"{_teams(count)} in a division that does not exist. It is listed as closed until they are moved."
            yield False, Fault("Divisions", code, "", "Code", words)


def _of_gone_division(gone: Division, count: int) -> tuple[bool, Fault]:
    if gone.is_closed:
        words = f"This division is closed, and {_teams(count)} in it. Move them to another."
        return False, _division(gone, "Code", words)
    words = f"This division goes, and {_teams(count)} in it. It stays listed as closed until they are moved."
    return True, _division(gone, "Code", words)


def _of_changed_division(before: Division, after: Division, count: int, stakes: Stakes) -> Said:
    if before.is_ranked and not after.is_ranked:
        yield True, _division(after, "Ranked", f"{_teams(count)} in it, and would have no rank any more.")
    if before.is_public and not after.is_public:
        yield False, _division(after, "Public", f"{_teams(count)} in it; others will not see its board any more.")
    if before.final_puzzle_id == after.final_puzzle_id:
        return
    inside = [team for team in stakes.teams if team.division == before.code]
    had = {place for place, team in enumerate(inside) if before.final_puzzle_id in team.solved}
    has = {place for place, team in enumerate(inside) if after.final_puzzle_id in team.solved}
    if had - has:
        words = f"The final puzzle changes: {_count(len(had - has))} finished would not have any more."
        yield True, _division(after, "FinalPuzzle", words)
    if has - had:
        words = f"The final puzzle changes: {_count(len(has - had))} solved the new one and will have finished."
        yield False, _division(after, "FinalPuzzle", words)


# --- puzzles ---------------------------------------------------------------------------------------------------------


def _of_puzzles(old: Content, new: Content, stakes: Stakes, sight: _Sight) -> Said:
    for before in old.puzzles:
        after = new.puzzles_by_key.get(before.id)
        after = after if after is not None and after.id == before.id else None
        if after is None:
            yield from _of_gone_puzzle(before, new, stakes, sight)
        else:
            yield from _of_hidden_puzzle(before, after, new, sight)
            yield from _of_changed_puzzle(before, after, new, stakes, sight)
    for puzzle in new.puzzles:
        if sight.gained[puzzle.id]:
            yield False, _puzzle(puzzle, "", f"It opens at once for {_plain(sight.gained[puzzle.id])}.")


def _of_gone_puzzle(gone: Puzzle, new: Content, stakes: Stakes, sight: _Sight) -> Said:
    hints = sum(stakes.hints.get(hint.id, 0) for hint in gone.hints)
    facts = [
        f"{_count(number)} {words}"
        for number, words in ((sight.solved[gone.id], "solved it"), (sight.skipped[gone.id], "skipped it"))
        if number
    ]
    facts += [f"{hints} of its hints were taken"] if hints else []
    facts += [f"{stakes.questions[gone.id]} questions about it are open"] if stakes.questions.get(gone.id) else []
    facts += [f"{_plain(sight.seen[gone.id])} can see it now"] if sight.seen[gone.id] else []
    if facts:
        words = f"This puzzle goes: {'; '.join(facts)}. Points stay, the page does not."
        yield True, _puzzle(gone, "", words + _same_elsewhere(gone, new))


def _same_elsewhere(gone: Puzzle, new: Content) -> str:
    """A recreated table has new record ids, and solves belong to the id."""
    same = next((one for one in new.puzzles if one.title == gone.title or one.key == gone.key), None)
    if same is None:
        return ""
    return f" A puzzle of that name is there under another record id, {same.id}; solves belong to the id."


def _of_hidden_puzzle(before: Puzzle, after: Puzzle, new: Content, sight: _Sight) -> Said:
    lost = sight.lost[before.id]
    if lost:
        gate = next((column for name, column in _GATES.items() if getattr(before, name) != getattr(after, name)), "")
        where = f" It moves to the level “{new.level_of(after).title}”." if gate == "Level" else ""
        solved = f" {_count(sight.solved[before.id])} solved it." if sight.solved[before.id] else ""
        yield True, _puzzle(after, gate, f"It closes for {_plain(lost)} that can see it now.{where}{solved}")


def _of_changed_puzzle(before: Puzzle, after: Puzzle, new: Content, stakes: Stakes, sight: _Sight) -> Said:
    solved, skipped, seen = (counts[before.id] for counts in (sight.solved, sight.skipped, sight.seen))
    if before.level_id != after.level_id and seen and not sight.lost[before.id]:
        words = f"It moves to the level “{new.level_of(after).title}”; {_plain(seen)} can see it now."
        yield False, _puzzle(after, "Level", words)
    if before.key != after.key and seen:
        yield False, _puzzle(after, "Slug", f"Its address changes; {_plain(seen)} may have kept the old one.")
    if solved and set(before.answers) != set(after.answers):
        yield False, _puzzle(after, "Solution", f"{_count(solved)} solved it with the old answers and keep that.")
    if solved and before.value != after.value:
        yield False, _puzzle(after, "Value", f"{_count(solved)} solved it and keep the points they got.")
    if skipped and after.is_meta and not before.is_meta:
        yield False, _puzzle(after, "Meta", f"{_count(skipped)} skipped it and keep that; from now on nobody can.")
    if stakes.settings.xp and seen and before.near and not after.near:
        yield False, _puzzle(after, "Near", "Close answers forgive no slip here any more.")


def _of_anchor(old: Content, new: Content, stakes: Stakes) -> Said:
    anchor = stakes.settings.anchor_puzzle
    held = old.puzzle(anchor) if anchor else None
    if anchor and held is not None and new.puzzle(anchor) is None:
        yield False, _puzzle(held, "", "The setting anchor puzzle names it; without it the anchor holds nobody.")


# --- hints and story -------------------------------------------------------------------------------------------------


def _of_hints(old: Content, new: Content, stakes: Stakes, sight: _Sight) -> Said:
    after = {hint.id: (puzzle, hint) for puzzle in new.puzzles for hint in puzzle.hints}
    for puzzle in old.puzzles:
        if puzzle.id not in new.puzzles_by_key:
            continue
        for place, before in enumerate(puzzle.hints, 1):
            takers, found = stakes.hints.get(before.id, 0), after.get(before.id)
            if found is None or found[0].id != puzzle.id:
                if takers:
                    words = f"Hint {place} of “{puzzle.title}” goes, and {_count(takers)} taken it."
                    yield True, Fault("Hints", before.id, "", "", words)
            else:
                yield from _of_changed_hint(puzzle, place, before, found[1], takers, sight.seen[puzzle.id])


def _of_changed_hint(puzzle: Puzzle, place: int, before: Hint, after: Hint, takers: int, seen: int) -> Said:
    name = f"Hint {place} of “{puzzle.title}”"
    if takers and before.html != after.html:
        yield False, Fault("Hints", after.id, "", "HintText", f"{name} reads otherwise; {_count(takers)} taken it.")
    if takers and before.cost != after.cost:
        words = f"{name} costs {after.cost} in place of {before.cost}; {_count(takers)} taken it and get nothing back."
        yield False, Fault("Hints", after.id, "", "Cost", words)
    if seen and before.available_after != after.available_after:
        times = f"{after.available_after or 0} min in place of {before.available_after or 0}"
        words = f"{name} can be taken after {times}; {_plain(seen)} can see the puzzle now."
        yield False, Fault("Hints", after.id, "", "AvailableAfter", words)


def _of_story(old: Content, new: Content, sight: _Sight) -> Said:
    after = {block.id: (puzzle.id, block) for puzzle in new.puzzles for block in puzzle.story}
    for puzzle in old.puzzles:
        readers = sight.seen[puzzle.id]
        for block in puzzle.story if readers else ():
            found = after.get(block.id)
            if found is None and puzzle.id in new.puzzles_by_key:
                words = f"A story block of “{puzzle.title}” goes that {_plain(readers)} can read."
                yield True, Fault("Story", block.id, "", "", words)
            elif found is not None and found[1].html != block.html:
                words = f"A story block of “{puzzle.title}” reads otherwise; {_plain(readers)} can read it now."
                yield False, Fault("Story", block.id, "", "Text", words)


# --- words -----------------------------------------------------------------------------------------------------------


def _division(division: Division, column: str, words: str) -> Fault:
    return Fault("Divisions", division.code, division.name, column, words)


def _puzzle(puzzle: Puzzle, column: str, words: str) -> Fault:
    return Fault("Puzzles", puzzle.id, puzzle.title, column, words)


def _plain(count: int) -> str:
    return f"{count:,} team" if count == 1 else f"{count:,} teams"


def _teams(count: int) -> str:
    return f"{_plain(count)} {'plays' if count == 1 else 'play'}"


def _count(count: int) -> str:
    return f"{_plain(count)} {'has' if count == 1 else 'have'}"


# --- divisions that stay ---------------------------------------------------------------------------------------------


def with_closed_divisions(new: Content, old: Content | None, members: Mapping[str, int]) -> Content:
    """Keep each removed division that still has teams, closed."""
    known = {division.code for division in new.divisions}
    kept = []
    for code in sorted(code for code, count in members.items() if count and code not in known):
        before = old.division(code) if old is not None else None
        last = max((division.order for division in new.divisions), default=0) + 1
        kept.append(_closed(before or Division(code, code, is_public=False, order=last), new))
    return replace(new, divisions=(*new.divisions, *kept)) if kept else new


def _closed(division: Division, new: Content) -> Division:
    final = division.final_puzzle_id
    return replace(division, is_closed=True, final_puzzle_id=final if final in new.puzzles_by_key else None)
