"""From versions and restocks to the content pages. Reads through services only; called by the content views."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from flask import current_app, url_for

from app.content.compare import Change
from app.content.faults import Fault
from app.rules.model import Content, Puzzle
from app.rules.wording import sentence
from app.services.browsing_versions import content_of, find_line, warnings_of
from app.services.overseeing import count_teams
from app.services.restock_runs import Run, latest_run
from app.services.restocking import compare_versions, list_versions
from app.views.admin.dashboard import note_of
from app.views.pages.admin_content import (
    ComparePage,
    ContentPage,
    Difference,
    Finding,
    PreviewLevel,
    PreviewLink,
    SourceChoice,
    VersionPage,
    VersionRow,
)
from app.views.visit import Visit, ports

MOST_MEGABYTES = 8
NO_AIRTABLE = sentence("Airtable is not set up (AIRTABLE_API_KEY, AIRTABLE_BASE_ID).")


def content_page(seen: Visit, refusal: str = "") -> ContentPage:
    """The version in play, the last restock, and all versions."""
    lines, run, now = list_versions(ports()), latest_run(ports()), seen.content.version
    current = next((line for line in lines if line.id == now), None)
    return ContentPage(
        current=_row(current, now) if current else None,
        age_minutes=int((seen.now - current.made_at).total_seconds()) // 60 if current else 0,
        warnings=findings(warnings_of(current)) if current else (),
        restock=note_of(run),
        sources=_sources(),
        versions=tuple(_row(line, now) for line in lines),
        teams=count_teams(ports()),
        most_megabytes=MOST_MEGABYTES,
        refusal=refusal,
        **_refused_for(run),
    )


def _refused_for(run: Run | None) -> dict[str, Any]:
    if run is None:
        return {"problem": "", "faults": ()}
    lost = sentence("The process that ran it has gone silent; start it again.") if run.state == "lost" else ""
    return {"problem": run.problem or lost, "faults": findings(run.faults)}


def _sources() -> tuple[SourceChoice, ...]:
    config = current_app.extensions["config"]
    airtable = SourceChoice("airtable", "Airtable", "" if config.has_airtable else NO_AIRTABLE)
    return airtable, SourceChoice("file", sentence("the content file"))


def findings(faults: Iterable[Fault]) -> tuple[Finding, ...]:
    """Faults or warnings as rows: table, record, field, what to do."""
    return tuple(Finding(one.table, one.record_title or one.record_id, one.field, one.message) for one in faults)


def _row(line: Any, current: int) -> VersionRow:
    figures = (line.id, line.made_at, line.made_by, line.source, line.puzzles, len(line.warnings))
    return VersionRow(*figures, is_current=line.id == current)


def compare_page(seen: Visit, old: int, new: int, *, is_rollback: bool = False) -> ComparePage:
    """What differs on the way from one version to the other. Raises VersionUnknown."""
    changes = compare_versions(ports(), old, new)
    return ComparePage(
        old=old,
        new=new,
        added=_differences(changes.added),
        removed=_differences(changes.removed),
        changed=_differences(changes.changed),
        is_rollback=is_rollback,
        teams=count_teams(ports()) if is_rollback else 0,
        versions=tuple(line.id for line in list_versions(ports())),
    )


def _differences(changes: Iterable[Change]) -> tuple[Difference, ...]:
    return tuple(Difference(one.kind, one.title, ", ".join(one.columns)) for one in changes)


def version_page(seen: Visit, version: int) -> VersionPage:
    """The levels and puzzles of a version, each with its preview. Raises VersionUnknown."""
    line = find_line(ports(), version)
    content = content_of(ports(), version)
    return VersionPage(
        version=_row(line, seen.content.version),
        levels=tuple(PreviewLevel(level.title, _previews(content, level.id)) for level in content.levels),
        warnings=findings(warnings_of(line)),
    )


def _previews(content: Content, level_id: str) -> tuple[PreviewLink, ...]:
    return tuple(_preview(content, puzzle) for puzzle in content.puzzles_by_level.get(level_id, ()))


def _preview(content: Content, puzzle: Puzzle) -> PreviewLink:
    url = preview_url(content, puzzle)
    return PreviewLink(puzzle.title, url, puzzle.value, puzzle.is_meta, len(puzzle.hints), bool(puzzle.answers))


def preview_url(content: Content, puzzle: Puzzle) -> str:
    """Where this puzzle of this version is previewed."""
    return url_for("admin.preview", version=content.version, record=puzzle.id)
