"""Why a setting is refused."""

from __future__ import annotations

# Words for nothing.
EMPTY = frozenset({"", "-", "none", "never", "off", "null"})


class SettingUnknown(KeyError):
    pass


class SettingInvalid(ValueError):
    """The text says what is valid; ``must`` omits the name.

    ``choices``: the two meanings of a local time, with UTC times.
    """

    def __init__(self, words: str, must: str = "", choices: tuple[tuple[str, str], ...] = ()) -> None:
        super().__init__(words)
        self.must, self.choices = must or words, choices
