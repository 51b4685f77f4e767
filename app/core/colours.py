"""Accent colours: OKLCH, contrast by WCAG. Pure."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

# Contrast of text by WCAG, level AA.
LEAST_CONTRAST = 4.5
# What links stand on, by scheme: a test compares them with tokens.css.
LIGHT_BACKGROUNDS = ("#fffdfa", "#ffffff", "#f8f1eb", "#e4f4ea", "#fff1d6", "#fdeaea")
DARK_BACKGROUNDS = ("#17121a", "#1e1822", "#221b26", "#16301f", "#35270d", "#3b191b")
WHITE = "#ffffff"
# Of the dark scheme's accent, where it is readable at all.
DARK_LIGHTNESS = 0.8
_HEX = re.compile(r"#[0-9a-f]{6}")
_STEP = 1 / 512


@dataclass(frozen=True, slots=True)
class Lch:
    lightness: float  # 0 to 1
    chroma: float
    hue: float  # radians


@dataclass(frozen=True, slots=True)
class Shades:
    # Of one scheme, as hex. The light one uses the colour as given, the dark one a lighter shade.
    accent: str
    soft: str
    button_from: str
    button_to: str
    button_ink: str
    glow: tuple[str, str, str]


def is_colour(text: str) -> bool:
    return _HEX.fullmatch(text) is not None


def luminance(colour: str) -> float:
    red, green, blue = _linear(colour)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    """From 1 to 21."""
    darker, lighter = sorted((luminance(one), luminance(other)))
    return (lighter + 0.05) / (darker + 0.05)


def link_contrast(accent: str) -> tuple[float, str]:
    # The least in the light scheme.
    return min((contrast(accent, one), one) for one in (*LIGHT_BACKGROUNDS, light_shades(accent).soft))


def button_contrast(accent: str) -> float:
    return contrast(WHITE, accent)


def is_readable(accent: str) -> bool:
    return min(link_contrast(accent)[0], button_contrast(accent)) >= LEAST_CONTRAST


@lru_cache(64)
def nearest_readable(accent: str) -> str:
    # Of the same hue.
    if is_readable(accent):
        return accent
    found = to_lch(accent)
    return next(one for one in _downwards(found) if is_readable(one))


@lru_cache(64)
def light_shades(accent: str) -> Shades:
    found = to_lch(accent)
    return Shades(
        accent=accent,
        soft=from_lch(Lch(0.955, min(found.chroma, 0.02), found.hue)),
        button_from=accent,
        button_to=from_lch(Lch(max(0.0, found.lightness - 0.07), found.chroma, found.hue)),
        button_ink=WHITE,
        glow=_glow(found),
    )


@lru_cache(64)
def dark_shades(accent: str) -> Shades:
    found = to_lch(accent)
    lightness = max(DARK_LIGHTNESS, found.lightness)
    soft = from_lch(Lch(0.28, min(found.chroma, 0.045), found.hue))
    chroma = min(found.chroma, 0.13)
    while not _is_readable_on(shade := from_lch(Lch(lightness, chroma, found.hue)), (*DARK_BACKGROUNDS, soft)):
        lightness += _STEP
    return Shades(
        accent=shade,
        soft=soft,
        button_from=from_lch(Lch(min(0.95, lightness + 0.06), chroma, found.hue)),
        button_to=shade,
        button_ink=from_lch(Lch(0.2, min(found.chroma, 0.05), found.hue)),
        glow=_glow(found),
    )


def _glow(found: Lch) -> tuple[str, str, str]:
    # Decoration.
    steps = (0.2, 0.08, -0.04)
    lightest, middle, darkest = (
        from_lch(Lch(min(0.9, max(0.25, found.lightness + step)), found.chroma, found.hue)) for step in steps
    )
    return lightest, middle, darkest


def _is_readable_on(colour: str, backgrounds: tuple[str, ...]) -> bool:
    return all(contrast(colour, one) >= LEAST_CONTRAST for one in backgrounds)


def _downwards(found: Lch) -> Iterator[str]:
    lightness = found.lightness
    while lightness > 0:
        yield from_lch(Lch(lightness, found.chroma, found.hue))
        lightness -= _STEP
    yield "#000000"


# --- OKLCH, by Björn Ottosson's matrices ------------------------------------------------------------------------------


def to_lch(colour: str) -> Lch:
    red, green, blue = _linear(colour)
    long, middle, short = (
        math.cbrt(one)
        for one in (
            0.4122214708 * red + 0.5363325363 * green + 0.0514459929 * blue,
            0.2119034982 * red + 0.6806995451 * green + 0.1073969566 * blue,
            0.0883024619 * red + 0.2817188376 * green + 0.6299787005 * blue,
        )
    )
    lightness = 0.2104542553 * long + 0.7936177850 * middle - 0.0040720468 * short
    a = 1.9779984951 * long - 2.4285922050 * middle + 0.4505937099 * short
    b = 0.0259040371 * long + 0.7827717662 * middle - 0.8086757660 * short
    return Lch(lightness, math.hypot(a, b), math.atan2(b, a))


def from_lch(found: Lch) -> str:
    # With as much of the chroma as a screen can show.
    shown, least, most = _linear_of(found), 0.0, found.chroma
    if not _is_shown(shown):
        for _ in range(16):
            middle = (least + most) / 2
            least, most = (middle, most) if _is_shown(_linear_of(_with(found, middle))) else (least, middle)
        shown = _linear_of(_with(found, least))
    return "#" + "".join(f"{round(255 * _encoded(min(1.0, max(0.0, one)))):02x}" for one in shown)


def _with(found: Lch, chroma: float) -> Lch:
    return Lch(found.lightness, chroma, found.hue)


def _is_shown(parts: tuple[float, float, float]) -> bool:
    return all(-1e-4 <= one <= 1 + 1e-4 for one in parts)


def _linear_of(found: Lch) -> tuple[float, float, float]:
    a, b = found.chroma * math.cos(found.hue), found.chroma * math.sin(found.hue)
    long = (found.lightness + 0.3963377774 * a + 0.2158037573 * b) ** 3
    middle = (found.lightness - 0.1055613458 * a - 0.0638541728 * b) ** 3
    short = (found.lightness - 0.0894841775 * a - 1.2914855480 * b) ** 3
    return (
        4.0767416621 * long - 3.3077115913 * middle + 0.2309699292 * short,
        -1.2684380046 * long + 2.6097574011 * middle - 0.3413193965 * short,
        -0.0041960863 * long - 0.7034186147 * middle + 1.7076147010 * short,
    )


def _linear(colour: str) -> tuple[float, float, float]:
    red, green, blue = (_decoded(int(colour[at : at + 2], 16) / 255) for at in (1, 3, 5))
    return red, green, blue


def _decoded(part: float) -> float:
    return part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4


def _encoded(part: float) -> float:
    return 12.92 * part if part <= 0.0031308 else 1.055 * part ** (1 / 2.4) - 0.055
