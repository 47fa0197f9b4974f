"""Finds the program and runs it."""

from __future__ import annotations

import importlib.metadata
import os
import shutil
import subprocess
from collections.abc import Iterable


class Error(Exception):
    """What the program refused or could not do, in its own words.

    exit_code: 2 wrong usage or config, 3 some runs failed, 4 a finding or a worse repair, 65 damaged file, 71 out of memory, 73 to 75 output
    that cannot be written; docs/reference.md has them all.  Negative: the program was ended by that signal.
    """

    def __init__(self, message: str, exit_code: int) -> None:
        super().__init__(message)
        self.exit_code = exit_code


def program() -> str:
    """Returns the path of the program: that of the variable NORMRUN, else the one that was installed with this package, else that of PATH.

    Raises FileNotFoundError if there is none.
    """
    given = os.environ.get("NORMRUN")
    if given:
        return given
    try:
        installed = importlib.metadata.files("normrun") or []
    except importlib.metadata.PackageNotFoundError:
        installed = []
    for file in installed:
        if file.name == "normrun" and file.parent.name == "bin":
            return os.path.realpath(str(file.locate()))
    found = shutil.which("normrun")
    if found is None:
        raise FileNotFoundError("the program normrun was not found: install the wheel, or let the variable NORMRUN name the program")
    return found


def run(*arguments: object, accept: Iterable[int] = (0,), cwd: str | os.PathLike[str] | None = None) -> str:
    """Runs a command of the program and returns what it printed.

    run("train", "--config", "mine.json", "--out", "results/mine")

    accept: the exit codes that are no error.  cwd: the folder in which it runs (default: the present one).
    Raises Error with the program's message and exit code.
    """
    done = subprocess.run([program(), *map(str, arguments)], cwd=cwd, stdin=subprocess.DEVNULL, capture_output=True, encoding="utf-8",
                          errors="replace", check=False)
    if done.returncode not in accept:
        lines = [line[len("normrun: "):] if line.startswith("normrun: ") else line for line in done.stderr.splitlines()]
        errors = [line[len("error: "):] for line in lines if line.startswith("error: ")]
        raise Error("\n".join(errors or lines) or f"normrun ended with exit code {done.returncode}", done.returncode)
    return done.stdout


def version() -> str:
    """Returns the version of the program, such as "0.1.0"."""
    return run("--version").split()[1]
