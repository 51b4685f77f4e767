"""Made by `make words`: English, and each language with a catalogue."""

LANGUAGES = {"en": "English", "de": "Deutsch", "fr": "Français"}
