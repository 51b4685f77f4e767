"""Unsubscribing: a page, and one click (RFC 8058)."""

from __future__ import annotations

from flask import Blueprint, Response, flash, redirect
from flask.typing import ResponseReturnValue

from app.announcements import mail_runs
from app.core.text import sentence
from app.extensions import csrf
from app.web.access import for_all
from app.web.forms import SiteForm
from app.web.languages import told
from app.web.pages import FormPage
from app.web.render import render
from app.web.visit import ports

unsubscribing = Blueprint("unsubscribing", __name__)
one_click = Blueprint("one_click", __name__, url_prefix="/api")
# A mail program has no session. The link is the permission, and all it can do is to end mails to its own address.
csrf.exempt(one_click)
TITLE = sentence("Unsubscribe")


@unsubscribing.get("/unsubscribe/<token>")
@for_all
def show_way_out(token: str) -> ResponseReturnValue:
    """A GET only asks: mail programs follow links."""
    address = mail_runs.address_of_link(ports().encryption, token)
    return render("announcements/unsubscribe.html", FormPage(TITLE, SiteForm(formdata=None), notice=address))


@unsubscribing.post("/unsubscribe/<token>")
@for_all
def leave(token: str) -> ResponseReturnValue:
    address = mail_runs.unsubscribe(ports().database, ports().clock, ports().encryption, token)
    words = sentence("%(address)s is unsubscribed.", address=address)
    flash(told(words), "success")
    return redirect("/", 303)


@one_click.get("/unsubscribe/<token>")
@for_all
def show_way_out_of_a_program(token: str) -> ResponseReturnValue:
    return redirect(f"/unsubscribe/{token}", 303)


@one_click.post("/unsubscribe/<token>")
@for_all
def leave_by_one_click(token: str) -> Response:
    mail_runs.unsubscribe(ports().database, ports().clock, ports().encryption, token)
    return Response("", 204)
