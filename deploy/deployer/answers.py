"""What Slack shows, to one person or to the channel. Other people's text formats nothing and mentions nobody."""

from __future__ import annotations

from typing import Any

from deploy.deployer.releases import Channels
from deploy.deployer.store import Question
from deploy.notify.message import slack_plain, slack_text
from deploy.notify.slack import without_secrets
from deploy.pipeline.checkout import Commit

USAGE = "`/deploy production` takes what is in staging to production, `/deploy production VERSION` another release. "
USAGE += "`/deploy status` says what is where."
Answer = dict[str, Any]


def to_person(text: str, *, is_instead: bool = False) -> Answer:
    """For the eyes of the person who asked; ``is_instead`` puts it in place of the question with its buttons."""
    return {"response_type": "ephemeral", "replace_original": is_instead, "text": text}


def to_channel(text: str) -> Answer:
    return {"response_type": "in_channel", "replace_original": False, "text": text}


def status(channels: Channels) -> Answer:
    staging, production = (slack_text(one or "nothing yet") for one in (channels.staging, channels.production))
    return to_person(f"Staging: `{staging}`\nProduction: `{production}`")


def question(asked: Question, commit: Commit | None) -> Answer:
    """The question with its two buttons; it names the commit."""
    what = commit.short if commit else asked.version
    facts = [f"Version: {asked.version}", f"Now in production: {asked.production or 'nothing yet'}"]
    facts += [f"Commit: {commit.short} {commit.subject}", f"Author: {commit.author}"] if commit else []
    title = f"Take {slack_text(what)} to production?"
    return to_person(title) | {
        "blocks": [
            {"type": "section", "text": {"type": "mrkdwn", "text": f"*{title}*"}},
            {"type": "section", "fields": [slack_plain(fact, "fact") for fact in facts]},
            {"type": "actions", "elements": [_button("deploy", f"Deploy {what}"[:75], asked, "primary"),
                                             _button("cancel", "Cancel", asked)]},
        ]
    }  # fmt: skip


def begun(version: str) -> Answer:
    return to_person(f"Taking `{slack_text(version)}` to production …", is_instead=True)


def deployed(person: str, version: str) -> Answer:
    return to_channel(f"<@{person}> took `{slack_text(version)}` to production. Nodes follow within two minutes.")


def failed(person: str, version: str, why: str) -> Answer:
    """For the channel: everybody has to know that production may be half-way. Secrets are taken out of ``why``."""
    said = slack_text(without_secrets(why)).replace("`", "'")
    return to_channel(f"<@{person}> wanted to take `{slack_text(version)}` to production. It FAILED:\n```{said}```")


def _button(action: str, text: str, asked: Question, style: str = "") -> dict[str, Any]:
    look = {"style": style} if style else {}
    return {"type": "button", "action_id": action, "value": asked.id, "text": slack_plain(text, "label")} | look
