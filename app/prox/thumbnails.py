"""Smaller copies of wide pictures, for screens that need no more. The original is never touched or encoded again.

A puzzle may hide in single pixels, so a copy is only ever offered beside its original. Threats: a picture whose header
is harmless and whose pixels are not; so only moderate ones are decoded, and whatever fails makes no copy.
"""

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
    """The picture as WebP, ``width`` pixels wide; None for what moves, is too large, or cannot be decoded."""
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
        # A photograph that is to be turned before it is shown: rare, and its original serves as well.
        if picture.getexif().get(ORIENTATION, 1) != 1:
            return None
        has_alpha = picture.mode in ("RGBA", "LA", "PA") or "transparency" in picture.info
        height = max(1, round(picture.height * width / picture.width))
        smaller = picture.convert("RGBA" if has_alpha else "RGB").resize((width, height), Image.Resampling.LANCZOS)
    target = io.BytesIO()
    smaller.save(target, "WEBP", quality=QUALITY, method=4)
    return target.getvalue()
