"""Notices of the hint desk, on the account page of the staff."""

from __future__ import annotations

from flask import Blueprint, flash, jsonify, redirect
from flask.typing import ResponseReturnValue

from app.accounts.forms import HookForm
from app.core.roles import sees_all_questions
from app.core.team import TeamState
from app.core.text import sentence
from app.notifications import desk_notices, team_webhooks
from app.notifications.desk_notices import Choice
from app.web.access import role
from app.web.languages import told
from app.web.pages import NoticesBox
from app.web.render import wants_json
from app.web.visit import our_team, ports, posted, visit

notices = Blueprint("notices", __name__, url_prefix="/account")
PLACE = "/account#notices"


@notices.post("/notices")
@role("helper", "writer")
def choose_notices() -> ResponseReturnValue:
    team = our_team()
    # Who sees own puzzles only is not asked, and keeps what was chosen with another role.
    about_own = posted("about") == "mine" if sees_all_questions(team.roles) else team.own_notices
    wanted = Choice(about_own, by_mail=posted("mail") == "yes")
    desk_notices.choose(ports().database, ports().clock, team, wanted, visit().address)
    if wants_json():
        return jsonify(url=PLACE)
    flash(told(sentence("Saved.")), "success")
    return redirect(PLACE, 303)


def notices_box(team: TeamState, form: HookForm | None = None) -> NoticesBox | None:
    """None for teams."""
    if not team.roles:
        return None
    chosen = desk_notices.read_choice(ports().database, team)
    return NoticesBox(
        about_own=chosen.about_own,
        by_mail=chosen.by_mail,
        sees_all=sees_all_questions(team.roles),
        can_mail=ports().postman.is_set_up,
        hook=form or HookForm(formdata=None),
        connected=team_webhooks.find_hook(ports().database, team.id),
    )
