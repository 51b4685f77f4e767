"""Admin page for name, style and pictures."""

from __future__ import annotations

from collections.abc import Mapping

from flask import flash, redirect, request, url_for
from werkzeug.wrappers import Response as BaseResponse

from app.content.html.css import Sheet, clean_css, is_link
from app.content.organiser_text import rendered
from app.core.hunt_settings import PICTURES, HuntSettings
from app.core.setting_faults import SettingInvalid
from app.core.text import sentence
from app.settings.forms import NOTHING_TYPED, FormRefused, fields_of, label_of, save, typed_texts, would_be
from app.settings.look_pages import frames_of
from app.settings.look_pictures import MOST_BYTES, read_picture, sheet_of, store
from app.web.access import role, takes_files
from app.web.admin_blueprint import admin
from app.web.admin_frame import render_admin
from app.web.languages import told
from app.web.visit import our_team, ports, sent_file, visit

LOOK = ("hunt_name", "tagline", "accent", *PICTURES, "site_css", "home_text")
MOST_CHARACTERS = 20_000
FILES = tuple(f"{name}.file" for name in PICTURES)


@admin.get("/customization")
@role("admin")
def customization() -> str:
    return _show()


@admin.post("/customization")
@role("admin")
@takes_files(len(FILES) * MOST_BYTES + 512 * 1024, *FILES)
def save_customization() -> str | BaseResponse | tuple[str, int]:
    typed = typed_texts(LOOK)
    errors: dict[str, SettingInvalid] = {}
    for name in PICTURES:
        _take_file(name, typed, errors)
    try:
        if request.form.get("act") == "preview":
            return _show(typed, preview=would_be(typed, errors))
        save(LOOK, typed, errors)
    except FormRefused as refused:
        return _show(typed, refused), refused.status
    dropped = _dropped(typed.get("site_css", ""))
    if dropped:
        said = sentence("Parts of the style are left out: %(count)s. The preview names each.", count=len(dropped))
        flash(told(said), "warning")
    return redirect(url_for("admin.customization"), 303)


def _take_file(name: str, typed: dict[str, str], errors: dict[str, SettingInvalid]) -> None:
    # Stored at once, so that the next form can name it; a setting names it when it is saved.
    filename, content = sent_file(f"{name}.file", MOST_BYTES)
    if not filename and not request.form.get(f"{name}.file"):
        return
    try:
        picture = ports().offload(read_picture, content, name)
    except SettingInvalid as why:
        errors[name] = why
        return
    store(ports().database, ports().clock, [picture], our_team().name)
    typed[name] = picture.name


def _show(
    typed: Mapping[str, str] = NOTHING_TYPED, refused: FormRefused | None = None, *,
    preview: HuntSettings | None = None,
) -> str:  # fmt: skip
    settings = ports().in_force.settings
    shown, css = preview or settings, typed.get("site_css", settings.site_css)
    return render_admin(
        "settings/customization.html",
        "customization",
        fields=fields_of(LOOK, typed, refused),
        pictures=PICTURES,
        frames=frames_of(visit(), shown, _sheet_url(shown)),
        is_preview=preview is not None,
        dropped=_dropped(css),
        css=_cleaned(css).css if preview else "",
        home_html=_home_html(preview),
        refused=refused,
        label_of=label_of,
    )


def _home_html(preview: HuntSettings | None) -> str:
    home = preview.home_text if preview else ""
    return rendered(ports().prox, home) if home and len(home) <= MOST_CHARACTERS else ""


def _sheet_url(shown: HuntSettings) -> str | None:
    # None if it is saved.
    if shown.site_css == ports().in_force.settings.site_css:
        return None
    sheet = sheet_of(f"{visit().content.site_css}\n{_cleaned(shown.site_css).css}")
    store(ports().database, ports().clock, [sheet], our_team().name)
    return f"/look/{sheet.name}"


def _cleaned(text: str) -> Sheet:
    return Sheet("") if is_link(text) or len(text) > MOST_CHARACTERS else clean_css(text, "")


def _dropped(text: str) -> tuple[str, ...]:
    if is_link(text):
        return (sentence("A link is only fetched from the content's own tables; here the style itself is needed."),)
    sheet = _cleaned(text)
    return (*sheet.faults, *sheet.warnings)
