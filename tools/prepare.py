"""Make everything a fresh clone needs: the environment in .venv/ and, the first time, .env with a secret of its own.

Called by the Makefile with whatever Python 3.11+ the machine has, so: the standard library only. What has been done
already is not done again; a second call takes a few hundredths of a second.
"""

from __future__ import annotations

import argparse
import hashlib
import os
import secrets
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
PYTHON = VENV / "bin" / "python"
BROKEN = "The environment in .venv/ could not be made (see above)."
NO_VENV = """\
This Python cannot make virtual environments: its `ensurepip` module is missing.
On Debian or Ubuntu:  sudo apt-get install python3-venv
Anywhere else:        install `virtualenv`, and call make again."""


def main() -> None:
    """Prepare, quietly where there is nothing to do."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--dev", action="store_true", help="also what tests and checks need")
    wanted = parser.parse_args()
    install(ROOT / ("requirements-dev.txt" if wanted.dev else "requirements.txt"))
    write_secret(ROOT / ".env")


def install(requirements: Path) -> None:
    """Bring the environment to exactly what ``requirements`` pins, once per content of that file."""
    stamp = VENV / f".installed-{requirements.stem}"
    wanted = fingerprint(requirements)
    if os.access(PYTHON, os.X_OK) and stamp.exists() and stamp.read_text() == wanted:
        return
    if not has_pip():
        make_environment()
    say(f"Installing what {requirements.name} lists; the first time this takes a minute ...")
    pip = [PYTHON, "-m", "pip", "install", "-qq", "--disable-pip-version-check", "--no-input"]
    refuse_unless(
        run([*pip, "--require-hashes", "--requirement", requirements]),
        "The packages could not be installed (see above). Is the network there? Call make again to go on.",
    )
    stamp.write_text(wanted)


def fingerprint(requirements: Path) -> str:
    """What an installation depends on: the pins, and this folder, whose path the installed scripts hold."""
    return hashlib.sha256(f"{ROOT}\n{requirements.read_text()}".encode()).hexdigest()


def has_pip() -> bool:
    """Whether .venv/ is whole: an interrupted first run or a removed Python leaves one that is not."""
    check = "import pip, sys; sys.exit(not (3, 11) <= sys.version_info[:2] < (3, 14))"
    return os.access(PYTHON, os.X_OK) and run([PYTHON, "-c", check], stderr=subprocess.DEVNULL)


def make_environment() -> None:
    """Make .venv/ anew, by whichever way this machine offers."""
    say("Making the environment in .venv/ ...")
    if not has_ensurepip() and not shutil.which("virtualenv"):
        install_ensurepip()
    if has_ensurepip():
        made = run([sys.executable, "-m", "venv", "--clear", VENV])
    else:
        made = run(["virtualenv", "--quiet", "--clear", "--python", sys.executable, VENV])
    refuse_unless(made and has_pip(), BROKEN)


def has_ensurepip() -> bool:
    """Whether ``python -m venv`` can work; asked in a new process, as the answer changes with Debian's package."""
    return run([sys.executable, "-c", "import ensurepip, venv; ensurepip.version()"], stderr=subprocess.DEVNULL)


def install_ensurepip() -> None:
    """Debian splits venv off into a package; root can simply have it."""
    refuse_unless(shutil.which("apt-get") is not None and os.geteuid() == 0, NO_VENV)
    package = "python{}.{}-venv".format(*sys.version_info[:2])
    say(f"Installing {package} from the system's packages ...")
    quiet = {"env": {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}, "stdout": subprocess.DEVNULL}
    run(["apt-get", "update", "-qq"], **quiet)
    refuse_unless(run(["apt-get", "install", "-y", "-qq", "--no-install-recommends", package], **quiet), NO_VENV)


def write_secret(path: Path) -> None:
    """Give this clone its own SECRET_KEY. What stands in the file already is never touched."""
    present = path.read_text() if path.exists() else ""
    if any(line.removeprefix("export ").strip().startswith("SECRET_KEY=") for line in present.splitlines()):
        return
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    with os.fdopen(descriptor, "a") as file:
        if present and not present.endswith("\n"):
            file.write("\n")
        file.write(f"SECRET_KEY={secrets.token_hex(32)}\n")
    say("Wrote a new SECRET_KEY to .env; keep that file to yourself.")


def run(command: list[object], **options: object) -> bool:
    """Whether ``command`` ended well."""
    return subprocess.run([str(word) for word in command], check=False, **options).returncode == 0


def refuse_unless(condition: bool, message: str) -> None:
    """Stop with ``message`` for the person at the terminal."""
    if not condition:
        sys.exit(message)


def say(text: str) -> None:
    """Progress goes to stderr, so that the output of a command stays its own."""
    print(text, file=sys.stderr, flush=True)


if __name__ == "__main__":
    main()
