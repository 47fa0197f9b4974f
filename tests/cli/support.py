"""What the tests of the command line share."""

import csv
import os
import pathlib
import re
import subprocess
import tempfile
import time
import unittest

SOURCE = pathlib.Path(__file__).resolve().parents[2]
BINARY = os.environ.get("NORMRUN", str(SOURCE / "build" / "release" / "normrun"))

SANITIZED = "NORMRUN_SANITIZED" in os.environ  # by which the program is many times as slow, and larger

SMALL = {
    "name": "small",
    "data": {"type": "gaussian", "samples": 60, "features": 6, "target": "clusters", "classes": 3, "test_samples": 30},
    "network": [
        {"type": "dense", "units": 5},
        {"type": "norm"},
        {"type": "relu"},
        {"type": "dense", "units": 3},
    ],
    "norm": {"type": "batch", "momentum": 0.9},
    "train": {"batch_size": 8, "epochs": 2, "optimizer": {"type": "adam", "learning_rate": 0.01}},
    "grid": {"norm.type": ["batch", "layer"], "train.batch_size": [4, 8], "seed": [0, 1]},
}


def normrun(*arguments, cwd=None, env=None, timeout=120):
    """Runs the program; never through a terminal."""
    return subprocess.run(
        [BINARY, *map(str, arguments)],
        cwd=cwd,
        env={**os.environ, **(env or {})},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=timeout,
        check=False,
    )


def rows(path):
    """Returns the rows of a table."""
    with open(path, newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


class CommandLineTest(unittest.TestCase):
    """A test in an empty folder of its own."""

    maxDiff = None

    def setUp(self):
        self._folder = tempfile.TemporaryDirectory(prefix="normrun_cli_")
        self.folder = pathlib.Path(self._folder.name)

    def tearDown(self):
        self._folder.cleanup()

    def write(self, name, content):
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        if isinstance(content, bytes):
            path.write_bytes(content)
        else:
            path.write_text(content, encoding="utf-8")
        return path

    def run_in(self, *arguments, **options):
        return normrun(*arguments, cwd=self.folder, **options)

    def bytes_of(self, folder):
        """All that must be the same for the same config: not the times, nor who computed it, nor in which order."""
        found = {}
        for path in sorted((self.folder / folder).rglob("*")):
            if path.is_file() and path.name not in ("timing.csv", "manifest.json", "journal.normrun"):
                found[str(path.relative_to(self.folder / folder))] = path.read_bytes()
        return found

    def assert_prompt(self, started):
        """Within two seconds, which the optimized program promises, not one that is watched by a sanitizer."""
        if not SANITIZED:
            self.assertLess(time.monotonic() - started, 2.0)

    def assert_told(self, line, level, *words):
        """One line of stderr: its level, and the places, names and numbers in it.  How the sentence around them goes is free."""
        self.assertTrue(line.startswith(f"normrun: {level}: "), line)
        for word in words:
            self.assertRegex(line, rf"(?<![\w.]){re.escape(str(word))}(?!\w)")

    def assert_refused(self, result, code, *words):
        """The right exit code, one clear line a problem, nothing on stdout and nothing written."""
        self.assertEqual(result.returncode, code, result.stderr)
        self.assertEqual(result.stdout, "")
        lines = result.stderr.splitlines()
        self.assertTrue(lines, "no message")
        for line in lines:
            self.assertTrue(line.startswith("normrun: error: "), line)
        for word in words:
            self.assertIn(word, result.stderr)
        self.assertFalse((self.folder / "results").exists(), "something was written")
