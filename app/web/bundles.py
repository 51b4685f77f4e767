"""Joins the style sheets and the scripts of one kind of page when the program starts: few requests, no build.

In a bundle each script is a function that returns what it exports. Only plain imports and exports are understood;
another one stops the program.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

STYLES = {
    "site": ("tokens", "base", "header", "layout", "buttons", "components", "forms", "content", "live"),
    "puzzle": ("puzzle", "guess", "hints"),
}
SCRIPTS = {"site": ("site",), "puzzle": ("site", "puzzle")}
_IMPORT = re.compile(r'^import \{ ([\w, ]+) \} from "\./([\w-]+)\.js";$', re.MULTILINE)
_EXPORT = re.compile(r"^export (?=(?:async )?(?:function|const|class) (\w+))", re.MULTILINE)
_LEFT_OVER = re.compile(r"^(?:import|export)\b[^\n]*", re.MULTILINE)


class ScriptUnclear(ValueError):
    """An import or export that is not understood, or a ring of imports."""


def style_paths(kind: str, *, is_bundled: bool) -> tuple[str, ...]:
    return (f"css/{kind}.bundle.css",) if is_bundled else tuple(f"css/{name}.css" for name in STYLES[kind])


def script_paths(kind: str, *, is_bundled: bool) -> tuple[str, ...]:
    return (f"js/{kind}.bundle.js",) if is_bundled else tuple(f"js/{name}.js" for name in SCRIPTS[kind])


def write_bundles(folder: Path) -> None:
    """Beside the files they are made of, so that their relative addresses hold."""
    for kind, names in STYLES.items():
        text = "\n".join((folder / "css" / f"{name}.css").read_text("utf-8") for name in names)
        (folder / "css" / f"{kind}.bundle.css").write_text(text, "utf-8")
    for kind, names in SCRIPTS.items():
        (folder / "js" / f"{kind}.bundle.js").write_text(joined(folder / "js", names), "utf-8")


def joined(folder: Path, names: tuple[str, ...]) -> str:
    done: dict[str, str] = {}
    for name in names:
        _add(folder, name, done, ())
    return "\n".join(done.values())


def _add(folder: Path, name: str, done: dict[str, str], above: tuple[str, ...]) -> None:
    if name in above:
        raise ScriptUnclear(f"these scripts import each other: {', '.join(above)}")
    if name in done:
        return
    source = (folder / f"{name}.js").read_text("utf-8")
    for _, other in _IMPORT.findall(source):
        _add(folder, other, done, (*above, name))
    done[name] = "\n".join(_as_function(name, source))


def _as_function(name: str, source: str) -> Iterator[str]:
    exported = _EXPORT.findall(source)
    body = _EXPORT.sub("", _IMPORT.sub(lambda found: f"const {{ {found[1]} }} = {_variable(found[2])};", source))
    if left := _LEFT_OVER.search(body):
        raise ScriptUnclear(f"{name}.js: {left[0]}")
    yield f"const {_variable(name)} = await (async () => {{"
    yield body
    yield f"return {{ {', '.join(exported)} }};\n}})();"


def _variable(name: str) -> str:
    return "$" + name.replace("-", "_")
