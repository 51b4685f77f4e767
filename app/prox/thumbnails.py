"""Thumbnails of wide pictures, offered only beside the unchanged original, since a puzzle may hide in single
pixels. Threat: decompression bombs, so only moderate sizes are decoded."""

from __future__ import annotations

import io
import warnings

from PIL import Image, UnidentifiedImageError

from app.prox.media_type import kind_of

MOST_PIXELS = 24_000_000
QUALITY = 82
ORIENTATION = 0x0112
FORMATS = ("PNG", "JPEG", "WEBP", "GIF")


def shrink(content: bytes, width: int) -> bytes | None:
    """WebP, ``width`` pixels wide; None if animated, too large or undecodable."""
    kind = kind_of(content)
    if kind is None or kind.size is None or kind.size[0] * kind.size[1] > MOST_PIXELS:
        return None
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return _shrunk(content, width)
    except (OSError, ValueError, SyntaxError, UnidentifiedImageError, Image.DecompressionBombError, MemoryError):
        return None


def _shrunk(content: bytes, width: int) -> bytes | None:
    with Image.open(io.BytesIO(content), formats=FORMATS) as picture:
        if getattr(picture, "is_animated", False) or picture.width * picture.height > MOST_PIXELS:
            return None
        # Skip photographs with an EXIF rotation: rare, and the original works.
        if picture.getexif().get(ORIENTATION, 1) != 1:
            return None
        has_alpha = picture.mode in ("RGBA", "LA", "PA") or "transparency" in picture.info
        height = max(1, round(picture.height * width / picture.width))
        smaller = picture.convert("RGBA" if has_alpha else "RGB").resize((width, height), Image.Resampling.LANCZOS)
    target = io.BytesIO()
    smaller.save(target, "WEBP", quality=QUALITY, method=4)
    return target.getvalue()
