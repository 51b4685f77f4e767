#!/usr/bin/env python3
"""Read every deploy file as the program that it is meant for would, without starting anything: fast, no root.

Called by ``make check`` and by tests/tools/test_check_deploy.py. A check is one function of the tree's folder that
gives its faults, a line each; to add one, write it and put it into :data:`CHECKS`. A program that is not on the machine
is told of by name and skipped; ``make test`` brings what Debian has and this environment does not.
"""

from __future__ import annotations

import argparse
import configparser
import json
import os
import re
import sys
import tempfile
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError

ROOT = Path(__file__).resolve().parent.parent
if str(ROOT) not in sys.path:
    sys.path.insert(0, str(ROOT))

from deploy.deb.procfile_units import NotAProcfile, read_procfile, units
from tools.programs import NotInstalled, faults_of, program

CAPTAIN_SCHEMA = {
    "type": "object",
    "additionalProperties": False,
    "required": ["schemaVersion"],
    "properties": {
        "schemaVersion": {"const": 2},
        # A path inside the repository: CapRover refuses any other.
        "dockerfilePath": {"type": "string", "pattern": r"^(?!/)(?!.*\.\./).+"},
        "dockerfileLines": {"type": "array", "minItems": 1, "items": {"type": "string"}},
        "imageName": {"type": "string", "minLength": 1},
        "templateId": {"type": "string", "minLength": 1},
    },
    "oneOf": [{"required": [name]} for name in ("dockerfilePath", "dockerfileLines", "imageName", "templateId")],
}


def named(file: Path, root: Path, faults: Iterable[str]) -> Iterator[str]:
    """Faults with the name of the file in front."""
    return (f"{file.relative_to(root)}: {fault}" for fault in faults)


def files(root: Path, *patterns: str) -> list[Path]:
    """The deploy files whose names fit; what begins with a dot, such as .env, is somebody's own."""
    found = (path for pattern in patterns for path in (root / "deploy").rglob(pattern) if path.is_file())
    return sorted(path for path in found if not any(part.startswith(".") for part in path.relative_to(root).parts))


def read_yaml(file: Path) -> Any:
    """What a YAML file says. A key that is given twice is a fault. Raises YAMLError."""
    return YAML(typ="safe", pure=True).load(file)


# --- the checks ------------------------------------------------------------------------------------------------------


def syntax(root: Path) -> Iterator[str]:
    """JSON, YAML and INI files can be read, and say nothing twice; environment files hold NAME=VALUE and comments."""
    readers: list[tuple[Callable[[Path], object], list[Path]]] = [
        (_read_json, [root / "captain-definition", *files(root, "*.json")]),
        (read_yaml, files(root, "*.yml", "*.yaml")),
        (_read_ini, files(root, "*.ini", "*.service", "*.timer")),
        (_read_environment, files(root, "*.env", "*.default")),
    ]
    for read, found in readers:
        for file in found:
            try:
                read(file)
            except (ValueError, YAMLError, configparser.Error) as fault:
                yield from named(file, root, [" ".join(str(fault).split())])


def _read_json(file: Path) -> object:
    def once(pairs: list[tuple[str, object]]) -> dict[str, object]:
        names = [name for name, _ in pairs]
        twice = {name for name in names if names.count(name) > 1}
        if twice:
            raise ValueError(f"said twice: {', '.join(sorted(twice))}")
        return dict(pairs)

    return json.loads(file.read_text(), object_pairs_hook=once)


def _read_ini(file: Path) -> object:
    # systemd reads a word that stands twice as a list of two.
    parser = configparser.ConfigParser(strict=file.suffix == ".ini", interpolation=None)
    text = file.read_text()
    parser.read_string(re.sub(r"(?m)^%include .*$", "", text), source=file.name)
    return parser


def _read_environment(file: Path) -> object:
    for number, line in enumerate(file.read_text().splitlines(), 1):
        if line and not re.fullmatch(r"#.*|[A-Z][A-Z0-9_]*=.*", line):
            raise ValueError(f"line {number} is neither NAME=VALUE nor a comment: {line!r}")
    return None


def compose(root: Path) -> Iterator[str]:
    """Compose files keep to the specification, and name only what there is: services, volumes, secrets, files."""
    found = files(root, "compose*.yaml", "compose*.yml", "docker-compose*.yml", "stack*.yaml")
    yield from faults_of(["check-jsonschema", "--builtin-schema", "vendor.compose-spec", *found], root)
    for file in found:
        yield from named(file, root, _dangling(read_yaml(file), file.parent))


def _dangling(site: dict[str, Any], folder: Path) -> Iterator[str]:
    for name, service in site["services"].items():
        for kind, names in _named_by(service).items():
            yield from (
                f"{name} names {one}, which is none of the {kind}" for one in names if one not in site.get(kind, {})
            )
        for place in _places_of(service):
            # What stands beside the file is the operator's own and comes later; what is above it is ours.
            if place.startswith("..") and not (folder / place).exists():
                yield f"{name} needs {place}, which does not exist"
    for name, config in site.get("configs", {}).items():
        if not (folder / config["file"]).exists():
            yield f"the config {name} needs {config['file']}, which does not exist"


def _named_by(service: dict[str, Any]) -> dict[str, list[str]]:
    return {
        "services": list(service.get("depends_on", [])),
        "secrets": [_source(one) for one in service.get("secrets", [])],
        "configs": [_source(one) for one in service.get("configs", [])],
        "volumes": [source for one in service.get("volumes", []) if (source := _source(one))[:1] not in (".", "/", "")],
    }


def _source(one: str | dict[str, Any]) -> str:
    """What is mounted, in the short form or the long one; memory comes from nowhere."""
    return str(one.get("source", "")) if isinstance(one, dict) else one.split(":", 1)[0]


def _places_of(service: dict[str, Any]) -> Iterator[str]:
    yield from map(_source, service.get("volumes", []))
    if isinstance(service.get("build"), str):
        yield f"{service['build']}/Dockerfile"


def dockerfiles(root: Path) -> Iterator[str]:
    """hadolint has no warnings about any Dockerfile."""
    for file in [*root.glob("Dockerfile*"), *files(root, "Dockerfile*")]:
        yield from faults_of(["hadolint", "--no-color", "--failure-threshold", "warning", file.relative_to(root)], root)


def haproxy(root: Path) -> Iterator[str]:
    """HAProxy takes its configuration in every form that the environment gives it."""
    program("haproxy")
    with tempfile.TemporaryDirectory() as folder:
        usual = {"PAGES": str(root / "deploy" / "haproxy"), "RUNTIME_SOCKET": f"{folder}/runtime.sock"}
        near = {f"NEIGHBOUR_{number}": f"127.0.0.{number}:8081" for number in range(1, 6)}
        regions = {"REGIONS_SOCKET": f"{folder}/regions.sock", "BIND_REGIONS": "127.0.0.1:8081", **near}
        certified = ("REGION_CERTIFICATE", "REGION_CA")
        forms = {
            "places": {"STATE_FILE": f"{folder}/nodes.state"},
            "names": {"NODES_NAME": "web", "RESOLVER": "127.0.0.1:53"},
            "figures": {"METRICS_BIND": "127.0.0.1:8404"},
            "https": {"TLS_CERTIFICATES": (pem := _certificate(Path(folder)))},
            "box": {"TLS_CERTIFICATES": pem, "ACME_PORT": "8402", "BIND6": "[::]:80", "BIND6_TLS": "[::]:443"},
            "regions": regions,
            "regions with certificates": regions | dict.fromkeys(certified, f"{folder}/site.pem"),
        }
        for file in files(root, "*.cfg"):
            for form, more in forms.items():
                faults = faults_of(["haproxy", "-c", "-f", file], root, usual | more)
                yield from named(file, root, (f"({form}) {fault}" for fault in faults))


def _certificate(folder: Path) -> str:
    pem = folder / "site.pem"
    key = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-keyout", str(pem)]
    made = faults_of(
        ["openssl", "req", "-x509", *key, "-out", f"{pem}.part", "-days", "2", "-subj", "/CN=hunt.invalid"], folder
    )
    assert not made, made
    with pem.open("a") as whole:
        whole.write(Path(f"{pem}.part").read_text())
    return str(pem)


def prometheus(root: Path) -> Iterator[str]:
    """Prometheus takes its configuration and rules, and every test of the rules passes."""
    monitor = root / "deploy" / "monitor"
    for words in (
        ["check", "config", "--syntax-only", "prometheus.yml"],
        ["check", "rules", "--lint=all", "--lint-fatal", "rules.yml"],
        ["test", "rules", "rules.test.yml"],
    ):
        faults = faults_of(["promtool", *words], monitor)
        yield from named(monitor / words[-1], root, faults)


def alertmanager(root: Path) -> Iterator[str]:
    """Alertmanager takes its configuration."""
    file = root / "deploy" / "monitor" / "alertmanager.yml"
    yield from named(file, root, faults_of(["amtool", "check-config", file], root))


def shell(root: Path) -> Iterator[str]:
    """Shell scripts, known by their first line, are understood by their shell, and shellcheck has nothing to say."""
    for file, interpreter in _scripts(root):
        yield from named(file, root, faults_of([interpreter, "-n", file], root))
        yield from faults_of(["shellcheck", "--color=never", "--format=gcc", file.relative_to(root)], root)


def _scripts(root: Path) -> Iterator[tuple[Path, str]]:
    for folder in ("deploy", "tools", ".ci"):
        for file in sorted((root / folder).rglob("*")):
            if not file.is_file() or "__pycache__" in file.parts:
                continue
            with file.open("rb") as opened:
                first = re.match(rb"#!(?:/usr/bin/env |/bin/|/usr/bin/)(sh|bash)\b", opened.readline())
            if first:
                yield file, first[1].decode()


def captain(root: Path) -> Iterator[str]:
    """CapRover is told where to build from, in one way and not in two, and that is there."""
    file = root / "captain-definition"
    with tempfile.NamedTemporaryFile("w", suffix=".json") as schema:
        json.dump(CAPTAIN_SCHEMA, schema)
        schema.flush()
        faults = faults_of(["check-jsonschema", "--schemafile", schema.name, file], root)
    yield from faults
    if not faults:
        dockerfile = json.loads(file.read_text()).get("dockerfilePath")
        if dockerfile and not (root / dockerfile).is_file():
            yield f"captain-definition: there is no {dockerfile}"


def systemd(root: Path) -> Iterator[str]:
    """systemd understands every word of the units: those that lie here and those that come from the Procfile."""
    program("systemd-analyze")
    found = {file.name: file.read_text() for file in files(root, "*.service", "*.timer", "*.socket", "*.target")}
    try:
        found |= units(read_procfile((root / "Procfile").read_text()), ["python", "flask"])
    except NotAProcfile as fault:
        yield f"Procfile: {fault}"
    with tempfile.TemporaryDirectory() as folder:
        for name, text in found.items():
            # What they start is on the nodes and not here.
            Path(folder, name).write_text(re.sub(r"(?m)^(Exec\w+=[-@:+!]*)\S+", r"\1/bin/true", text))
        words = ["systemd-analyze", "verify", "--man=no", "--recursive-errors=no", *sorted(found)]
        yield from (fault.replace(f"{folder}/", "") for fault in faults_of(words, Path(folder)))


def terraform(root: Path) -> Iterator[str]:
    """Terraform can read its files, and they are in its own form; what they mean is for the tests."""
    folder = root / "deploy" / "terraform"
    yield from named(
        folder, root, faults_of(["terraform", "fmt", "-check", "-recursive", "-diff", "-no-color"], folder)
    )


def workflows(root: Path) -> Iterator[str]:
    """GitHub knows every word of its workflows."""
    found = sorted((root / ".github" / "workflows").glob("*.yml"))
    yield from faults_of(["check-jsonschema", "--builtin-schema", "vendor.github-workflows", *found], root)


CHECKS: dict[str, Callable[[Path], Iterable[str]]] = {
    check.__name__: check
    for check in (
        syntax,
        compose,
        dockerfiles,
        haproxy,
        prometheus,
        alertmanager,
        shell,
        captain,
        systemd,
        terraform,
        workflows,
    )
}


def examine(root: Path, name: str) -> tuple[list[str], str]:
    """The faults that one check finds, and why it was not brought to its end, if it was not."""
    faults: list[str] = []
    try:
        for fault in CHECKS[name](root):
            faults.append(fault)
    except NotInstalled as lack:
        return faults, str(lack)
    return faults, ""


def main() -> int:
    """Check everything; 1 if anything is wrong."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument(
        "root", nargs="?", type=Path, default=ROOT, help="the folder of the tree; this one if not given"
    )
    root = parser.parse_args().root.resolve()
    with ThreadPoolExecutor(os.cpu_count()) as several:
        outcomes = list(several.map(lambda name: (name, *examine(root, name)), CHECKS))
    for name, faults, lack in outcomes:
        for fault in faults:
            print(f"{name}: {fault}")
        if lack:
            print(f"skipped: {name}, since {lack}")
    return int(any(faults for _, faults, _ in outcomes))


if __name__ == "__main__":
    sys.exit(main())
