"""The look: what the site is called, and what it looks like."""

from __future__ import annotations

from collections.abc import Mapping

from flask import flash, redirect, request, url_for
from werkzeug.wrappers import Response as BaseResponse

from app.content.css import Sheet, clean_css, is_link
from app.rules.wording import sentence
from app.services.picturing import rendered
from app.views.access import role
from app.views.admin.blueprint import admin
from app.views.admin.frame import render_admin
from app.views.admin.setting_fields import FormRefused, field_of, save, typed_texts, zones
from app.views.languages import told
from app.views.pages.admin_settings import NOT_REFUSED, LookPage, Refused
from app.views.visit import Visit, ports, visit

LOOK = ("hunt_name", "tagline", "site_css", "home_text")
MOST_CHARACTERS = 20_000


@admin.get("/customization")
@role("admin")
def customization() -> str:
    """What is the site called, and what does it look like?"""
    return render_admin("admin/customization.html", _page(visit(), {}))


@admin.post("/customization")
@role("admin")
def save_customization() -> str | BaseResponse | tuple[str, int]:
    """Save, or only show what would become of the style and the home page."""
    typed = typed_texts(LOOK)
    if request.form.get("act") == "preview":
        return render_admin("admin/customization.html", _page(visit(), typed, is_preview=True), "customization")
    try:
        save(LOOK, typed)
    except FormRefused as no:
        page = _page(visit(), typed, no.errors, no.refused)
        return render_admin("admin/customization.html", page, "customization"), no.status
    dropped = _dropped(typed.get("site_css", ""))
    if dropped:
        said = sentence("Parts of the style are left out: %(count)s. The preview names each.", count=len(dropped))
        flash(told(said), "warning")
    return redirect(url_for("admin.customization"), 303)


def _page(
    seen: Visit, typed: Mapping[str, str], errors: Mapping[str, str] | None = None, refused: Refused = NOT_REFUSED,
    *, is_preview: bool = False,
) -> LookPage:  # fmt: skip
    css = typed.get("site_css", seen.settings.site_css)
    home = typed.get("home_text", seen.settings.home_text) if is_preview else ""
    return LookPage(
        fields=tuple(field_of(seen, name, typed, errors) for name in LOOK),
        zones=zones(),
        is_preview=is_preview,
        dropped=_dropped(css),
        css=_cleaned(css).css if is_preview else "",
        home_html=rendered(ports(), home) if home and len(home) <= MOST_CHARACTERS else "",
        refused=refused,
    )


def _cleaned(text: str) -> Sheet:
    return Sheet("") if is_link(text) or len(text) > MOST_CHARACTERS else clean_css(text, "")


def _dropped(text: str) -> tuple[str, ...]:
    if is_link(text):
        return (sentence("A link is only fetched from the content's own tables; here the style itself is needed."),)
    sheet = _cleaned(text)
    return (*sheet.faults, *sheet.warnings)
