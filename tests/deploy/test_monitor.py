"""The monitor: its rules and dashboard speak of figures that there are, and its alerts come when they should."""

from __future__ import annotations

import contextlib
import json
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
import requests
from prometheus_client.parser import text_string_to_metric_families

from tests.deploy.fleet import METRICS_TOKEN, Fleet, fleet
from tests.deploy.gateway import eventually
from tests.deploy.watchers import MONITOR, Chat, Prometheus, alertmanager, alerts, chatting, needed, prometheus, read
from tests.support import processes
from tests.support.environment import ROOT
from tests.support.server import Node
from tests.support.sockets import Page, pages

RUNBOOK = (ROOT / "docs" / "hunt-day.md").read_text()
# Of a query: what is no name of a figure. Names of functions are told by their bracket.
WORDS = {"by", "without", "on", "ignoring", "and", "or", "unless", "offset", "bool", "group_left", "group_right"}
GROUPING = re.compile(r"\b(by|without|on|ignoring)\s*\([^)]*\)")
SELECTOR = re.compile(r"(?<![\w:])([a-zA-Z_:][\w:]*)\b(?!\s*\()(\{[^}]*\})?")


def expressions() -> dict[str, str]:
    """Every query of the rules and of the dashboard, with where it stands."""
    found = {f"alert {name}": rule["expr"] for name, rule in alerts().items()}
    for panel in json.loads((MONITOR / "dashboard.json").read_text())["panels"]:
        for target in panel.get("targets", []):
            found[f"panel {panel['title']} {target['refId']}"] = target["expr"]
    return found


def selectors(expression: str) -> set[tuple[str, str]]:
    """The figures that a query asks for, each with its conditions."""
    plain = re.sub(r"\[[^\]]*\]|\boffset \w+", "", GROUPING.sub("", expression))
    return {(name, where) for name, where in SELECTOR.findall(plain) if name not in WORDS}


def names_in(told: str) -> set[str]:
    """The names of the figures in a page of figures."""
    return {sample.name for family in text_string_to_metric_families(told) for sample in family.samples}


# --- files against files ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("expression", "names"),
    [
        ('sum by (le) (rate(a_bucket{x!~"b|c"}[5m])) > 1', {("a_bucket", '{x!~"b|c"}')}),
        ("sum(a) < 0.5 * (sum(a offset 5m) > 50)", {("a", "")}),
        ("time() - max by (name) (a:b) unless on (x) c == 1e3", {("a:b", ""), ("c", "")}),
    ],
)
def test_the_names_in_a_query_are_found(expression: str, names: set[tuple[str, str]]) -> None:
    assert selectors(expression) == names


@pytest.mark.parametrize("name", alerts())
def test_every_alert_has_a_test_in_which_it_fires_and_one_in_which_it_does_not(name: str) -> None:
    expected = [one for test in read("rules.test.yml")["tests"] for one in test["alert_rule_test"]]
    fires = {bool(one["exp_alerts"]) for one in expected if one["alertname"] == name}
    assert fires == {True, False}


@pytest.mark.parametrize("expression", ["vector(0) > 1", "vector(1)"], ids=["never fires", "always fires"])
@pytest.mark.parametrize("name", alerts())
def test_an_alert_that_never_or_always_fires_fails_its_test(name: str, expression: str, tmp_path: Path) -> None:
    tests, rules = read("rules.test.yml"), read("rules.yml")
    tests["tests"] = [test for test in tests["tests"] if test["name"] == name]
    for rule in (rule for group in rules["groups"] for rule in group["rules"]):
        if rule["alert"] == name:
            rule["expr"] = expression
            rule.pop("for", None)
    for file, content in (("rules.yml", rules), ("rules.test.yml", tests)):
        (tmp_path / file).write_text(json.dumps(content))
    command = [needed("promtool"), "test", "rules", "rules.test.yml"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=60, check=False)
    said = done.stdout + done.stderr
    assert done.returncode != 0
    assert set(re.findall(r"alertname: (\w+)", said)) == {name}


@pytest.mark.parametrize("name", alerts())
def test_every_alert_has_a_section_in_the_runbook(name: str) -> None:
    (section,) = re.findall(rf"^### {name}\n(.*?)(?=^##|\Z)", RUNBOOK, re.MULTILINE | re.DOTALL)
    for part in ("Means", "Look", "Do", "Over"):
        assert f"**{part}.**" in section, f"{name} does not say: {part}"


def test_the_runbook_has_no_section_for_an_alert_that_is_gone() -> None:
    assert set(re.findall(r"^### (\w+)$", RUNBOOK, re.MULTILINE)) == set(alerts())


def test_every_alert_says_how_urgent_it_is_and_what_is_the_matter() -> None:
    for name, rule in alerts().items():
        assert rule["labels"]["severity"] in ("critical", "warning"), name
        assert set(rule["labels"]) <= {"severity", "follows"}, name
        assert rule["labels"].get("follows", "database") == "database", name
        assert rule["annotations"]["summary"], name


def test_the_dashboard_names_only_alerts_that_there_are_and_all_of_them_but_those_of_scrapes() -> None:
    panels = json.loads((MONITOR / "dashboard.json").read_text())["panels"]
    named = {name for panel in panels for name in panel.get("description", "").split(", ") if name}
    assert named == set(alerts()) - {"NodeGone", "GatewayGone"}


def test_panels_of_the_dashboard_do_not_lie_on_one_another() -> None:
    panels = json.loads((MONITOR / "dashboard.json").read_text())["panels"]
    taken: set[tuple[int, int]] = set()
    for place in (panel["gridPos"] for panel in panels):
        cells = {
            (x, y)
            for x in range(place["x"], place["x"] + place["w"])
            for y in range(place["y"], place["y"] + place["h"])
        }
        assert not cells & taken
        assert max(x for x, _ in cells) < 24
        taken |= cells
    assert len({panel["id"] for panel in panels}) == len(panels)


# --- against the real thing ------------------------------------------------------------------------------------------


@pytest.fixture
def chat() -> Iterator[Chat]:
    with chatting() as server:
        yield server


@pytest.fixture(scope="module")
def figures_at() -> str:
    """Where the gateway of this module tells its figures."""
    return f"127.0.0.1:{processes.free_port()}"


@pytest.fixture(scope="module")
def site(figures_at: str) -> Iterator[Fleet]:
    """Two nodes behind a gateway; the second has two processes, which share their figures through files."""
    with fleet(1, METRICS_BIND=figures_at) as one:
        several = one.new_node(WEB_PROCESSES="2")
        one.nodes.append(several)
        several.start()
        one.gate.join(several.host)
        yield one


def ask_around(site: Fleet) -> None:
    """Let there be a request of every kind that a figure counts."""
    for _ in range(4):
        requests.get(site.gate.url, timeout=10)


def told_by(address: str, token: str = "") -> str:
    """The page of figures at this address."""
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    reply = requests.get(f"{address}/metrics", headers=headers, timeout=10)
    assert reply.status_code == 200
    return reply.text


def figure(node: Node, name: str) -> float:
    """What a node says of itself in a figure without labels."""
    (found,) = re.findall(rf"^infinity_{name} (\S+)$", told_by(node.url, METRICS_TOKEN), re.MULTILINE)
    return float(found)


@pytest.mark.servers
def test_every_figure_that_the_rules_and_the_dashboard_name_is_told(site: Fleet, figures_at: str) -> None:
    ask_around(site)
    wanted = {where: {name for name, _ in selectors(expression)} for where, expression in expressions().items()}
    assert all(wanted.values())

    def unknown() -> dict[str, set[str]]:
        of_the_gateway = names_in(told_by(f"http://{figures_at}"))
        of_every_node = set.intersection(*(names_in(told_by(node.url, METRICS_TOKEN)) for node in site.nodes))
        # What Prometheus itself says of each thing that it reads.
        known = of_the_gateway | of_every_node | {"up"}
        return {where: names - known for where, names in wanted.items() if names - known}

    # What the database knows is first asked for when a process has run for a quarter of a minute.
    with contextlib.suppress(AssertionError):
        eventually(lambda: not unknown(), 25)
    assert unknown() == {}


@pytest.mark.servers
def test_a_ready_node_with_several_processes_says_that_it_is_ready(site: Fleet) -> None:
    several = site.nodes[1]
    is_so = {"ready": 1, "database_up": 1, "processes": 2}
    eventually(lambda: {name: figure(several, name) for name in is_so} == is_so)
    assert figure(several, "content_version") > 0


@pytest.mark.servers
def test_processes_that_do_not_hear_the_others_are_told_of(site: Fleet) -> None:
    with pages(*(Page(node.url) for node in site.nodes)):
        site.redis.stop()
        try:
            for node in site.nodes:
                eventually(lambda node=node: figure(node, "processes_cut_off") >= 1, 30, f"{node.host} to notice")  # type: ignore[misc]
        finally:
            site.redis.start()
        for node in site.nodes:
            eventually(lambda node=node: figure(node, "processes_cut_off") == 0, 30, f"{node.host} to hear again")  # type: ignore[misc]


@pytest.mark.servers
@pytest.mark.slow
def test_prometheus_reads_the_fleet_and_in_a_healthy_one_every_question_has_an_answer(
    site: Fleet, figures_at: str
) -> None:
    ask_around(site)
    nodes = [node.url.removeprefix("http://") for node in site.nodes]
    with prometheus(nodes, figures_at, METRICS_TOKEN) as watcher:
        eventually(lambda: len(watcher.ask("up == 1")) == 3, what="all to be read")
        unanswered = {
            where: f"{name}{conditions}"
            for where, expression in expressions().items()
            for name, conditions in selectors(expression)
            if not watcher.ask(f"{name}{conditions}")
        }
        assert unanswered == {}
        for expression in expressions().values():
            watcher.ask(expression)
        eventually(lambda: bool(watcher.ask("infinity_ready == 1")), what="readiness")
        assert watcher.broken_rules() == []
        assert watcher.firing() == set()


@pytest.mark.servers
def test_with_a_wrong_token_nothing_is_read(site: Fleet, figures_at: str) -> None:
    nodes = [node.url.removeprefix("http://") for node in site.nodes]
    with prometheus(nodes, figures_at, "not the token") as watcher:
        eventually(lambda: len(watcher.ask('up{job="nodes"} == 0')) == 2, what="the nodes to refuse")


def down_and_quiet(watcher: Prometheus) -> bool:
    return {"DatabaseDown", "NodeNotReady", "NobodyServes"} <= watcher.firing()


@pytest.mark.servers
@pytest.mark.slow
@pytest.mark.timeout(300)
def test_of_a_database_that_is_down_the_chat_hears_once_and_not_of_all_that_follows(
    site: Fleet, figures_at: str, chat: Chat
) -> None:
    nodes = [node.url.removeprefix("http://") for node in site.nodes]
    hook = f"http://127.0.0.1:{chat.server_port}/hook"
    with alertmanager(hook, group_wait="2s", group_interval="2s") as place:  # noqa: SIM117
        with prometheus(nodes, figures_at, METRICS_TOKEN, place) as watcher:
            eventually(lambda: len(watcher.ask("infinity_ready == 1")) == 2, what="a healthy fleet")
            site.cluster.stop()
            try:
                eventually(lambda: down_and_quiet(watcher), 75, "the alerts")
                eventually(lambda: bool(chat.titles()), 20, "the chat to be told")
            finally:
                site.cluster.start()
            eventually(lambda: "over: DatabaseDown" in chat.titles(), 80, "the end")
    heard = chat.titles()
    assert heard[0] == "critical: DatabaseDown"
    assert not [title for title in heard if "NodeNotReady" in title or "NobodyServes" in title]
    (told,) = chat.heard[0]["attachments"]
    assert "The database answers no node" in told["text"]
    assert "docs/hunt-day.md, DatabaseDown" in told["text"]
