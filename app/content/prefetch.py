"""Pictures of a new version, fetched before it comes into play: no player waits for another server, and writers see
failures.
"""

from __future__ import annotations

import hashlib
import queue
import threading
from collections import defaultdict, deque
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import timedelta
from urllib.parse import urlsplit

from app.clock import Clock
from app.content.faults import Fault
from app.content.html.image_sizes import Shown, furnish
from app.content.parse.parser import Parsed
from app.core.model import Content
from app.database.engine import Database, DatabaseBusy
from app.ports import Prox
from app.prox import images
from app.prox import queries as prox_queries
from app.prox.images import PictureMissing, id_of, path_of
from app.prox.queries import PictureLine

AT_ONCE = 4
SLOW_SECONDS = 5.0
# Seconds of failed waiting after which a host is skipped in this restock.
MOST_SECONDS_IN_VAIN = 60.0
SECONDS_FOR_ALL = 600.0
# A restock fetches copies older than this again; attachments never change.
KEPT_FOR = timedelta(days=1)
WIDEST = 1600
SMALLER_WIDTHS = (800, 1600)
PICTURES_WITH_COPIES = ("image/png", "image/jpeg", "image/webp")

# Called with how many pictures are done, and how many there are.
Tell = Callable[[int, int], None]


@dataclass(frozen=True, slots=True)
class Wanted:
    """``source`` is the lasting name, ``address`` where it can be fetched today."""

    source: str
    address: str
    name: str = ""

    @property
    def is_attachment(self) -> bool:
        return self.source != self.address


@dataclass
class Gathering:
    prox: Prox | None
    wanted: dict[str, Wanted] = field(default_factory=dict)
    owners: dict[str, set[str]] = field(default_factory=lambda: defaultdict(set))

    def picture_url(self, address: str, owner: str) -> str:
        """``owner``: the record whose lock is the picture's."""
        return self._noted(Wanted(address, address), owner)

    def attachment_url(self, address: str, owner: str, identity: str, filename: str) -> str:
        """An attachment keeps its id while its address changes every few hours."""
        source = f"attachment:{identity}" if identity else address
        return self._noted(Wanted(source, address, filename[:200]), owner)

    def paths(self, source: str) -> list[str]:
        return [path_of(self.prox, owner, source) for owner in sorted(self.owners[source])]

    def _noted(self, wanted: Wanted, owner: str) -> str:
        self.wanted[wanted.source] = wanted
        self.owners[wanted.source].add(owner)
        return path_of(self.prox, owner, wanted.source)


def fetch_ahead(
    database: Database,
    clock: Clock,
    prox: Prox | None,
    parsed: Parsed,
    gathering: Gathering,
    tell: Tell | None = None,
    seconds: float = SECONDS_FOR_ALL,
) -> Parsed:
    warnings = _fetch_all(database, clock, prox, gathering, tell or (lambda done, total: None), seconds)
    content = furnish_known(database, prox, parsed.content, gathering)
    told = [_warning(content, gathering, source, words) for source, words in warnings.items()]
    return replace(parsed, content=content, warnings=(*parsed.warnings, *told))


def furnish_known(database: Database, prox: Prox | None, content: Content, gathering: Gathering) -> Content:
    lines = prox_queries.find_many(database, [id_of(source) for source in gathering.wanted])
    copies = _copies(database, lines.values())
    shown: dict[str, Shown] = {}
    for source in gathering.wanted:
        line = lines.get(id_of(source))
        if line is not None and line.is_here:
            for owner in gathering.owners[source]:
                path = path_of(prox, owner, source)
                smaller = tuple((path_of(prox, owner, copy), width) for copy, width in copies.get(line.digest, ()))
                shown[path] = Shown(f"{path}?v={line.digest[:8]}", line.width, line.height, smaller)
    return furnish(content, shown)


# --- fetching --------------------------------------------------------------------------------------------------------


def _fetch_all(
    database: Database, clock: Clock, prox: Prox | None, gathering: Gathering, tell: Tell, seconds: float
) -> dict[str, str]:
    todo = deque(gathering.wanted.values())
    total, results = len(todo), queue.Queue[tuple[str, str]]()
    if not total or prox is None:
        return {}
    tell(0, total)
    lines = prox_queries.find_many(database, [id_of(one.source) for one in todo])
    work = _Work(database, clock, prox, todo, lines, results, clock.monotonic() + seconds)
    threads = [threading.Thread(target=work.run, name="fetching ahead") for _ in range(min(AT_ONCE, total))]
    for thread in threads:
        thread.start()
    said = {}
    for done in range(1, total + 1):
        source, words = results.get()
        said[source] = words
        tell(done, total)
    for thread in threads:
        thread.join()
    return {source: words for source, words in said.items() if words}


@dataclass
class _Work:
    database: Database
    clock: Clock
    prox: Prox | None
    todo: deque[Wanted]
    lines: Mapping[str, PictureLine]
    results: queue.Queue[tuple[str, str]]
    until: float
    in_vain: dict[str, float] = field(default_factory=lambda: defaultdict(float))

    def run(self) -> None:
        while True:
            try:
                wanted = self.todo.popleft()
            except IndexError:
                return
            words = "It could not be fetched: something broke on our side."
            try:
                words = self._fetched(wanted)
            except DatabaseBusy:
                words = "It could not be stored: the database is busy."
            finally:
                self.results.put((wanted.source, words))

    def _fetched(self, wanted: Wanted) -> str:
        line, host = self.lines.get(id_of(wanted.source)), urlsplit(wanted.address).netloc
        clock = self.clock
        if line is None or line.address != wanted.address or line.name != wanted.name:
            prox_queries.note(self.database, id_of(wanted.source), wanted.address, wanted.name)
        if line is not None and line.is_here and not self._is_stale(line, wanted):
            return ""
        if clock.monotonic() > self.until or self.in_vain[host] > MOST_SECONDS_IN_VAIN:
            return "It was not fetched: too much time was lost already. It will be when somebody looks at it."
        began = clock.monotonic()
        try:
            found = images.fetch_picture(self.database, self.clock, self.prox, id_of(wanted.source), anew=True)
        except PictureMissing as problem:
            self.in_vain[host] += clock.monotonic() - began
            return _words_for(str(problem), line)
        _make_copies(self.database, self.clock, self.prox, found)
        seconds = clock.monotonic() - began
        return f"It is slow: it took {seconds:.0f} seconds to fetch." if seconds > SLOW_SECONDS else ""

    def _is_stale(self, line: PictureLine, wanted: Wanted) -> bool:
        if wanted.is_attachment or line.fetched_at is None:
            return False
        return self.clock.now() - line.fetched_at > KEPT_FOR


def _words_for(problem: str, line: PictureLine | None) -> str:
    if line is not None and line.is_here and line.fetched_at:
        return f"It could not be fetched again ({problem}) The copy of {line.fetched_at:%Y-%m-%d %H:%M} UTC is shown."
    return f"It could not be fetched: {problem}"


def _warning(content: Content, gathering: Gathering, source: str, words: str) -> Fault:
    wanted = gathering.wanted[source]
    owner = min(gathering.owners[source])
    puzzle, level = content.puzzles_by_key.get(owner), content.levels_by_key.get(owner)
    table = "Puzzles" if puzzle else "Levels" if level else "Pages"
    title = puzzle.title if puzzle else level.title if level else ""
    where = "Attachments" if wanted.is_attachment or wanted.name else ""
    return Fault(table, owner, title, where, f"The picture {wanted.name or wanted.address[:200]}: {words}")


# --- smaller copies --------------------------------------------------------------------------------------------------


def _copy_source(digest: str, width: int) -> str:
    return f"copy:{digest}:{width}"


def _wants_copies(line: PictureLine) -> bool:
    return line.is_here and line.media_type in PICTURES_WITH_COPIES and (line.width or 0) > WIDEST


def _make_copies(database: Database, clock: Clock, prox: Prox | None, line: PictureLine) -> None:
    if not _wants_copies(line) or prox is None:
        return
    original = b"".join(prox_queries.read_pieces(database, line.id))
    for width in SMALLER_WIDTHS:
        source = _copy_source(line.digest, width)
        known = prox_queries.find(database, id_of(source))
        smaller = None if known and known.is_here else prox.shrunk(original, width)
        # Copies that are not smaller are dropped.
        if smaller is not None and len(smaller) < len(original):
            _keep_copy(database, clock, source, smaller, line, width)


def _keep_copy(database: Database, clock: Clock, source: str, content: bytes, line: PictureLine, width: int) -> None:
    height = max(1, round((line.height or 0) * width / (line.width or 1)))
    digest, now = hashlib.sha256(content).hexdigest(), clock.now()
    row = {"digest": digest, "media_type": "image/webp", "width": width, "height": height, "fetched_at": now}
    prox_queries.note(database, id_of(source), "", line.name)
    with database.writing() as connection:
        prox_queries.keep(connection, id_of(source), content, tried_at=now, **row)


def _copies(database: Database, lines: Iterable[PictureLine]) -> dict[str, list[tuple[str, int]]]:
    sources = {
        _copy_source(line.digest, width): (line.digest, width)
        for line in lines
        if _wants_copies(line)
        for width in SMALLER_WIDTHS
    }
    here = prox_queries.find_many(database, [id_of(source) for source in sources])
    found: dict[str, list[tuple[str, int]]] = defaultdict(list)
    for source, (digest, width) in sources.items():
        if (line := here.get(id_of(source))) and line.is_here:
            found[digest].append((source, width))
    return found
