"""One message in the forms of Slack and Discord: other people's text is shown as it stands, and mentions nobody."""

from __future__ import annotations

import json
from typing import Any

import pytest

from deploy.notify.message import MOST_FACTS, Message, body_of

SLACK = "https://hooks.slack.com/services/T0/B0/x"
DISCORD = "https://discord.com/api/webhooks/1/x"
OTHER = "https://chat.example.org/hook"
HOSTILE = "<!channel> & <@U1> *bold* `code` [a](https://x.invalid) @everyone"
MESSAGE = Message("Infinity: build failed", "bad", ("Why.", HOSTILE), (("Author", HOSTILE),), "https://ci.invalid/1")


def slack(message: Message) -> dict[str, Any]:
    return body_of(SLACK, message)


def test_slack_gets_a_title_and_a_coloured_box_with_reason_facts_and_link() -> None:
    body = slack(MESSAGE)
    assert body["text"] == "Infinity: build failed"
    (box,) = body["attachments"]
    assert box["color"] == "#c62828"
    reason, facts, link = box["blocks"]
    assert reason["text"]["text"].startswith("Why.\n")
    assert [field["text"][:8] for field in facts["fields"]] == ["Author: "]
    assert link["elements"] == [{"type": "mrkdwn", "text": "<https://ci.invalid/1>"}]


def test_slack_sees_no_format_and_no_name_in_other_peoples_text() -> None:
    blocks = slack(MESSAGE)["attachments"][0]["blocks"]
    for text in (blocks[0]["text"], *blocks[1]["fields"]):
        assert (text["type"], text["emoji"]) == ("plain_text", False)
        assert "<" not in text["text"]
        assert "&lt;!channel&gt; &amp; &lt;@U1&gt;" in text["text"]
    assert slack(Message(HOSTILE))["text"].startswith("&lt;!channel&gt;")


def test_discord_gets_an_embed_in_which_signs_stand_for_themselves_and_nobody_is_mentioned() -> None:
    body = body_of(DISCORD, MESSAGE)
    assert body["allowed_mentions"] == {"parse": []}
    (embed,) = body["embeds"]
    assert (embed["title"], embed["color"], embed["url"]) == (
        "Infinity\\: build failed",
        0xC62828,
        "https://ci.invalid/1",
    )
    assert embed["description"].endswith(
        r"\<!channel\> & \<\@U1\> \*bold\* \`code\` \[a\]\(https\://x.invalid\) \@everyone"
    )
    assert embed["fields"][0]["inline"]


def test_a_mere_sentence_is_a_line_of_the_chat() -> None:
    assert slack(Message("web1: updated")) == {"text": "web1: updated"}
    assert body_of(DISCORD, Message("web1 updated")) == {
        "content": "web1 updated", "allowed_mentions": {"parse": []},
    }  # fmt: skip


@pytest.mark.parametrize(
    "webhook", [OTHER, f"{DISCORD}/slack", "https://slack.com.evil.invalid/", "https://notslack.com/"]
)
def test_other_chats_get_the_same_in_lines_by_both_names(webhook: str) -> None:
    body = body_of(webhook, MESSAGE)
    assert set(body) == {"text", "content", "allowed_mentions"}
    assert body["text"].splitlines()[:2] == ["Infinity: build failed", "Why."]
    assert body["content"].splitlines()[-1] == "https://ci.invalid/1"
    assert "<!channel>" not in body["text"]


def test_a_value_cannot_pretend_to_be_a_line_of_its_own_and_an_empty_one_is_left_out() -> None:
    message = Message("x", facts=(("Author", "Ada\nTests: all passed"), ("Zone", " \n"))).altered(str)
    assert message.as_text() == "x\nAuthor: Ada Tests: all passed"


@pytest.mark.parametrize("link", ["javascript:alert(1)", "ci.invalid", "file:///etc/passwd"])
def test_only_an_http_address_is_a_link(link: str) -> None:
    assert Message("x", link=link).altered(str).link == ""


@pytest.mark.parametrize("sign", ["x", "&", "*", "<", "\n"])
def test_however_long_a_message_is_the_chats_take_it(sign: str) -> None:
    long = Message(sign * 9_000, "plain", (sign * 9_000,), tuple((sign * 99, sign * 9_999 + "x") for _ in range(50)))
    message = long.altered(str)
    for text in json.loads(json.dumps(slack(message))).get("attachments", [{"blocks": []}])[0]["blocks"]:
        assert len(text.get("text", {}).get("text", "")) <= 3_000
        assert len(text.get("fields", [])) <= MOST_FACTS
        assert all(len(field["text"]) <= 2_000 for field in text.get("fields", []))
    for embed in body_of(DISCORD, message).get("embeds", []):
        fields = embed["fields"]
        assert all(len(field["name"]) <= 256 and 0 < len(field["value"]) <= 1_024 for field in fields)
        total = len(embed["title"]) + len(embed.get("description", ""))
        assert total + sum(len(field["name"]) + len(field["value"]) for field in fields) <= 6_000
    assert len(body_of(DISCORD, Message(sign * 900)).get("content", "")) <= 2_000
