"""Files of the site's own tables: type from the bytes, names for texts, limits of size."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping

from app.clock import Clock
from app.content.assets import Asset, AssetFaulty, asset_from, stored_asset
from app.content.writing import queries
from app.content.writing.queries import StoredAsset
from app.core.text import sentence
from app.database import audit
from app.database.engine import Database
from app.errors import HuntError, NotFound

# A version holds its files as base64 text, a third longer than they are; the whole may have 64 MB.
MOST_BYTES_IN_ALL = 40 * 1024 * 1024


class FileRefused(HuntError):
    """The message says why. Nothing was stored."""

    code = "invalid_form"


def add_file(database: Database, clock: Clock, filename: str, content: bytes, by: str, address: str) -> StoredAsset:
    """Equal files are stored once. Raises :class:`FileRefused`."""
    try:
        uri, asset = asset_from(content)
    except AssetFaulty as why:
        raise FileRefused(message=str(why)) from None
    with database.writing() as connection:
        queries.lock_tables(connection)
        names = queries.asset_names(connection)
        known = next((name for name, path in names.items() if path == asset.path), None)
        stored = StoredAsset(known or asset_name(filename, asset, names), asset.path, asset.media_type, len(content))
        if known is None:
            if queries.total_size(connection) + len(content) > MOST_BYTES_IN_ALL:
                most = MOST_BYTES_IN_ALL // 1024 // 1024
                words = sentence("All files together may have %(most)s MB. Delete some first.", most=most)
                raise FileRefused(message=words)
            row = {"name": stored.name, "path": stored.path, "media_type": stored.media_type, "size": stored.size}
            queries.add_assets(connection, [{**row, "uri": uri, "added_at": clock.now(), "added_by": by[:64]}])
            audit.audit(connection, clock.now(), by, "add file", stored.name, address, bytes=stored.size)
    return stored


def delete_file(database: Database, clock: Clock, name: str, by: str, address: str) -> None:
    with database.writing() as connection:
        if not queries.remove_asset(connection, name):
            raise NotFound
        audit.audit(connection, clock.now(), by, "delete file", name, address)


def read_stored(database: Database, path: str) -> Asset:
    uri = queries.asset_uri(database, path)
    if uri is None:
        raise NotFound
    return stored_asset(uri)


def asset_name(filename: str, asset: Asset, taken: Mapping[str, str]) -> str:
    plain = unicodedata.normalize("NFKD", filename.rpartition(".")[0] or filename).encode("ascii", "ignore").decode()
    stem = re.sub(r"[^a-z0-9]+", "-", plain.lower()).strip("-")[:60] or "picture"
    extension = asset.path.rpartition(".")[2]
    names = (f"{stem}{f'-{number}' if number > 1 else ''}.{extension}" for number in range(1, len(taken) + 3))
    return next(name for name in names if name not in taken)
