"""Style sheets and scripts of one kind of page, put together at the start."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

import pytest

from app.web import bundles
from app.web.static_files import STATIC

JS = STATIC / "js"


@pytest.mark.parametrize("kind", bundles.SCRIPTS)
def test_a_bundle_holds_each_script_once_and_after_what_it_needs(kind: str) -> None:
    made = bundles.joined(JS, bundles.SCRIPTS[kind])
    started = re.findall(r"^const (\$\w+) = await", made, re.MULTILINE)
    assert len(started) == len(set(started))
    assert started[-1] == f"${bundles.SCRIPTS[kind][-1]}"
    for place, name in enumerate(started):
        body = made.split(f"const {name} = await")[1].split("\n})();")[0]
        assert set(re.findall(r"^const \{[^}]*\} = (\$\w+);", body, re.MULTILINE)) <= set(started[:place]), name


@pytest.mark.skipif(shutil.which("node") is None, reason="needs node")
@pytest.mark.parametrize("kind", bundles.SCRIPTS)
def test_a_bundle_is_a_script(kind: str, tmp_path: Path) -> None:
    file = tmp_path / "bundle.mjs"
    file.write_text(bundles.joined(JS, bundles.SCRIPTS[kind]))
    subprocess.run(["node", "--check", str(file)], check=True)


@pytest.mark.parametrize(
    "line", ['import * as all from "./a.js";', 'import "./a.js";', 'export * from "./a.js";', "export { a };"]
)
def test_what_is_not_understood_stops_the_start(line: str, tmp_path: Path) -> None:
    (tmp_path / "a.js").write_text("export const a = 1;\n")
    (tmp_path / "b.js").write_text(f"{line}\n")
    with pytest.raises(bundles.ScriptUnclear, match=re.escape(line)):
        bundles.joined(tmp_path, ("b",))


def test_scripts_in_a_ring_stop_the_start(tmp_path: Path) -> None:
    (tmp_path / "a.js").write_text('import { b } from "./b.js";\nexport const a = 1;\n')
    (tmp_path / "b.js").write_text('import { a } from "./a.js";\nexport const b = 1;\n')
    with pytest.raises(bundles.ScriptUnclear, match="import each other"):
        bundles.joined(tmp_path, ("a",))


def test_every_style_sheet_of_a_bundle_is_in_it(tmp_path: Path) -> None:
    shutil.copytree(STATIC, tmp_path / "static")
    bundles.write_bundles(tmp_path / "static")
    whole = (tmp_path / "static" / "css" / "site.bundle.css").read_text()
    assert all((STATIC / "css" / f"{name}.css").read_text() in whole for name in bundles.STYLES["site"])
