#!/usr/bin/env python3
"""The tag of a version, made when its first build has reached production: .ci/production calls this.

    python3 deploy/pipeline/tag.py 1.0.0+1796000000.0123abc

``v1.0.0`` is an annotated tag at the commit of that build, with the version's section of CHANGELOG.md. A later build of
the same version gets none, and no tag is ever moved. With INFINITY_TAG_REMOTE, a remote of this clone, the tag goes
there. Needs Python's standard library and git.
"""

from __future__ import annotations

import os
import re
import sys
from pathlib import Path

if __package__:
    from deploy.pipeline.checkout import Checkout, Refused
    from deploy.version import declared_in, parts_of
else:  # run as a file
    sys.path.insert(0, str(Path(__file__).resolve().parent.parent.parent))
    from deploy.pipeline.checkout import Checkout, Refused
    from deploy.version import declared_in, parts_of

ROOT = Path(__file__).resolve().parent.parent.parent
WHO = ("-c", "user.name=Infinity pipeline", "-c", "user.email=maintainers@infinity.invalid")


def tag(checkout: Checkout, build: str, remote: str = "") -> str:
    """Tag the version that ``build`` is the first of; what was done, in a sentence. Raises :class:`Refused`."""
    parts = parts_of(build)
    if parts is None:
        return f"{build} is the build of no commit; no tag"
    version, short = parts
    commit = checkout.commit(short, remote).name
    declared = declared_in(checkout.text_of(commit, "pyproject.toml"))
    if declared != version:
        raise Refused(f"no tag: {build} says {version}, but commit {short} says {declared}")
    name = f"v{version}"
    if remote:
        _fetch(checkout, name, remote)
    before = _commit_of(checkout, name)
    if before and before != commit:
        return f"{name} stays at {before[:12]}: this is a later build of it"
    if not before:
        checkout.git(
            *WHO, "tag", "--annotate", "--cleanup=whitespace", "-m", _text(checkout, commit, build), name, commit
        )
    if remote:
        checkout.git("push", "--quiet", remote, f"refs/tags/{name}")
    return f"{name} is {commit[:12]}"


def section(changelog: str, version: str) -> str:
    """What CHANGELOG.md says of one version; empty if nothing."""
    found = re.search(rf"^## {re.escape(version)}\b[^\n]*\n(.*?)(?=^## |\Z)", changelog, re.MULTILINE | re.DOTALL)
    return found[1].strip() if found else ""


def _text(checkout: Checkout, commit: str, build: str) -> str:
    version = build.split("+")[0]
    changes = section(checkout.text_of(commit, "CHANGELOG.md"), version)
    return f"Infinity {version}\n\nThe build that went to production first: {build}\n\n{changes}\n"


def _commit_of(checkout: Checkout, name: str) -> str:
    done = checkout.try_git("rev-parse", "--verify", "--quiet", f"refs/tags/{name}^{{commit}}")
    return done.stdout.strip()


def _fetch(checkout: Checkout, name: str, remote: str) -> None:
    """Bring the remote's tag of this name here, if it has one: it may be older than this clone."""
    if checkout.git("ls-remote", "--tags", remote, f"refs/tags/{name}").strip():
        checkout.git("fetch", "--quiet", "--no-tags", remote, f"refs/tags/{name}:refs/tags/{name}")


if __name__ == "__main__":
    if len(sys.argv) != 2:
        raise Refused("usage: tag.py VERSION+SECONDS.COMMIT")
    print(tag(Checkout(ROOT), sys.argv[1], os.environ.get("INFINITY_TAG_REMOTE", "")), file=sys.stderr)
