"""Names and help texts of tables and fields, and the sections of a form."""

from __future__ import annotations

from app.content.fields import FIELDS
from app.core.text import sentence

# Table to its name and that of one record, in the order of the pages.
TABLE_NAMES = {
    "Puzzles": (sentence("Puzzles"), sentence("Puzzle")),
    "Levels": (sentence("Levels"), sentence("Level")),
    "Hints": (sentence("Hints"), sentence("Hint")),
    "Story": (sentence("Story"), sentence("Story block")),
    "Divisions": (sentence("Divisions"), sentence("Division")),
    "Pages": (sentence("Pages"), sentence("Page")),
}
NEW_NAMES = {
    "Puzzles": sentence("New puzzle"),
    "Levels": sentence("New level"),
    "Hints": sentence("New hint"),
    "Story": sentence("New story block"),
    "Divisions": sentence("New division"),
    "Pages": sentence("New page"),
}
LABELS: dict[str, str] = {
    "Title": sentence("Title"),
    "Name": sentence("Name"),
    "Code": sentence("Code"),
    "Description": sentence("Introduction"),
    "Order": sentence("Place"),
    "Unlocked": sentence("Open to teams"),
    "UnlockAt": sentence("Opens at"),
    "PrereqCount": sentence("How many of them are enough"),
    "Prereq": sentence("Solved first"),
    "Meta": sentence("Meta"),
    "Slug": sentence("Address"),
    "CustomCSS": sentence("Style (CSS)"),
    "Level": sentence("Level"),
    "Value": sentence("Points"),
    "Divisions": sentence("Only for divisions"),
    "Type": sentence("Kind"),
    "ContentText": sentence("Puzzle"),
    "URL": sentence("Web address"),
    "Attachments": sentence("Files below the puzzle"),
    "Script": sentence("Script"),
    "ScriptEnabled": sentence("Run the script"),
    "Solution": sentence("Answer"),
    "Near": sentence("Signature for typing slips"),
    "CustomSuccess": sentence("Message after the right answer"),
    "CustomError": sentence("Message after a wrong answer"),
    "Erratum": sentence("Erratum"),
    "SolutionText": sentence("Solution, shown after the end"),
    "Authors": sentence("Authors"),
    "Access": sentence("Accessibility tags"),
    "FreeGuesses": sentence("Guesses don’t count against the limit"),
    "HintText": sentence("Hint"),
    "Cost": sentence("Cost in credits"),
    "AvailableAfter": sentence("Minutes after opening"),
    "Puzzle": sentence("Puzzle"),
    "Text": sentence("Text"),
    "Public": sentence("Teams may register for it"),
    "Ranked": sentence("Ranked on the board"),
    "FinalPuzzle": sentence("Final puzzle"),
    "Body": sentence("Text"),
}
LABELS_OF: dict[tuple[str, str], str] = {
    ("Levels", "Meta"): sentence("Metas"),
    ("Puzzles", "Meta"): sentence("This is a meta"),
}
HINTS: dict[str, str] = {
    "Slug": sentence("Letters a-z, digits and hyphens, such as the-last-door. Leave it empty for a made-up one."),
    "Code": sentence("Letters a-z, digits and hyphens, such as solo. It stands in addresses."),
    "UnlockAt": sentence("In the hunt’s time zone. Empty: no waiting."),
    "PrereqCount": sentence("Empty: all of them."),
    "Type": sentence("Text is shown here; Link leads to another page; Embed shows another page in a frame."),
    "Authors": sentence("Names with commas between them."),
    "Access": sentence("Words with commas between them, such as audio, colour."),
    "Divisions": sentence("None ticked: for all."),
    "CustomCSS": sentence("CSS, or the https:// address of a style sheet."),
    "AvailableAfter": sentence("Empty: at once."),
    "Cost": sentence("Empty: 1."),
    "Text": sentence("{team} becomes the team’s name."),
    "ScriptEnabled": sentence("It runs in a frame of its own, cut off from the site."),
}
HINTS_OF: dict[tuple[str, str], str] = {
    ("Pages", "Slug"): sentence("home, rules, stuck and credits replace the pages that come with the site."),
    ("Levels", "Meta"): sentence("Empty: the level’s puzzles that are ticked as metas."),
}
OPEN, MORE = sentence("When it opens"), sentence("More")
# Table to its sections: heading (empty for the first) and fields. The last is folded.
LAYOUT: dict[str, tuple[tuple[str, tuple[str, ...]], ...]] = {
    "Puzzles": (
        ("", ("Title", "Level", "ContentText", "Attachments")),
        (sentence("Solving"), ("Solution", "CustomSuccess", "CustomError", "SolutionText")),
        (OPEN, ("Unlocked", "UnlockAt", "Prereq", "Divisions")),
        (
            sentence("Close answers"),
            tuple(name for number in range(1, 6) for name in (f"Close{number}", f"Close{number}Hint")),
        ),
        (
            MORE,
            (
                "Order", "Value", "Meta", "FreeGuesses", "Slug", "Description", "Type", "URL", "Erratum", "Authors",
                "Access", "CustomCSS", "Script", "ScriptEnabled",
            ),
        ),
    ),
    "Levels": (
        ("", ("Title", "Description")),
        (OPEN, ("Unlocked", "UnlockAt", "Prereq", "PrereqCount")),
        (MORE, ("Order", "Slug", "Meta", "CustomCSS")),
    ),
    "Hints": (("", ("Puzzle", "HintText", "Cost", "AvailableAfter", "Order")),),
    "Story": (("", ("Puzzle", "Text", "Order")),),
    "Divisions": (("", ("Name", "Code", "Public", "Ranked", "FinalPuzzle", "Order")),),
    "Pages": (("", ("Title", "Slug", "Body", "Order")),),
}  # fmt: skip
# Folded unless something stands in them.
FOLDED = frozenset({MORE, sentence("Close answers")})
# Made from the answer, so no form has it.
DERIVED = frozenset({"Near"})


def label_of(table: str, name: str) -> str:
    if name.startswith("Close"):
        number = int(name[5])
        if name.endswith("Hint"):
            return sentence("Message for close answer %(number)s", number=number)
        return sentence("Close answer %(number)s", number=number)
    return LABELS_OF.get((table, name)) or LABELS.get(name, name)


def hint_of(table: str, name: str) -> str:
    return HINTS_OF.get((table, name)) or HINTS.get(name, "")


def table_called(name: str) -> str | None:
    return next((table for table in FIELDS if table.lower() == name.lower()), None)
