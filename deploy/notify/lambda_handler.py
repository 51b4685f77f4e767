"""The Lambda that tells the chat of scale events and alarms, with their reasons: SNS brings what AWS has done.

Deployed by ``deploy/terraform`` with its neighbours beside it. ``WEBHOOK_URL`` comes from the function's environment.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Mapping
from datetime import datetime
from typing import Any

if __package__:
    from deploy.notify.message import Message, Tone
    from deploy.notify.slack import say
else:  # packed: the files lie side by side
    from message import Message, Tone
    from slack import say

WORDS: dict[str, tuple[str, Tone]] = {
    "autoscaling:EC2_INSTANCE_LAUNCH": ("a node is joining", "good"),
    "autoscaling:EC2_INSTANCE_LAUNCH_ERROR": ("a node could NOT be started", "bad"),
    "autoscaling:EC2_INSTANCE_TERMINATE": ("a node is leaving", "plain"),
    "autoscaling:EC2_INSTANCE_TERMINATE_ERROR": ("a node could NOT be ended", "bad"),
}
STATES: dict[str, tuple[str, Tone]] = {
    "ALARM": ("alarm", "bad"),
    "OK": ("over", "good"),
    "INSUFFICIENT_DATA": ("not measured", "plain"),
}
# A cause is sentences, each of which begins with its moment.
_SENTENCES = re.compile(r"(?<=\.)\s+(?=At \d{4}-)")
_MOMENT = re.compile(r"^At \d{4}-\d\d-\d\dT(\d\d:\d\d:\d\d)(?:\.\d+)?Z,? ")


def handler(event: Mapping[str, Any], _context: object) -> dict[str, int]:
    """Tell of every record of ``event``; answers how many were told and how many did not arrive."""
    told = [say(os.environ.get("WEBHOOK_URL", ""), message_of(record)) for record in event.get("Records", [])]
    return {"told": sum(told), "failed": len(told) - sum(told)}


def message_of(record: Mapping[str, Any]) -> Message:
    """One SNS record in words. What is neither of scaling nor an alarm is told by its subject alone."""
    sns = record.get("Sns", {})
    try:
        said = json.loads(sns.get("Message", ""))
    except ValueError:
        said = {}
    if isinstance(said, dict) and said.get("Event") in WORDS:
        return _of_scaling(said)
    if isinstance(said, dict) and said.get("AlarmName"):
        return _of_alarm(said)
    return Message(f"Infinity: {sns.get('Subject') or 'a message without a subject'}")


def _of_scaling(said: Mapping[str, Any]) -> Message:
    words, tone = WORDS[said["Event"]]
    group, node = said.get("AutoScalingGroupName", "?"), said.get("EC2InstanceId", "?")
    details = said.get("Details")
    place = details.get("Availability Zone", "") if isinstance(details, dict) else ""
    return Message(
        f"Infinity: {words}: {node} of {group}",
        tone,
        tuple(_reason_lines(str(said.get("Cause") or ""))),
        (("Status", str(said.get("StatusMessage") or "")), ("Zone", str(place)), ("Took", _took(said))),
    )


def _of_alarm(said: Mapping[str, Any]) -> Message:
    state = str(said.get("NewStateValue", ""))
    words, tone = STATES.get(state, (state, "plain"))
    reason = tuple(filter(None, (str(said.get("AlarmDescription") or ""), str(said.get("NewStateReason") or ""))))
    return Message(
        f"Infinity: {words}: {said['AlarmName']}", tone, reason, (("Region", str(said.get("Region") or "")),)
    )


def _reason_lines(cause: str) -> list[str]:
    """AWS's sentences, a line each; of their moments the time of day is left."""
    return [_MOMENT.sub(r"\1 UTC: ", sentence) for sentence in _SENTENCES.split(cause.strip()) if sentence]


def _took(said: Mapping[str, Any]) -> str:
    try:
        began, ended = (datetime.fromisoformat(said[name]) for name in ("StartTime", "EndTime"))
        return f"{max(0, round((ended - began).total_seconds()))} s"
    except (KeyError, TypeError, ValueError):
        return ""
