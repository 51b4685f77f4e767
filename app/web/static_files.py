"""Static files by WhiteNoise: compressed, cached forever, no session or database.

The path has the digest of the tree, and of what makes bundles of it.
"""

from __future__ import annotations

import gzip
import logging
import shutil
from contextlib import suppress
from functools import cache
from hashlib import sha256
from pathlib import Path
from tempfile import TemporaryDirectory

from flask import Flask
from whitenoise import WhiteNoise

from app.web import bundles

STATIC = Path(__file__).resolve().parent.parent / "static"
# Images are already compressed.
WORTH_COMPRESSING = (".css", ".js", ".mjs", ".json", ".svg", ".txt")
logger = logging.getLogger("infinity.serving")


@cache
def static_digest() -> str:
    seen = sha256()
    for path in sorted(found for found in STATIC.rglob("*") if found.is_file()):
        seen.update(str(path.relative_to(STATIC)).encode() + b"\0" + path.read_bytes() + b"\0")
    seen.update(Path(bundles.__file__).read_bytes())
    return seen.hexdigest()[:12]


def serve_static(app: Flask, kept: Path) -> None:
    """``kept``: folder of bundles and compressed copies; where it cannot be written, files go out one by one."""
    root = _with_twins(kept)
    app.config.update(STATIC_PREFIX=f"/static/{static_digest()}", STATIC_IS_BUNDLED=root != STATIC)
    served = WhiteNoise(
        app.wsgi_app,
        root=str(root),
        prefix=app.config["STATIC_PREFIX"],
        immutable_file_test=lambda path, url: True,
        add_headers_function=_protect,
    )
    app.wsgi_app = served  # type: ignore[method-assign]
    app.config["STATIC_FILES"] = frozenset(served.files)


def _with_twins(kept: Path) -> Path:
    """Atomic, for concurrent processes."""
    whole = kept / static_digest()
    if whole.is_dir():
        return whole
    try:
        kept.mkdir(parents=True, exist_ok=True)
        with TemporaryDirectory(dir=kept) as folder:
            made = Path(folder) / "static"
            shutil.copytree(STATIC, made)
            bundles.write_bundles(made)
            _compress(made)
            # Another process may have won the race.
            with suppress(OSError):
                made.rename(whole)
    except OSError as why:
        logger.warning(
            "static files are sent uncompressed and one by one, since nothing can be written to %s: %s", kept, why
        )
    return whole if whole.is_dir() else STATIC


def _compress(folder: Path) -> None:
    for path in [found for found in folder.rglob("*") if found.suffix in WORTH_COMPRESSING]:
        path.with_name(f"{path.name}.gz").write_bytes(gzip.compress(path.read_bytes(), mtime=0))


def _protect(headers: object, _path: str, _url: str) -> None:
    # An SVG opened directly must not run scripts.
    headers["X-Content-Type-Options"] = "nosniff"  # type: ignore[index]
    headers["Content-Security-Policy"] = "default-src 'none'; style-src 'unsafe-inline'; sandbox"  # type: ignore[index]
