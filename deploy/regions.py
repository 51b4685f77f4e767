#!/usr/bin/env python3
"""The regions of a site: what each region's gateway is told about the others, and who is led where by name.

  regions.py FILE env REGION   the environment of that region's gateway: the other regions, the nearest first
  regions.py FILE map          a static map for a name server: for each place the regions, the nearest first
  regions.py FILE tfvars       the variable `regions` of deploy/terraform

FILE is like deploy/regions.example.toml. Needs nothing but Python.
"""

from __future__ import annotations

import json
import math
import re
import sys
import tomllib
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

# How many neighbours haproxy.cfg has room for.
MOST_NEIGHBOURS = 5
EARTH_KM = 6371.0
# Light in glass does 200 km a millisecond, there and back 100; cables are about half as long again as the way.
KM_PER_MS = 67.0
# Continents, countries and states by their codes, each where most of its people live.
PLACES = """
continent:AF 0 20; continent:AS 30 105; continent:EU 50 10; continent:NA 39 -90;
continent:OC -34 146; continent:SA -15 -55;
AE 24 54; AR -35 -59; AU -34 148; BD 24 90; BR -22 -46; CA 45 -77; CL -33 -71; CN 31 115; CO 5 -74; DE 51 10; EG 30 31;
ES 40 -4; FR 48 2; GB 52 -1; HK 22 114; ID -7 108; IL 32 35; IN 21 78; IT 43 12; JP 36 138; KE -1 37; KR 37 127;
MX 20 -100; MY 3 102; NG 8 6; NL 52 5; NZ -39 175; PE -11 -77; PH 14 121; PK 31 72; PL 52 19; RU 55 40; SA 24 46;
SE 59 17; SG 1 104; TH 14 101; TR 40 32; TW 25 121; UA 49 31; VN 16 107; ZA -28 28;
US-AZ 33 -112; US-CA 36 -120; US-CO 40 -105; US-FL 28 -82; US-GA 33 -84; US-HI 21 -158; US-IL 41 -88; US-MA 42 -71;
US-MN 45 -93; US-NM 35 -106; US-NV 37 -116; US-NY 41 -74; US-OR 45 -123; US-TX 31 -97; US-UT 40 -112; US-WA 47 -122
"""


class RegionsWrong(ValueError):
    """What stands in the file cannot be right; the text says what."""


@dataclass(frozen=True)
class Region:
    """``door``: ADDRESS:PORT for other gateways; ``address``: for visitors; ``aws``: the nearest region of AWS."""

    name: str
    door: str
    address: str
    latitude: float
    longitude: float
    aws: str = ""

    def km_to(self, latitude: float, longitude: float) -> float:
        here, there = math.radians(self.latitude), math.radians(latitude)
        apart = math.radians(longitude - self.longitude)
        cosine = math.sin(here) * math.sin(there) + math.cos(here) * math.cos(there) * math.cos(apart)
        return EARTH_KM * math.acos(max(-1.0, min(1.0, cosine)))


@dataclass(frozen=True)
class Regions:
    """All regions; ``measured`` has round trips in milliseconds by the names of both ends."""

    by_name: dict[str, Region]
    measured: dict[frozenset[str], float] = field(default_factory=dict)

    def distance(self, one: Region, other: Region) -> float:
        """A round trip in milliseconds: as measured, else as the globe says."""
        measured = self.measured.get(frozenset((one.name, other.name)))
        return one.km_to(other.latitude, other.longitude) / KM_PER_MS if measured is None else measured

    def neighbours(self, name: str) -> list[Region]:
        """The other regions, the nearest first. Raises :class:`RegionsWrong`."""
        if name not in self.by_name:
            raise RegionsWrong(f"there is no region {name!r}; there are {', '.join(self.by_name)}")
        here = self.by_name[name]
        others = [one for one in self.by_name.values() if one is not here]
        return sorted(others, key=lambda other: (self.distance(here, other), other.name))

    def nearest(self, latitude: float, longitude: float) -> list[str]:
        """The names of the regions, as a place has them: the nearest first."""
        return sorted(self.by_name, key=lambda name: (self.by_name[name].km_to(latitude, longitude), name))


def read(file: Path) -> Regions:
    """Raises :class:`RegionsWrong`."""
    try:
        told = tomllib.loads(file.read_text())
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as problem:
        raise RegionsWrong(f"{file} cannot be read: {problem}") from None
    given = told.get("regions")
    if not isinstance(given, dict) or not 2 <= len(given) <= MOST_NEIGHBOURS + 1:
        raise RegionsWrong(f"there must be 2 to {MOST_NEIGHBOURS + 1} regions, each as [regions.NAME]")
    by_name = {name: _region(name, fields) for name, fields in given.items()}
    for what in ("door", "address"):
        values = [getattr(one, what) for one in by_name.values()]
        if len(set(values)) < len(values):
            raise RegionsWrong(f"two regions have the same {what}")
    return Regions(by_name, _distances(told.get("distances", {}), by_name))


def _region(name: str, fields: object) -> Region:
    known = {"door": str, "address": str, "latitude": (int, float), "longitude": (int, float), "aws": str}
    if not re.fullmatch(r"[a-z0-9-]{1,40}", name):
        raise RegionsWrong(f"{name!r} is no name for a region: lower-case letters, digits and -")
    if not isinstance(fields, dict) or set(fields) - set(known):
        raise RegionsWrong(f"{name}: what may be said is {', '.join(known)}")
    for key, kind in known.items():
        value = fields.get(key, "" if key == "aws" else None)
        if not isinstance(value, kind) or isinstance(value, bool):  # type: ignore[arg-type]
            raise RegionsWrong(f"{name}: {key} is missing, or of the wrong kind")
    one = Region(name, **fields)
    if not re.fullmatch(r"([A-Za-z0-9.-]+|\[[0-9a-fA-F:]+\]):[0-9]{1,5}", one.door):
        raise RegionsWrong(f"{name}: door must be ADDRESS:PORT")
    if not re.fullmatch(r"[0-9A-Za-z.:-]+", one.address):
        raise RegionsWrong(f"{name}: address must be an address or a host")
    if not (abs(one.latitude) <= 90 and abs(one.longitude) <= 180):
        raise RegionsWrong(f"{name}: there is no such place on the globe")
    return one


def _distances(given: object, by_name: dict[str, Region]) -> dict[frozenset[str], float]:
    if not isinstance(given, dict):
        raise RegionsWrong('[distances] has lines such as "new-york singapore" = 230')
    found: dict[frozenset[str], float] = {}
    for pair, value in given.items():
        ends = frozenset(pair.split())
        if len(ends) != 2 or not ends <= set(by_name):
            raise RegionsWrong(f"distances: {pair!r} must name two of the regions")
        if ends in found:
            raise RegionsWrong(f"distances: {pair!r} is there twice")
        if isinstance(value, bool) or not isinstance(value, int | float) or not 0 < value < 5000:
            raise RegionsWrong(f"distances: {pair!r} must be a number of milliseconds")
        found[ends] = float(value)
    return found


def environment(regions: Regions, name: str) -> list[str]:
    """What haproxy.cfg wants to be told in this region, a NAME=VALUE each."""
    near = regions.neighbours(name)
    port = regions.by_name[name].door.rsplit(":", 1)[1]
    doors = [f"NEIGHBOUR_{number}={one.door}" for number, one in enumerate(near, 1)]
    return [f"REGION={name}", f"BIND_REGIONS=:{port}", *doors]


def static_map(regions: Regions) -> list[str]:
    """PLACE REGION REGION …, continents first; the more precise place counts."""
    places = [line.split() for line in PLACES.split(";")]
    return [
        " ".join((code, *regions.nearest(float(latitude), float(longitude)))) for code, latitude, longitude in places
    ]


def terraform(regions: Regions) -> str:
    """``regions`` as deploy/terraform takes it. Raises :class:`RegionsWrong`."""
    lacking = [name for name, one in regions.by_name.items() if not one.aws]
    if lacking:
        raise RegionsWrong(f"{lacking[0]}: aws is missing, the region of AWS that is nearest")
    made = {name: {"address": one.address, "aws_region": one.aws} for name, one in regions.by_name.items()}
    return f"regions = {json.dumps(made, indent=2)}"


def main(words: Sequence[str]) -> int:
    try:
        match list(words):
            case [file, "env", name]:
                print("\n".join(environment(read(Path(file)), name)))
            case [file, "map"]:
                print("\n".join(static_map(read(Path(file)))))
            case [file, "tfvars"]:
                print(terraform(read(Path(file))))
            case _:
                print(__doc__, file=sys.stderr)
                return 2
    except RegionsWrong as why:
        print(f"regions.py: {why}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
