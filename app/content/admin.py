"""The organisers' pages about content: version in play, restock, comparison, rollback."""

from __future__ import annotations

from flask import Response, current_app, make_response

from app.content.restock import SITE, compare_versions, list_versions
from app.content.restock_job import latest_run
from app.content.sources.site import ORIGIN
from app.content.staging import find_line as find_staged
from app.content.staging import list_waiting
from app.content.version_pages import content_of, find_line, records_of, warnings_of
from app.core.text import sentence
from app.web.access import role
from app.web.admin_blueprint import admin
from app.web.admin_frame import render_admin
from app.web.filters import number_argument
from app.web.header_values import file_disposition
from app.web.visit import ports, visit

MEGABYTE = 1024 * 1024
MOST_MEGABYTES = 8
MOST_UPLOADED = MOST_MEGABYTES * MEGABYTE
NO_AIRTABLE = sentence("Airtable is not set up (AIRTABLE_API_KEY, AIRTABLE_BASE_ID).")


@admin.get("/content")
@role("writer")
def content() -> str:
    return show_content()


def show_content(refusal: str = "") -> str:
    lines, run, version = (
        list_versions(ports().database),
        latest_run(ports().database, ports().clock),
        visit().content.version,
    )
    current = next((line for line in lines if line.id == version), None)
    lost = sentence("The process that ran it has gone silent; start it again.") if run and run.state == "lost" else ""
    has_airtable = current_app.extensions["config"].has_airtable
    return render_admin(
        "content/versions.html",
        "content",
        current=current,
        age_minutes=int((visit().now - current.made_at).total_seconds()) // 60 if current else 0,
        warnings=warnings_of(current) if current else (),
        restock=run,
        waiting=list_waiting(ports().database, ports().clock),
        outcome=find_staged(ports().database, ports().clock, run.staged) if run and run.state == "checked" else None,
        problem=run.problem or lost if run else "",
        sources=(
            ("airtable", "Airtable", "" if has_airtable else NO_AIRTABLE),
            ("file", sentence("the content file"), ""),
            (SITE, ORIGIN, ""),
        ),
        versions=lines,
        most_megabytes=MOST_MEGABYTES,
        refusal=refusal,
    )


@admin.get("/content/compare")
@role("writer")
def compare_content() -> str:
    old, new = number_argument("old") or 0, number_argument("new") or 0
    return render_admin(
        "content/compare.html",
        "content",
        old=old,
        new=new,
        changes=compare_versions(ports().database, ports().clock, ports().hasher, ports().prox, old, new),
    )


@admin.get("/puzzles")
@role("helper", "writer")
def puzzles() -> str:
    return render_admin("game/admin_puzzles.html", content=visit().content)


@admin.get("/content/<int:version>")
@role("writer")
def content_version(version: int) -> str:
    line, content = find_line(ports().database, version), content_of(ports().for_content, ports().hasher, version)
    is_current = version == visit().content.version
    page = {"version": line, "content": content, "is_current": is_current, "warnings": warnings_of(line)}
    return render_admin("content/version.html", "content", **page)


@admin.get("/content/<int:version>/export")
@role("writer")
def export_content(version: int) -> Response:
    response = make_response(records_of(ports().database, version))
    response.headers["Content-Type"] = "application/json; charset=utf-8"
    response.headers["Content-Disposition"] = file_disposition(f"content-{version}", "json")
    return response
