"""The site in another language: who gets which, that all of a page is told, and that nobody's own words are touched."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
from babel.support import NullTranslations
from bs4 import BeautifulSoup
from flask import Flask

from app.core.text import LANGUAGES, sentence
from app.ports import Ports
from app.web import languages
from tests.support.accounts import ids, in_play, rows, set_now
from tests.support.client import JSON, PageClient
from tests.support.clock import FixedClock
from tests.support.organisers import enter
from tests.support.small_hunt import change_team

GERMAN = {"Accept-Language": "de-AT,de;q=0.9,en;q=0.5"}
PAGE = "/game/puzzle/one"


@pytest.fixture
def team(visitor: PageClient) -> PageClient:
    visitor.register("Owls")
    return visitor


def soup(reply: Any) -> BeautifulSoup:
    return BeautifulSoup(reply.text, "html5lib")


def language_of(reply: Any) -> str:
    return str(soup(reply).html["lang"])


def choose(team: PageClient, code: str) -> Any:
    return team.send_form("/account", {"part": "profile", "display_name": "Owls", "language": code})


# --- whose language --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("asked", "got"), [
    ("de", "de"), ("de-CH, en;q=0.8", "de"), ("en-GB,de;q=0.3", "en"), ("it,de;q=0.5", "de"), ("it", "en"), ("*", "en"),
    ("fr-CA,en;q=0.5", "fr"),
    ("de;q=0", "en"), ("", "en"), ("\xff;;;q=q", "en"), ("de" * 4_000, "en"), ("x-klingon, ../../etc", "en"),
])  # fmt: skip
def test_a_visitor_reads_what_the_browser_asks_for(visitor: PageClient, asked: str, got: str) -> None:
    reply = visitor.get("/account/login", headers={"Accept-Language": asked})
    assert (reply.status_code, language_of(reply)) == (200, got)


def test_a_browser_that_asks_for_nothing_reads_english(visitor: PageClient) -> None:
    assert "Stay logged in for 48 hours" in visitor.get("/account/login").text


def test_what_a_team_has_chosen_counts_for_more_than_its_browsers(team: PageClient) -> None:
    assert choose(team, "de").status_code == 303
    page = team.get("/account", headers={"Accept-Language": "en"})
    assert language_of(page) == "de"
    assert "Kategorie" in page.text
    assert choose(team, "en").status_code == 303
    assert language_of(team.get("/account", headers=GERMAN)) == "en"


def test_a_team_can_leave_it_to_each_browser_again(team: PageClient) -> None:
    choose(team, "de")
    choose(team, "")
    assert language_of(team.get("/game", headers=GERMAN)) == "de"
    assert language_of(team.get("/game")) == "en"


def test_each_language_is_offered_by_its_own_name(team: PageClient) -> None:
    options = soup(team.get("/account")).select("select[name=language] option")
    assert {option["value"]: option.text for option in options} == {"": "Browser default", **LANGUAGES}


@pytest.mark.parametrize("junk", ["it", "DE", "de ", "../de", "<b>", "d" * 5_000, "\u202e"])
def test_a_language_that_is_not_offered_is_refused_and_nothing_is_stored(
    team: PageClient, world: Ports, junk: str
) -> None:
    refused = choose(team, junk)
    assert refused.status_code == 400
    assert "Choose one of the languages" in soup(refused).select_one("#language-error").text
    assert rows(world, "SELECT language FROM teams") == [("",)]


def test_a_profile_without_the_field_keeps_the_language(team: PageClient) -> None:
    choose(team, "de")
    assert team.send_json("/account", {"display_name": "Barn Owls"}).status_code == 200
    assert language_of(team.get("/game")) == "de"


# --- what is told ----------------------------------------------------------------------------------------------------


def test_refusals_speak_the_visitors_language_and_keep_their_codes(team: PageClient) -> None:
    page = team.get("/game/puzzle/nowhere", headers=GERMAN)
    assert page.status_code == 404
    assert "Seite nicht gefunden" in page.text
    error = team.get("/game/puzzle/nowhere", headers=GERMAN | JSON).get_json()["error"]
    words = "Vielleicht gibt es sie nicht, vielleicht ist sie für euch noch nicht freigeschaltet."
    assert error == {"code": "not_found", "message": words}


def test_fields_that_are_refused_say_why_in_the_visitors_language(visitor: PageClient) -> None:
    form = {"csrf_token": visitor.token(), "name": "x", "password": "short", "password_again": "other"}
    page = soup(visitor.post("/account/register", data=form, headers=GERMAN))
    assert "3–32 Zeichen." in page.select_one("#name-error").text
    assert "Mindestens 8 Zeichen" in page.select_one("#password-error").text
    assert page.title.text.startswith("Fehler: ")


@pytest.mark.parametrize(("answer", "words"), [("moth", "Das ist es nicht."), ("owl", "Gut gemacht!")])
def test_a_verdict_is_told_with_and_without_a_script(team: PageClient, answer: str, words: str) -> None:
    choose(team, "de")
    assert words in team.send_json(PAGE, {"answer": answer, "once": "k"}).get_json()["message_html"]
    assert words in soup(team.get(f"{PAGE}?r=k")).select_one("[data-result]").text


def test_an_answer_that_was_bought_is_told_whole(team: PageClient, world: Ports) -> None:
    choose(team, "de")
    set_now(world, xp="on")
    change_team(world, ids(world)["Owls"], xp=100)
    words = team.send_json(f"{PAGE}/powerups/close", {"answer": "crow", "once": "k"}).get_json()["message_html"]
    assert "Nah genug" in words
    assert "Gut gemacht!" in words


def test_what_happened_before_the_choice_is_told_in_the_new_language(team: PageClient) -> None:
    reply = team.send_form(PAGE, {"answer": "moth", "once": "k"})
    assert "That’s not it." in team.get(reply.location).text
    choose(team, "de")
    assert "Das ist es nicht." in team.get(reply.location).text


def test_times_and_numbers_are_written_as_their_readers_do(app: Flask) -> None:
    with app.test_request_context(headers=GERMAN):
        assert languages.time_in("de", FixedClock().now(), "Europe/Berlin") == "So. 14. März 2027, 13:00"
        assert languages.told_number(12_345) == "12.345"
    with app.test_request_context():
        assert languages.told_number(12_345) == "12,345"
        assert languages.told_number(987) == "987"


def test_a_board_that_is_kept_for_all_is_kept_for_each_language(team: PageClient) -> None:
    team.send_json(PAGE, {"answer": "owl"})
    english, german = team.get("/leaderboard").text, team.get("/leaderboard", headers=GERMAN).text
    assert "your team" in english
    assert "euer Team" in german
    assert "your team" not in german
    assert team.get("/leaderboard").text.count("your team") == english.count("your team")


def test_a_team_called_like_a_word_of_the_site_keeps_its_name(team: PageClient) -> None:
    team.send_form("/account", {"part": "profile", "display_name": "Leaderboard", "language": "de"})
    assert soup(team.get("/game")).select_one("header .menu summary bdi").text == "Leaderboard"


def test_mail_goes_out_in_the_teams_language(world: Ports, team: PageClient) -> None:
    choose(team, "de")
    subject = world.translate("de", sentence("%(hunt)s: reset your password", hunt="Owls & Co"))
    assert subject == "Owls & Co: neues Passwort"
    assert world.translate("tlh", sentence("Saved.")) == "Saved."


def test_the_hunts_own_texts_say_their_language_where_it_is_not_the_pages(team: PageClient, world: Ports) -> None:
    english = {"h1": None, "page": "en"}
    assert own_and_page(team.get(PAGE)) == english
    assert own_and_page(team.get(PAGE, headers=GERMAN)) == {"h1": "en", "page": "de"}
    set_now(world, language="de")
    assert own_and_page(team.get(PAGE, headers=GERMAN)) == {"h1": None, "page": "de"}
    assert own_and_page(team.get(PAGE)) == {"h1": "de", "page": "en"}


def own_and_page(reply: Any) -> dict[str, str | None]:
    return {"h1": soup(reply).h1.get("lang"), "page": language_of(reply)}


# --- that it is all of a page ----------------------------------------------------------------------------------------

# What is on these pages and is nobody's words: times, units, zones, names of the test's own content and teams.
OWN = re.compile(
    r"\b(Infinity|Enigma|A puzzle hunt without end|[Oo]wls|Open|Quiet|Shallows|Depths|One|Two|Boss|Deep)\b"
    r"|\b(UTC|JSON|English|Deutsch|XP|min|s|d|h)\b|https?://\S*|[\d:,.%+–·/ ●○()\s]+"
)
# A digest: taken out first, since it may begin with digits.
DIGEST = re.compile(r"\b[0-9a-f]{12}\b")
VISITORS = ("/account/login", "/account/register", "/account/forgot", "/nowhere", "/leaderboard", "/announcements", "/")
TEAMS = ("/game", "/game/shallows", PAGE, f"{PAGE}?print=1", "/game?print=1", "/story", "/account", "/leaderboard",
         "/account/history", "/account/history?print=1")  # fmt: skip


class Brackets(NullTranslations):
    """A language in which every text stands in brackets: what stands outside of them has not been told."""

    def gettext(self, message: str) -> str:
        return f"⟦{message}⟧"

    def ngettext(self, msgid1: str, msgid2: str, n: int) -> str:
        return f"⟦{msgid1 if n == 1 else msgid2}⟧"

    def pgettext(self, context: str, message: str) -> str:
        return f"⟦{message}⟧"

    # Jinja still asks by the names that these had in Python 2.
    ugettext, ungettext, upgettext = gettext, ngettext, pgettext


@pytest.fixture
def bracketed(monkeypatch: pytest.MonkeyPatch, make_app: Callable[[], Flask]) -> PageClient:
    monkeypatch.setattr(languages, "_catalogue", lambda code: Brackets() if code == "de" else NullTranslations())
    app = make_app()
    in_play(app)
    return app.test_client()  # type: ignore[return-value]


def untold(reply: Any) -> set[str]:
    """Words on the page, or read out of it, that are neither told nor the hunt's own."""
    page = soup(reply)
    for own in page.select("script, style, bdi, .written, .card-title, .puzzle-head h1, .brand, code, option, time"):
        own.decompose()
    read_out = [tag.get(name, "") for tag in page.find_all(True) for name in ("aria-label", "title", "alt")]
    rest = "\n".join([page.get_text(" "), *read_out])
    while "⟦" in rest:
        rest = re.sub(r"⟦[^⟦⟧]*⟧", "", rest)
    lines = (OWN.sub(" ", DIGEST.sub(" ", line)).strip() for line in rest.split("\n"))
    return {line for line in lines if re.search(r"[A-Za-z]{2}", line)}


@pytest.mark.parametrize("path", VISITORS)
def test_all_of_a_visitors_page_is_told(bracketed: PageClient, path: str) -> None:
    assert untold(bracketed.get(path, headers=GERMAN)) == set()


@pytest.mark.parametrize("path", TEAMS)
def test_all_of_a_teams_page_is_told(bracketed: PageClient, path: str) -> None:
    bracketed.register("Owls")
    bracketed.send_json(PAGE, {"answer": "moth"})
    assert untold(bracketed.get(path, headers=GERMAN)) == set()


# --- the organisers' side --------------------------------------------------------------------------------------------

ORGANISERS = (
    "/admin/", "/admin/hints", "/admin/log", "/admin/lockdown", "/admin/teams", "/admin/teams/1", "/admin/accept",
    "/admin/accept?puzzle=recOne", "/admin/cheating", "/admin/messages", "/admin/content", "/admin/hashes",
    "/admin/settings", "/admin/customization", "/admin/status", "/admin/audit", "/admin/teams/import", "/statistics",
    "/admin/hints/1", "/admin/broadcasts/1", "/admin/hints/credits", "/admin/problems", "/admin/puzzles",
    "/admin/tests", "/admin/tests/puzzle/recOne", "/admin/tests/puzzle/recOne/results", "/admin/write",
    "/admin/write/begin", "/admin/write/import", "/admin/write/puzzles/new", "/admin/write/hints/new",
    "/admin/write/levels/new", "/admin/write/story/new", "/admin/write/pages/new", "/admin/write/divisions/new",
    "/admin/write/patches", "/admin/teams/import/links", "/account/second-factor", "/account",
)  # fmt: skip


@pytest.fixture
def keeper(bracketed: PageClient) -> PageClient:
    """An admin in a hunt in which a little has happened."""
    app = bracketed.application
    bracketed.register("Owls")
    bracketed.send_json(PAGE, {"answer": "moth"})
    bracketed.send_json(f"{PAGE}/hints/ask", {"question": "owls?"})
    bracketed.send_json(f"{PAGE}/report", {"problem": "owls"})
    bracketed.send_json("/game/puzzle/two", {"answer": "fox"})
    admin = enter(app, "keeper", "admin")
    admin.send_form("/admin/broadcasts", {"kind": "alert", "text": "owls", "audience": "all", "once": "k"})
    admin.send_form("/admin/broadcasts/send", {"kind": "alert", "text": "owls", "audience": "all", "once": "k"})
    return admin


@pytest.mark.parametrize("path", ORGANISERS)
def test_all_of_an_organisers_page_is_told(keeper: PageClient, path: str) -> None:
    page = keeper.get(path, headers=GERMAN)
    assert page.status_code == 200
    assert untold(page) == set()
