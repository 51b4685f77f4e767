"""The page of settings and presets."""

from __future__ import annotations

from collections.abc import Mapping

from flask import redirect, request, url_for
from werkzeug.wrappers import Response as BaseResponse

from app.core.hunt_settings import NAMES, group_of, written_setting
from app.core.text import sentence
from app.errors import NotFound
from app.guesses.late_solves import find_late_solves
from app.settings.forms import NOTHING_TYPED, FormRefused, fields_of, label_of, save, shown, touched, typed_texts, zones
from app.settings.service import PRESETS, apply_preset
from app.web.access import role
from app.web.admin_blueprint import admin
from app.web.admin_frame import done, render_admin
from app.web.languages import told
from app.web.visit import Visit, our_team, ports, visit

GROUPS = {
    "game": sentence("Game"), "time": sentence("Times"), "look": sentence("Name and look"),
    "registration": sentence("Registration"), "lockdown": sentence("Lockdown"),
}  # fmt: skip
ABOUT = {
    "infinity": (sentence("Race (fixed points)"), sentence("Fixed points, first to finish wins, no XP.")),
    "enigma": (
        sentence("Long hunt (points fall, power-ups)"),
        sentence("Points fall over time, ranked by points, XP and power-ups."),
    ),
}


@admin.get("/settings")
@role("admin")
def settings() -> str:
    return _show()


@admin.post("/settings")
@role("admin")
def save_settings() -> str | BaseResponse | tuple[str, int]:
    section, typed = request.form.get("section", ""), typed_texts(NAMES)
    names = tuple(name for name in NAMES if section in ("", group_of(name)))
    try:
        save(names, {name: text for name, text in typed.items() if name in names})
    except FormRefused as refused:
        return _show(typed, refused), refused.status
    if touched({name: text for name, text in typed.items() if name not in names}):
        # What was typed in the other sections is not lost.
        return _show(typed, has_unsaved=True)
    return redirect(url_for("admin.settings", _anchor=section and f"group-{section}"), 303)


@admin.post("/settings/preset/<name>")
@role("admin")
def choose_preset(name: str) -> BaseResponse:
    if name not in PRESETS:
        raise NotFound
    changes = apply_preset(ports().database, ports().in_force, ports().clock, name, our_team().name, visit().address)
    changed = ", ".join(f"{told(label_of(one.name))}: {shown(one.name, one.new)}" for one in changes)
    message = sentence("Nothing was changed.")
    if changes:
        message = sentence("%(preset)s: %(changed)s", preset=ABOUT[name][0], changed=changed)
    return done(message, "settings")


def _show(
    typed: Mapping[str, str] = NOTHING_TYPED, refused: FormRefused | None = None, *, has_unsaved: bool = False
) -> str:
    groups = {key: [name for name in NAMES if group_of(name) == key] for key in GROUPS}
    return render_admin(
        "settings/settings.html",
        "settings",
        groups={key: (GROUPS[key], fields_of(names, typed, refused)) for key, names in groups.items()},
        has_unsaved=has_unsaved,
        presets=[(name, *ABOUT[name], _differing(visit(), name)) for name in PRESETS],
        zones=zones(),
        refused=refused,
        label_of=label_of,
        late_solves=len(find_late_solves(ports().database, ports().in_force)),
    )


def _differing(seen: Visit, preset: str) -> tuple[tuple[str, str, str], ...]:
    present = {name: written_setting(seen.settings, name) for name in PRESETS[preset]}
    return tuple(
        (label_of(name), shown(name, present[name]), shown(name, wanted))
        for name, wanted in PRESETS[preset].items()
        if present[name] != wanted
    )
