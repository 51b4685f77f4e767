"""One dataclass per page: all that a template may see.

Built by the views from what a service answered. No field can hold a hash, a secret or a database row. Texts named
``*_html`` were sanitised at restock (or built by our own code from escaped parts) and are the only ones a template may
print with ``|safe``; everything else is escaped by Jinja. Times are aware UTC; the ``moment`` macro shows them in the
hunt's zone and the reader's own. Templates compute nothing: what they need to know is a field here.
"""

from __future__ import annotations

from app.views.pages.boards import BoardPage, BoardRow, ChartLine, ChartTick
from app.views.pages.frame import ErrorPage, Site, Viewer
from app.views.pages.lists import (
    AccessBox,
    AccessChoice,
    GamePage,
    LevelCard,
    LevelPage,
    PuzzleCard,
    StoryEntry,
    StoryPage,
)
from app.views.pages.paper import PaperLevel, PaperPage, PaperPuzzle
from app.views.pages.puzzle import (
    HintBox,
    HintLine,
    HintMessage,
    HintThread,
    PastGuess,
    PowerUp,
    PuzzlePage,
    Result,
    SheetPicture,
)
from app.views.pages.reading import (
    AccountPage,
    AnnouncementItem,
    AnnouncementsPage,
    FormPage,
    HomePage,
    ProgramsBox,
    ReadingPage,
    TokenPage,
)

__all__ = [
    "AccessBox",
    "AccessChoice",
    "AccountPage",
    "AnnouncementItem",
    "AnnouncementsPage",
    "BoardPage",
    "BoardRow",
    "ChartLine",
    "ChartTick",
    "ErrorPage",
    "FormPage",
    "GamePage",
    "HintBox",
    "HintLine",
    "HintMessage",
    "HintThread",
    "HomePage",
    "LevelCard",
    "LevelPage",
    "PaperLevel",
    "PaperPage",
    "PaperPuzzle",
    "PastGuess",
    "PowerUp",
    "ProgramsBox",
    "PuzzleCard",
    "PuzzlePage",
    "ReadingPage",
    "Result",
    "SheetPicture",
    "Site",
    "StoryEntry",
    "StoryPage",
    "TokenPage",
    "Viewer",
]
