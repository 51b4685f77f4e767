"""Raw records to one checked content, or to the list of all faults.

Pure but for the fetcher of linked style sheets.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import TypeVar

from app.content.assets import asset_faults, read_asset
from app.content.faults import Fault, Findings
from app.content.html.css import clean_css
from app.content.html.sanitise import PictureUrl, Renderer, make_room
from app.content.parse import records
from app.content.parse.checks import (
    check_guess_cost,
    check_order_of_unlocking,
    check_unique,
    warn_of_divisions,
    warn_of_gaps,
)
from app.content.parse.field_names import with_known_names
from app.content.parse.puzzles import read_puzzle
from app.content.parse.records import AttachmentUrl, Tools
from app.content.parse.row import Links, Row
from app.content.simulate import dry_run
from app.content.sources.tables import TABLES, Record, Source
from app.core.clean_text import clean_text
from app.core.model import Content, Division, Hint, Level, Page, Puzzle, StoryBlock

Thing = TypeVar("Thing")
Piece = TypeVar("Piece", Hint, StoryBlock)

OPEN_TO_ALL = Division("open", "Open")
# A restock ignores timed openings: the search for dead ends waits for all.
_SOME_MOMENT = datetime(2000, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Parsed:
    content: Content
    warnings: tuple[Fault, ...]


@dataclass(frozen=True, slots=True)
class Seams:
    """Callbacks to the outside. ``picture_url(address, record id)`` and ``attachment_url(address, record id,
    attachment id, file name)`` return addresses on this site; ``may_be_plain`` allows plain http. ``fetch_css``
    raises StyleUnreachable; ``breathe`` is called between records; ``step_seconds`` of bcrypt: without it there
    is no limit. ``asset_path`` knows files outside of the source.
    """

    picture_url: PictureUrl | None = None
    attachment_url: AttachmentUrl | None = None
    may_be_plain: Callable[[str], bool] = lambda address: False
    fetch_css: Callable[[str], str] | None = None
    breathe: Callable[[], None] = lambda: None
    step_seconds: Callable[[], float] | None = None
    asset_path: Callable[[str], str | None] | None = None


def parse(
    source: Source,
    *,
    version: int,
    since: Mapping[str, datetime] | None = None,
    site_css: str = "",
    seams: Seams | None = None,
) -> Parsed:
    """Raises :class:`~app.content.faults.ContentFaulty` with all faults.

    ``since``: when puzzles that were opened during the hunt opened.
    """
    parser = _Parser(source, Findings(), seams or Seams())
    content = parser.content(version, since or {}, site_css)
    parser.check(content)
    parser.findings.raise_if_faulty()
    parser.warn(content)
    return Parsed(content, tuple(parser.findings.warnings))


def examine(source: Source, seams: Seams | None = None) -> tuple[Content, Findings]:
    """Parse with stand-ins for faulty records."""
    parser = _Parser(source, Findings(), seams or Seams())
    content = parser.content(0, {}, "")
    parser.check(content)
    return content, parser.findings


@dataclass
class _Parser:
    source: Source
    findings: Findings
    seams: Seams
    all_rows: dict[str, list[Row]] = field(init=False)
    rows: dict[str, list[Row]] = field(init=False)
    rows_by_id: dict[str, dict[str, Row]] = field(init=False)
    tools: Tools = field(init=False)

    def __post_init__(self) -> None:
        for warning in self.source.warnings:
            self.findings.warn(warning)
        records = with_known_names(self.source, self.findings.warn)
        self.all_rows = {table: list(self._sound_rows(table, records[table])) for table in TABLES}
        self.rows = {table: [row for row in found if not row.is_empty] for table, found in self.all_rows.items()}
        self.rows_by_id = {table: {row.id: row for row in found} for table, found in self.all_rows.items()}
        asset_path = self.seams.asset_path or self._asset_paths().get
        make_room(sum(len(record.fields) for found in records.values() for record in found))
        self.tools = Tools(
            renderer=Renderer(asset_path, self.seams.picture_url, self.seams.may_be_plain),
            links=Links(self.all_rows, self.source.view),
            asset_url=asset_path,
            fetch_css=self.seams.fetch_css,
            attachment_url=self.seams.attachment_url or (lambda address, *_: address),
            may_be_plain=self.seams.may_be_plain,
        )

    def content(self, version: int, since: Mapping[str, datetime], site_css: str) -> Content:
        divisions = self._divisions()
        levels = [level for _, level in self._each("Levels", lambda row: records.read_level(row, self.tools))]
        linked = {one for level in levels for one in level.metas}
        puzzles = self._puzzles({level.id: level.css for level in levels}, self._division_codes(divisions))
        return Content(
            version=version,
            levels=tuple(_with_metas(level, puzzles) for level in levels),
            puzzles=tuple(_with_meta_box(puzzle, linked) for puzzle in puzzles),
            divisions=tuple(sorted(divisions.values(), key=lambda one: (one.order, one.code))) or (OPEN_TO_ALL,),
            pages=self._pages(),
            assets=dict(self.source.assets),
            since={key: moment for key, moment in since.items() if key in {puzzle.id for puzzle in puzzles}},
            site_css=self._site_css(site_css),
        )

    def check(self, content: Content) -> None:
        if not self.rows["Puzzles"]:
            through = f" in the view “{self.source.view}”" if self.source.view else ""
            self._fault("Puzzles", f"There is no puzzle{through}. A hunt needs at least one.")
        for table, found in (("Levels", content.levels), ("Puzzles", content.puzzles)):
            check_unique(self.rows[table], "Slug", {one.id: one.key for one in found})
        for table, name in (("Divisions", "Code"), ("Pages", "Slug")):
            check_unique(self.rows[table], name, {row.id: row.line(name) or row.id for row in self.rows[table]})
        check_order_of_unlocking(content.levels, content.puzzles, self._row)
        if self.seams.step_seconds is not None:
            check_guess_cost(self.rows["Puzzles"], self.seams.step_seconds())

    def warn(self, content: Content) -> None:
        """Only for content without faults."""
        warn_of_gaps(content, self._row)
        warn_of_divisions(content.divisions, next(iter(self.rows["Divisions"]), None))
        for walk in dry_run(content, _SOME_MOMENT).walks:
            for end in walk.dead_ends:
                self._row("Puzzles", end.puzzle.id).warn("", f"This puzzle can never be reached: {end.reason}.")
            if not walk.is_finished:
                self._warn_of_no_end(walk.division)

    # --- table by table ------------------------------------------------------------------------------------------

    def _divisions(self) -> dict[str, Division]:
        return {
            row.id: found for row, found in self._each("Divisions", lambda row: records.read_division(row, self.tools))
        }

    @staticmethod
    def _division_codes(divisions: Mapping[str, Division]) -> dict[str, str]:
        codes = {found.code: found.code for found in divisions.values()} or {OPEN_TO_ALL.code: OPEN_TO_ALL.code}
        return codes | {record_id: found.code for record_id, found in divisions.items()}

    def _puzzles(self, levels: Mapping[str, str], codes: dict[str, str]) -> list[Puzzle]:
        level_of = self.tools.links.belonging("Puzzles", "Level", "Levels", "Puzzles")

        def read(row: Row) -> Puzzle:
            level = _only_level(row, level_of)
            return read_puzzle(row, level, codes, self.tools, levels.get(level, ""))

        puzzles = [puzzle for _, puzzle in self._each("Puzzles", read)]
        hints: dict[str, list[Hint]] = self._attached("Hints", records.read_hint)
        story: dict[str, list[StoryBlock]] = self._attached("Story", records.read_story)
        return [
            replace(one, hints=_in_order(hints.get(one.id, [])), story=_in_order(story.get(one.id, [])))
            for one in puzzles
            if one.level_id in levels
        ]

    def _attached(self, table: str, read: Callable[[Row, str, int, Tools], Piece | None]) -> dict[str, list[Piece]]:
        """Records by the puzzle that they belong to. The table is also the name of the puzzles' field."""
        belonging = self.tools.links.belonging(table, "Puzzle", "Puzzles", table)
        rows = {row.id: row for row in self.rows[table]}
        found: dict[str, list[Piece]] = {}
        for record_id, puzzle_ids in belonging.items():
            if record_id in rows:
                pieces = found.setdefault(puzzle_ids[0], [])
                piece = self._read(read, rows[record_id], puzzle_ids, len(pieces) + 1)
                pieces += [piece] if piece else []
        for row in self.rows[table]:
            if row.id not in belonging and not self.tools.links.count_hidden(row, "Puzzle") and not row.ids("Puzzle"):
                row.warn("Puzzle", "This row belongs to no puzzle and is left out. Link it to one.")
        return found

    def _read(
        self, read: Callable[[Row, str, int, Tools], Piece | None], row: Row, puzzle_ids: tuple[str, ...], place: int
    ) -> Piece | None:
        self.seams.breathe()
        if len(puzzle_ids) > 1:
            row.fault("Puzzle", "This row is linked to several puzzles. Link it to one, and copy it for the others.")
        return read(row, puzzle_ids[0], place, self.tools)

    def _pages(self) -> tuple[Page, ...]:
        own = [page for _, page in self._each("Pages", lambda row: records.read_page(row, self.tools))]
        pages = own + records.default_pages(self.tools.renderer, frozenset(page.slug for page in own))
        return tuple(sorted(pages, key=lambda page: (page.order, page.slug)))

    def _site_css(self, text: str) -> str:
        sheet = clean_css(text, "", self.tools.asset_url)
        for sentence in sheet.faults:
            self._fault("Settings", sentence, "site_css")
        for sentence in sheet.warnings:
            self.findings.warn(Fault("Settings", "", "", "site_css", sentence))
        return sheet.css

    # --- rows ----------------------------------------------------------------------------------------------------

    def _each(self, table: str, read: Callable[[Row], Thing]) -> list[tuple[Row, Thing]]:
        found = []
        for row in self.rows[table]:
            self.seams.breathe()
            found.append((row, read(row)))
        return found

    def _sound_rows(self, table: str, records: tuple[Record, ...]) -> Iterator[Row]:
        seen: set[str] = set()
        for record in records:
            row = Row(table, record, self.findings)
            if not row.has_sound_id:
                self._fault(table, f"“{clean_text(record.id)[:64]}” is no record id: letters, digits, _ and - only.")
            elif record.id in seen:
                row.fault("", "This record id occurs twice. Every record has its own.")
            else:
                seen.add(record.id)
                yield row

    def _row(self, table: str, record_id: str) -> Row:
        return self.rows_by_id[table][record_id]

    def _asset_paths(self) -> dict[str, str]:
        faulty = dict(asset_faults(self.source.assets))
        for name, sentence in faulty.items():
            self.findings.fault(Fault("assets", "", clean_text(name)[:100], "", sentence))
        return {name: read_asset(uri).path for name, uri in self.source.assets.items() if name not in faulty}

    def _fault(self, table: str, sentence: str, name: str = "") -> None:
        self.findings.fault(Fault(table, "", "", name, sentence))

    def _warn_of_no_end(self, division: Division) -> None:
        message = f"The division {division.name} can never reach its final puzzle."
        self.findings.warn(Fault("Divisions", "", division.name, "FinalPuzzle", message))


def _only_level(row: Row, level_of: Mapping[str, tuple[str, ...]]) -> str:
    found = level_of.get(row.id, ())
    if not found and not row.ids("Level"):
        row.fault("Level", "The puzzle is in no level. Link it to one.")
    elif len(found) > 1:
        row.fault("Level", "The puzzle is in several levels. Link it to one only.")
    return found[0] if found else ""


def _in_order(pieces: list[Piece]) -> tuple[Piece, ...]:
    return tuple(sorted(pieces, key=lambda piece: piece.order))


def _with_metas(level: Level, puzzles: list[Puzzle]) -> Level:
    """Without linked metas, the level's ticked puzzles are its metas."""
    if level.metas:
        known = {puzzle.id for puzzle in puzzles}
        return replace(level, metas=tuple(one for one in level.metas if one in known))
    return replace(level, metas=tuple(one.id for one in puzzles if one.level_id == level.id and one.is_meta))


def _with_meta_box(puzzle: Puzzle, linked: set[str]) -> Puzzle:
    """A puzzle that a level links as its meta is one, ticked or not."""
    return replace(puzzle, is_meta=True) if puzzle.id in linked and not puzzle.is_meta else puzzle
