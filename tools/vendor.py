"""Copy the third-party browser files from node_modules into app/static/vendor/, each with its licence beside it.

Run by hand after a version in package.json changes (``npm ci --ignore-scripts && python3 tools/vendor.py``); the copies
are kept in the repository, so that neither running nor deploying the site needs node. Standard library only.
"""

from __future__ import annotations

import json
import re
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
MODULES = ROOT / "node_modules"
TARGET = ROOT / "app" / "static" / "vendor"

# Bundle -> (its package, the file in it, the packages whose code is inside it).
BUNDLES = {
    "socket.io": (
        "socket.io-client",
        "dist/socket.io.esm.min.js",
        (
            "socket.io-client",
            "engine.io-client",
            "engine.io-parser",
            "socket.io-parser",
            "@socket.io/component-emitter",
        ),
    ),
}

# A face: its package and the file in it. One file has all weights; Latin letters only.
FACES = {"fraunces": ("@fontsource-variable/fraunces", "files/fraunces-latin-wght-normal.woff2")}

# A map that is not shipped would be asked for, in vain, by every open developer console.
SOURCE_MAP = re.compile(r"\n?//# sourceMappingURL=\S+\s*$")


def version_of(package: str) -> str:
    """The installed version of a package."""
    return str(json.loads((MODULES / package / "package.json").read_text())["version"])


def licence_of(package: str) -> str:
    """The licence text that a package ships, under a heading that names it."""
    found = next(
        (path for path in sorted((MODULES / package).iterdir()) if path.name.lower().startswith("licen")), None
    )
    if found is None:
        sys.exit(f"{package} ships no licence text: look for it by hand before vendoring")
    return f"{package} {version_of(package)}\n{'=' * 60}\n\n{found.read_text().strip()}\n"


def vendor(name: str) -> list[str]:
    """Write one bundle and its licences; answer the names of the written files."""
    package, file, inside = BUNDLES[name]
    for stale in TARGET.glob(f"{name}-*"):
        stale.unlink()
    bundle = TARGET / f"{name}-{version_of(package)}.min.js"
    bundle.write_text(SOURCE_MAP.sub("\n", (MODULES / package / file).read_text()))
    licences = TARGET / f"{name}-{version_of(package)}.LICENSE.txt"
    licences.write_text("\n\n".join(licence_of(each) for each in inside))
    return [bundle.name, licences.name]


def vendor_face(name: str) -> list[str]:
    """Copy one face and its licence; answer the names of the written files."""
    package, file = FACES[name]
    for stale in TARGET.glob(f"{name}-*"):
        stale.unlink()
    face = TARGET / f"{name}-{version_of(package)}.woff2"
    face.write_bytes((MODULES / package / file).read_bytes())
    licence = TARGET / f"{name}-{version_of(package)}.LICENSE.txt"
    licence.write_text(licence_of(package))
    return [face.name, licence.name]


def main() -> None:
    """Vendor everything."""
    if not MODULES.is_dir():
        sys.exit("node_modules is missing: run `npm ci --ignore-scripts` first")
    TARGET.mkdir(parents=True, exist_ok=True)
    for name in BUNDLES:
        print("\n".join(vendor(name)))
    for name in FACES:
        print("\n".join(vendor_face(name)))


if __name__ == "__main__":
    main()
