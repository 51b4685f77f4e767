"""Somebody who looks at page after page in every look: axe, the window's width, the console."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from importlib.resources import files

from playwright.sync_api import Page

from tests.support.browser import DESKTOP, LOOKS, PHONE, Look, Window, fits_width
from tests.support.client import PASSWORD, Visitor

AXE = files("axe_playwright_python").joinpath("axe.min.js").read_text()
VIOLATIONS = """(options) => axe.run(document, options).then(({ violations }) => violations.flatMap(
  ({ id, help, nodes }) => nodes.map(({ html }) => `${id}: ${help}: ${html.slice(0, 160)}`)))"""
# The same page in another scheme differs by its colours alone.
ONLY_COLOURS = {"runOnly": ["color-contrast", "link-in-text-block"]}
SEND = """([path, fields]) => {
  const form = document.createElement("form");
  form.method = "post";
  form.action = path;
  fields.csrf_token = document.querySelector('meta[name="csrf-token"]').content;
  for (const [name, value] of Object.entries(fields)) {
    const box = document.createElement("input");
    box.type = "hidden";
    [box.name, box.value] = [name, value];
    form.append(box);
  }
  document.body.append(form);
  HTMLFormElement.prototype.submit.call(form);
}"""


@dataclass
class Inspector:
    """Looks at page after page in every look, and keeps what is wrong with them.

    The looks are changed while the page stands: style sheets and the scripts that follow the window's size have to
    bear that anyway, and loading each page four times would take four times as long.
    """

    window: Window
    page: Page
    looks: tuple[Look, ...] = LOOKS
    faults: list[str] = field(default_factory=list)

    def visit(self, path: str) -> None:
        """Open a page and look at it."""
        self.page.goto(path)
        self.look_at(path)

    def look_at(self, name: str) -> None:
        """Look at the page as it stands, in every look."""
        self.page.wait_for_load_state("load")
        self.page.evaluate(AXE)
        sizes = set()
        for look in self.looks:
            self.page.emulate_media(color_scheme=look.scheme)  # type: ignore[arg-type]
            self.page.set_viewport_size(PHONE if look.is_phone else DESKTOP)  # type: ignore[arg-type]
            self.page.evaluate("new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))")
            if not fits_width(self.page):
                self.faults.append(f"{name} ({look}): wider than the window")
            options = {"resultTypes": ["violations"], **(ONLY_COLOURS if look.is_phone in sizes else {})}
            sizes.add(look.is_phone)
            self.faults += [f"{name} ({look}): {fault}" for fault in self.page.evaluate(VIOLATIONS, options)]
        heard = self.window.complaints(self.page).heard
        # A browser reports every answer of 400 and more on its console.
        self.faults += [f"{name}: {text}" for text in heard if "the server responded with a status of 4" not in text]
        heard.clear()

    def kind_of(self, path: str) -> str:
        """The media type of an address."""
        return str(self.page.request.get(path).headers["content-type"])

    def send(self, name: str, path: str, form: Mapping[str, str], at: str = "/account/login") -> int:
        """Send a form from a page of the site, as a browser without script would; the status of the reply."""
        self.page.goto(at)
        with self.page.expect_navigation() as arrived:
            self.page.evaluate(SEND, [path, dict(form)])
        # A form that is taken leads to a page that is looked at on its own; some answer a script.
        is_page = arrived.value.headers["content-type"].startswith("text/html")
        if is_page and arrived.value.request.redirected_from is None:
            self.look_at(name)
        return arrived.value.status


def come_in(inspector: Inspector, url: str, name: str) -> None:
    """Be logged in as this team."""
    with Visitor(url) as visitor:
        assert visitor.login(name, PASSWORD).status_code == 303
        inspector.page.context.add_cookies(
            [{"name": cookie.name, "value": str(cookie.value), "url": url} for cookie in visitor.cookies]
        )
