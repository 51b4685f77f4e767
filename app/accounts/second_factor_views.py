"""Pages of the second factor."""

from __future__ import annotations

from dataclasses import dataclass, field

import segno
from flask import Blueprint, flash, jsonify, redirect
from flask.typing import ResponseReturnValue

from app.accounts import one_time_codes, second_factor
from app.accounts.forms import CodeForm, TurnOffForm
from app.accounts.second_factor import FactorState, LoginExpired
from app.accounts.views import ask_again, onward
from app.core.text import sentence
from app.database import teams
from app.database.teams import Account
from app.errors import FieldsRefused
from app.web.access import for_all, role
from app.web.languages import told
from app.web.pages import FormPage
from app.web.render import render, wants_json
from app.web.sessions import begin_session, continue_session, second_step
from app.web.visit import our_team, ports, visit

factor = Blueprint("second_factor", __name__, url_prefix="/account")

TITLE, PLACE = sentence("Second factor"), "/account/second-factor"
OFF = sentence("Second factor turned off.")


@dataclass(frozen=True, slots=True)
class FactorPage:
    form: object
    standing: FactorState
    is_required: bool
    picture: str = ""
    turn_off: object = field(default_factory=lambda: TurnOffForm(formdata=None))


@factor.get("/login/code")
@for_all
def show_second_step() -> ResponseReturnValue:
    if second_step(visit().now) is None:
        return redirect("/account/login", 303)
    return render("accounts/second_step.html", FormPage(TITLE, CodeForm()))


@factor.post("/login/code")
@for_all
def finish_login() -> ResponseReturnValue:
    step, form = second_step(visit().now), CodeForm()
    if step is None:
        raise LoginExpired
    code, address = form.code.data or "", visit().address
    try:
        found = second_factor.finish_login(
            ports().for_login, ports().encryption, step.team_id, step.epoch, code, address
        )
    except FieldsRefused as refused:
        return ask_again("accounts/second_step.html", TITLE, form, refused)
    now = ports().clock.now()
    begin_session(found.id, found.epoch, now, is_remembered=step.is_remembered, by_second_factor=True)
    return onward(step.onward)


@factor.get("/second-factor")
@role("helper", "writer")
def show_factor() -> ResponseReturnValue:
    return render("accounts/second_factor.html", _page(CodeForm(formdata=None)))


@factor.post("/second-factor/begin")
@role("helper", "writer")
def begin_factor() -> ResponseReturnValue:
    second_factor.begin(ports().database, ports().clock, ports().encryption, our_team().id)
    return onward(PLACE)


@factor.post("/second-factor/confirm")
@role("helper", "writer")
def confirm_factor() -> ResponseReturnValue:
    """Recovery codes are shown once, in no later page or cookie."""
    form, account = CodeForm(), _account()
    try:
        epoch, codes = second_factor.confirm(
            ports().database,
            ports().clock,
            ports().broadcaster,
            ports().encryption,
            account,
            form.code.data or "",
            visit().address,
        )
    except FieldsRefused as refused:
        return _refused(refused, form, TurnOffForm(formdata=None), form)
    continue_session(account.id, epoch, by_second_factor=True)
    return jsonify(recovery_codes=codes) if wants_json() else render("accounts/recovery_codes.html", codes=codes)


@factor.post("/second-factor/off")
@role("helper", "writer")
def turn_factor_off() -> ResponseReturnValue:
    form, account = TurnOffForm(), _account()
    password, code = form.current_password.data or "", form.code.data or ""
    try:
        second_factor.turn_off(ports().for_login, ports().encryption, account, password, code, visit().address)
    except FieldsRefused as refused:
        return _refused(refused, CodeForm(formdata=None), form, form)
    continue_session(account.id, account.epoch, by_second_factor=False)
    flash(told(OFF), "success")
    return onward(PLACE)


def _account() -> Account:
    found = teams.find_by_id(ports().database, our_team().id)
    if found is None:
        raise LoginExpired
    return found


def _refused(
    refused: FieldsRefused, form: CodeForm, turn_off: TurnOffForm, refused_form: CodeForm
) -> ResponseReturnValue:
    if wants_json():
        raise refused
    refused_form.refuse(refused.fields)
    return render("accounts/second_factor.html", _page(form, turn_off)), 400


def _page(form: CodeForm, turn_off: TurnOffForm | None = None) -> FactorPage:
    found, hunt = second_factor.standing(ports().database, ports().encryption, our_team().id), visit().settings
    picture = ""
    if found.secret:
        address = one_time_codes.address_of(found.secret, our_team().name, hunt.hunt_name)
        picture = segno.make(address, error="m").svg_data_uri(scale=5, border=4, light="#fff")
    off = turn_off or TurnOffForm(formdata=None)
    return FactorPage(form, found, hunt.staff_second_factor, picture, off)
