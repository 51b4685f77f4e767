"""A puzzle's parts for the hint desk; its pictures open to staff whatever is locked."""

from __future__ import annotations

from dataclasses import dataclass

from app.content.version_pages import own_pictures
from app.core.model import Content, Puzzle
from app.hints.desk import DeskHint


@dataclass(frozen=True, slots=True)
class PuzzleFile:
    url: str
    name: str
    is_picture: bool


@dataclass(frozen=True, slots=True)
class HintRow:
    order: int
    id: str
    html: str
    is_taken: bool


@dataclass(frozen=True, slots=True)
class PuzzleParts:
    """``link``: where its page leads, empty if it is all here."""

    description_html: str
    body_html: str
    erratum_html: str
    solution_html: str
    success_html: str
    near_html: tuple[str, ...]
    files: tuple[PuzzleFile, ...]
    link: str


def puzzle_parts(content: Content, puzzle: Puzzle | None) -> PuzzleParts | None:
    if puzzle is None:
        return None
    files = (
        PuzzleFile(_own_address(content, one.url), one.filename, one.media_type.startswith("image/"))
        for one in puzzle.attachments
    )
    return PuzzleParts(
        description_html=own_pictures(content, puzzle.description_html),
        body_html=own_pictures(content, puzzle.body_html),
        erratum_html=own_pictures(content, puzzle.erratum_html),
        solution_html=own_pictures(content, puzzle.solution_html),
        success_html=own_pictures(content, puzzle.success_html),
        near_html=tuple(own_pictures(content, one.message_html) for one in puzzle.close),
        files=tuple(files),
        link=puzzle.url,
    )


def hint_rows(content: Content, hints: tuple[DeskHint, ...]) -> list[HintRow]:
    return [HintRow(one.order, one.hint.id, own_pictures(content, one.hint.html), bool(one.paid)) for one in hints]


def _own_address(content: Content, url: str) -> str:
    return f"/admin/content/{content.version}{url}" if url.startswith("/assets/") else url
