"""Preview a puzzle of any version, and try answers without a record.

Files are served by role, since team URLs require an unlock.
"""

from __future__ import annotations

from dataclasses import replace

from flask import Response, g, make_response, request, url_for
from werkzeug.wrappers import Response as BaseResponse

from app.content import asset_views as served_assets
from app.content.version_pages import asset_of, content_of, own_pictures
from app.core.answers import InvalidAnswer
from app.core.model import Content, Puzzle
from app.database.page_query import PageState
from app.database.puzzle_tests import find_open_test
from app.errors import NotFound
from app.game.pages import PuzzlePage, Result, SheetPicture
from app.game.puzzle_pages import puzzle_page
from app.game.script_views import sandboxed_script
from app.guesses.verdict import untracked_verdict
from app.web.access import role, takes_answer
from app.web.admin_blueprint import admin
from app.web.admin_frame import render_admin
from app.web.header_values import frame_sources
from app.web.languages import told
from app.web.visit import Visit, our_team, ports, visit


@admin.get("/content/<int:version>/puzzle/<record>")
@role("helper", "writer")
def preview(version: int, record: str) -> str:
    return _html(*_find(version, record))


@admin.post("/content/<int:version>/puzzle/<record>")
@role("helper", "writer")
@takes_answer
def solve_preview(version: int, record: str) -> str | tuple[str, int]:
    """No redirect, since nothing is stored."""
    content, puzzle = _find(version, record)
    answer = request.form.get("answer", "")
    try:
        judged = untracked_verdict(
            ports().database, ports().hasher, ports().verdicts, ports().secret, puzzle, answer, is_cached=False
        )
    except InvalidAnswer as why:
        return _html(content, puzzle, answer[:200], Result("error", "", f"<p>{told(str(why))}</p>")), 400
    return _html(content, puzzle, answer, Result(judged.verdict, "", judged.message_html))


@admin.get("/content/<int:version>/puzzle/<record>/style.css")
@role("helper", "writer")
def preview_style(version: int, record: str) -> Response:
    content, puzzle = _find(version, record)
    response = make_response(f"{content.level_of(puzzle).css}\n{puzzle.css}")
    response.headers["Content-Type"] = "text/css; charset=utf-8"
    return response


@admin.get("/content/<int:version>/puzzle/<record>/frame")
@role("helper", "writer")
def preview_frame(version: int, record: str) -> Response:
    """The author's script in a sandbox."""
    puzzle = _find(version, record)[1]
    if not puzzle.script:
        raise NotFound
    return sandboxed_script(puzzle.title, puzzle.script)


@admin.get("/content/<int:version>/assets/<name>")
@role("helper", "writer")
def preview_asset(version: int, name: str) -> BaseResponse:
    found = asset_of(ports().for_content, ports().hasher, version, f"/assets/{name}")
    if found is None:
        raise NotFound
    response = make_response(found.content)
    response.headers["Content-Type"] = found.media_type
    response.headers["Content-Security-Policy"] = served_assets.POLICY
    response.headers["Cache-Control"] = "private, max-age=3600"
    return response


def _find(version: int, record: str) -> tuple[Content, Puzzle]:
    content = content_of(ports().for_content, ports().hasher, version)
    puzzle = content.puzzle(record)
    if puzzle is None:
        raise NotFound
    return content, puzzle


def _html(content: Content, puzzle: Puzzle, answer: str = "", result: Result | None = None) -> str:
    sheet = preview_sheet(visit(), content, puzzle)
    previous, following = _neighbours(content, puzzle)
    return render_admin(
        "game/preview.html",
        "content" if visit().holds("writer", "admin") else "puzzles",
        version=content.version,
        may_write=visit().holds("writer", "admin"),
        is_current=content.version == visit().content.version,
        puzzle=puzzle,
        sheet=sheet,
        open_test=find_open_test(ports().database, our_team().id, puzzle.id),
        solution_html=own_pictures(content, puzzle.solution_html),
        previous=previous,
        following=following,
        answer=answer,
        result=result,
    )


def preview_sheet(seen: Visit, content: Content, puzzle: Puzzle) -> PuzzlePage:
    """Also allows its foreign frame."""
    nothing_done = PageState(seen.state.settings_revision, content.version, seen.state.last_event, team=seen.team)
    page = puzzle_page(replace(seen, content=content, state=nothing_done), puzzle, once="")
    if page.frame_url:
        g.frame_sources = frame_sources(page.frame_url)
    has_style = puzzle.css or content.level_of(puzzle).css
    at = {"version": content.version, "record": puzzle.id}
    return replace(
        page,
        description_html=own_pictures(content, page.description_html),
        body_html=own_pictures(content, page.body_html),
        story_html=tuple(own_pictures(content, block) for block in page.story_html),
        erratum_html=own_pictures(content, page.erratum_html),
        pictures=tuple(_own_picture(content, one) for one in page.pictures),
        css_urls=(url_for("admin.preview_style", **at),) if has_style else (),  # type: ignore[arg-type]
        script_frame_url=url_for("admin.preview_frame", **at) if puzzle.script else "",  # type: ignore[arg-type]
    )


def _own_picture(content: Content, picture: SheetPicture) -> SheetPicture:
    if not picture.url.startswith("/assets/"):
        return picture
    return replace(picture, url=f"/admin/content/{content.version}{picture.url}", srcset="")


def _neighbours(content: Content, puzzle: Puzzle) -> tuple[Puzzle | None, Puzzle | None]:
    ordered = content.puzzles
    place = ordered.index(puzzle)
    return (ordered[place - 1] if place else None, ordered[place + 1] if place + 1 < len(ordered) else None)
