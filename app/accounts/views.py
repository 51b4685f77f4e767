"""Account pages. A refused form is 400; success 303, or ``{"url": …}`` as JSON."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from flask import Blueprint, flash, jsonify, make_response, redirect, request
from flask.typing import ResponseReturnValue

from app.accounts import addresses, password_reset, registration, registration_brake
from app.accounts import login as accounts_login
from app.accounts import logout as accounts_logout
from app.accounts import profile as accounts_profile
from app.accounts.address_views import address_states, mail_desk
from app.accounts.divisions import public_divisions
from app.accounts.forms import ForgotForm, HookForm, LoginForm, PasswordForm, ProfileForm, RegisterForm, ResetForm
from app.accounts.login import WrongLogin
from app.accounts.notice_views import notices_box
from app.accounts.program_views import programs_box
from app.accounts.registration_brake import TooManyRegistrations
from app.clock import Clock
from app.core import names
from app.core.text import sentence
from app.database.engine import Database
from app.database.teams import Account
from app.errors import FieldsRefused, HashingBusy, HuntError
from app.notifications import team_webhooks
from app.ports import Pusher
from app.web.access import for_all
from app.web.forms import SiteForm
from app.web.languages import asked_for, told, told_in
from app.web.pages import AccountPage, FormPage
from app.web.render import render, wants_json
from app.web.safe_redirect import path_on_this_site
from app.web.sessions import begin_second_step, begin_session, continue_session, forget_session, open_session
from app.web.site_address import site_url
from app.web.visit import our_team, ports, posted, visit

account = Blueprint("account", __name__, url_prefix="/account")

REGISTER, LOG_IN = sentence("Register a team"), sentence("Log in")
FORGOT, RESET = sentence("Reset password"), sentence("Choose a new password")
HOOK_SET, HOOK_GONE = sentence("Connected. A test message is on its way."), sentence("Disconnected.")
CHANGED = sentence("Password changed. Everyone else on your team needs to log in again with the new one.")
RESET_DONE = sentence("Password changed. You’re logged in.")
WRONG = sentence("Wrong username or password.")
OUT = sentence("You’re logged out.")
OUT_EVERYWHERE = sentence("Your team is logged out on all devices.")
LOGIN_FIRST = sentence("Log in to continue.")
SENT = sentence(
    "If that team exists and has an email address, we’ve sent a link. It works once and expires in 24 hours."
)
NO_MAIL = sentence("This site can’t send email. Ask the organisers for a link to choose a new password.")


@account.get("/register")
@for_all
def show_registration() -> ResponseReturnValue:
    _refuse_closed_registration()
    return render("accounts/register.html", FormPage(REGISTER, _register_form()))


@account.post("/register")
@for_all
def register() -> ResponseReturnValue:
    _refuse_closed_registration()
    seen, form = visit(), _register_form()
    try:
        team_id = registration.register(
            ports().for_login, seen.settings, seen.content, form.registration(), seen.address
        )
    except FieldsRefused as refused:
        return ask_again("accounts/register.html", REGISTER, form, refused)
    except (TooManyRegistrations, HashingBusy) as refused:
        return _ask_later("accounts/register.html", REGISTER, form, refused)
    _ask_for_proofs(team_id)
    end_own_session()
    begin_session(team_id, 0, ports().clock.now())
    if seen.hunt_state != "before":
        # Before the start the home page says it.
        words = sentence(
            "You’re in! Your team logs in with the username “%(name)s” and the password you chose.",
            name=names.tidy(form.name.data or ""),
        )
        flash(told(words), "success")
    return onward(_landing())


@account.get("/login")
@for_all
def show_login() -> ResponseReturnValue:
    """Ignores ``next`` outside this site."""
    wanted = path_on_this_site(request.args.get("next"))
    page = FormPage(LOG_IN, LoginForm(next=wanted), notice=LOGIN_FIRST if wanted else "")
    return render("accounts/login.html", page)


@account.post("/login")
@for_all
def login() -> ResponseReturnValue:
    form = LoginForm()
    try:
        found = accounts_login.log_in(
            ports().for_login, form.name.data or "", form.password.data or "", visit().address, _own_team()
        )
    except WrongLogin:
        return ask_again("accounts/login.html", LOG_IN, form, FieldsRefused({"password": WRONG}))
    return enter(found, path_on_this_site(form.next.data or request.args.get("next")), is_remembered=form.remember.data)


@account.post("/logout")
def logout() -> ResponseReturnValue:
    """This session, or with ``everywhere`` all of the team's."""
    ended, is_everywhere = open_session(), posted("everywhere") == "1"
    # Not the team of the visit: seen through its eyes, another team stays logged in.
    if ended is not None and is_everywhere:
        accounts_logout.end_all_sessions(*_session_services(), ended.team_id, visit().address)
    elif ended is not None:
        accounts_logout.end_session(*_session_services(), ended.team_id, ended.key, ended.until)
    forget_session()
    flash(told(OUT_EVERYWHERE if is_everywhere else OUT))
    return onward("/")


@account.get("")
def show_account() -> ResponseReturnValue:
    return render("accounts/profile.html", _account_page(_profile_form(), PasswordForm(formdata=None)))


@account.post("")
def save_account() -> ResponseReturnValue:
    return _change_password() if _is_about_the_password() else _save_profile()


@account.post("/hook")
def save_hook() -> ResponseReturnValue:
    form = HookForm()
    try:
        team_webhooks.set_hook(
            ports().database,
            ports().in_force,
            ports().clock,
            ports().encryption,
            ports().prox,
            ports().translate,
            our_team().id,
            form.url.data or "",
            visit().address,
        )
    except FieldsRefused as refused:
        return _ask_about_account(_profile_form(formdata=None), PasswordForm(formdata=None), form, refused)
    flash(told(HOOK_SET if form.url.data else HOOK_GONE), "success")
    return onward("/account#notices" if our_team().roles else "/account#programs")


def _save_profile() -> ResponseReturnValue:
    form = _profile_form()
    try:
        accounts_profile.save_profile(
            ports().for_hunt, our_team().id, form.profile(our_team().division), visit().address
        )
    except FieldsRefused as refused:
        return _ask_about_account(form, PasswordForm(formdata=None), form, refused)
    _ask_for_proofs(our_team().id)
    # Use the newly chosen language.
    flash(told_in(form.language.data or asked_for(), sentence("Saved.")), "success")
    return onward("/account")


def _change_password() -> ResponseReturnValue:
    form, team = PasswordForm(), our_team()
    current, new, again = (field.data or "" for field in (form.current_password, form.password, form.password_again))
    try:
        epoch = accounts_profile.change_password(
            ports().for_login, ports().broadcaster, team.id, current, new, again, visit().address
        )
    except FieldsRefused as refused:
        return _ask_about_account(_profile_form(formdata=None), form, form, refused)
    continue_session(team.id, epoch)
    flash(told(CHANGED), "success")
    return onward("/account")


@account.get("/forgot")
@for_all
def show_forgotten() -> ResponseReturnValue:
    lead = "" if ports().postman.is_set_up else f"<p>{told(NO_MAIL)}</p>"
    return render("accounts/forgot.html", FormPage(FORGOT, ForgotForm(), lead_html=lead))


@account.post("/forgot")
@for_all
def forgotten() -> ResponseReturnValue:
    """The response is the same for unknown teams."""
    form = ForgotForm()
    if not (form.name.data or "").strip():
        return ask_again(
            "accounts/forgot.html",
            FORGOT,
            form,
            FieldsRefused({"name": sentence("Enter your username or email address.")}),
        )
    password_reset.ask_for_link(
        ports().database,
        ports().clock,
        ports().postman,
        ports().encryption,
        ports().later,
        form.name.data,
        site_url(),
        visit().address,
    )
    words = SENT if ports().postman.is_set_up else NO_MAIL
    flash(told(words), "message" if ports().postman.is_set_up else "warning")
    return jsonify(message=told(words)) if wants_json() else redirect("/account/login", 303)


@account.get("/reset/<token>")
@for_all
def show_reset(token: str) -> ResponseReturnValue:
    """Does not use the link: mail programs prefetch."""
    password_reset.account_of_link(ports().database, ports().clock, token)
    return render("accounts/reset.html", FormPage(RESET, ResetForm()))


@account.post("/reset/<token>")
@for_all
def reset(token: str) -> ResponseReturnValue:
    form = ResetForm()
    password, again = form.password.data or "", form.password_again.data or ""
    try:
        found = password_reset.reset_password(
            ports().database,
            ports().clock,
            ports().hasher,
            ports().broadcaster,
            token,
            password,
            again,
            visit().address,
        )
    except FieldsRefused as refused:
        return ask_again("accounts/reset.html", RESET, form, refused)
    reply = enter(found, None)
    flash(told(sentence("Password changed.") if found.has_second_factor else RESET_DONE), "success")
    return reply


def _own_team() -> int | None:
    """This browser's login, not the impersonated team."""
    seen = visit()
    return seen.team.id if seen.team is not None and not seen.seen_as else None


def _session_services() -> tuple[Database, Clock, Pusher]:
    return ports().database, ports().clock, ports().broadcaster


def end_own_session() -> None:
    """Before a new login: also for copies of the cookie."""
    before = open_session()
    if before is not None:
        accounts_logout.end_session(*_session_services(), before.team_id, before.key, before.until)


def _ask_for_proofs(team_id: int) -> None:
    desk, network = mail_desk(), visit().address

    def ask() -> None:
        addresses.ask_for_proofs(desk, team_id, network)

    if desk.is_set_up:
        ports().later(ask)


def _refuse_closed_registration() -> None:
    if not visit().is_admin:
        registration_brake.refuse_closed(visit().settings, visit().now)


def _register_form() -> RegisterForm:
    form, settings = RegisterForm().offer(public_divisions(visit().content)), visit().settings
    return form.ask(settings.registration_question if settings.asks_at_registration else "")


def _profile_form(**more: Any) -> ProfileForm:
    team = our_team()
    stored = {"display_name": team.display_name, "affiliation": team.affiliation, "language": team.language}
    stored |= {"emails": "\n".join(team.emails), "division": team.division}
    is_before = visit().hunt_state == "before" and not team.roles
    offered = public_divisions(visit().content) if is_before else ()
    form = ProfileForm(**more, data=stored).offer(offered if len(offered) > 1 else ())
    if team.roles:
        form.display_name.label.text = sentence("Name")
    return form


def _is_about_the_password() -> bool:
    sent = PasswordForm().current_password.raw_data
    return request.form.get("part") == "password" or (bool(sent) and not ProfileForm().display_name.raw_data)


def ask_again(template: str, title: str, form: SiteForm, refused: FieldsRefused) -> ResponseReturnValue:
    if wants_json():
        raise refused
    form.refuse(refused.fields)
    return render(template, FormPage(title, form)), 400


def _ask_later(template: str, title: str, form: SiteForm, refused: HuntError) -> ResponseReturnValue:
    if wants_json():
        raise refused
    form.refuse({"": refused.message})
    page = make_response(render(template, FormPage(title, form)), refused.status)
    page.headers["Retry-After"] = str(refused.retry_after or 1)
    return page


def _ask_about_account(
    profile: ProfileForm, password: PasswordForm, refused_form: SiteForm, refused: FieldsRefused
) -> ResponseReturnValue:
    if wants_json():
        raise refused
    refused_form.refuse(refused.fields)
    hook = refused_form if isinstance(refused_form, HookForm) else None
    return render("accounts/profile.html", _account_page(profile, password, hook)), 400


def _account_page(profile: SiteForm, password: SiteForm, hook: HookForm | None = None) -> AccountPage:
    team = our_team()
    return AccountPage(
        profile, password, programs=programs_box(team, hook), addresses=address_states(),
        notices=notices_box(team, hook),
    )  # fmt: skip


def enter(found: Account, path: str | None, *, is_remembered: bool = False) -> ResponseReturnValue:
    now, path = ports().clock.now(), path or _landing(found.roles)
    end_own_session()
    if found.has_second_factor:
        begin_second_step(found.id, found.epoch, now, is_remembered=is_remembered, onward=path)
        return onward("/account/login/code")
    begin_session(found.id, found.epoch, now, is_remembered=is_remembered)
    must_set_up = visit().settings.staff_second_factor and bool(found.roles)
    return onward("/account/second-factor" if must_set_up else path)


def onward(path: str) -> ResponseReturnValue:
    return jsonify(url=path) if wants_json() else redirect(path, 303)


def _landing(roles: Collection[str] = ()) -> str:
    if roles:
        return "/admin/"
    return "/" if visit().hunt_state == "before" else "/game"
