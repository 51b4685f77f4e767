"""The page of settings and presets."""

from __future__ import annotations

from collections.abc import Mapping

from flask import redirect, url_for
from werkzeug.wrappers import Response as BaseResponse

from app.core.hunt_settings import NAMES, group_of, written_setting
from app.core.text import sentence
from app.errors import NotFound
from app.guesses.late_solves import find_late_solves
from app.settings.forms import NOTHING_TYPED, FormRefused, fields_of, label_of, save, shown, typed_texts, zones
from app.settings.service import PRESETS, apply_preset
from app.web.access import role
from app.web.admin_blueprint import admin
from app.web.admin_frame import done, render_admin
from app.web.languages import told
from app.web.visit import Visit, our_team, ports, visit

GROUPS = {
    "game": sentence("The game"), "time": sentence("Time"), "look": sentence("Look"),
    "registration": sentence("Registration"), "lockdown": sentence("Lockdown"),
}  # fmt: skip
ABOUT = {
    "infinity": sentence("Points are fixed, the order is that of finishing, no XP."),
    "enigma": sentence("Values fall with time, the order is by points, XP and power-ups are on."),
}


@admin.get("/settings")
@role("admin")
def settings() -> str:
    return _show()


@admin.post("/settings")
@role("admin")
def save_settings() -> BaseResponse | tuple[str, int]:
    typed = typed_texts(NAMES)
    try:
        save(NAMES, typed)
    except FormRefused as refused:
        return _show(typed, refused), refused.status
    return redirect(url_for("admin.settings"), 303)


@admin.post("/settings/preset/<name>")
@role("admin")
def choose_preset(name: str) -> BaseResponse:
    if name not in PRESETS:
        raise NotFound
    changes = apply_preset(ports().database, ports().in_force, ports().clock, name, our_team().name, visit().address)
    changed = ", ".join(f"{told(label_of(one.name))}: {shown(one.name, one.new)}" for one in changes)
    message = sentence("Everything was as %(preset)s has it already.", preset=name)
    if changes:
        message = sentence("Preset %(preset)s is in force. %(changed)s", preset=name, changed=changed)
    return done(message, "settings")


def _show(typed: Mapping[str, str] = NOTHING_TYPED, refused: FormRefused | None = None) -> str:
    groups = {title: [name for name in NAMES if group_of(name) == key] for key, title in GROUPS.items()}
    return render_admin(
        "settings/settings.html",
        "settings",
        groups={title: fields_of(names, typed, refused) for title, names in groups.items()},
        presets=[(name, ABOUT.get(name, ""), _differing(visit(), name)) for name in PRESETS],
        zones=zones(),
        refused=refused,
        late_solves=len(find_late_solves(ports().database, ports().in_force)),
    )


def _differing(seen: Visit, preset: str) -> tuple[tuple[str, str, str], ...]:
    present = {name: written_setting(seen.settings, name) for name in PRESETS[preset]}
    return tuple(
        (label_of(name), shown(name, present[name]), shown(name, wanted))
        for name, wanted in PRESETS[preset].items()
        if present[name] != wanted
    )
