"""deploy/regions.py: one file of regions, and what each gateway, name server and Terraform are told of it."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

from deploy import regions
from tests.deploy.three_regions import EXAMPLE, NAMES, NEAREST
from tests.support.environment import ROOT


def asked(*words: str, text: str = "", folder: Path | None = None) -> tuple[int, str, str]:
    """Exit code, output and complaints for the example, or for ``text``."""
    file = EXAMPLE
    if folder is not None:
        file = folder / "regions.toml"
        file.write_text(text)
    command = [sys.executable, ROOT / "deploy/regions.py", file, *words]
    done = subprocess.run(command, capture_output=True, text=True, timeout=20, check=False)
    return done.returncode, done.stdout, done.stderr


@pytest.mark.parametrize("name", NAMES)
def test_a_gateway_is_told_the_doors_of_the_others_the_nearest_first(name: str) -> None:
    code, said, _ = asked("env", name)
    told = dict(line.split("=", 1) for line in said.splitlines())
    doors = {other: f"10.{number}.0.4:8081" for number, other in enumerate(NAMES, 1)}
    first, second = NEAREST[name]
    assert code == 0
    assert told == {
        "REGION": name, "BIND_REGIONS": ":8081", "NEIGHBOUR_1": doors[first], "NEIGHBOUR_2": doors[second],
    }  # fmt: skip


def test_every_name_that_it_tells_is_one_that_the_gateway_reads() -> None:
    configuration = (ROOT / "deploy/haproxy/haproxy.cfg").read_text()
    names = set(re.findall(r"NEIGHBOUR_[0-9]+", configuration))
    assert names == {f"NEIGHBOUR_{number}" for number in range(1, regions.MOST_NEIGHBOURS + 1)}
    assert {"REGION", "BIND_REGIONS"} <= set(re.findall(r"\b[A-Z_]+\b", configuration))


def test_a_measured_way_goes_before_the_globe_s(tmp_path: Path) -> None:
    text = EXAMPLE.read_text().replace('"san-francisco singapore" = 175', '"san-francisco singapore" = 400')
    assert "NEIGHBOUR_1=10.1.0.4:8081" in asked("env", "singapore", text=text, folder=tmp_path)[1]
    unmeasured = text[: text.index("[distances]")]
    assert "NEIGHBOUR_1=10.2.0.4:8081" in asked("env", "singapore", text=unmeasured, folder=tmp_path)[1]


def test_the_map_leads_each_place_to_the_nearest_region_first() -> None:
    rows = {line.split()[0]: line.split()[1:] for line in asked("map")[1].splitlines()}
    assert all(sorted(order) == sorted(NAMES) for order in rows.values())
    nearest = {place: order[0] for place, order in rows.items()}
    expected = {
        "continent:EU": "new-york", "continent:NA": "new-york", "continent:AS": "singapore", "continent:SA": "new-york",
        "US-CA": "san-francisco", "US-WA": "san-francisco", "US-NY": "new-york", "JP": "singapore", "SA": "singapore",
        "MX": "san-francisco", "DE": "new-york", "AU": "singapore",
    }  # fmt: skip
    assert {place: nearest[place] for place in expected} == expected


def test_terraform_is_told_every_region() -> None:
    told = json.loads(asked("tfvars")[1].removeprefix("regions = "))
    assert {name: one["aws_region"] for name, one in told.items()} == {
        "new-york": "us-east-1", "san-francisco": "us-west-1", "singapore": "ap-southeast-1",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("[regions.singapore]", "[regions.singa_pore]", "no name for a region"),
        ("10.3.0.4:8081", "10.3.0.4", "door must be ADDRESS:PORT"),
        ("10.3.0.4:8081", "10.2.0.4:8081", "two regions have the same door"),
        ("203.0.113.30", "203.0.113.10", "two regions have the same address"),
        ("latitude = 1.35", "latitude = 135.0", "no such place"),
        ("latitude = 1.35", "", "latitude is missing"),
        ("latitude = 1.35", "latitude = true", "latitude is missing"),
        ("latitude = 1.35", "lattitude = 1.35", "what may be said"),
        ('"new-york singapore" = 230', '"new-york london" = 80', "must name two of the regions"),
        ('"new-york singapore" = 230', '"san-francisco new-york" = 80', "is there twice"),
        ('"new-york singapore" = 230', '"new-york singapore" = "far"', "number of milliseconds"),
        ("[regions.new-york]", "[regions", "cannot be read"),
    ],
)
def test_a_file_that_cannot_be_right_is_refused_in_words(old: str, new: str, words: str, tmp_path: Path) -> None:
    text = EXAMPLE.read_text()
    assert old in text
    code, said, why = asked("env", "new-york", text=text.replace(old, new), folder=tmp_path)
    assert (code, said) == (1, "")
    assert words in why
    assert "Traceback" not in why


def test_one_region_is_none_and_an_unknown_one_is_named(tmp_path: Path) -> None:
    text = EXAMPLE.read_text()
    alone = text[: text.index("[regions.san-francisco]")]
    assert "2 to 6 regions" in asked("map", text=alone, folder=tmp_path)[2]
    assert "there is no region 'london'; there are new-york" in asked("env", "london")[2]
    assert "aws is missing" in asked("tfvars", text=text.replace('aws = "us-west-1"', ""), folder=tmp_path)[2]
    assert asked("dance")[0] == 2
