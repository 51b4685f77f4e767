"""What the operators' chat is told: arrives, holds nobody up, gives nothing away."""

from __future__ import annotations

import json
import subprocess
import sys
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest

from deploy.notify import pack
from deploy.notify.lambda_handler import handler
from deploy.notify.slack import say, without_secrets


class Sink(HTTPServer):
    """A chat that writes down what it is sent, or refuses it."""

    def __init__(self) -> None:
        self.heard: list[str] = []
        self.answer = 200
        super().__init__(("127.0.0.1", 0), Ear)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}/hook"


class Ear(BaseHTTPRequestHandler):
    server: Sink

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.server.heard.append(json.loads(body)["text"])
        self.send_response(self.server.answer)
        self.end_headers()

    def log_message(self, *_words: object) -> None:
        pass


@pytest.fixture
def sink() -> Iterator[Sink]:
    with Sink() as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield server
        server.shutdown()
        thread.join()


def test_what_is_said_arrives(sink: Sink) -> None:
    assert say(sink.url, "web1: updated")
    assert sink.heard == ["web1: updated"]


def test_a_chat_that_is_down_or_refuses_holds_nobody_up(sink: Sink, capsys: pytest.CaptureFixture[str]) -> None:
    sink.answer = 500
    assert not say(sink.url, "x")
    assert not say("http://127.0.0.1:1/", "x")
    assert not say("file:///etc/passwd", "x")
    assert not say("", "x")
    assert capsys.readouterr().err.count("\n") == 3


@pytest.mark.parametrize(
    "text",
    ["postgresql://hunt:hunter2@db/x is away", "SECRET_KEY=hunter2 is odd", "redis://:hunter2@r", "password: hunter2"],
)
def test_no_secret_is_told(text: str) -> None:
    assert "hunter2" not in without_secrets(text)
    assert "***" in without_secrets(text)


CAUSE = (
    "At 2026-11-30T10:00:00Z a monitor alarm TargetTracking-hunt-AlarmHigh in state ALARM triggered policy by-load "
    "changing the desired capacity from 2 to 3.  At 2026-11-30T10:00:05Z an instance was started in response to a "
    "difference between desired and actual capacity, increasing the capacity from 2 to 3."
)


def recorded(event: str, **more: object) -> dict[str, object]:
    message = {"Event": event, "AutoScalingGroupName": "hunt-web", "EC2InstanceId": "i-0abc", **more}
    return {"Records": [{"Sns": {"Subject": "Auto Scaling", "Message": json.dumps(message)}}]}


def alarmed(**more: object) -> dict[str, object]:
    message = {"AlarmName": "a node is unready", "NewStateReason": "Threshold Crossed: 5 datapoints", **more}
    return {"Records": [{"Sns": {"Subject": "ALARM", "Message": json.dumps(message)}}]}


@pytest.mark.parametrize(
    ("event", "told"),
    [
        (recorded("autoscaling:EC2_INSTANCE_LAUNCH"), "a node is joining: i-0abc of hunt-web"),
        (recorded("autoscaling:EC2_INSTANCE_TERMINATE"), "a node is leaving: i-0abc of hunt-web"),
        (recorded("autoscaling:EC2_INSTANCE_LAUNCH_ERROR", StatusMessage="no capacity"), "Status: no capacity"),
        (recorded("autoscaling:EC2_INSTANCE_LAUNCH", Details={"Availability Zone": "eu-1a"}), "Zone: eu-1a"),
        (recorded("autoscaling:EC2_INSTANCE_LAUNCH", Details="odd", Cause=None), "a node is joining"),
        (
            recorded(
                "autoscaling:EC2_INSTANCE_LAUNCH", StartTime="2026-11-30T10:00:05.1Z", EndTime="2026-11-30T10:00:38Z"
            ),
            "Took: 33 s",
        ),
        (recorded("autoscaling:EC2_INSTANCE_LAUNCH", StartTime="soon", EndTime=1), "a node is joining"),
        (alarmed(NewStateValue="ALARM"), "Infinity: alarm: a node is unready\nThreshold Crossed: 5 datapoints"),
        (alarmed(NewStateValue="OK"), "Infinity: over: a node is unready"),
        (recorded("autoscaling:TEST_NOTIFICATION"), "Infinity: Auto Scaling"),
        ({"Records": [{"Sns": {"Message": "no json"}}]}, "without a subject"),
        ({"Records": [{"Sns": {"Message": "[]"}}]}, "without a subject"),
    ],
)
def test_scale_events_are_told_in_words(
    sink: Sink, monkeypatch: pytest.MonkeyPatch, event: dict[str, object], told: str
) -> None:
    monkeypatch.setenv("WEBHOOK_URL", sink.url)
    assert handler(event, None) == {"told": 1, "failed": 0}
    assert told in sink.heard[0]


@pytest.mark.parametrize("event", ["LAUNCH", "LAUNCH_ERROR", "TERMINATE", "TERMINATE_ERROR"])
def test_each_scale_event_is_told_with_its_reason_a_line_for_each_step(
    sink: Sink, monkeypatch: pytest.MonkeyPatch, event: str
) -> None:
    monkeypatch.setenv("WEBHOOK_URL", sink.url)
    handler(recorded(f"autoscaling:EC2_INSTANCE_{event}", Cause=CAUSE), None)
    title, alarm, started = sink.heard[0].splitlines()
    assert title.startswith("Infinity: a node ")
    assert alarm.startswith("10:00:00 UTC: a monitor alarm TargetTracking-hunt-AlarmHigh in state ALARM")
    assert started == (
        "10:00:05 UTC: an instance was started in response to a difference between desired and actual capacity, "
        "increasing the capacity from 2 to 3."
    )


def test_an_event_without_records_tells_nothing() -> None:
    assert handler({}, None) == {"told": 0, "failed": 0}


def test_the_packed_function_runs_by_itself_and_is_the_same_twice(tmp_path: Path) -> None:
    for name in ("one.zip", "two.zip"):
        pack.pack(tmp_path / name)
    assert (tmp_path / "one.zip").read_bytes() == (tmp_path / "two.zip").read_bytes()
    code = "import sys; sys.path[:0] = [sys.argv[1]]; import lambda_handler; print(lambda_handler.handler({}, None))"
    words = [sys.executable, "-I", "-c", code, str(tmp_path / "one.zip")]
    done = subprocess.run(words, check=False, capture_output=True, text=True, cwd=tmp_path)
    assert done.stdout == "{'told': 0, 'failed': 0}\n", done.stderr
