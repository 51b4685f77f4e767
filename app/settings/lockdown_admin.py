"""Admin page for lockdown and schedule."""

from __future__ import annotations

from collections.abc import Mapping

from flask import redirect, request, url_for
from werkzeug.wrappers import Response as BaseResponse

from app.core.text import Text, sentence
from app.errors import HuntError, NotFound
from app.guesses.late_solves import find_late_solves
from app.settings.forms import NOTHING_TYPED, FormRefused, fields_of, label_of, save, typed_texts, zones
from app.settings.service import change_settings
from app.web.access import role
from app.web.admin_blueprint import admin
from app.web.admin_frame import done, render_admin
from app.web.visit import Visit, our_team, ports, visit

SCHEDULE = ("starts_at", "ends_at", "freeze_at", "time_zone", "archive")
# Label, effect while open, effect while closed.
SWITCHES = {
    "puzzles": (
        sentence("Puzzles"),
        sentence("Puzzles, guesses, hints and power-ups work for every team."),
        sentence(
            "Every page of the game says “closed for the moment”. Nothing is lost; XP and falling values go on with"
            " time."
        ),
    ),
    "registration": (
        sentence("Registration"),
        sentence("Anybody can register a new team."),
        sentence("Nobody can register. Registered teams play on."),
    ),
    "leaderboard": (
        sentence("Leaderboard"),
        sentence("Everyone sees the leaderboard."),
        sentence("Nobody sees the leaderboard. Points still count."),
    ),
}


@admin.get("/lockdown")
@role("admin")
def lockdown() -> str:
    return _show()


@admin.post("/lockdown/<switch>")
@role("admin")
def turn_switch(switch: str) -> BaseResponse:
    """Idempotent."""
    wanted = {"closed": "on", "open": "off"}.get(request.form.get("to", ""))
    if switch not in SWITCHES:
        raise NotFound
    if wanted is None:
        raise HuntError("invalid_form", sentence("A switch is set to open or to closed."))
    changed = change_settings(
        ports().database,
        ports().in_force,
        ports().clock,
        {f"lockdown_{switch}": wanted},
        our_team().name,
        visit().address,
    )
    return done(_turned(SWITCHES[switch][0], is_closed=wanted == "on", is_new=bool(changed)), "lockdown")


@admin.post("/lockdown")
@role("admin")
def save_schedule() -> BaseResponse | tuple[str, int]:
    typed = typed_texts(SCHEDULE)
    try:
        save(SCHEDULE, typed)
    except FormRefused as refused:
        return _show(typed, refused), refused.status
    return redirect(url_for("admin.lockdown"), 303)


def _show(typed: Mapping[str, str] = NOTHING_TYPED, refused: FormRefused | None = None) -> str:
    return render_admin(
        "settings/lockdown.html",
        "lockdown",
        switches=[
            (name, getattr(ports().in_force.settings, f"lockdown_{name}"), *words) for name, words in SWITCHES.items()
        ],
        teams_see=_teams_see(visit()),
        fields=fields_of(SCHEDULE, typed, refused),
        zones=zones(),
        refused=refused,
        label_of=label_of,
        late_solves=len(find_late_solves(ports().database, ports().in_force)),
    )


def _turned(what: str, *, is_closed: bool, is_new: bool) -> Text:
    if is_new:
        return sentence("%(what)s: closed now.", what=what) if is_closed else sentence("%(what)s: open now.", what=what)
    if is_closed:
        return sentence("%(what)s: closed already.", what=what)
    return sentence("%(what)s: open already.", what=what)


def _teams_see(seen: Visit) -> str:
    if seen.hunt_state == "before":
        return sentence("Teams see the countdown. Puzzles open at the start.")
    if seen.hunt_state == "ended":
        return sentence("The hunt is over. Puzzles and solutions can be read; guesses earn nothing.")
    return sentence("The hunt is running.")
