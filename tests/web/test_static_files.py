"""Static files: for ever in browsers, compressed for whoever takes that, whatever the disk is like."""

from __future__ import annotations

import gzip
import logging
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from flask import Flask

from app.web import static_files
from app.web.static_files import STATIC, serve_static, static_digest

GZIP = {"Accept-Encoding": "gzip, br"}
CSS = STATIC / "css" / "base.css"


def served_from(folder: Path) -> Flask:
    app = Flask("bare", static_folder=None)
    serve_static(app, folder)
    return app


def fetch(app: Flask, name: str, **headers: str) -> Any:
    """The answer, read to its end."""
    with app.test_client().get(f"/static/{static_digest()}/{name}", headers=headers) as reply:
        reply.get_data()
        return reply


def test_style_sheets_and_scripts_go_out_compressed(tmp_path: Path) -> None:
    reply = fetch(served_from(tmp_path), "css/base.css", **GZIP)
    assert reply.headers["Content-Encoding"] == "gzip"
    assert reply.headers["Vary"] == "Accept-Encoding"
    assert "immutable" in reply.headers["Cache-Control"]
    assert reply.headers["X-Content-Type-Options"] == "nosniff"
    assert gzip.decompress(reply.data) == CSS.read_bytes()
    assert len(reply.data) < CSS.stat().st_size / 2


def test_whoever_takes_no_compression_gets_the_file(tmp_path: Path) -> None:
    reply = fetch(served_from(tmp_path), "css/base.css")
    assert "Content-Encoding" not in reply.headers
    assert reply.data == CSS.read_bytes()


def test_what_has_not_changed_is_not_sent_again(tmp_path: Path) -> None:
    app = served_from(tmp_path)
    etag = fetch(app, "js/site.js", **GZIP).headers["ETag"]
    again = fetch(app, "js/site.js", **GZIP, **{"If-None-Match": etag})
    assert (again.status_code, again.data) == (304, b"")


def test_pictures_go_out_as_they_are(tmp_path: Path) -> None:
    reply = fetch(served_from(tmp_path), "img/touch-icon.png", **GZIP)
    assert "Content-Encoding" not in reply.headers


def test_a_folder_that_was_begun_by_a_process_that_died_is_not_served_from(tmp_path: Path) -> None:
    (tmp_path / "tmpdead" / "static").mkdir(parents=True)
    assert fetch(served_from(tmp_path), "css/base.css", **GZIP).status_code == 200


def test_processes_that_start_together_make_one_folder(tmp_path: Path) -> None:
    with ThreadPoolExecutor(6) as pool:
        apps = list(pool.map(lambda _: served_from(tmp_path), range(6)))
    for app in apps:
        assert fetch(app, "css/base.css", **GZIP).headers["Content-Encoding"] == "gzip"
    assert [found.name for found in tmp_path.iterdir()] == [static_digest()]


def test_where_nothing_can_be_written_the_files_are_sent_as_they_are(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "in the way").write_text("a file where a folder is wanted")
    with caplog.at_level(logging.WARNING):
        app = served_from(tmp_path / "in the way")
    reply = fetch(app, "css/base.css", **GZIP)
    assert (reply.status_code, reply.data) == (200, CSS.read_bytes())
    assert "sent uncompressed" in caplog.text


def test_every_kind_of_text_that_we_serve_is_compressed() -> None:
    kinds = {path.suffix for path in STATIC.rglob("*") if path.is_file()}
    assert kinds - set(static_files.WORTH_COMPRESSING) <= {".png", ".ico", ".woff2", ".webp", ""}
