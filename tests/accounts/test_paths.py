"""Where a login may lead: pages of this site, whatever a link tries."""

from urllib.parse import urljoin, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.web.safe_redirect import path_on_this_site

HERE = [
    "/",
    "/game",
    "/game/puzzle/recABC?print=1",
    "/leaderboard/teams?page=2#own",
    "/page/%C3%A9t%C3%A9",
    "/page/a%20b",
    "/events?after=http://elsewhere.example//x",
    "/account",
    "/accounting",
]
ELSEWHERE = [
    None,
    "",
    "game",
    "https://evil.example",
    "https:evil.example",
    "http:///evil.example",
    "//evil.example",
    "///evil.example",
    "/\\evil.example",
    "\\/evil.example",
    "\\\\evil.example",
    "/\t/evil.example",
    "/\n/evil.example",
    "\t//evil.example",
    " //evil.example",
    "/\0/evil.example",
    "/%2fevil.example",
    "/%2F%2Fevil.example",
    "/%252fevil.example",
    "/%5cevil.example",
    "/%255cevil.example",
    "/%09/evil.example",
    "/%0d%0aLocation:%20https://evil.example",
    "/game//evil.example",
    "/./" + "/evil.example",
    "/.//evil.example",
    "/game/..//evil.example",
    "/../evil",
    "/%2e%2e//evil.example",
    "/%25%32%66%25%32%66evil.example/%2525252525252566",
    "javascript:alert(1)",
    "data:text/html,x",
    "//[::1",
    "/" + "x" * 1000,
    "/account/login",
    "/account/login?next=/game",
    "/account/%6cogin",
    "/account/logout",
    "/account/register",
]


@pytest.mark.parametrize("path", HERE)
def test_a_page_of_this_site_is_followed(path):
    assert path_on_this_site(path) == path


def test_letters_of_other_scripts_are_encoded_on_the_way():
    assert path_on_this_site("/page/été") == "/page/%C3%A9t%C3%A9"


@pytest.mark.parametrize("path", ELSEWHERE)
def test_anything_else_is_not(path):
    assert path_on_this_site(path) is None


@given(st.text(st.characters(), max_size=40) | st.text("/\\%25cf.:@\t\n evil?#[]", max_size=30))
def test_what_is_followed_begins_with_one_slash_and_is_plain(text):
    found = path_on_this_site(text)
    if found is not None:
        assert found.startswith("/")
        assert found[1:2] not in ("/", "\\")
        assert urlsplit(urljoin("https://here.example/x", found)).netloc == "here.example"
        assert found.isascii()
        assert found.isprintable()
        assert "\\" not in found
        assert " " not in found
