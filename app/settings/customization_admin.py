"""Admin page for name and style."""

from __future__ import annotations

from collections.abc import Mapping

from flask import flash, redirect, request, url_for
from werkzeug.wrappers import Response as BaseResponse

from app.content.html.css import Sheet, clean_css, is_link
from app.content.organiser_text import rendered
from app.core.text import sentence
from app.settings.forms import NOTHING_TYPED, FormRefused, fields_of, label_of, save, typed_texts
from app.web.access import role
from app.web.admin_blueprint import admin
from app.web.admin_frame import render_admin
from app.web.languages import told
from app.web.visit import ports, visit

LOOK = ("hunt_name", "tagline", "site_css", "home_text")
MOST_CHARACTERS = 20_000


@admin.get("/customization")
@role("admin")
def customization() -> str:
    return _show()


@admin.post("/customization")
@role("admin")
def save_customization() -> str | BaseResponse | tuple[str, int]:
    typed = typed_texts(LOOK)
    if request.form.get("act") == "preview":
        return _show(typed, is_preview=True)
    try:
        save(LOOK, typed)
    except FormRefused as refused:
        return _show(typed, refused), refused.status
    dropped = _dropped(typed.get("site_css", ""))
    if dropped:
        said = sentence("Parts of the style are left out: %(count)s. The preview names each.", count=len(dropped))
        flash(told(said), "warning")
    return redirect(url_for("admin.customization"), 303)


def _show(
    typed: Mapping[str, str] = NOTHING_TYPED, refused: FormRefused | None = None, *, is_preview: bool = False
) -> str:
    settings = visit().settings
    css = typed.get("site_css", settings.site_css)
    home = typed.get("home_text", settings.home_text) if is_preview else ""
    return render_admin(
        "settings/customization.html",
        "customization",
        fields=fields_of(LOOK, typed, refused),
        is_preview=is_preview,
        dropped=_dropped(css),
        css=_cleaned(css).css if is_preview else "",
        home_html=rendered(ports().prox, home) if home and len(home) <= MOST_CHARACTERS else "",
        refused=refused,
        label_of=label_of,
    )


def _cleaned(text: str) -> Sheet:
    return Sheet("") if is_link(text) or len(text) > MOST_CHARACTERS else clean_css(text, "")


def _dropped(text: str) -> tuple[str, ...]:
    if is_link(text):
        return (sentence("A link is only fetched from the content's own tables; here the style itself is needed."),)
    sheet = _cleaned(text)
    return (*sheet.faults, *sheet.warnings)
