"""An accent: what is readable, what would be, and the shades of both schemes, over the whole cube of colours."""

from __future__ import annotations

import re
from itertools import product

import pytest
from coloraide import Color

from app.core import colours
from app.core.colours import (
    LEAST_CONTRAST,
    button_contrast,
    contrast,
    dark_shades,
    is_colour,
    is_readable,
    light_shades,
    link_contrast,
    nearest_readable,
)
from tests.support.source import APP

CUBE = [f"#{red:02x}{green:02x}{blue:02x}" for red, green, blue in product((0, 51, 102, 153, 204, 255), repeat=3)]
BACKGROUNDS = ("paper", "card", "soft", "good-soft", "warn-soft", "bad-soft")


@pytest.mark.parametrize(
    ("one", "other", "expected"),
    [("#000000", "#ffffff", 21.0), ("#ffffff", "#ffffff", 1.0), ("#767676", "#ffffff", 4.54)],
)  # fmt: skip
def test_contrast_is_that_of_wcag(one: str, other: str, expected: float) -> None:
    assert contrast(one, other) == pytest.approx(expected, abs=0.005)
    assert contrast(other, one) == contrast(one, other)


@pytest.mark.parametrize("text", ["#a8213f", "#000000"])
def test_a_colour_has_six_digits(text: str) -> None:
    assert is_colour(text)


@pytest.mark.parametrize(
    "text", ["", "red", "#fff", "#FFFFFF00", "#A8213F", "#１２３４５６", "a8213f", "#a8213f\n", "#a8213g"]
)
def test_anything_else_is_no_colour(text: str) -> None:
    assert not is_colour(text)


def test_the_nearest_readable_colour_is_readable_and_no_darker_than_needed() -> None:
    for colour in CUBE:
        nearest = nearest_readable(colour)
        assert is_readable(nearest), colour
        if nearest == colour:
            assert is_readable(colour)
            continue
        lighter = Color(colour).convert("oklch").set("lightness", Color(nearest).convert("oklch")["lightness"] + 0.012)
        shown = lighter.fit("srgb", method="oklch-chroma", jnd=0).convert("srgb").to_string(hex=True)
        assert not is_readable(shown), colour


def test_links_and_buttons_are_readable_in_both_schemes() -> None:
    for colour in filter(is_readable, CUBE):
        light, dark = light_shades(colour), dark_shades(colour)
        assert link_contrast(colour)[0] >= LEAST_CONTRAST
        assert button_contrast(colour) >= LEAST_CONTRAST
        for background in (*colours.DARK_BACKGROUNDS, dark.soft):
            assert contrast(dark.accent, background) >= LEAST_CONTRAST, (colour, background)
        for shades in (light, dark):
            for ground in (shades.button_from, shades.button_to):
                assert contrast(shades.button_ink, ground) >= LEAST_CONTRAST, (colour, ground)
        # The page's own text on the tint.
        assert contrast("#251a20", light.soft) >= 7
        assert contrast("#f5ece7", dark.soft) >= 7


def test_the_backgrounds_are_those_of_the_style_sheet() -> None:
    sheet = (APP / "static" / "css" / "tokens.css").read_text()
    light, dark = sheet.split("@media (prefers-color-scheme: dark)")[:2]
    for part, expected in (
        (light, colours.LIGHT_BACKGROUNDS),
        (dark.split(":root[data-theme")[0], colours.DARK_BACKGROUNDS),
    ):
        found = dict(re.findall(r"--([\w-]+): (#[0-9a-f]{6});", part))
        assert tuple(found[name] for name in BACKGROUNDS) == expected
