"""Plays a hunt at random on several nodes of one database, and compares each kept page with one that is made for it.

Everything that may change a page happens: guesses, hints, power-ups, organisers' acts on every node, restocks, and a
clock that runs, jumps, and is set back. A seed repeats a play.
"""

from __future__ import annotations

import contextlib
import json
import re
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from http.cookies import SimpleCookie
from pathlib import Path
from random import Random
from typing import Any

from flask import Flask
from sqlalchemy import text
from werkzeug.test import TestResponse

from app.accounts import roles
from app.announcements import announcements, draft_queries, drafts
from app.broadcast import stored
from app.core.setting_faults import SettingInvalid
from app.errors import HuntError
from app.guesses import adjustments
from app.hints import credits
from app.ports import Ports
from app.settings.service import change_setting
from tests.support.client import JSON, PASSWORD
from tests.support.clock import NOON, FixedClock
from tests.support.hunts import hunt
from tests.support.kept_pages import ONCE, look, page_count, without_kept_pages
from tests.support.play_hunt import ANSWERS, LEVELS, PUZZLES, make_hunt

VISITORS, TEAMS = 2, 6
# What may be old in a page that the browser shows again: scripts do without.
_CLOCKWORK = re.compile(rb'data-(?:last-event|now)="[^"]*"')
_TOKEN = re.compile(r'name="csrf-token" content="([^"]+)"')


class PageWrong(AssertionError):
    """A kept page, or one that a browser was told to show again, is not what would be made now."""


@dataclass
class Browser:
    """One visitor's cookies, language and pages. ``shown``: by address and kind, the last ETag with its page."""

    language: str = ""
    cookies: dict[str, str] = field(default_factory=dict)
    shown: dict[tuple[str, bool], tuple[str, bytes]] = field(default_factory=dict)

    def ask(self, node: Flask, path: str, method: str = "GET", **more: Any) -> TestResponse:
        headers = {"Cookie": "; ".join(f"{name}={value}" for name, value in self.cookies.items())}
        headers |= {"Accept-Language": self.language} if self.language else {}
        headers |= more.pop("headers", {})
        reply = node.test_client(use_cookies=False).open(path, method=method, headers=headers, **more)
        for line in reply.headers.getlist("Set-Cookie"):
            for name, morsel in SimpleCookie(line).items():
                self.cookies[name] = morsel.value
        return reply

    def send(self, node: Flask, path: str, form: Mapping[str, str], *, wants_json: bool = False) -> TestResponse:
        """POST with the token of a page."""
        found = _TOKEN.search(self.ask(node, "/account/login").text) or _TOKEN.search(
            self.ask(node, "/page/rules").text
        )
        token = {"X-CSRFToken": found[1] if found else ""}
        return self.ask(node, path, "POST", data=dict(form), headers=token | (JSON if wants_json else {}))


class Play:
    """The nodes, the visitors and the count of what was compared."""

    def __init__(self, nodes: list[Flask], clock: FixedClock, folder: Path, seed: int) -> None:
        self.nodes, self.clock, self.folder, self.random = nodes, clock, folder, Random(seed)
        self.counts: Counter[str] = Counter()
        self._before = {name: page_count(name) for name in ("made", "kept", "repeated", "unchanged")}
        self.names = [f"Team {number}" for number in range(TEAMS)]
        self.browsers = [Browser("de" if number % 3 == 0 else "en") for number in range(TEAMS + VISITORS)]
        self.acts = _acts(self)
        self.restock()
        for name, browser in zip(self.names, self.browsers, strict=False):
            form = {"name": name, "display_name": name, "division": "open"}
            passwords = {"password": PASSWORD, "password_again": PASSWORD}
            browser.send(self.node, "/account/register", form | passwords)

    # --- chance -------------------------------------------------------------------------------------------------------

    @property
    def node(self) -> Flask:
        """One of the nodes."""
        return self.random.choice(self.nodes)

    @property
    def ports(self) -> Ports:
        """The ports of one of the nodes."""
        ports: Ports = self.node.extensions["infinity"]
        return ports

    @property
    def team(self) -> int:
        """The id of one of the teams."""
        return int(self.random.choice(self.rows("SELECT id FROM teams WHERE role = 'team'"))[0])

    def rows(self, query: str) -> list[Any]:
        with self.ports.database.reading() as connection:
            return list(connection.execute(text(query)).all())

    def write(self, statement: str, **values: Any) -> None:
        """Change the database as any node or an older release may."""
        with self.ports.database.writing() as connection:
            connection.execute(text(statement), values)

    def summary(self) -> str:
        """What was compared, and how much of it was kept."""
        how = {name: page_count(name) - before for name, before in self._before.items()}
        told = ", ".join(f"{count:,} {name}" for name, count in (*how.items(), *sorted(self.counts.items())))
        return f"{self.counts['pages']:,} pages compared ({told})"

    # --- playing ------------------------------------------------------------------------------------------------------

    def step(self) -> None:
        """Do something, then look at some pages, each of them several times."""
        names, weights = zip(*((act, weight) for act, weight in self.acts.items()), strict=True)
        act: Callable[[], object] = self.random.choices(names, weights)[0]
        with contextlib.suppress(HuntError, SettingInvalid, credits.GrantInvalid, announcements.AnnouncementInvalid):
            act()
        self.counts["acts"] += 1
        browser = self.random.choice(self.browsers)
        for path in self.random.choices(self.addresses(), k=4):
            wants_json = self.random.random() < 0.2
            # Twice or three times on one node, so that pages are repeated without Flask.
            for node in self.random.sample(self.nodes * 3, k=4):
                self.compare(browser, node, path, wants_json=wants_json)

    def addresses(self) -> list[str]:
        """Pages of all kinds; the arguments that change a page, and some that do not."""
        extra = self.random.choice(
            ("", "", "", "?access=Audio", "?unsolved=1", "?q=salt", "?page=2", "?print=1", "?x=1")
        )
        puzzle, level = self.random.choice(PUZZLES), self.random.choice(LEVELS)
        lists = ("/game", f"/game/{level}", f"/game/puzzle/{puzzle}", f"/game/puzzle/recPuzzle{puzzle}")
        boards = ("/leaderboard", "/leaderboard/open", "/leaderboard/quiet", "/leaderboard/guests")
        news = ("/", "/announcements", "/announcements/1", "/announcements?after=1")
        return [f"{path}{extra}" for path in lists] + [*lists, *boards, *news, "/story", "/page/rules", "/page/credits"]

    def compare(self, browser: Browser, node: Flask, path: str, *, wants_json: bool) -> None:
        """The page as it comes, with and without what the browser has, against one that is made now."""
        headers = JSON if wants_json else {}
        # First without the shelf: what a first view writes down is then written for both.
        with without_kept_pages(node):
            browser.ask(node, path, headers=headers)
        came = browser.ask(node, path, headers=headers)
        tag, old = browser.shown.get((path, wants_json), ("", b""))
        again = browser.ask(node, path, headers=headers | {"If-None-Match": f'"other", {tag}'}) if tag else None
        with without_kept_pages(node):
            fresh = browser.ask(node, path, headers=headers)
        self.expect(look(came) == look(fresh), "a kept page is wrong", path, came, fresh)
        if again is not None and again.status_code == 304:
            self.counts["304"] += 1
            same = _still(old) == _still(fresh.data) and fresh.status_code == 200
            self.expect(same, "a browser shows an old page", path, again, fresh, old)
        elif again is not None:
            self.expect(
                look(again) == look(fresh), "a page is wrong that a browser asked for again", path, again, fresh
            )
        if "ETag" in came.headers:
            browser.shown[path, wants_json] = (came.headers["ETag"], came.data)
        self.counts["pages"] += 1
        self.counts[f"status {came.status_code}"] += 1

    def expect(self, is_right: bool, what: str, path: str, *pages: Any) -> None:
        if is_right:
            return
        names = []
        for number, page in enumerate(pages):
            file = self.folder / f"wrong-{number}.html"
            file.write_bytes(page if isinstance(page, bytes) else page.data)
            names.append(str(file))
        raise PageWrong(f"{what}: {path} at {self.clock.now()}, after {dict(self.counts)}; compare {' '.join(names)}")

    # --- what happens -------------------------------------------------------------------------------------------------

    def restock(self) -> None:
        """Another variant of the hunt, or an earlier version of it."""
        versions = self.rows("SELECT count(*) FROM content_versions")[0][0]
        if versions > 2 and self.random.random() < 0.3:
            hunt(self.node, "rollback", str(self.random.randint(1, versions)), "--yes")
            return
        path = self.folder / "hunt.json"
        path.write_text(json.dumps(make_hunt(self.random)))
        hunt(self.node, "restock", "--from", str(path), "--yes")

    def pass_time(self) -> None:
        seconds = self.random.choice((0.4, 1, 3, 4, 5, 20, 61, 600, 1800, 3600))
        self.clock.advance(seconds)

    def set_clock(self) -> None:
        self.clock.set_wall(NOON + timedelta(minutes=self.random.randrange(-30, 200)))

    def guess(self) -> None:
        puzzle = self.random.choice(PUZZLES)
        answer = self.random.choice((ANSWERS[puzzle], f"{puzzle} close", "wrong", f"wrong {self.random.random()}"))
        once = self.random.choice(("", "", "key one", "page.abc"))
        browser = self.random.choice(self.browsers)
        wants_json = self.random.random() < 0.5
        browser.send(self.node, f"/game/puzzle/{puzzle}", {"answer": answer, "once": once}, wants_json=wants_json)

    def move(self) -> None:
        """A hint, a power-up, a question or a report."""
        puzzle = self.random.choice(PUZZLES)
        ways = {
            "hints/take": {"pay": self.random.choice(("credit", "points")), "order": "1"},
            "hints/ask": {"question": "How?"},
            "powerups/hint": {}, "powerups/skip": {}, "powerups/close": {"answer": f"{puzzle} close"},
            "report": {"problem": "The map is torn."},
        }  # fmt: skip
        way = self.random.choice(list(ways))
        self.random.choice(self.browsers).send(self.node, f"/game/puzzle/{puzzle}/{way}", ways[way])

    def profile(self) -> None:
        name = f"Name {self.random.randrange(9)}"
        form = {"display_name": name, "affiliation": "Dock", "language": self.random.choice(("", "en", "de"))}
        self.random.choice(self.browsers).send(self.node, "/account", {"form": "profile", **form})

    def come_and_go(self) -> None:
        """Log out, and in again as any team: another one in the same browser, too."""
        browser = self.random.choice(self.browsers)
        browser.send(self.node, "/account/logout", {})
        if self.random.random() < 0.8:
            name = self.random.choice(self.names)
            browser.send(self.node, "/account/login", {"name": name, "password": PASSWORD})

    def setting(self) -> None:
        def moment() -> str:
            at = self.clock.now() + timedelta(minutes=self.random.randrange(-90, 90), seconds=self.random.randrange(60))
            return self.random.choice(("", at.isoformat()))

        switch = self.random.choice(("on", "off"))
        values = {
            "starts_at": moment, "ends_at": moment, "freeze_at": moment, "registration_opens_at": moment,
            "registration_closes_at": moment, "xp": switch, "points_hints": switch, "solve_counts": switch,
            "archive": switch, "lockdown_puzzles": "off", "lockdown_leaderboard": "off", "ranking": "points",
            "time_zone": self.random.choice(("UTC", "Europe/Berlin")), "language": self.random.choice(("en", "de")),
            "hunt_name": f"Hunt {self.random.randrange(9)}", "home_text": self.random.choice(("", "Come *in*.")),
            "site_css": self.random.choice(("", "body { margin: 0 }")),
            "contact": self.random.choice(("", "a@b.example")),
            "guess_limit": self.random.choice(("3", "10")), "guess_window": self.random.choice(("30 s", "5 min")),
            "anchor_puzzle": self.random.choice(("", "crane")), "lockdown_registration": switch,
        }  # fmt: skip
        name = self.random.choice(list(values))
        value = values[name]
        given = value() if callable(value) else value
        ports = self.ports
        change_setting(ports.database, ports.in_force, ports.clock, name, given, "play")

    def lock(self) -> None:
        """A lockdown, which is over most of the time."""
        name = self.random.choice(("lockdown_puzzles", "lockdown_leaderboard"))
        ports, value = self.ports, self.random.choice(("on", "off", "off"))
        change_setting(ports.database, ports.in_force, ports.clock, name, value, "play")

    def ban(self) -> None:
        ports, act = self.ports, self.random.choice((roles.ban, roles.unban, roles.unban))
        act(ports.database, ports.clock, ports.broadcaster, self.team, "play")

    def adjust(self) -> None:
        kind, amount = self.random.choice(("points", "credits", "xp")), self.random.choice((-5, 1, 20, 60))
        adjustments.adjust(self.ports.for_hunt, kind, amount, adjustments.Wish(self.team, "play", "play"))

    def grant(self) -> None:
        credits.grant_credits(self.ports.for_hunt, self.random.choice(("all", "division:open")), 1, "play")

    def announce(self) -> None:
        audience = self.random.choice(("all", "division:open", f"team:{self.team}", "puzzle"))
        kind: Any = self.random.choice(("announcement", "erratum"))
        puzzle = f"recPuzzle{self.random.choice(PUZZLES)}" if audience == "puzzle" else None
        ports = self.ports
        number = announcements.publish(
            ports.for_content, f"News {self.random.random()}", "*Text*", "play", audience, kind, puzzle
        )
        if self.random.random() < 0.5:
            stored.announce(ports.for_hunt, number, "play")

    def correct(self) -> None:
        ports = self.ports
        newest = draft_queries.read_newest(ports.database, 10)
        if newest:
            draft = self.random.choice(newest)
            drafts.correct(
                ports.for_hunt, None, draft.id, draft.revision, f"Corrected {self.random.random()}", "New", "play"
            )

    def broadcast(self) -> None:
        stored.alert(self.ports.for_hunt, "Hear, hear.", "play")

    def change_row(self) -> None:
        """A column of a team that no rule above changes so."""
        column, value = self.random.choice(
            [("division", "quiet"), ("division", "open"), ("xp", 95), ("hint_credits", 2), ("language", "de"),
             ("affiliation", "Elsewhere"), ("guess_times", "[]")]
        )  # fmt: skip
        self.write(f"UPDATE teams SET {column} = :value WHERE id = :team", value=value, team=self.team)

    def desk(self) -> None:
        """The organisers answer what was asked and settle what was reported."""
        self.write("UPDATE hint_requests SET state = :state", state=self.random.choice(("claimed", "answered")))
        self.write("UPDATE problem_reports SET state = 'erratum', note = :note", note=f"Note {self.random.random()}")


def _acts(play: Play) -> dict[Callable[[], object], int]:
    return {
        play.guess: 30, play.move: 15, play.pass_time: 20, play.set_clock: 1, play.restock: 2, play.profile: 3,
        play.come_and_go: 3, play.setting: 8, play.lock: 2, play.ban: 2, play.adjust: 4, play.grant: 2,
        play.announce: 3, play.correct: 2, play.broadcast: 3, play.change_row: 3, play.desk: 2, (lambda: None): 30,
    }  # fmt: skip


def _still(page: bytes) -> bytes:
    return _CLOCKWORK.sub(b"", ONCE.sub(b"", page))
