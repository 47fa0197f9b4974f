"""Very many tiny runs, planned, trained in two shards and merged in little memory and few files, with a line a minute in the log.
NORMRUN_RUNS=1000000 is the long form."""

import json
import os
import subprocess
import time
import unittest

from support import BINARY, SANITIZED, CommandLineTest

RUNS = int(os.environ.get("NORMRUN_RUNS", "2000"))
MEGABYTES = 64
CONFIG = {
    "name": "scale",
    "data": {"type": "gaussian", "samples": 4, "features": 1, "target": "zeros", "test_samples": 1},
    "network": [{"type": "dense", "units": 1}],
    "train": {"batch_size": 4, "steps": 1, "checkpoints": "none", "history": [], "optimizer": {"type": "sgd"}},
    "compare": {"pairs": []},
    "grid": {"train.optimizer.learning_rate": [0.1, 0.01]},
}


class ScaleTest(CommandLineTest):
    def measured(self, *arguments):
        """Runs the program; its peak of memory must stay small, and its log short."""
        started = time.monotonic()
        with open(self.folder / "log", "w", encoding="utf-8") as log:
            process = subprocess.Popen([BINARY, *arguments, "--progress", "off"], cwd=self.folder, stdout=subprocess.DEVNULL, stderr=log)
            _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        minutes = int((time.monotonic() - started) / 60)
        messages = (self.folder / "log").read_text(encoding="utf-8")
        self.assertEqual(process.returncode, 0, messages)
        told = messages.count(" runs/s, ")
        self.assertLessEqual(told, minutes, messages)
        if arguments[0] == "train":
            self.assertGreaterEqual(told, minutes - 1, messages)
        megabytes = usage.ru_maxrss / 1024
        print(f"{' '.join(arguments[:1])}: {megabytes:.1f} MB, {usage.ru_utime + usage.ru_stime:.0f} s, told {told} times")
        if not SANITIZED:
            self.assertLess(megabytes, MEGABYTES)

    def test_many_runs(self):
        self.write("c.json", json.dumps(CONFIG))
        seeds = f"0..{RUNS // 2 - 1}"
        for number in (1, 2):
            self.measured("train", "--config", "c.json", "--seeds", seeds, "--shard", f"{number}/2", "--out", f"part{number}")
            self.assertLessEqual(len(list((self.folder / f"part{number}").rglob("*"))), 4)
        self.measured("merge", "part1", "part2", "--out", "whole")
        with open(self.folder / "whole/runs.csv", encoding="utf-8") as file:
            self.assertEqual(sum(1 for _ in file), RUNS + 1)
        with open(self.folder / "whole/summary.csv", encoding="utf-8") as file:
            self.assertIn(f",{RUNS // 2},", file.readlines()[1])
        if RUNS <= 10_000:
            self.measured("train", "--config", "c.json", "--seeds", seeds, "--out", "one")
            self.assertEqual(self.bytes_of("one"), self.bytes_of("whole"))


if __name__ == "__main__":
    unittest.main()
