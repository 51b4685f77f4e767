"""Pictures that organisers may send, good and bad, made here."""

from __future__ import annotations

import io
import struct
import zlib
from typing import Any

from PIL import Image

SQUARE_SVG = b'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 32 32"><circle r="9" fill="#a8213f"/></svg>'


def picture(form: str = "PNG", size: tuple[int, int] = (640, 320), mode: str = "RGB", **more: Any) -> bytes:
    target = io.BytesIO()
    left = Image.new(mode, size, 0)
    left.paste(Image.new(mode, (size[0] // 2, size[1] // 2), 255 if mode == "L" else "white"))
    left.save(target, form, **more)
    return target.getvalue()


def moving(form: str) -> bytes:
    target = io.BytesIO()
    frames = [Image.new("RGB", (320, 320), colour) for colour in ("red", "green", "blue")]
    frames[0].save(target, form, save_all=True, append_images=frames[1:], duration=100, loop=0)
    return target.getvalue()


def turned(size: tuple[int, int] = (640, 320)) -> bytes:
    """A photo whose EXIF says that it was taken on its side, and where."""
    exif = Image.Exif()
    exif[0x0112] = 6
    exif.get_ifd(0x8825)[1] = "N"
    exif[0x010F] = "A secret maker"
    return picture("JPEG", size, exif=exif)


def vast() -> bytes:
    """A PNG that says it is 100,000 pixels wide."""
    head = struct.pack(">IIBBBBB", 100_000, 100_000, 8, 2, 0, 0, 0)
    chunk = b"IHDR" + head
    return b"\x89PNG\r\n\x1a\n" + struct.pack(">I", 13) + chunk + struct.pack(">I", zlib.crc32(chunk))


def svg(inside: str = "", head: str = 'viewBox="0 0 32 32"', before: str = "") -> bytes:
    names = 'xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink"'
    return f"{before}<svg {names} {head}>{inside}</svg>".encode()
