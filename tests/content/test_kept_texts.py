"""Rendered texts are kept from one restock to the next, for as long as what they depend on answers the same."""

from __future__ import annotations

import pytest

from app.concurrency.cache import Cache
from app.content.html import sanitise
from app.content.html.sanitise import Renderer, make_room

TEXT = "A *text* that nobody else renders, [a link](asset:plan) and ![a picture](https://i.imgur.com/a.png)"


@pytest.fixture
def rendered(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The texts that were rendered, and not only found again."""
    monkeypatch.setattr(sanitise, "_kept", Cache(100))
    made: list[str] = []
    to_html = sanitise.to_html

    def noted(text: str) -> object:
        made.append(text)
        return to_html(text)

    monkeypatch.setattr(sanitise, "to_html", noted)
    return made


def renderer(assets: dict[str, str], seen: list[str] | None = None) -> Renderer:
    def picture(address: str, owner: str) -> str:
        if seen is not None:
            seen.append(address)
        return f"/prox/{owner}"

    return Renderer(assets.get, picture)


def test_a_text_that_comes_again_is_not_rendered_again(rendered: list[str]) -> None:
    first, again = (renderer({"plan": "/a/plan"}).block(TEXT, "recOne") for _ in range(2))
    assert first == again
    assert rendered == [TEXT]


def test_its_pictures_are_asked_for_all_the_same(rendered: list[str]) -> None:
    seen: list[str] = []
    for _ in range(2):
        renderer({"plan": "/a/plan"}, seen).block(TEXT, "recOne")
    assert seen.count("https://i.imgur.com/a.png") >= 2


def test_an_asset_that_has_changed_or_gone_changes_the_text(rendered: list[str]) -> None:
    assert 'href="/a/plan"' in renderer({"plan": "/a/plan"}).block(TEXT, "recOne").html
    assert 'href="/b/plan"' in renderer({"plan": "/b/plan"}).block(TEXT, "recOne").html
    gone = renderer({}).block(TEXT, "recOne")
    assert "There is no asset named plan" in gone.faults[0]
    assert renderer({}).block(TEXT, "recOne") == gone
    assert len(rendered) == 3


@pytest.mark.parametrize("other", [{"owner": "recTwo"}, {"scope": "two"}, {"classes": frozenset({"big"})}])
def test_the_same_text_of_another_owner_scope_or_style_is_another(rendered: list[str], other: dict[str, str]) -> None:
    one = renderer({"plan": "/a/plan"})
    one.block(TEXT, owner="recOne")
    one.block(TEXT, **({"owner": "recOne"} | other))  # type: ignore[arg-type]
    assert len(rendered) == 2


def test_there_is_room_for_a_hunt_of_any_size(rendered: list[str]) -> None:
    make_room(300)
    for _ in range(2):
        for number in range(300):
            renderer({}).block(f"Text {number}")
    assert len(rendered) == 300


def test_a_cache_grows_without_forgetting_and_never_shrinks() -> None:
    cache: Cache[int, int] = Cache(2)
    cache.put(1, 1)
    cache.put(2, 2)
    cache.grow(4)
    cache.grow(1)
    cache.put(3, 3)
    cache.put(4, 4)
    assert [cache.get(number) for number in (1, 2, 3, 4)] == [1, 2, 3, 4]
