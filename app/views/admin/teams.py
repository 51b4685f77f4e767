"""Teams: which are there, what is known of one, and saving what an organiser changed about it."""

from __future__ import annotations

import secrets
from typing import Any

from flask import Response, flash, redirect, request, session, url_for
from werkzeug.wrappers import Response as BaseResponse

from app.errors import FieldsRefused
from app.rules.wording import sentence
from app.services.managing_teams import (
    LINES_A_PAGE,
    Dossier,
    TeamChanged,
    TeamEdit,
    TeamLine,
    TeamSearch,
    edit_team,
    export_csv,
    export_json,
    find_team,
    search_teams,
)
from app.services.roles import ROLES
from app.views.access import role
from app.views.admin.blueprint import admin
from app.views.admin.frame import render_admin
from app.views.admin.people_forms import TeamForm
from app.views.languages import told
from app.views.pages.admin_people import Clash, DoingRow, LedgerRow, Option, SolveRow, TeamPage, TeamRow, TeamsPage
from app.views.visit import our_team, ports, visit

ROLE_NAMES = {
    "team": sentence("Team"), "helper": sentence("Helper"), "writer": sentence("Writer"), "admin": sentence("Admin"),
}  # fmt: skip
# The same within a sentence: the code of the role, which the page tells.
ROLE_WORDS = (sentence("team"), sentence("helper"), sentence("writer"), sentence("admin"))
STANDINGS = {"": None, "good": False, "banned": True}
MOST_PAGES = 10_000


@admin.get("/teams")
@role("admin")
def teams() -> str:
    """Which teams are there?"""
    asked = {name: request.args.get(name, "")[:200] for name in ("words", "division", "role", "standing")}
    page = min(request.args.get("page", 1, type=int) or 1, MOST_PAGES)
    wanted = TeamSearch(asked["words"], asked["division"], asked["role"], STANDINGS.get(asked["standing"]))
    found, count = search_teams(ports(), wanted, page)
    return render_admin("admin/teams.html", _list(found, count, asked, max(1, page)))


@admin.get("/teams/export.<extension>")
@role("admin")
def export_teams(extension: str) -> Response:
    """All teams as a file: CSV that no spreadsheet takes for formulas, or JSON."""
    is_json = extension == "json"
    body = export_json(ports()) if is_json else "".join(export_csv(ports()))
    name = f"teams.{'json' if is_json else 'csv'}"
    mimetype = "application/json" if is_json else "text/csv"
    return Response(body, mimetype=mimetype, headers={"Content-Disposition": f'attachment; filename="{name}"'})


@admin.get("/teams/<int:number>")
@role("admin")
def team(number: int) -> str:
    """What is known of this team, and what can be done about it?"""
    return render_admin("admin/team.html", team_page(find_team(ports(), number)), "teams")


@admin.post("/teams/<int:number>")
@role("admin")
def save_team(number: int) -> str | BaseResponse | tuple[str, int]:
    """Save what was changed, unless somebody else did so since."""
    form = _offer(TeamForm())
    edit = form.edit()
    try:
        edit_team(ports(), number, edit, request.form.get("seen", ""), our_team().name, visit().address)
    except FieldsRefused as refused:
        form.refuse(refused.fields)
        page = team_page(find_team(ports(), number), form=form, seen=request.form.get("seen", ""))
        return render_admin("admin/team.html", page, "teams"), 400
    except TeamChanged as changed:
        page = team_page(find_team(ports(), number), form=form, clashes=_clashes(changed.team, edit))
        return render_admin("admin/team.html", page, "teams"), 409
    flash(told(sentence("Saved.")), "success")
    return redirect(url_for("admin.team", number=number), 303)


def _clashes(stored: TeamLine, edit: TeamEdit) -> tuple[Clash, ...]:
    """What the other organiser stored beside what was typed here, where the two differ."""
    typed = edit.profile
    pairs = (
        (told(sentence("Display name")), stored.display_name, typed.display_name.strip()),
        (told(sentence("Affiliation")), stored.affiliation, typed.affiliation.strip()),
        (told(sentence("E-mail addresses")), " ".join(stored.emails), " ".join(typed.emails.split())),
        (told(sentence("Division")), division_name(stored.division), division_name(edit.division)),
    )
    return tuple(Clash(*pair) for pair in pairs if pair[1] != pair[2])


def team_page(found: Dossier, **more: Any) -> TeamPage:
    """The page of one team."""
    one, content = found.team, visit().content
    solved = {solve.puzzle_id for solve in found.solves}
    shown = {
        "form": _offer(TeamForm(formdata=None, data=_stored(one))),
        "seen": found.seen,
        "reset_link": _link_made_for(one.id),
        **more,
    }
    return TeamPage(
        id=one.id, name=one.name, display_name=one.display_name, division=division_name(one.division),
        role=one.role, is_banned=one.is_banned, score=one.score, xp=one.xp, hint_credits=one.hint_credits,
        created_at=one.created_at, once=secrets.token_urlsafe(12), roles=role_options(),
        unsolved=tuple((puzzle.id, puzzle.title) for puzzle in content.puzzles if puzzle.id not in solved),
        solves=tuple(SolveRow(title_of(x.puzzle_id), x.puzzle_id, x.solved_at, x.points, x.is_late)
                     for x in found.solves),
        ledger=tuple(LedgerRow(x.at, x.kind, x.amount, x.reason, title_of(x.puzzle_id), x.actor)
                     for x in found.ledger),
        doings=tuple(DoingRow(x.at, kind_in_words(x.kind), title_of(x.puzzle_id), x.text, x.address)
                     for x in found.doings),
        **shown,
    )  # fmt: skip


def kind_in_words(kind: str) -> str:
    """What the team did, “guess, wrong”, in the reader's language; a kind that is not known stays as it is."""
    return ", ".join(told(word) for word in kind.split(", "))


def _link_made_for(number: int) -> str:
    """The link that was made by the request before this one, once."""
    made = session.get("link_made")
    if not isinstance(made, dict) or made.get("team") != number:
        return ""
    del session["link_made"]
    return str(made.get("path", ""))


def _stored(one: TeamLine) -> dict[str, str]:
    kept = {"display_name": one.display_name, "affiliation": one.affiliation, "division": one.division}
    return {**kept, "emails": "\n".join(one.emails)}


def _offer(form: TeamForm) -> TeamForm:
    form.division.choices = list(division_options())
    return form


def division_options() -> tuple[Option, ...]:
    """Every division there is, and the one of the organisers."""
    return (
        *((found.code, found.name) for found in visit().content.divisions),
        ("staff", told(sentence("Staff (on no board)"))),
    )


def role_options() -> tuple[Option, ...]:
    """The roles, by name."""
    return tuple((one, ROLE_NAMES[one]) for one in ROLES)


def division_name(code: str) -> str:
    """A division as organisers know it."""
    return dict(division_options()).get(code, code)


def title_of(puzzle_id: str | None) -> str:
    """A puzzle's title; its id once it has left the content."""
    puzzle = visit().content.puzzle(puzzle_id) if puzzle_id else None
    return puzzle.title if puzzle else puzzle_id or ""


def _list(found: tuple[TeamLine, ...], count: int, asked: dict[str, str], page: int) -> TeamsPage:
    kept = {name: value for name, value in asked.items() if value}
    is_last = page * LINES_A_PAGE >= count
    return TeamsPage(
        rows=tuple(_row(one) for one in found),
        count=count,
        first=(page - 1) * LINES_A_PAGE + 1,
        **asked,
        divisions=division_options(),
        roles=role_options(),
        is_filtered=bool(kept),
        previous_url=url_for("admin.teams", page=page - 1, **kept) if page > 1 else "",  # type: ignore[arg-type]
        next_url="" if is_last else url_for("admin.teams", page=page + 1, **kept),  # type: ignore[arg-type]
    )


def _row(one: TeamLine) -> TeamRow:
    division, url = division_name(one.division), url_for("admin.team", number=one.id)
    standing = (ROLE_NAMES.get(one.role, one.role), one.is_banned)
    return TeamRow(one.name, one.display_name, division, *standing, one.score, one.solved, url)
