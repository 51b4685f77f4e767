"""A small clone with the pipeline's scripts in it, for tests of single steps."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

from tests.support.environment import ROOT

WHO = ("-c", "user.name=Ada & Co", "-c", "user.email=nobody@infinity.invalid")
CLOSING = "============================== 1 passed in 0.01s ==============================="
MAKEFILE = "environment:\n\t@echo made\ncheck:\n\t@exit ${CHECK:-0}\ntest:\n\t@%s\n\t@exit ${TESTS:-0}\n"
MARKS = ("INFINITY_", "BUILD", "GITHUB_", "BRANCH_NAME")


class Clone:
    """A repository in ``folder`` whose tests do what ``testing`` says; ``ci`` is the folder of its records."""

    def __init__(self, folder: Path, testing: str = f"echo '{CLOSING}'") -> None:
        self.folder, self.ci = folder / "clone", folder / "ci"
        ignored = shutil.ignore_patterns("__pycache__")
        for name in (".ci", "deploy/pipeline", "deploy/notify"):
            shutil.copytree(ROOT / name, self.folder / name, ignore=ignored)
        for name in ("deploy/__init__.py", "deploy/version.py", "pyproject.toml", "CHANGELOG.md", ".gitignore"):
            shutil.copy(ROOT / name, self.folder / name)
        (self.folder / "Makefile").write_text(MAKEFILE.replace("$", "$$") % testing)
        self.git("init", "-q", "-b", "main")
        self.commit("All")

    def commit(self, subject: str) -> str:
        """Commit what there is; the commit's name."""
        self.git("add", "-A")
        self.git(*WHO, "commit", "-q", "--allow-empty", "-m", subject)
        return self.head()

    def head(self) -> str:
        return self.git("rev-parse", "HEAD").strip()

    def git(self, *words: str) -> str:
        command = ["git", "-C", str(self.folder), *words]
        return subprocess.run(command, check=True, capture_output=True, text=True).stdout

    def key(self) -> None:
        """Make this machine's key."""
        assert self.run("deploy/pipeline/record.py", "create").returncode == 0

    def run(self, program: str, *words: str, **environ: str) -> subprocess.CompletedProcess[str]:
        """Run a program of the clone, with the folder of its records."""
        env = {name: value for name, value in os.environ.items() if not name.startswith(MARKS)}
        env |= {"INFINITY_CI_HOME": str(self.ci)} | environ
        command = [str(self.folder / program), *words]
        return subprocess.run(command, check=False, capture_output=True, text=True, env=env)
