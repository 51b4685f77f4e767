#!/usr/bin/env python3
"""Tell the developers' chat of a build or a release: BUILDS_WEBHOOK_URL names it, and without one nothing is told.

    python3 deploy/pipeline/tell.py build passed|failed SECONDS [CLOSING]
    python3 deploy/pipeline/tell.py release "staging: 1.0.0+1796000000.0123abc"
    python3 deploy/pipeline/tell.py failed package|staging|production|rollback

Called by ``.ci/``; says on standard error what did not arrive, and never fails a build over it. The link is that of the
Jenkins or GitHub job around it.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

if __package__:
    from deploy.notify.message import Message, Tone
    from deploy.notify.slack import say
    from deploy.pipeline.checkout import Checkout, Commit, Refused
    from deploy.version import parts_of
else:  # run as a file
    sys.path.insert(0, str(Path(__file__).resolve().parent.parent.parent))
    from deploy.notify.message import Message, Tone
    from deploy.notify.slack import say
    from deploy.pipeline.checkout import Checkout, Commit, Refused
    from deploy.version import parts_of

ROOT = Path(__file__).resolve().parent.parent.parent
STEPS = ("package", "staging", "production", "rollback")
USAGE = "usage: tell.py build passed|failed SECONDS [CLOSING] | release 'CHANNEL: VERSION' | failed STEP"


def of_build(commit: Commit, outcome: str, seconds: int, closing: str, environ: Mapping[str, str]) -> Message:
    """A run of all tests that has ended."""
    facts = (
        *_facts(commit),
        ("Branch", environ.get("BRANCH_NAME") or environ.get("GITHUB_REF_NAME") or ""),
        ("Took", _duration(seconds)),
        ("Tests", closing.strip("= \n") or "none ran to their end"),
    )
    tone: Tone = "good" if outcome == "passed" else "bad"
    return Message(f"Infinity: build {outcome}: {commit.short}", tone, facts=facts, link=job_of(environ))


def of_release(said: str, commit: Commit | None, environ: Mapping[str, str]) -> Message:
    """What a channel points at now, in the words of the repository."""
    return Message(f"Infinity: {said}", "good", facts=_facts(commit) if commit else (), link=job_of(environ))


def of_failure(step: str, commit: Commit, environ: Mapping[str, str]) -> Message:
    """A step that came to no good end; what it said is in the log of its job."""
    return Message(f"Infinity: .ci/{step} failed: {commit.short}", "bad", facts=_facts(commit), link=job_of(environ))


def job_of(environ: Mapping[str, str]) -> str:
    """The page of the job that runs this; empty where nobody says."""
    if environ.get("BUILD_URL"):
        return environ["BUILD_URL"]
    names = ("GITHUB_SERVER_URL", "GITHUB_REPOSITORY", "GITHUB_RUN_ID")
    server, repository, run = (environ.get(name, "") for name in names)
    return f"{server}/{repository}/actions/runs/{run}" if server and repository and run else ""


def _facts(commit: Commit) -> tuple[tuple[str, str], ...]:
    return (("Commit", f"{commit.short} {commit.subject}"), ("Author", commit.author))


def _duration(seconds: int) -> str:
    hours, minutes = divmod(seconds // 60, 60)
    if hours:
        return f"{hours} h {minutes} min"
    return f"{minutes} min {seconds % 60} s" if minutes else f"{seconds} s"


def _released(checkout: Checkout, said: str) -> Commit | None:
    parts = parts_of(said.rpartition(" ")[2])
    try:
        return checkout.commit(parts[1]) if parts else None
    except Refused:
        # A release of a commit that this clone has not: its version says enough.
        return None


def main(words: Sequence[str], environ: Mapping[str, str]) -> None:
    """Tell what the command line says."""
    checkout = Checkout(ROOT)
    if len(words) in (3, 4) and words[0] == "build" and words[1] in ("passed", "failed") and words[2].isdecimal():
        closing = words[3] if len(words) == 4 else ""
        message = of_build(checkout.commit(), words[1], int(words[2]), closing, environ)
    elif len(words) == 2 and words[0] == "release":
        message = of_release(words[1], _released(checkout, words[1]), environ)
    elif len(words) == 2 and words[0] == "failed" and words[1] in STEPS:
        message = of_failure(words[1], checkout.commit(), environ)
    else:
        raise Refused(USAGE)
    say(environ.get("BUILDS_WEBHOOK_URL", ""), message)


if __name__ == "__main__":
    main(sys.argv[1:], os.environ)
