"""The catalogues of the site's own words: `make words` brings them up to date, and says what is still to translate.

Collects every text from templates, Python and scripts into each language's ``messages.po``, compiles it to the
``messages.mo`` that the program reads, and writes the scripts' share of it as ``words-CODE.js``. What is no longer said
anywhere is dropped. Texts that only look like older ones are not guessed at: they stay empty until somebody translates
them. ``--check`` changes nothing and exits with 1 where anything is out of date or untranslated.
"""

from __future__ import annotations

import argparse
import io
import json
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

from babel import Locale
from babel.messages.catalog import Catalog, Message
from babel.messages.extract import extract_from_dir
from babel.messages.frontend import parse_mapping_cfg
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po

ROOT = Path(__file__).resolve().parent.parent
FOLDER = ROOT / "app" / "translations"
NAMES = ROOT / "app" / "core" / "language_names.py"
SCRIPTS = ROOT / "app" / "static" / "js"
# What marks a text; the numbers say which arguments are texts, a "c" which one is the context.
KEYWORDS = {
    "_": None,
    "gettext": None,
    "ngettext": (1, 2),
    "pgettext": ((1, "c"), 2),
    "sentence": None,
    "counted": (1, 2),
    "say": None,
    "sayCount": (1, 2),
}
WIDTH = 120
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def collect() -> Catalog:
    """Every text that the program has, with the files that say it."""
    with (ROOT / "babel.cfg").open() as file:
        methods, options = parse_mapping_cfg(file)
    found = Catalog(charset="utf-8")
    for name, _line, text, comments, context in extract_from_dir(
        ROOT, methods, options, KEYWORDS, strip_comment_tags=True
    ):
        # Lines would change with every edit and say nothing to a translator.
        found.add(text, None, [(name, None)], auto_comments=comments, context=context)
    return found


def languages() -> list[str]:
    """The codes of the languages that there is a catalogue for."""
    return sorted(folder.name for folder in FOLDER.iterdir() if (folder / "LC_MESSAGES").is_dir())


def catalogue(code: str) -> Catalog:
    """The catalogue of a language as it is on the disk."""
    with po_file(code).open("rb") as file:
        return read_po(file, locale=code)


def po_file(code: str) -> Path:
    """What translators write."""
    return FOLDER / code / "LC_MESSAGES" / "messages.po"


def renewed(code: str, texts: Catalog) -> Catalog:
    """The language's catalogue with exactly the texts that the program has now."""
    old = catalogue(code)
    made = Catalog(locale=code, charset="utf-8", header_comment=old.header_comment, fuzzy=False)
    # The file's own: the library would give French a third form, for millions.
    made._num_plurals, made._plural_expr = old.num_plurals, old.plural_expr
    for message in sorted((one for one in texts if one.id), key=_order):
        known = old.get(message.id, message.context)
        same = known is not None and bool(known.pluralizable) == bool(message.pluralizable)
        string = known.string if known is not None and same else None
        files = sorted({(name, None) for name, _ in message.locations})
        made.add(message.id, string, files, message.flags, message.auto_comments, context=message.context)
    return made


def _order(message: Message) -> tuple[str, str, str]:
    return (min(name for name, _ in message.locations), _first(message), message.context or "")


def as_po(made: Catalog) -> bytes:
    """The text of ``messages.po``."""
    out = io.BytesIO()
    write_po(out, made, width=WIDTH, omit_header=False, ignore_obsolete=True)
    # Dates and tool versions would change a file in which nothing else did.
    dull = (b'"POT-Creation-Date', b'"PO-Revision-Date', b'"Generated-By', b'"Last-Translator', b'"Language-Team')
    dull += (b'"Project-Id-Version', b'"Report-Msgid-Bugs-To')
    return b"".join(line for line in out.getvalue().splitlines(keepends=True) if not line.startswith(dull))


def as_mo(made: Catalog) -> bytes:
    """The bytes of ``messages.mo``."""
    out, read = io.BytesIO(), read_po(io.BytesIO(as_po(made)), locale=made.locale)
    # It would carry the moment at which it was made, and never be the same twice.
    read.creation_date = read.revision_date = EPOCH
    write_mo(out, read)
    return out.getvalue()


def _first(message: Message) -> str:
    return message.id if isinstance(message.id, str) else message.id[0]


def _strings(message: Message) -> list[str]:
    return [message.string] if isinstance(message.string, str) else list(message.string or [""])


def as_script(made: Catalog) -> str:
    """The scripts' words as a module: English to what it is here, in one or two forms."""
    table = {}
    for message in made:
        is_scripts = any(name.startswith("app/static/js/") for name, _ in message.locations)
        if message.id and message.string and is_scripts:
            table[_first(message)] = _strings(message)
    said = {json.dumps(key, ensure_ascii=False): json.dumps(table[key], ensure_ascii=False) for key in sorted(table)}
    rows = (f"  {key}: {told},\n" for key, told in said.items())
    return f"// Made by `make words` from the catalogue.\n\nexport default {{\n{''.join(rows)}}};\n"


def complaints(made: Catalog) -> Iterator[str]:
    """What is untranslated, or would break when it is filled in."""
    for message in made:
        if message.id and not all(_strings(message)):
            yield f"not translated: {message.id!r}"
        elif message.id:
            yield from (f"{message.id!r}: {problem}" for problem in message.check(made))


def files(code: str, made: Catalog) -> dict[Path, bytes]:
    """What belongs on the disk for a language."""
    po = po_file(code)
    return {
        po: as_po(made),
        po.with_suffix(".mo"): as_mo(made),
        SCRIPTS / f"words-{code}.js": as_script(made).encode(),
    }


def language_names() -> str:
    """The module that names the languages: a catalogue's folder is all that a new one needs."""
    names = {"en": "English"}
    for code in languages():
        own = Locale.parse(code).get_display_name(code) or code
        names[code] = own[:1].upper() + own[1:]
    said = json.dumps(names, ensure_ascii=False)
    return f'"""Made by `make words`: English, and each language with a catalogue."""\n\nLANGUAGES = {said}\n'


def main() -> int:
    """Bring everything up to date, or only look."""
    parser = argparse.ArgumentParser(prog="make words", description=__doc__)
    parser.add_argument("--check", action="store_true", help="change nothing; exit with 1 where there is work to do")
    is_check, texts, found = parser.parse_args().check, collect(), []
    for code in languages():
        made = renewed(code, texts)
        found += [f"{code}: {problem}" for problem in complaints(made)]
        for path, content in files(code, made).items():
            if is_check and (not path.exists() or path.read_bytes() != content):
                found.append(f"{code}: {path.relative_to(ROOT)} is out of date")
            elif not is_check:
                path.write_bytes(content)
    if is_check and NAMES.read_text() != language_names():
        found.append(f"{NAMES.relative_to(ROOT)} is out of date")
    elif not is_check:
        NAMES.write_text(language_names())
    print("\n".join(found) or "All words are translated.")
    return 1 if is_check and found else 0


if __name__ == "__main__":
    sys.exit(main())
