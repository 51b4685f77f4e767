"""The Lambda that tells the chat of scale events: SNS brings what the autoscaling group has done.

Deployed by ``deploy/terraform`` with ``slack.py`` beside it. ``WEBHOOK_URL`` comes from the function's environment.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from typing import Any

try:
    from slack import say
except ImportError:  # in this repository it is a module of a package
    from deploy.notify.slack import say

WORDS = {
    "autoscaling:EC2_INSTANCE_LAUNCH": "a node is joining",
    "autoscaling:EC2_INSTANCE_LAUNCH_ERROR": "a node could NOT be started",
    "autoscaling:EC2_INSTANCE_TERMINATE": "a node is leaving",
    "autoscaling:EC2_INSTANCE_TERMINATE_ERROR": "a node could NOT be ended",
}


def handler(event: Mapping[str, Any], _context: object) -> dict[str, int]:
    """Tell of every record of ``event``; answers how many were told and how many did not arrive."""
    told = [say(os.environ.get("WEBHOOK_URL", ""), text_of(record)) for record in event.get("Records", [])]
    return {"told": sum(told), "failed": len(told) - sum(told)}


def text_of(record: Mapping[str, Any]) -> str:
    """One SNS record in words. What is not an autoscaling message is told by its subject alone."""
    sns = record.get("Sns", {})
    try:
        message = json.loads(sns.get("Message", ""))
    except ValueError:
        message = {}
    if not isinstance(message, dict) or message.get("Event") not in WORDS:
        return f"Infinity: {sns.get('Subject') or 'a message without a subject'}"
    group, node = message.get("AutoScalingGroupName", "?"), message.get("EC2InstanceId", "?")
    why = f" ({message['StatusMessage']})" if message.get("StatusMessage") else ""
    return f"Infinity: {WORDS[message['Event']]}: {node} of {group}{why}"
