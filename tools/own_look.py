"""A look of its own for the pictures in the documentation, drawn after all the others."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from playwright.sync_api import FilePayload, Page

from tests.support.browser import Chromium, Look, Window

TEXTS = {"hunt_name": "Harbour Nights", "tagline": "Twelve hours, one light, no sleep", "accent": "#0f6f78"}
LOGO = (
    b'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 64 48">'
    b'<path d="M2 40q10-8 20 0t20 0 20 0" fill="none" stroke="#0f6f78" stroke-width="5"/>'
    b'<path d="M26 34 29 10h6l3 24z" fill="#f2a33a"/><circle cx="32" cy="8" r="6" fill="#e4572e"/></svg>'
)
ARTWORK = (
    b'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 800 900"><defs>'
    b'<linearGradient id="s" x2="0" y2="1"><stop stop-color="#0f6f78"/>'
    b'<stop offset="1" stop-color="#bfe5df"/></linearGradient></defs>'
    b'<path fill="url(#s)" d="M0 0h800v900H0z"/><circle cx="560" cy="210" r="90" fill="#ffe3a6"/>'
    b'<g fill="#0b4f56"><path opacity=".5" d="M0 560q200-90 400 0t400 0v340H0z"/>'
    b'<path opacity=".6" d="M0 650q200-90 400 0t400 0v250H0z"/>'
    b'<path d="M0 740q200-90 400 0t400 0v160H0z"/></g>'
    b'<path d="M290 720 320 380h60l30 340z" fill="#fffdfa"/>'
    b'<path d="M305 560h90l6 60H299zM312 440h76l5 50h-86z" fill="#e4572e"/>'
    b'<path d="M312 380h76v-46h-76zM350 290l52 44H298z" fill="#24313a"/></svg>'
)


def photograph_own_look(
    browser: Chromium, url: str, target: Path, log_in: Callable[[Page], None], draw: Callable[[Page, str, Path], None]
) -> None:
    """The page Look with its preview, and the home page once it is saved."""
    window = Window(browser, url)
    page = window.open(Look())
    log_in(page)
    page.goto("/admin/customization")
    for name, text in TEXTS.items():
        page.fill(f"#set-{name}", text)
    for name, content in (("logo", LOGO), ("artwork", ARTWORK)):
        file: FilePayload = {"name": f"{name}.svg", "mimeType": "image/svg+xml", "buffer": content}
        page.set_input_files(f"#set-{name}-file", file)
    with page.expect_navigation():
        page.get_by_role("button", name="Preview without saving").click()
    page.screenshot(path=target / "admin-look-light-desktop.png", full_page=True, animations="disabled")
    with page.expect_navigation():
        page.get_by_role("button", name="Save").click()
    for scheme in ("light", "dark"):
        draw(window.open(Look(scheme)), "/", target / f"home-own-look-{scheme}-desktop.png")
    window.close(check=False)
