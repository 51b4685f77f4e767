"""Settings of the site's look."""

from __future__ import annotations

import re
from collections.abc import Callable

from app.core.colours import (
    LEAST_CONTRAST,
    button_contrast,
    is_colour,
    is_readable,
    link_contrast,
    nearest_readable,
)
from app.core.setting_faults import EMPTY, SettingInvalid
from app.core.text import sentence

_MAIL = r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@[A-Za-z0-9-]{1,63}(\.[A-Za-z0-9-]{1,63})+"
_LINK = r"https?://[A-Za-z0-9.-]+(:[0-9]{1,5})?([/?#][!-;=?-~]*)?"
# A stored picture: the digest of its bytes, and its size.
_PICTURE = re.compile(r"[0-9a-f]{24}-([1-9][0-9]{0,4})x([1-9][0-9]{0,4})\.(png|jpg|webp|svg)")


def read_language(text: str, zone: str) -> str:
    if not re.fullmatch(r"[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8}){0,3}", text):
        raise SettingInvalid(sentence("must be the short name of a language, such as en, de or pt-BR"))
    return text


def read_contact(text: str, zone: str) -> str:
    """An e-mail or web address that a browser may follow."""
    if text.lower() in EMPTY:
        return ""
    if len(text) > 300 or not (re.fullmatch(_MAIL, text) or re.fullmatch(_LINK, text)):
        raise SettingInvalid(sentence("must be an e-mail address or a link that begins with https://, or empty"))
    return text


def read_accent(text: str, zone: str) -> str:
    if text.lower() in EMPTY:
        return ""
    colour = text.lower() if text.isascii() else ""
    if not is_colour(colour):
        raise SettingInvalid(sentence("must be # and six digits, such as #a8213f, or empty"))
    if not is_readable(colour):
        raise _unreadable(colour)
    return colour


def _unreadable(colour: str) -> SettingInvalid:
    (links, background), buttons, nearest = link_contrast(colour), button_contrast(colour), nearest_readable(colour)
    values = {
        "links": f"{_cut(links)}:1", "background": background, "buttons": f"{_cut(buttons)}:1",
        "least": f"{LEAST_CONTRAST}:1", "nearest": nearest,
    }  # fmt: skip
    if buttons < LEAST_CONTRAST:
        words = sentence(
            "must be darker: white text on buttons would have a contrast of %(buttons)s and links on %(background)s one"
            " of %(links)s, where %(least)s is needed. The nearest colour that works is %(nearest)s",
            **values,
        )
    else:
        words = sentence(
            "must be darker: links on %(background)s would have a contrast of %(links)s, where %(least)s is needed."
            " The nearest colour that works is %(nearest)s",
            **values,
        )
    return SettingInvalid(words, choices=((nearest, ""),))


def _cut(ratio: float) -> float:
    # Never rounded up to what is needed.
    return int(ratio * 100) / 100


def picture_size(name: str) -> tuple[int, int] | None:
    # None if it is no stored picture's name.
    found = _PICTURE.fullmatch(name)
    return (int(found[1]), int(found[2])) if found else None


def read_picture(*others: str) -> Callable[[str, str], str]:
    def read(text: str, zone: str) -> str:
        if text.lower() in others:
            return text.lower()
        if not others and text.lower() in EMPTY:
            return ""
        if picture_size(text) is None:
            raise SettingInvalid(sentence("must be a picture’s file"))
        return text

    return read
