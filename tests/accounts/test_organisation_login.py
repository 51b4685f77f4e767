"""The organisation's log-in, against a real provider on this machine: who gets in, as whom, and what is refused."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
import requests
from flask import Flask

from app.accounts import organisation_login, roles
from app.accounts.identity_provider import (
    AuthorizationRequest,
    IdentityProvider,
    ProviderRefused,
    ProviderSilent,
    roles_by,
)
from app.accounts.organisation_login import NoRule, log_in_by_claims
from app.ports import Ports
from config import StaffRule
from tests.support.accounts import HERE, add_team, in_play, rows, set_now
from tests.support.client import JSON, PageClient
from tests.support.clock import FixedClock
from tests.support.world import World, at_once, world

with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    import oidc_provider_mock

# The provider's own use of its libraries.
pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")
START, CALLBACK = "/account/login/organisation", "http://localhost/account/login/organisation/callback"
RULES = "groups=puzzlers:writer,helper;groups=chiefs:admin"
ANNA = {"preferred_username": "anna", "name": "Anna Lovelace", "groups": ["puzzlers", "tea"]}


@dataclass
class Organisation:
    """A provider that runs in a thread of its own."""

    url: str

    def person(self, subject: str, **claims: Any) -> None:
        assert requests.put(f"{self.url}/users/{subject}", json=claims, timeout=10).status_code == 204

    def approve(self, address: str, subject: str) -> str:
        """Log in at the provider as a person would, and answer where it sends the browser."""
        reply = requests.post(address, data={"sub": subject}, allow_redirects=False, timeout=10)
        assert reply.status_code == 302, reply.text
        return reply.headers["Location"]


@contextmanager
def running(**options: Any) -> Iterator[Organisation]:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        with oidc_provider_mock.run_server_in_thread(**options) as server:
            yield Organisation(f"http://localhost:{server.server_port}")


@pytest.fixture(scope="module")
def organisation() -> Iterator[Organisation]:
    with running() as one:
        yield one


@pytest.fixture
def clock() -> FixedClock:
    # The provider's clock is the machine's.
    return FixedClock(datetime.now(UTC))


@pytest.fixture
def build(make_app: Callable[..., Flask]) -> Callable[..., Flask]:
    def make(url: str) -> Flask:
        app = make_app(OIDC_ISSUER=url, OIDC_CLIENT_ID="hunt", OIDC_CLIENT_SECRET="secret", OIDC_STAFF=RULES)
        in_play(app)
        return app

    return make


def come_back(client: PageClient, organisation: Organisation, subject: str, start: str = START) -> Any:
    left = client.get(start)
    assert left.status_code == 303
    back = organisation.approve(str(left.location), subject)
    return client.get(back[back.index("/account") :])


def world_of(app: Flask) -> Ports:
    found: Ports = app.extensions["infinity"]
    return found


def is_in(client: PageClient) -> bool:
    return client.get("/account", headers=JSON).status_code == 200


# --- getting in ------------------------------------------------------------------------------------------------------


def test_the_first_login_makes_an_account_and_later_ones_bring_its_roles_up_to_date(
    build: Callable[..., Flask], organisation: Organisation
) -> None:
    app = build(organisation.url)
    client: PageClient = app.test_client()  # type: ignore[assignment]
    assert START in client.get("/account/login").text
    organisation.person("sub-anna", **ANNA)
    reply = come_back(client, organisation, "sub-anna", f"{START}?next=/admin/puzzles")
    assert (reply.status_code, reply.location) == (303, "/admin/puzzles")
    assert client.get("/admin/log").status_code == client.get("/admin/content").status_code == 200
    accounts = "SELECT name, display_name, roles, password_hash FROM teams"
    assert rows(world_of(app), accounts) == [("anna", "Anna Lovelace", "helper writer", None)]
    organisation.person("sub-anna", **ANNA | {"groups": "chiefs", "preferred_username": "other"})
    assert come_back(client, organisation, "sub-anna").status_code == 303
    assert rows(world_of(app), accounts) == [("anna", "Anna Lovelace", "admin", None)]
    actions = rows(world_of(app), "SELECT action FROM audit ORDER BY id")
    assert actions == [("team.add",), ("team.role",)]
    assert rows(world_of(app), "SELECT count(*) FROM log WHERE kind = 'login'") == [(2,)]


def test_who_matches_no_rule_is_refused_in_words(build: Callable[..., Flask], organisation: Organisation) -> None:
    app = build(organisation.url)
    client: PageClient = app.test_client()  # type: ignore[assignment]
    organisation.person("sub-guest", preferred_username="guest", groups=["tea"])
    reply = come_back(client, organisation, "sub-guest")
    assert (reply.status_code, "no rule of this site gives you a role" in reply.text) == (403, True)
    assert rows(world_of(app), "SELECT id FROM teams") == []
    assert not is_in(client)


def test_a_second_factor_is_asked_for_after_the_organisations_login(
    build: Callable[..., Flask], organisation: Organisation
) -> None:
    app = build(organisation.url)
    client: PageClient = app.test_client()  # type: ignore[assignment]
    organisation.person("sub-ben", preferred_username="benjamin", groups=["chiefs"])
    set_now(world_of(app), staff_second_factor="on")
    assert come_back(client, organisation, "sub-ben").location == "/account/second-factor"
    assert client.get("/admin/log", headers=JSON).status_code == 403


def test_without_a_provider_there_is_no_button(app: Flask) -> None:
    in_play(app)
    client: PageClient = app.test_client()  # type: ignore[assignment]
    assert START not in client.get("/account/login").text
    assert client.get(START).status_code == client.get(f"{START}/callback?code=x&state=y").status_code == 404


# --- what is refused -------------------------------------------------------------------------------------------------


def test_a_callback_that_this_browser_did_not_begin_or_has_used_is_refused(
    build: Callable[..., Flask], organisation: Organisation, clock: FixedClock
) -> None:
    app = build(organisation.url)
    client: PageClient = app.test_client()  # type: ignore[assignment]
    other: PageClient = app.test_client()  # type: ignore[assignment]
    organisation.person("sub-anna", **ANNA)
    back = organisation.approve(str(client.get(START).location), "sub-anna")
    path = back[back.index("/account") :]
    other.get(START)  # it has a state of its own
    assert other.get(path).status_code == 403
    assert client.get(path).status_code == 303
    client.logout()
    assert client.get(path).status_code == 403  # the state is used
    client.get(START)
    with client.session_transaction() as session:
        state = session["oidc_state"]
    code = parse_qs(urlsplit(back).query)["code"][0]
    assert client.get(f"{START}/callback?code={code}&state={state}").status_code == 403  # the code is used
    for odd in ("", "?error=access_denied", "?code=x", "?code=x&state=%ED%A0%80", "?code=&state="):
        assert client.get(f"{START}/callback{odd}").status_code == 403, odd
    late = organisation.approve(str(client.get(START).location), "sub-anna")
    clock.advance(601)
    assert client.get(late[late.index("/account") :]).status_code == 403
    assert not is_in(client)
    assert not is_in(other)


def token_for(organisation: Organisation, client_id: str, nonce: str) -> str:
    """An ID token of the provider for this client and this nonce."""
    provider = IdentityProvider(organisation.url, client_id, "secret", lambda: 0.0)
    caught: list[Any] = []
    provider.claims_of = lambda token, *_: caught.append(token) or {}  # type: ignore[method-assign, func-returns-value]
    address, asked = provider.begin(CALLBACK)
    address = address.replace(asked.nonce, nonce)
    organisation.person("sub-anna", **ANNA)
    code = parse_qs(urlsplit(organisation.approve(address, "sub-anna")).query)["code"][0]
    provider.finish(CALLBACK, code, AuthorizationRequest(asked.state, nonce, asked.verifier), datetime.now(UTC))
    return str(caught[0])


def test_a_token_has_to_be_for_us_for_this_login_in_force_and_signed(organisation: Organisation) -> None:
    now, token = datetime.now(UTC), token_for(organisation, "hunt", "the nonce")
    ours = IdentityProvider(organisation.url, "hunt", "secret", lambda: 0.0)
    assert ours.claims_of(token, "the nonce", now)["sub"] == "sub-anna"
    head, body, signature = token.split(".")
    other = IdentityProvider(organisation.url, "another", "secret", lambda: 0.0)
    refused = {
        "audience": lambda: other.claims_of(token, "the nonce", now),
        "nonce": lambda: ours.claims_of(token, "another", now),
        "expired": lambda: ours.claims_of(token, "the nonce", now + timedelta(hours=2)),
        "from the future": lambda: ours.claims_of(token, "the nonce", now - timedelta(hours=2)),
        "body": lambda: ours.claims_of(f"{head}.{body[:-2]}AA.{signature}", "the nonce", now),
        "unsigned": lambda: ours.claims_of(f"eyJhbGciOiJub25lIn0.{body}.", "the nonce", now),
        "none": lambda: ours.claims_of(None, "the nonce", now),
        "nonsense": lambda: ours.claims_of("a.b.c", "the nonce", now),
    }
    for what, ask in refused.items():
        with pytest.raises(ProviderRefused):
            pytest.fail(f"{what}: {ask()}")


def test_another_issuers_token_is_refused_and_new_keys_are_read(organisation: Organisation) -> None:
    now = datetime.now(UTC)
    ours = IdentityProvider(organisation.url, "hunt", "secret", lambda: 0.0)
    with running() as foreign:
        token = token_for(foreign, "hunt", "the nonce")
        with pytest.raises(ProviderRefused):
            ours.claims_of(token, "the nonce", now)
        # The keys that were kept are older ones: as after a rotation.
        theirs = IdentityProvider(foreign.url, "hunt", "secret", lambda: 0.0)
        theirs._kept.put(f"{foreign.url}/jwks", ours._document(f"{organisation.url}/jwks"))
        assert theirs.claims_of(token, "the nonce", now)["sub"] == "sub-anna"


def test_an_expired_token_of_the_provider_is_no_login(build: Callable[..., Flask]) -> None:
    with running(access_token_max_age=timedelta(seconds=-120)) as late:
        app = build(late.url)
        client: PageClient = app.test_client()  # type: ignore[assignment]
        late.person("sub-anna", **ANNA)
        assert come_back(client, late, "sub-anna").status_code == 403
        assert rows(world_of(app), "SELECT id FROM teams") == []


def test_with_the_provider_down_the_page_says_so_and_passwords_work(build: Callable[..., Flask]) -> None:
    with running() as gone:
        url = gone.url
    app = build(url)
    client: PageClient = app.test_client()  # type: ignore[assignment]
    reply = client.get(START)
    assert (reply.status_code, "You can still use your password" in reply.text) == (503, True)
    assert client.get(START, headers=JSON).json["error"]["code"] == "busy"
    client.register("owls")
    client.logout()
    assert client.login("owls").status_code == 303


def test_a_provider_of_another_name_or_with_plain_addresses_is_not_believed(organisation: Organisation) -> None:
    for found in ({"issuer": "https://elsewhere.example"}, {"token_endpoint": "http://192.0.2.1/token"}):
        provider = IdentityProvider(organisation.url, "hunt", "secret", lambda: 0.0)
        address = f"{organisation.url}/.well-known/openid-configuration"
        provider._kept.put(address, provider._document(address) | found)
        with pytest.raises(ProviderSilent):
            provider.begin(CALLBACK)


# --- rules and accounts ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("claims", "held"),
    [
        ({"groups": ["puzzlers"]}, {"writer"}),
        ({"groups": "puzzlers", "email": "chief@example.org", "email_verified": True}, {"writer", "admin"}),
        ({"email": "chief@example.org"}, set()),
        ({"email": "chief@example.org", "email_verified": "true"}, set()),
        ({"realm_access": {"roles": ["desk"]}}, {"helper"}),
        ({"realm_access": ["roles"]}, set()),
        ({"staff": True}, {"helper"}),
        ({"groups": [{"puzzlers": 1}, None, "PUZZLERS"]}, set()),
        ({}, set()),
    ],
)
def test_rules_give_roles_by_claims(claims: dict[str, Any], held: set[str]) -> None:
    rules = (
        StaffRule("groups", "puzzlers", frozenset({"writer"})),
        StaffRule("email", "chief@example.org", frozenset({"admin"})),
        StaffRule("realm_access.roles", "desk", frozenset({"helper"})),
        StaffRule("staff", "true", frozenset({"helper"})),
    )
    assert roles_by(rules, claims) == held


@pytest.fixture
def node(database: str, clock: FixedClock) -> Iterator[World]:
    with world(database, clock) as one:
        yield one


def test_an_account_is_never_matched_by_a_name(node: World) -> None:
    chief = add_team(node, "anna", role="admin", display_name="Anna Lovelace", display_key="anna lovelace")
    found = log_in_by_claims(node.for_hunt, "https://a", {"sub": "1", **ANNA}, frozenset({"writer"}), HERE)
    other = log_in_by_claims(node.for_hunt, "https://b", {"sub": "1", **ANNA}, frozenset({"writer"}), HERE)
    assert len({chief, found.id, other.id}) == 3
    assert node.row(found.id).display_name.startswith("Anna Lovelace (")
    assert node.row(chief).role == "admin"


@pytest.mark.parametrize("name", ["", "x", "a" * 200, "\0", "<script>", "\u202eevil", None, 7, ["x"]])
def test_names_that_are_none_make_an_account_all_the_same(node: World, name: Any) -> None:
    claims = {"sub": "1", "preferred_username": name, "name": name, "email": name}
    found = log_in_by_claims(node.for_hunt, "https://a", claims, frozenset({"helper"}), HERE)
    assert found.name
    assert found.display_name


@pytest.mark.parametrize("subject", ["\0", "a\ud800", "\udc00b", "x" * 256])
def test_a_subject_that_cannot_be_stored_is_no_account(node: World, subject: str) -> None:
    with pytest.raises(NoRule):
        log_in_by_claims(node.for_hunt, "https://a", {"sub": subject, **ANNA}, frozenset({"helper"}), HERE)
    assert node.count("teams") == 0


def test_a_first_login_at_two_nodes_at_once_makes_one_account(database: str, clock: FixedClock) -> None:
    with world(database, clock) as one, world(database, clock) as two:
        claims = {"sub": "1", **ANNA}
        results = at_once([
            lambda at=at: log_in_by_claims(at.ports.for_hunt, "https://a", claims, frozenset({"writer"}), HERE).id
            for at in (one, two, one, two)
        ])  # fmt: skip
        assert len(set(results)) == 1, results
        assert (one.count("teams"), one.count("identities")) == (1, 1)


def test_who_matches_no_rule_any_more_loses_the_roles_but_the_last_admin_stays(node: World) -> None:
    claims = {"sub": "1", **ANNA}
    first = log_in_by_claims(node.for_hunt, "https://a", claims, frozenset({"admin"}), HERE)
    with pytest.raises(NoRule):
        log_in_by_claims(node.for_hunt, "https://a", claims, frozenset(), HERE)
    assert node.row(first.id).role == "admin"
    add_team(node, "Chief", role="admin")
    with pytest.raises(NoRule):
        log_in_by_claims(node.for_hunt, "https://a", claims, frozenset(), HERE)
    assert node.row(first.id).role == "team"
    roles.ban(node.database, node.clock, node.broadcaster, first.id, "test")
    with pytest.raises(organisation_login.AccountBanned):
        log_in_by_claims(node.for_hunt, "https://a", claims, frozenset({"writer"}), HERE)
