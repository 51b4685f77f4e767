"""Actions on one team."""

from __future__ import annotations

import re
from collections.abc import Callable

from flask import redirect, request, session, url_for
from werkzeug.wrappers import Response as BaseResponse

from app.accounts import roles
from app.accounts.admin import names_of, show_team
from app.accounts.password_reset import make_reset_link
from app.accounts.team_admin import find_team
from app.broadcast import stored
from app.core.text import sentence
from app.guesses.adjustments import AdjustmentInvalid, Wish, adjust, give_solve, take_solve
from app.guesses.clearing import clear_guesses
from app.web.access import role, takes_lists
from app.web.admin_blueprint import admin
from app.web.admin_frame import act, done, title_of
from app.web.site_address import site_url
from app.web.visit import our_team, ports, posted_all, visit

KIND_NAMES = {"points": sentence("Points"), "credits": sentence("Hint credits"), "xp": "XP"}
Answer = BaseResponse | tuple[str, int]


@admin.post("/teams/<int:number>/roles")
@takes_lists("roles")
@role("admin")
def set_roles(number: int) -> Answer:
    _known(number)
    wanted = frozenset(posted_all("roles"))

    def run() -> str:
        roles.set_roles(
            ports().database, ports().clock, ports().broadcaster, number, wanted, our_team().name, visit().address
        )
        return sentence("The account’s roles: %(roles)s.", roles=names_of(wanted))

    if number == our_team().id and "admin" not in wanted:
        # An admin who drops the role may no longer see this page.
        run()
        return redirect(url_for("admin.dashboard") if wanted else "/", 303)
    return act(run, lambda problem: show_team(number, problem=problem), "team", number=number)


@admin.post("/teams/<int:number>/ban")
@role("admin")
def ban_team(number: int) -> Answer:
    _known(number)
    roles.ban(ports().database, ports().clock, ports().broadcaster, number, our_team().name, visit().address)
    stored.recheck_sockets(ports().broadcaster, number)
    return done(
        sentence("Banned. The team is logged out and off the leaderboard."),
        "team",
        number=number,
    )


@admin.post("/teams/<int:number>/unban")
@role("admin")
def unban_team(number: int) -> Answer:
    _known(number)
    roles.unban(ports().database, ports().clock, ports().broadcaster, number, our_team().name, visit().address)
    return done(sentence("Ban lifted. The team needs to log in again."), "team", number=number)


@admin.post("/teams/<int:number>/reset-link")
@role("admin")
def make_link(number: int) -> Answer:
    """Shown once, on the next page."""
    _known(number)
    path = make_reset_link(ports().database, ports().clock, number, our_team().name, visit().address)
    session["link_made"] = {"team": number, "path": site_url().rstrip("/") + path}
    return done(sentence("Link created. Give it only to the team."), "team", number=number)


@admin.post("/teams/<int:number>/clear-guesses")
@role("admin")
def give_guesses_back(number: int) -> Answer:
    clear_guesses(ports().database, ports().clock, number, our_team().name, visit().address)
    return done(sentence("Guess limit reset."), "team", number=number)


@admin.post("/teams/<int:number>/adjust")
@role("admin")
def adjust_team(number: int) -> Answer:
    kind, amount = request.form.get("what", ""), _whole(request.form.get("amount", ""))

    def run() -> str:
        changed = adjust(ports().for_hunt, kind, amount, _wish(number))
        words = sentence(
            "%(what)s: %(before)s before, %(after)s now.",
            what=KIND_NAMES[kind],
            before=changed.before,
            after=changed.after,
        )
        return words if changed.is_new else sentence("Already done. Nothing was changed.")

    return _act(number, run)


@admin.post("/teams/<int:number>/solves/give")
@role("admin")
def give_team_solve(number: int) -> Answer:
    puzzle = visit().content.puzzle(request.form.get("which", ""))

    def run() -> str:
        if puzzle is None:
            raise AdjustmentInvalid(sentence("Choose the puzzle."))
        answer = request.form.get("answer", "")
        outcome = give_solve(ports().for_hunt, ports().encryption, visit().content, puzzle, _wish(number), answer)
        return sentence(
            "“%(puzzle)s” is solved, for %(points)s points; %(count)s things opened.",
            puzzle=puzzle.title, points=outcome.points, count=len(outcome.unlocked),
        )  # fmt: skip

    return _act(number, run)


@admin.post("/teams/<int:number>/solves/take")
@role("admin")
def take_team_solve(number: int) -> Answer:
    which = request.form.get("which", "")[:64]

    def run() -> str:
        points = take_solve(ports().for_hunt, visit().content, which, _wish(number))
        return sentence(
            "Solve of “%(puzzle)s” taken away, with its %(points)s points.",
            puzzle=title_of(which),
            points=points,
        )

    return _act(number, run)


def _known(number: int) -> None:
    """Raises TeamUnknown, also for ids out of range."""
    find_team(ports().database, number)


def _wish(number: int) -> Wish:
    reason, once = request.form.get("reason", ""), request.form.get("once", "")[:64]
    return Wish(number, reason, our_team().name, visit().address, once)


def _whole(text: str) -> int:
    """0, which every action refuses, if invalid."""
    tidy = text.strip().replace("−", "-").replace("–", "-")
    return int(tidy) if re.fullmatch(r"[+-]?[0-9]{1,7}", tidy) else 0


def _act(number: int, run: Callable[[], str]) -> Answer:
    return act(run, lambda problem: show_team(number, problem=problem), "team", number=number)
