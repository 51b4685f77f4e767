"""What slows registration down: hours, teams from one address, the organisers' question; the same on all nodes."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from flask import Flask

from app.accounts.registration import register
from app.accounts.registration_brake import NO_ANSWER, WRONG_ANSWER, TooManyRegistrations
from app.errors import FieldsRefused, HashingBusy
from app.ops import jobs
from app.ports import Ports
from tests.support.accounts import HERE, THERE, form, in_play, rows, set_now
from tests.support.client import JSON, PageClient
from tests.support.clock import NOON, FixedClock
from tests.support.pages import parsed
from tests.support.world import at_once

LATER = NOON + timedelta(hours=2)
V6 = "2001:db8:1:2"


@pytest.fixture
def ports(make_app: Callable[..., Flask]) -> Ports:
    return in_play(make_app())


@pytest.fixture
def two(make_app: Callable[..., Flask]) -> tuple[Ports, Ports]:
    return in_play(make_app()), in_play(make_app())


def enter(ports: Ports, name: str, address: str = HERE, **changes: str) -> int:
    return register(ports.for_login, ports.in_force.settings, ports.in_force.content, form(name, **changes), address)


def wait_of(ports: Ports, name: str, address: str = HERE) -> int:
    with pytest.raises(TooManyRegistrations) as refused:
        enter(ports, name, address)
    assert refused.value.retry_after is not None
    return refused.value.retry_after


def fill(ports: Ports, count: int, address: str = HERE, first: int = 0) -> None:
    for number in range(first, first + count):
        enter(ports, f"Team {number}", address)


# --- teams from one address ------------------------------------------------------------------------------------------


def test_twenty_at_once_and_then_one_a_minute(ports: Ports, clock: FixedClock) -> None:
    fill(ports, 20)
    assert wait_of(ports, "Owls") == 60
    clock.advance(59)
    assert wait_of(ports, "Owls") == 1
    clock.advance(1)
    enter(ports, "Owls")
    assert wait_of(ports, "Larks") == 60


def test_after_an_hour_there_are_twenty_again_and_no_more(ports: Ports, clock: FixedClock) -> None:
    fill(ports, 20)
    clock.advance(3600)
    fill(ports, 20, first=20)
    assert wait_of(ports, "Owls") == 60


def test_another_address_has_its_own(ports: Ports) -> None:
    fill(ports, 20)
    enter(ports, "Owls", THERE)


def test_an_ipv6_network_is_one_address(ports: Ports) -> None:
    for number in range(20):
        enter(ports, f"Team {number}", f"{V6}:{number:x}::1")
    assert wait_of(ports, "Owls", f"{V6}:ffff::1") == 60
    enter(ports, "Owls", "2001:db8:1:3::1")


def test_the_limit_is_a_setting(ports: Ports) -> None:
    set_now(ports, registration_limit="3")
    jobs.follow(ports)
    fill(ports, 3)
    assert wait_of(ports, "Owls") == 60
    set_now(ports, registration_limit="5")
    jobs.follow(ports)
    fill(ports, 2, first=3)
    set_now(ports, registration_limit="1")
    jobs.follow(ports)
    assert wait_of(ports, "Owls") == 60, "a lower limit keeps nobody waiting for longer than it says"


def test_of_many_at_once_on_two_nodes_exactly_twenty_get_in(two: tuple[Ports, Ports]) -> None:
    acts = [lambda n=n: enter(two[n % 2], f"Team {n}") for n in range(26)]
    results = at_once(acts)
    assert sum(isinstance(one, int) for one in results) == 20
    assert sum(isinstance(one, TooManyRegistrations) for one in results) == 6
    assert rows(two[0], "SELECT count(*) FROM teams") == [(20,)]


def test_what_came_to_nothing_is_not_counted(ports: Ports, monkeypatch: pytest.MonkeyPatch) -> None:
    fill(ports, 19)

    def busy(*_: object) -> str:
        raise HashingBusy

    with monkeypatch.context() as patch:
        patch.setattr(ports.hasher, "make", busy)
        with pytest.raises(HashingBusy):
            enter(ports, "Owls")
    for _ in range(3):
        with pytest.raises(FieldsRefused):
            enter(ports, "Team 1")
    enter(ports, "Owls")
    assert wait_of(ports, "Larks") == 60


def test_addresses_with_all_their_registrations_are_forgotten(ports: Ports, clock: FixedClock) -> None:
    fill(ports, 2)
    clock.advance(119)
    jobs.sweep(ports)
    assert rows(ports, "SELECT count(*) FROM registration_buckets") == [(1,)]
    clock.advance(1)
    jobs.sweep(ports)
    assert rows(ports, "SELECT count(*) FROM registration_buckets") == [(0,)]


def test_the_page_keeps_what_was_typed_and_says_when_to_come_again(make_app: Callable[..., Flask]) -> None:
    app = make_app()
    ports = in_play(app)
    fill(ports, 20, "127.0.0.1")
    client: PageClient = app.test_client()  # type: ignore[assignment]
    reply = client.register("Owls", affiliation="A school")
    assert (reply.status_code, reply.headers["Retry-After"]) == (429, "60")
    page = parsed(reply.text)
    assert page.select_one('input[name="affiliation"]')["value"] == "A school"
    assert "60 seconds" in page.select_one("[data-summary]").text
    sent = {"name": "Owls", "display_name": "Owls", "password": "12345678", "password_again": "12345678"}
    answer = client.send_json("/account/register", sent | {"division": "open"})
    assert (answer.status_code, answer.get_json()["error"]["code"]) == (429, "rate_limited")


# --- the hours -------------------------------------------------------------------------------------------------------


def test_before_it_opens_the_page_says_when_and_loads_again_then(visitor: PageClient, world: Ports) -> None:
    set_now(world, registration_opens_at=LATER.isoformat())
    for reply in (visitor.get("/account/register"), visitor.send_form("/account/register", {"name": "Owls"})):
        assert reply.status_code == 403
        assert "Registration opens on" in reply.text
        assert f"{LATER:%H:%M}." in reply.text
        assert f'data-countdown="{LATER.isoformat()}"' in reply.text
    error = visitor.get("/account/register", headers=JSON).get_json()["error"]
    assert (error["code"], error["opens_at"]) == ("locked_down", LATER.isoformat())


def test_at_its_hours_registration_opens_and_closes_by_the_clock(
    visitor: PageClient, world: Ports, clock: FixedClock
) -> None:
    closes = LATER + timedelta(hours=1)
    set_now(world, registration_opens_at=LATER.isoformat(), registration_closes_at=closes.isoformat())
    assert "/account/register" not in parsed(visitor.get("/account/login").text).select_one("header").decode()
    clock.advance(2 * 3600 - 1)
    assert visitor.get("/account/register").status_code == 403
    clock.advance(1)
    assert visitor.get("/account/register").status_code == 200
    assert visitor.register("Owls").status_code == 303
    visitor.logout()
    clock.advance(3600)
    late = visitor.send_form("/account/register", {"name": "Larks"})
    assert late.status_code == 403
    assert "Registration closed on" in late.text
    assert "data-countdown" not in late.text
    assert visitor.login("Owls").status_code == 303


def test_the_home_page_says_when_registration_opens(visitor: PageClient, world: Ports) -> None:
    set_now(world, registration_opens_at=LATER.isoformat())
    link = parsed(visitor.get("/").text).select_one('main a[href="/account/register"]')
    assert link.text.startswith("Registration opens")


# --- the question ----------------------------------------------------------------------------------------------------


@pytest.fixture
def asked(ports: Ports) -> Ports:
    set_now(ports, registration_question="Who founded the club?", registration_answer="Ada Lovelace\nLady Ada")
    jobs.follow(ports)
    return ports


@pytest.mark.parametrize("answer", ["Ada Lovelace", " ada-LOVELACE ", "Ａda Lovelace", "lady ada"])
def test_the_question_is_answered_as_a_guess_is(asked: Ports, answer: str) -> None:
    enter(asked, "Owls", answer=answer)


@pytest.mark.parametrize(
    ("answer", "words"), [("", NO_ANSWER), ("  ", NO_ANSWER), ("Ada", WRONG_ANSWER), ("?", WRONG_ANSWER),
                          ("x" * 5000, WRONG_ANSWER), ("\0", WRONG_ANSWER), ("\ud800", WRONG_ANSWER)]
)  # fmt: skip
def test_a_wrong_answer_is_refused_at_its_field(asked: Ports, answer: str, words: str) -> None:
    with pytest.raises(FieldsRefused) as refused:
        enter(asked, "Owls", answer=answer)
    assert refused.value.fields == {"answer": words}
    assert rows(asked, "SELECT count(*) FROM teams") == [(0,)]


def test_ten_wrong_answers_a_minute_are_enough_for_an_address(asked: Ports, clock: FixedClock) -> None:
    for _ in range(10):
        with pytest.raises(FieldsRefused):
            enter(asked, "Owls", answer="wrong")
    with pytest.raises(TooManyRegistrations, match="wrong answers"):
        enter(asked, "Owls", answer="Lady Ada")
    enter(asked, "Larks", THERE, answer="Lady Ada")
    clock.advance(60)
    enter(asked, "Owls", answer="Lady Ada")


def test_without_an_answer_to_compare_nothing_is_asked(ports: Ports) -> None:
    set_now(ports, registration_question="Who founded the club?")
    jobs.follow(ports)
    enter(ports, "Owls")


def test_the_form_shows_the_question_in_the_organisers_words(visitor: PageClient, world: Ports) -> None:
    assert parsed(visitor.get("/account/register").text).select_one('[name="answer"]') is None
    set_now(world, registration_question="Who <founded> it?", registration_answer="Ada")
    page = parsed(visitor.get("/account/register").text)
    assert page.select_one('label[for="answer"]').text == "Who <founded> it?"
    reply = visitor.register("Owls", answer="Bob", affiliation="A school")
    assert reply.status_code == 400
    page = parsed(reply.text)
    assert WRONG_ANSWER in page.select_one("#answer-error").text
    assert page.select_one('input[name="affiliation"]')["value"] == "A school"
    assert visitor.register("Owls", answer="ada").status_code == 303


# --- whom to ask -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("contact", "link"),
    [("help@hunt.example", "mailto:help@hunt.example"), ("https://hunt.example/help?a=1", "https://hunt.example/help?a=1")],
)  # fmt: skip
def test_the_contact_is_a_link_wherever_a_page_says_whom_to_ask(
    visitor: PageClient, world: Ports, contact: str, link: str
) -> None:
    set_now(world, contact=contact, lockdown_registration="on")
    for path in ("/", "/account/register", "/account/forgot", "/nowhere", "/account/login"):
        page = parsed(visitor.get(path).text)
        assert page.select_one(f'footer a[href="{link}"]') is not None, path
        if path not in ("/", "/account/login"):
            assert page.select_one(f'main a[href="{link}"]') is not None, path


def test_without_a_contact_no_page_has_an_empty_link(visitor: PageClient) -> None:
    for path in ("/", "/account/forgot", "/nowhere"):
        page = visitor.get(path).text
        assert "Questions?" not in page
        assert 'href=""' not in page
