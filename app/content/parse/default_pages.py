"""The built-in pages: home, rules, stuck, credits. Markdown."""

from __future__ import annotations

PAGES: dict[str, tuple[str, str]] = {
    "home": (
        "Welcome",
        """Somewhere behind these pages there are puzzles, and behind the puzzles a story. Bring paper, a pencil and a
few friends, or come alone: both work.

1. **Register** a team. One account serves the whole team, on as many screens as you like.
2. **Open a level** and pick any puzzle in it. Nobody will tell you how it works; finding that out is the puzzle.
3. **Send in an answer** whenever you think you have one. The site tells you at once.

Never done this before? [How to play](/page/rules) takes three minutes, and [when you are stuck](/page/stuck) there is
help.
""",
    ),
    "rules": (
        "How to play",
        """## Answers

Every puzzle has an answer: a word, a name or a short phrase. Capital letters, spaces, accents and punctuation do not
matter. You may guess as often as you like; a wrong guess costs nothing, but there is a limit on how many you can send
in a minute, and the page says how many are left.

If your guess is close, the page may say so. Repeating a wrong guess changes nothing.

## Levels and metas

Puzzles come in levels. Solving some of them opens others. A **meta** is a puzzle made from the answers of its level,
so keep your answers, and the titles, at hand.

## Hints

When you are stuck for good, a hint can be taken on the puzzle's page. You see what it costs before you take it.

## Fair play

- Search engines, dictionaries, spreadsheets and programs of your own are welcome.
- Work with your team, and with nobody else. Please do not publish answers while the hunt is on.
- Do not try answers by machine, and do not attack the site or other teams. What you need is always in the puzzle.
- If a puzzle seems broken, tell us. Corrections are announced to everyone.
""",
    ),
    "stuck": (
        "When you are stuck",
        """It happens to everybody, and it is half of the fun. What often helps:

- **Read the title again.** And the line below it. Hardly a word is there by accident.
- **Count.** How many things are there, how long are they, what comes in the same number?
- **Look for the odd one.** What is spelled strangely, missing, out of order or twice there?
- **Write down what you have**, side by side, in a table. First letters, last letters, diagonals.
- **Ask what you have not used yet.** A finished puzzle seldom leaves much over.
- **Think of codes**: numbers for letters, Morse, Braille, semaphore, flags of ships.
- **Explain it to somebody** who has not looked at it. Half-way through you will often stop and run back.
- **Sleep on it**, or do another puzzle first.

Still nothing? Take a hint on the puzzle's page, or ask the organisers there.
""",
    ),
    "credits": (
        "Credits",
        """This hunt was made by its organisers, who write and test puzzles for the joy of seeing them solved.

The site runs on **Infinity**, free software for puzzle hunts. Thank you to everybody who tested, and to you for
playing.
""",
    ),
}
