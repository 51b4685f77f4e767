"""The runbook names only what there is: commands, options, settings, files, addresses, panels, lines of the log."""

from __future__ import annotations

import json
import re
import shlex
from collections.abc import Container, Iterable
from dataclasses import fields
from functools import cache

import click
import psycopg2
import pytest
from flask import Flask

from app.core.hunt_settings import HuntSettings
from app.factory import hunt
from deploy.deb.procfile_units import read_procfile, units
from tests.support.environment import ROOT

FILE = ROOT / "docs" / "hunt-day.md"
RUNBOOK = FILE.read_text()
SPANS = re.findall(r"(?<!`)`([^`\n]+)`", RUNBOOK)
SQL = re.findall(r"```sql\n(.*?)```", RUNBOOK, re.DOTALL)
COMMANDS = sorted({span for span in SPANS if span.startswith("hunt ") and span != "hunt …"})
OWN_FOLDERS = ("deploy/", "docs/", "tools/", "app/", "data/", "tests/")
# Words in italics that are no panel of the dashboard: of the page itself, and of other programs' pages.
OTHER_ITALICS = {"Critical", "warning", "Statistics", "Suspicious activity", "Targets"}


@cache
def elsewhere() -> str:
    """Everything that the repository says outside of the runbook about how it is set up."""
    files = [ROOT / "README.md", ROOT / "config.py", *(path for path in (ROOT / "deploy").rglob("*") if path.is_file())]
    return "\n".join(path.read_text(errors="replace") for path in files if "__pycache__" not in path.parts)


def missing(found: Iterable[str], known: Container[str]) -> list[str]:
    """Which of these there are not; that there are some is part of every test."""
    all_of_them = sorted(set(found))
    assert all_of_them, "the runbook speaks of none: look at how they are searched for"
    return [one for one in all_of_them if one not in known]


@pytest.mark.parametrize("line", COMMANDS)
def test_every_command_exists_with_its_options_and_takes_as_many_words(line: str) -> None:
    verb, *words = shlex.split(line)[1:]
    command = hunt.commands.get(verb)
    assert command is not None, f"there is no hunt {verb}"
    options = {name: param for param in command.params for name in param.opts if isinstance(param, click.Option)}
    assert {word for word in words if word.startswith("--")} <= set(options)
    values = sum(1 for word in words if word in options and not options[word].is_flag)
    given = len([word for word in words if not word.startswith("--")]) - values
    arguments = [param for param in command.params if isinstance(param, click.Argument)]
    # A command that is only named, such as "hunt restore", is no line to be typed.
    assert given == 0 or sum(param.required for param in arguments) <= given <= len(arguments)


def test_settings_that_are_set_exist() -> None:
    named = [line.split()[2] for line in COMMANDS if line.startswith("hunt set ")]
    assert missing(named, {field.name for field in fields(HuntSettings)}) == []


def test_files_that_are_named_exist() -> None:
    words = [word for span in SPANS for word in span.split() if word.startswith((*OWN_FOLDERS, "./"))]
    places = {word: ROOT / "deploy" / "compose" / word if word.startswith("./") else ROOT / word for word in words}
    assert missing(words, {word for word, place in places.items() if place.exists()}) == []


def test_links_lead_somewhere() -> None:
    headings = {
        re.sub(r"[^\w -]", "", line).strip().lower().replace(" ", "-")
        for line in RUNBOOK.splitlines()
        if line.startswith("#")
    }
    links = re.findall(r"\]\(([^)]+)\)", RUNBOOK)
    there = {f"#{heading}" for heading in headings} | {path.name for path in FILE.parent.iterdir()}
    assert missing(links, there) == []


@pytest.mark.parametrize("file", ["README.md", "docs/organisers.md", "docs/deploy.md"])
def test_the_runbook_is_found_from(file: str) -> None:
    assert re.search(r"\]\((docs/)?hunt-day\.md[)#]", (ROOT / file).read_text())


def test_what_is_asked_of_the_gateway_is_understood_by_its_script() -> None:
    verbs = [found for span in SPANS for found in re.findall(r"nodes\.sh (\w+)", span)]
    known = set(re.findall(r'"(\w+) \d"', (ROOT / "deploy" / "haproxy" / "nodes.sh").read_text()))
    assert missing(verbs, known) == []


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_pages_that_are_named_exist(app: Flask) -> None:
    named = [span for span in SPANS if re.fullmatch(r"/(admin/|readyz|healthz|metrics)[\w./-]*", span)]
    pages = {rule.rule for rule in app.url_map.iter_rules() if "GET" in (rule.methods or ())}
    assert missing(named, pages) == []


def test_panels_that_are_named_exist() -> None:
    italics = re.findall(r"(?<!\*)\*([^*\n]+)\*(?!\*)", re.sub(r"`[^`\n]*`", "", RUNBOOK))
    panels = {panel["title"] for panel in json.loads((ROOT / "deploy/monitor/dashboard.json").read_text())["panels"]}
    assert missing(italics, panels | OTHER_ITALICS) == []


def test_variables_that_are_named_exist() -> None:
    named = [found for span in SPANS for found in re.findall(r"\b[A-Z]+(?:_[A-Z]+)+\b", span)]
    assert missing(named, set(re.findall(r"\b[A-Z]+(?:_[A-Z]+)+\b", elsewhere()))) == []


def test_lines_of_the_log_that_are_named_are_written() -> None:
    named = [span for span in SPANS if re.fullmatch(r"infinity\.[a-z]+", span)]
    sources = "\n".join(path.read_text() for path in (ROOT / "app").rglob("*.py"))
    assert missing(named, set(re.findall(r'getLogger\("([\w.]+)"\)', sources))) == []


def test_services_that_are_named_are_in_the_package() -> None:
    named = [found for span in SPANS for found in re.findall(r"\binfinity-[a-z]+(?:\.timer)?\b", span)]
    made = set(units(read_procfile((ROOT / "Procfile").read_text()), []))
    made |= {path.name for path in (ROOT / "deploy").rglob("infinity-*")}
    assert missing(named, made | {name.removesuffix(".service") for name in made}) == []


@pytest.mark.servers
@pytest.mark.parametrize("question", SQL, ids=range(len(SQL)))
def test_the_questions_to_the_database_are_understood(postgres_database: str, question: str) -> None:
    connection = psycopg2.connect(postgres_database)
    try:
        with connection.cursor() as cursor:
            cursor.execute(question)
            assert cursor.description
    finally:
        connection.close()


@pytest.mark.servers
def test_the_way_to_end_a_forgotten_transaction_ends_it_and_nobody_else(postgres_database: str) -> None:
    (way,) = [question for question in SQL if "pg_terminate_backend" in question]
    forgetful, diligent = psycopg2.connect(postgres_database), psycopg2.connect(postgres_database)
    diligent.autocommit = True
    try:
        forgetful.cursor().execute("SELECT 1")
        with diligent.cursor() as cursor:
            cursor.execute(way)
            assert cursor.fetchall() == [], "so short a pause is not forgetting"
            cursor.execute(way.replace("30 seconds", "0 seconds"))
            assert [row[2] for row in cursor.fetchall()] == [True]
        with pytest.raises(psycopg2.OperationalError):
            forgetful.cursor().execute("SELECT 1")
    finally:
        forgetful.close()
        diligent.close()
