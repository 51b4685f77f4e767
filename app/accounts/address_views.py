"""Pages that prove an e-mail address."""

from __future__ import annotations

from flask import Blueprint, flash, jsonify, redirect, request
from flask.typing import ResponseReturnValue

from app.accounts import addresses
from app.accounts.addresses import AddressState, MailDesk
from app.core.text import sentence
from app.web.access import for_all
from app.web.forms import SiteForm
from app.web.languages import told
from app.web.pages import FormPage
from app.web.render import render, wants_json
from app.web.site_address import site_url
from app.web.visit import our_team, ports, visit

mailboxes = Blueprint("mailboxes", __name__, url_prefix="/account")
PLACE = "/account#addresses"
TITLE = sentence("Is this your address?")


def mail_desk() -> MailDesk:
    bag = ports()
    is_set_up = bag.postman.is_set_up
    return MailDesk(bag.database, bag.in_force, bag.clock, bag.encryption, bag.translate, is_set_up, site_url())


def address_states() -> tuple[AddressState, ...]:
    """Empty without a mail server."""
    if not ports().postman.is_set_up:
        return ()
    return addresses.list_addresses(ports().database, our_team().id, our_team().emails)


@mailboxes.post("/addresses")
def ask_again() -> ResponseReturnValue:
    address = request.form.get("address", "")
    addresses.ask_again(mail_desk(), our_team().id, address, visit().address)
    words = sentence("We’ve sent a link to %(address)s.", address=address)
    if wants_json():
        return jsonify(url=PLACE)
    flash(told(words), "success")
    return redirect(PLACE, 303)


@mailboxes.get("/confirm/<token>")
@for_all
def show_proof(token: str) -> ResponseReturnValue:
    """A GET only asks: mail programs follow links."""
    _, address = addresses.address_of_link(ports().database, ports().clock, ports().encryption, token)
    return render("accounts/confirm.html", FormPage(TITLE, SiteForm(formdata=None), notice=address))


@mailboxes.post("/confirm/<token>")
@for_all
def prove(token: str) -> ResponseReturnValue:
    address = addresses.prove_address(ports().database, ports().clock, ports().encryption, token, visit().address)
    words = sentence("Confirmed. Answers and news will go to %(address)s.", address=address)
    if wants_json():
        return jsonify(message=told(words))
    flash(told(words), "success")
    return redirect("/", 303)
