"""Accent colours: OKLCH, contrast by WCAG. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

from coloraide import Color

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


def contrast(one: str, other: str) -> float:
    """From 1 to 21."""
    return float(Color(one).contrast(other))


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
    return next(one for one in _downwards(*_lch(accent)) if is_readable(one))


@lru_cache(64)
def light_shades(accent: str) -> Shades:
    lightness, chroma, hue = _lch(accent)
    return Shades(
        accent=accent,
        soft=_shade(0.955, min(chroma, 0.02), hue),
        button_from=accent,
        button_to=_shade(max(0.0, lightness - 0.07), chroma, hue),
        button_ink=WHITE,
        glow=_glow(lightness, chroma, hue),
    )


@lru_cache(64)
def dark_shades(accent: str) -> Shades:
    given, own_chroma, hue = _lch(accent)
    soft, chroma, lightness = (
        _shade(0.28, min(own_chroma, 0.045), hue),
        min(own_chroma, 0.13),
        max(DARK_LIGHTNESS, given),
    )
    while not _is_readable_on(shade := _shade(lightness, chroma, hue), (*DARK_BACKGROUNDS, soft)):
        lightness += _STEP
    return Shades(
        accent=shade,
        soft=soft,
        button_from=_shade(min(0.95, lightness + 0.06), chroma, hue),
        button_to=shade,
        button_ink=_shade(0.2, min(own_chroma, 0.05), hue),
        glow=_glow(given, own_chroma, hue),
    )


def _glow(lightness: float, chroma: float, hue: float) -> tuple[str, str, str]:
    # Decoration.
    lightest, middle, darkest = (
        _shade(min(0.9, max(0.25, lightness + step)), chroma, hue) for step in (0.2, 0.08, -0.04)
    )
    return lightest, middle, darkest


def _is_readable_on(colour: str, backgrounds: tuple[str, ...]) -> bool:
    return all(contrast(colour, one) >= LEAST_CONTRAST for one in backgrounds)


def _downwards(lightness: float, chroma: float, hue: float) -> Iterator[str]:
    while lightness > 0:
        yield _shade(lightness, chroma, hue)
        lightness -= _STEP
    yield "#000000"


def _lch(colour: str) -> tuple[float, float, float]:
    lightness, chroma, hue = Color(colour).convert("oklch").coords(nans=False)
    return lightness, chroma, hue


@lru_cache(1024)
def _shade(lightness: float, chroma: float, hue: float) -> str:
    # With as much of the chroma as a screen can show.
    return (
        Color("oklch", [lightness, chroma, hue])
        .fit("srgb", method="oklch-chroma", jnd=0)
        .convert("srgb")
        .to_string(hex=True)
    )
