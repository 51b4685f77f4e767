"""Files of the site's look, for ever at their addresses."""

from __future__ import annotations

from flask import Blueprint, Response, make_response, request
from werkzeug.wrappers import Response as BaseResponse

from app.concurrency.cache import Cache
from app.content.asset_views import POLICY
from app.core.colours import Shades, dark_shades, is_colour, light_shades
from app.core.look_settings import picture_size
from app.errors import NotFound
from app.settings.queries import read_file
from app.web.access import for_all
from app.web.visit import ports

look = Blueprint("look", __name__)

FOR_EVER = "public, max-age=31536000, immutable"
# A name is a digest, so an entry is right in every database.
_files: Cache[str, tuple[str, bytes]] = Cache(8_000_000, size_of=lambda found: len(found[1]))


@look.get("/look/<name>")
@for_all
def file(name: str) -> BaseResponse:
    found = _files.get(name) or read_file(ports().database, name)
    if found is None:
        raise NotFound
    _files.put(name, found)
    response = make_response(found[1])
    response.headers["Content-Type"] = f"{found[0]}; charset=utf-8" if found[0].startswith("text/") else found[0]
    response.headers["Content-Security-Policy"] = POLICY
    response.headers["Cache-Control"] = FOR_EVER
    response.set_etag(name.partition(".")[0])
    return response.make_conditional(request, accept_ranges=True, complete_length=len(found[1]))


@look.get("/style/look.css")
@for_all
def sheet() -> Response:
    accent, artwork = (f"#{request.args.get('accent', '')}", request.args.get("artwork", ""))
    if not (is_colour(accent) or accent == "#") or not (picture_size(artwork) or artwork == ""):
        raise NotFound
    response = make_response((accent_css(accent) if accent != "#" else "") + (artwork_css(artwork) if artwork else ""))
    response.headers["Content-Type"] = "text/css; charset=utf-8"
    response.headers["Cache-Control"] = FOR_EVER
    return response


def accent_css(accent: str) -> str:
    # Paper keeps its own colours.
    light, dark = _named(light_shades(accent)), _named(dark_shades(accent))
    return (
        f'@media screen {{\n:root {{\n{light}}}\n:root[data-theme="dark"] {{\n{dark}}}\n}}\n'
        f'@media screen and (prefers-color-scheme: dark) {{\n:root:not([data-theme="light"]) {{\n{dark}}}\n}}\n'
    )


def _named(shades: Shades) -> str:
    first, second, third = shades.glow
    values = {
        "accent": shades.accent,
        "accent-soft": shades.soft,
        "button-from": shades.button_from,
        "button-to": shades.button_to,
        "button-ink": shades.button_ink,
        "glow": f"linear-gradient(100deg, {first}, {second} 52%, {third})",
    }
    return "".join(f"  --{name}: {value};\n" for name, value in values.items())


def artwork_css(name: str) -> str:
    # Beside the text and never behind it: where there is no room for both it is not shown.
    return f"""@media (min-width: 75rem) {{
.hero > * {{
  max-width: 42rem;
}}
.art {{
  width: min(62rem, calc(50% - 6rem));
  background: url("/look/{name}") no-repeat center / cover;
  opacity: 0.95;
  mask-image: linear-gradient(to right, transparent, #000 30%), linear-gradient(to bottom, #000 60%, transparent);
  mask-composite: intersect;
}}
}}
@media (max-width: 74.99rem) {{
.art {{
  display: none;
}}
}}
"""
