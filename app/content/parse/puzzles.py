"""A row of the table Puzzles to a puzzle of the model."""

from __future__ import annotations

import mimetypes
import re
from collections.abc import Iterator
from typing import Any, get_args
from urllib.parse import unquote, urlsplit

from app.content.html.css import PUZZLE_SCOPE, classes_in
from app.content.html.elements import prefix_of
from app.content.html.selectors import Reach
from app.content.parse.records import TEXTS_ON_SHEET, Tools, read_title
from app.content.parse.row import CellFaulty, Row, as_address, as_count, as_text
from app.core.answers import cost_of, is_answer_hash
from app.core.clean_text import clean_text, one_line
from app.core.model import Attachment, NearAnswer, Puzzle, PuzzleKind
from app.core.near_answers import is_signature

CLOSE_FIELDS = tuple(f"Close{number}" for number in range(1, 6))
MOST_ANSWERS = 50  # each costs a hashing of every wrong guess
MOST_ATTACHMENTS = 100
USUAL_COSTS = range(8, 14)
SLOWEST_COST = 17  # doubles with each step: at 10 a check takes some 60 ms, at 17 some 8 s, at 31 two days

_RECORD_ID = re.compile(r"rec[A-Za-z0-9]{14}", re.ASCII)
_KINDS: dict[str, PuzzleKind] = {kind.lower(): kind for kind in get_args(PuzzleKind)}


def read_puzzle(row: Row, level_id: str, divisions: dict[str, str], tools: Tools, level_css: str = "") -> Puzzle:
    """The parser adds hints and story. ``divisions``: code or record id → code. Texts may use the classes of
    ``level_css``.
    """
    css = tools.sheet(row, PUZZLE_SCOPE, Reach(tuple(prefix_of(row.id, field) for field in TEXTS_ON_SHEET)))
    classes = classes_in(css) | classes_in(level_css)
    answers = _read_hashes(row, "Solution")
    return Puzzle(
        id=row.id,
        key=row.slug() or row.id,
        title=read_title(row),
        level_id=level_id,
        order=row.number("Order"),
        description_html=tools.block(row, "Description", classes),
        value=row.count("Value") or 0,
        is_meta=row.is_ticked("Meta"),
        is_unlocked=row.is_ticked("Unlocked") and not tools.links.count_hidden(row, "Prereq"),
        unlock_at=row.moment("UnlockAt"),
        prereq=tools.links.targets(row, "Prereq", "Puzzles"),
        divisions=_read_divisions(row, divisions),
        kind=_read_kind(row),
        body_html=tools.block(row, "ContentText", classes),
        url=_read_url(row),
        attachments=tuple(_read_attachments(row, tools)),
        css=css,
        script=_read_script(row),
        answers=_with_answer(row, answers),
        near=_read_near(row),
        close=tuple(_read_close(row, tools, answers)),
        success_html=tools.message(row, "CustomSuccess"),
        error_html=tools.message(row, "CustomError"),
        erratum_html=tools.block(row, "Erratum", classes_in(level_css)),
        solution_html=tools.block(row, "SolutionText", classes),
        authors=", ".join(_read_authors(row)),
        access=row.words("Access"),
        has_free_guesses=row.is_ticked("FreeGuesses"),
    )


def _read_kind(row: Row) -> PuzzleKind:
    written = row.line("Type")
    if written and written.lower() not in _KINDS:
        row.fault("Type", f"“{written[:40]}” is no type. It is Text, Link or Embed.")
    return _KINDS.get(written.lower(), "Text")


def _read_url(row: Row) -> str:
    address = row.address("URL")
    if not row.has("URL") and _KINDS.get(row.line("Type").lower()) in ("Link", "Embed"):
        row.fault("URL", "A puzzle of the type Link or Embed needs an address. Fill in URL, or choose the type Text.")
    if "//[" in address and _KINDS.get(row.line("Type").lower()) == "Embed":
        row.fault("URL", "Browsers show no page of a bare IPv6 address in a frame. Give its host a name.")
    return address


def _read_divisions(row: Row, known: dict[str, str]) -> tuple[str, ...]:
    found = []
    for word in row.words("Divisions"):
        code = known.get(word) or known.get(word.lower())
        if code is None:
            row.fault(
                "Divisions", f"“{word[:40]}” is no division. The codes are {', '.join(sorted(set(known.values())))}."
            )
        else:
            found.append(code)
    return tuple(dict.fromkeys(found))


def _read_hashes(row: Row, field: str) -> tuple[str, ...]:
    found = []
    for number, line in enumerate(row.body(field).split("\n"), 1):
        written = line.strip()
        if written and not is_answer_hash(written):
            # The text itself is never repeated: it may be the answer, put here by mistake.
            row.fault(field, f"Line {number} is no answer hash. Make one with the hash generator and paste it whole.")
        elif written:
            found.append(written)
            _check_cost(row, field, number, cost_of(written) or 0)
    if len(found) > MOST_ANSWERS:
        row.fault(field, f"There are {len(found)} hashes; the most is {MOST_ANSWERS}, since each is tried in turn.")
    return tuple(dict.fromkeys(found[:MOST_ANSWERS]))


def _check_cost(row: Row, field: str, number: int, cost: int) -> None:
    if cost > SLOWEST_COST:
        row.fault(
            field, f"Line {number} has the cost {cost}: one guess would take minutes. Hash the answer again, at 10."
        )
    elif cost not in USUAL_COSTS:
        row.warn(field, f"Line {number} has the unusual cost {cost}. It works; 10 is usual.")


def _with_answer(row: Row, answers: tuple[str, ...]) -> tuple[str, ...]:
    if not row.body("Solution").strip():
        row.fault("Solution", "No answer can be right yet. Type the answer, or add its hash in Airtable or a file.")
    return answers


def _read_near(row: Row) -> str:
    written = "".join(row.body("Near").split())
    if written and not is_signature(written):
        row.fault("Near", "This is no signature. Make it with the hash generator, or leave the field empty.")
        return ""
    return written


def _read_close(row: Row, tools: Tools, answers: tuple[str, ...]) -> Iterator[NearAnswer]:
    for field in CLOSE_FIELDS:
        hashes, message = _read_hashes(row, field), tools.message(row, f"{field}Hint")
        if hashes and not message:
            row.warn(f"{field}Hint", f"{field} has no message. Teams that come close will read only that they did.")
        if message and not row.has(field):
            row.warn(field, f"{field}Hint has a message, but {field} has no hash, so nobody will read it.")
        if set(hashes) & set(answers):
            row.warn(field, "This hash is also a right answer, so its message will never be shown.")
        yield from (NearAnswer(found, message or "You are close.") for found in hashes)


def _read_authors(row: Row) -> Iterator[str]:
    words = row.words("Authors")
    ids = [word for word in words if _RECORD_ID.fullmatch(word)]
    if ids:
        row.warn(
            "Authors",
            f"{', '.join(ids[:5])[:200]} names a record and is left out. Write names, or use a look-up of the names.",
        )
    yield from (word for word in words if word not in ids)


def _read_script(row: Row) -> str:
    script = row.body("Script").strip()
    if script and not row.is_ticked("ScriptEnabled"):
        row.warn("Script", "The script is left out, because ScriptEnabled is not ticked.")
        return ""
    return script


def _read_attachments(row: Row, tools: Tools) -> Iterator[Attachment]:
    found = row.objects("Attachments")
    if len(found) > MOST_ATTACHMENTS:
        row.fault("Attachments", f"There are {len(found)} attachments; the most is {MOST_ATTACHMENTS}.")
    for one in found[:MOST_ATTACHMENTS]:
        try:
            yield _read_attachment(one, row.id, tools)
        except CellFaulty as fault:
            row.fault("Attachments", str(fault))


def _read_attachment(one: dict[str, Any], owner: str, tools: Tools) -> Attachment:
    url = as_text(one.get("url")).strip()
    if not url.startswith("asset:") and not tools.may_be_plain(url):
        url = as_address(url)
        if not url:
            raise CellFaulty("An attachment has no address.")
    filename = one_line(clean_text(as_text(one.get("filename"))))[:200] or _name_in(url)
    media_type = as_text(one.get("type")).lower().strip() or mimetypes.guess_type(filename)[0] or ""
    identity = as_text(one.get("id")).strip()[:100]
    served = _asset(url, tools) if url.startswith("asset:") else tools.attachment_url(url, owner, identity, filename)
    return Attachment(served, filename, media_type[:100], as_count(one.get("width")), as_count(one.get("height")))


def _asset(url: str, tools: Tools) -> str:
    address = tools.asset_url(url[6:])
    if address is None:
        raise CellFaulty(f"There is no asset named {url[6:][:100]}. Add it to the file, or correct the name.")
    return address


def _name_in(url: str) -> str:
    return unquote(urlsplit(url).path.rpartition("/")[2])[:200] or "attachment"
