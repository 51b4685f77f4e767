"""Thumbnails of wide pictures, offered only beside the unchanged original, since a puzzle may hide in single
pixels. Threat: decompression bombs, so only moderate sizes are decoded.
"""

from __future__ import annotations

import io
import warnings

from PIL import Image, ImageOps, UnidentifiedImageError

from app.prox.media_type import kind_of

MOST_PIXELS = 24_000_000
QUALITY = 82
# Decoded, a pixel takes four bytes, and there are up to three of such pictures in memory.
MOST_DECODED = 12_000_000
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
        # A JPEG can be decoded at an eighth of its size and up; two times the target are enough for a fine copy.
        longest = 2 * max(width, round(width * picture.height / picture.width))
        picture.draft("RGB", (longest, longest))
        if picture.width * picture.height > MOST_DECODED:
            return None
        has_alpha = picture.mode in ("RGBA", "LA", "PA") or "transparency" in picture.info
        # Turned as the camera was, which the original says in its EXIF. Browsers do not read that of a WebP.
        upright = picture if picture.format == "WEBP" else ImageOps.exif_transpose(picture)
        height = max(1, round(upright.height * width / upright.width))
        smaller = upright.convert("RGBA" if has_alpha else "RGB").resize((width, height), Image.Resampling.LANCZOS)
    target = io.BytesIO()
    smaller.save(target, "WEBP", quality=QUALITY, method=4)
    return target.getvalue()
