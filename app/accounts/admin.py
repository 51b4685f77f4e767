"""Organisers' pages that list, export and edit teams."""

from __future__ import annotations

import secrets
from collections.abc import Collection

from flask import Response, request, session
from werkzeug.wrappers import Response as BaseResponse

from app.accounts.admin_forms import TeamForm
from app.accounts.team_admin import (
    TeamChanged,
    TeamEdit,
    TeamLine,
    TeamSearch,
    edit_team,
    export_csv,
    export_json,
    find_open_puzzles,
    find_team,
    search_teams,
)
from app.core.roles import TEAM, as_words
from app.core.text import sentence
from app.database.team_lists import LINES_A_PAGE
from app.errors import FieldsRefused
from app.web.access import role
from app.web.admin_blueprint import admin
from app.web.admin_frame import done, puzzle_options, render_admin
from app.web.header_values import file_disposition
from app.web.languages import told
from app.web.visit import our_team, ports, visit

ROLE_NAMES = {
    "team": sentence("Team"), "helper": sentence("Helper"), "writer": sentence("Writer"), "admin": sentence("Admin"),
}  # fmt: skip
ROLE_RIGHTS = {
    "helper": sentence("the hint desk, the log, every puzzle and its solution"),
    "writer": sentence("content and previews, questions about own puzzles"),
    "admin": sentence("everything"),
}
STANDINGS = {"": None, "good": False, "banned": True}
MOST_PAGES = 10_000


@admin.get("/teams")
@role("admin")
def teams() -> str:
    asked = {name: request.args.get(name, "")[:200] for name in ("words", "division", "role", "standing")}
    page = max(1, min(request.args.get("page", 1, type=int) or 1, MOST_PAGES))
    wanted = TeamSearch(asked["words"], asked["division"], asked["role"], STANDINGS.get(asked["standing"]))
    found, count = search_teams(ports().database, wanted, page)
    kept = {name: value for name, value in asked.items() if value}
    pages = {"previous": page - 1, "next": page + 1 if page * LINES_A_PAGE < count else 0}
    return render_admin(
        "accounts/admin_teams.html",
        rows=found,
        count=count,
        first=(page - 1) * LINES_A_PAGE + 1,
        asked=asked,
        kept=kept,
        pages=pages,
        divisions=division_options(),
        roles=ROLE_NAMES,
        names_of=names_of,
    )


@admin.get("/teams/export.<extension>")
@role("admin")
def export_teams(extension: str) -> Response:
    is_json = extension == "json"
    body = export_json(ports().database) if is_json else "".join(export_csv(ports().database))
    named = file_disposition("teams", "json" if is_json else "csv")
    mimetype = "application/json" if is_json else "text/csv"
    return Response(body, mimetype=mimetype, headers={"Content-Disposition": named})


@admin.get("/teams/<int:number>")
@role("admin")
def team(number: int) -> str:
    return show_team(number)


@admin.post("/teams/<int:number>")
@role("admin")
def save_team(number: int) -> str | BaseResponse | tuple[str, int]:
    """409 if someone else changed it first."""
    form = _offer(TeamForm())
    edit = form.edit()
    try:
        edit_team(ports().for_hunt, number, edit, request.form.get("seen", ""), our_team().name, visit().address)
    except FieldsRefused as refused:
        form.refuse(refused.fields)
        return show_team(number, form=form, seen=request.form.get("seen", "")), 400
    except TeamChanged as changed:
        return show_team(number, form=form, clashes=_clashes(changed.team, edit)), 409
    return done(sentence("Saved."), "team", number=number)


def _clashes(stored: TeamLine, edit: TeamEdit) -> list[tuple[str, str, str]]:
    typed = edit.profile
    pairs = (
        (told(sentence("Team name")), stored.display_name, typed.display_name.strip()),
        (told(sentence("Affiliation")), stored.affiliation, typed.affiliation.strip()),
        (told(sentence("Email addresses")), " ".join(stored.emails), " ".join(typed.emails.split())),
        (told(sentence("Division")), division_name(stored.division), division_name(edit.division)),
    )
    return [pair for pair in pairs if pair[1] != pair[2]]


def show_team(number: int, **more: object) -> str:
    found = find_team(ports().database, number)
    solved = {solve.puzzle_id for solve in found.solves}
    page = {
        "team": found.team,
        "found": found,
        "open_puzzles": find_open_puzzles(ports().database, ports().in_force, visit().now, found.team),
        "content_version": visit().content.version,
        "form": _offer(TeamForm(formdata=None, data=_stored(found.team))),
        "seen": found.seen,
        "once": secrets.token_urlsafe(12),
        "roles": {key: (ROLE_NAMES[key], words) for key, words in ROLE_RIGHTS.items()},
        "names_of": names_of,
        "unsolved": [(id, title) for id, title in puzzle_options() if id not in solved],
        "reset_link": _link_made_for(number),
    }
    return render_admin("accounts/admin_team.html", "teams", **page | more)


def names_of(held: Collection[str]) -> str:
    return ", ".join(told(ROLE_NAMES[one]) for one in as_words(held).split() or [TEAM])


def _link_made_for(number: int) -> str:
    made = session.get("link_made")
    if not isinstance(made, dict) or made.get("team") != number:
        return ""
    del session["link_made"]
    return str(made.get("path", ""))


def _stored(one: TeamLine) -> dict[str, str]:
    kept = {"display_name": one.display_name, "affiliation": one.affiliation, "division": one.division}
    return {**kept, "emails": "\n".join(one.emails)}


def _offer(form: TeamForm) -> TeamForm:
    form.division.choices = list(division_options().items())
    return form


def division_options() -> dict[str, str]:
    names = {found.code: found.name for found in visit().content.divisions}
    return names | {"staff": told(sentence("Staff (on no board)"))}


def division_name(code: str) -> str:
    """The code if unknown."""
    return division_options().get(code, code)
