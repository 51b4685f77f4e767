"""CapRover's part, played: apps as services of a Swarm, made and changed through Docker's API as CapRover does it.

Two things differ. Each app has an address for each of its instances, since not every kernel has what Swarm's single one
needs; and the place of CapRover's nginx is taken by an HAProxy that asks for no health either.
"""

from __future__ import annotations

import contextlib
import http.client
import json
import socket
import uuid
from collections.abc import Mapping
from typing import Any

from tests.deploy.containers.engine import Engine
from tests.deploy.containers.images import official_names
from tests.deploy.gateway import eventually

NETWORK = "captain-overlay-network"
NGINX = """
resolvers docker
    nameserver docker 127.0.0.11:53
    hold valid 1s
defaults
    mode http
    timeout connect 2s
    timeout client 60s
    timeout server 60s
    option redispatch 1
frontend web
    bind :80
    http-request set-header X-Forwarded-For %[src]
    http-request set-header X-Forwarded-Proto http
    default_backend app
backend app
    server-template i 1-10 srv-captain--{app}:80 resolvers docker init-addr none
"""


class _Line(http.client.HTTPConnection):
    def __init__(self, path: str) -> None:
        super().__init__("docker", timeout=60)
        self._path = path

    def connect(self) -> None:
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.connect(self._path)


class CapRover:
    """``override`` of an app is what its owner has written into *Service Update Override*."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        engine.docker("swarm", "init", "--advertise-addr=127.0.0.1")
        engine.docker("network", "create", "--driver=overlay", "--attachable", NETWORK)
        self.overrides: dict[str, dict[str, Any]] = {}

    def api(self, verb: str, path: str, body: object = None) -> Any:
        """One call; it must go well."""
        with contextlib.closing(_Line(self._engine.env["DOCKER_HOST"].removeprefix("unix://"))) as line:
            line.request(verb, f"/v1.41{path}", json.dumps(body), {"Content-Type": "application/json"})
            reply = line.getresponse()
            said = reply.read().decode()
        assert reply.status < 300, f"{verb} {path}: {said}"
        return json.loads(said) if said else None

    def save(self, app: str, image: str, env: Mapping[str, str], instances: int = 1, **more: Any) -> None:
        """Take an image, and what stands in *App configs*. ``mounts`` is its persistent data, ``args`` its command."""
        name = f"srv-captain--{app}"
        if f"{name}\n" not in self._engine.docker("service", "ls", "--format={{.Name}}") + "\n":
            spec = {"Name": name, "TaskTemplate": {"ContainerSpec": {"Image": image}}}
            spec |= {"EndpointSpec": {"Mode": "dnsrr"}, "Mode": {"Replicated": {"Replicas": 0}}}
            self.api("POST", "/services/create", spec)
        found = self.api("GET", f"/services/{name}")
        spec, mounts = found["Spec"], more.get("mounts", [])
        container = spec["TaskTemplate"]["ContainerSpec"]
        container |= {"Image": image, "Env": [f"{key}={value}" for key, value in env.items()], "Mounts": mounts}
        container["Labels"] = {"randomLabelForceUpdate": str(uuid.uuid4())}
        if "args" in more:
            container["Args"] = more["args"]
        spec["TaskTemplate"]["Networks"] = [{"Target": NETWORK}]
        spec["UpdateConfig"] = {**spec.get("UpdateConfig", {}), "Order": "stop-first" if mounts else "start-first"}
        spec["Mode"]["Replicated"]["Replicas"] = instances
        version = found["Version"]["Index"]
        self.api("POST", f"/services/{name}/update?version={version}", _merged(spec, self.overrides.get(app, {})))

    def rolls(self, app: str, seconds: float = 600) -> str:
        """Wait until a release is over; answers how it ended."""

        def state() -> str:
            return str((self.api("GET", f"/services/srv-captain--{app}").get("UpdateStatus") or {}).get("State", ""))

        eventually(lambda: state() not in ("updating", "rollback_started"), seconds, "the release", 0.5)
        return state()

    def containers(self, app: str) -> list[str]:
        """The containers of an app that run."""
        label = f"label=com.docker.swarm.service.name=srv-captain--{app}"
        return self._engine.docker("ps", "--quiet", f"--filter={label}").split()

    def is_well(self, app: str, count: int) -> None:
        """Wait until so many instances run."""
        asked, wanted = ("service", "ls", "--format={{.Name}} {{.Replicas}}"), f"srv-captain--{app} {count}/{count}"
        eventually(lambda: wanted in self._engine.docker(*asked).splitlines(), 300, f"{app} to run", 0.5)

    def publish(self, app: str) -> None:
        """Let nginx lead the machine's port 80 to this app."""
        file = self._engine.folder / "nginx.cfg"
        file.write_text(NGINX.format(app=app))
        self._engine.docker("config", "create", "nginx", str(file))
        place = "source=nginx,target=/usr/local/etc/haproxy/haproxy.cfg"
        words = ["service", "create", "--detach", "--name=captain-nginx", f"--network={NETWORK}", f"--config={place}"]
        words += ["--endpoint-mode=dnsrr", "--publish=mode=host,target=80,published=80", "--user=0"]
        self._engine.docker(*words, official_names()["haproxy"])


def _merged(spec: Any, override: Any) -> Any:
    if not isinstance(spec, dict) or not isinstance(override, dict):
        return override
    return spec | {key: _merged(spec.get(key), value) for key, value in override.items()}
