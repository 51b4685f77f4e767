"""Pictures of the site's own look."""

# Threats: files that are pictures and something else, metadata that tells where a photo was taken, decompression bombs,
# drawings with scripts. A picture is therefore decoded and encoded again; a drawing must be passive and closed.

from __future__ import annotations

import hashlib
import io
import re
import warnings
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from PIL import Image, ImageOps, UnidentifiedImageError

from app.clock import Clock
from app.content.assets import DrawingRefused, check_closed, check_drawing
from app.core.hunt_settings import PICTURES
from app.core.look_settings import picture_size
from app.core.setting_faults import SettingInvalid
from app.core.text import sentence
from app.database import hunt_state
from app.database.engine import Database
from app.prox.media_type import drawing_size, kind_of
from app.settings import queries

MOST_BYTES = 8 * 1024 * 1024
MOST_DRAWING_BYTES = 256 * 1024
MOST_PIXELS = 24_000_000
# What a preview stored and nobody saved goes after this time.
UNUSED_KEPT = timedelta(days=1)
# Longer pictures than this, by their width, are no logos.
NARROWEST = 12
MOST_PROFILE_BYTES = 16_384
DECODED = ("PNG", "JPEG", "WEBP")
EXTENSIONS = {"PNG": "png", "JPEG": "jpg", "WEBP": "webp"}
OPTIONS: Mapping[str, Mapping[str, Any]] = {
    "PNG": {"optimize": True}, "JPEG": {"quality": 86}, "WEBP": {"quality": 84, "method": 4},
}  # fmt: skip
TYPES = {"png": "image/png", "jpg": "image/jpeg", "webp": "image/webp", "svg": "image/svg+xml", "css": "text/css"}
_NO_PICTURE = sentence("must be a PNG, JPEG, WebP or SVG picture")
_DAMAGED = sentence("must be a whole picture: this one is damaged or cut short")
_MOVES = sentence("must not be animated")


@dataclass(frozen=True, slots=True)
class Purpose:
    form: str  # how it is stored
    most: tuple[int, int]  # it is made to fit
    least: tuple[int, int]
    is_square: bool = False
    takes_drawings: bool = True


PURPOSES = {
    "logo": Purpose("PNG", (640, 160), (16, 16)),
    "icon": Purpose("PNG", (192, 192), (32, 32), is_square=True),
    "social_card": Purpose("JPEG", (1200, 1200), (600, 315), takes_drawings=False),
    "artwork": Purpose("WEBP", (1600, 1600), (200, 200)),
}


@dataclass(frozen=True, slots=True)
class LookPicture:
    name: str
    content: bytes

    @property
    def media_type(self) -> str:
        return TYPES[self.name.rpartition(".")[2]]


def read_picture(content: bytes, purpose: str) -> LookPicture:
    """Raises :class:`SettingInvalid`."""
    found = PURPOSES[purpose]
    if not content:
        raise SettingInvalid(_NO_PICTURE)
    if len(content) > MOST_BYTES:
        raise SettingInvalid(sentence("must be at most %(most)s MB", most=MOST_BYTES // 1024 // 1024))
    kind = kind_of(content)
    if kind is None:
        return _drawing(content, found)
    if kind.media_type not in ("image/png", "image/jpeg", "image/webp"):
        raise SettingInvalid(_NO_PICTURE)
    width, height = kind.size or (0, 0)
    if width * height > MOST_PIXELS:
        raise SettingInvalid(sentence("must have at most %(most)s megapixels", most=MOST_PIXELS // 1_000_000))
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return _redrawn(content, found)
    except (OSError, ValueError, SyntaxError, UnidentifiedImageError, Image.DecompressionBombError, MemoryError) as why:
        if isinstance(why, SettingInvalid):
            raise
        raise SettingInvalid(_DAMAGED) from None


def _redrawn(content: bytes, purpose: Purpose) -> LookPicture:
    with Image.open(io.BytesIO(content), formats=DECODED) as picture:
        # A photo of a phone may carry a second one, which is not a movement.
        if picture.format in ("PNG", "WEBP") and getattr(picture, "is_animated", False):
            raise SettingInvalid(_MOVES)
        _check_shape(picture.size, purpose)
        profile = picture.info.get("icc_profile") if picture.mode in ("RGB", "RGBA") else None
        has_alpha = picture.mode in ("RGBA", "LA", "PA") or "transparency" in picture.info
        longest = 2 * max(purpose.most)
        picture.draft("RGB", (longest, longest))
        # Turned as the camera was, which the original says in its EXIF.
        upright = ImageOps.exif_transpose(picture).convert("RGBA" if has_alpha else "RGB")
    upright.thumbnail(purpose.most, Image.Resampling.LANCZOS)
    if has_alpha and purpose.form == "JPEG":
        paper = Image.new("RGB", upright.size, "white")
        paper.paste(upright, mask=upright.getchannel("A"))
        upright = paper
    upright.info.clear()
    target = io.BytesIO()
    kept_profile = profile if profile and len(profile) <= MOST_PROFILE_BYTES else None
    upright.save(target, purpose.form, icc_profile=kept_profile, **OPTIONS[purpose.form])
    return _named(target.getvalue(), upright.size, EXTENSIONS[purpose.form])


def _check_shape(size: tuple[int, int], purpose: Purpose) -> None:
    shown = f"{size[0]} × {size[1]}"
    if min(size) < min(purpose.least) or max(size) < max(purpose.least):
        width, height = purpose.least
        words = sentence(
            "must have at least %(width)s × %(height)s pixels; this one has %(size)s",
            width=width, height=height, size=shown,
        )  # fmt: skip
        raise SettingInvalid(words)
    if purpose.is_square and abs(size[0] - size[1]) * 20 > max(size):
        raise SettingInvalid(sentence("must be square; this one has %(size)s pixels", size=shown))
    if max(size) > NARROWEST * min(size):
        raise SettingInvalid(sentence("must not be that long and narrow: %(size)s pixels", size=shown))


def _drawing(content: bytes, purpose: Purpose) -> LookPicture:
    if re.search(rb"<(?:[\w.-]+:)?svg\b", content[:4096]) is None:
        raise SettingInvalid(_NO_PICTURE)
    if not purpose.takes_drawings:
        raise SettingInvalid(sentence("must be PNG, JPEG or WebP: where links are posted, SVG isn’t shown"))
    if len(content) > MOST_DRAWING_BYTES:
        raise SettingInvalid(sentence("must be at most %(most)s kB as SVG", most=MOST_DRAWING_BYTES // 1024))
    try:
        check_drawing(content)
        check_closed(content)
    except DrawingRefused as why:
        raise SettingInvalid(sentence("can’t be used: %(why)s", why=str(why).rstrip("."))) from None
    size = drawing_size(content)
    if size is None:
        raise SettingInvalid(sentence("needs a width and height, or a viewBox, in its <svg>"))
    if purpose.is_square:
        _check_shape((16 * size[0], 16 * size[1]), purpose)
    return _named(content, size, "svg")


def _named(content: bytes, size: tuple[int, int], extension: str) -> LookPicture:
    digest = hashlib.sha256(content).hexdigest()[:24]
    return LookPicture(f"{digest}-{size[0]}x{size[1]}.{extension}", content)


def store(database: Database, clock: Clock, files: Collection[LookPicture], by: str) -> None:
    # Nothing of it is shown before a setting names it.
    now = clock.now()
    with database.writing() as connection:
        used = pictures_of(hunt_state.lock_settings(connection))
        queries.drop_unused(connection, used, now - UNUSED_KEPT)
        for one in files:
            queries.keep_file(connection, one.name, one.media_type, one.content, by, now)


def sheet_of(css: str) -> LookPicture:
    # For the preview, which inline styles are closed to.
    content = css.encode()
    return LookPicture(f"{hashlib.sha256(content).hexdigest()[:24]}.css", content)


def pictures_of(stored: Mapping[str, str]) -> tuple[str, ...]:
    return tuple(stored[name] for name in PICTURES if picture_size(stored.get(name, "")))
