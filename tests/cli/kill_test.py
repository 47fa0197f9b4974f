"""Killed at random times, resumed again and again: the tables of an undisturbed sweep.  NORMRUN_KILLS=200 is the long form."""

import json
import os
import random
import shutil
import subprocess
import time
import unittest

from support import BINARY, SMALL, CommandLineTest

KILLS = int(os.environ.get("NORMRUN_KILLS", "16"))
CONFIG = dict(
    SMALL,
    train=dict(SMALL["train"], epochs=60, checkpoint_every=50),
    grid={"norm.type": ["batch", "layer"], "train.batch_size": [2, 4, 8], "seed": [0, 1, 2]},
)


class KillTest(CommandLineTest):
    def setUp(self):
        super().setUp()
        self.write("c.json", json.dumps(CONFIG))
        started = time.monotonic()
        result = self.run_in("train", "--config", "c.json", "--out", "whole", "--jobs", "1", "--quiet")
        self.seconds = time.monotonic() - started
        self.assertEqual(result.returncode, 0, result.stderr)
        self.whole = self.bytes_of("whole")

    def start(self, jobs):
        return subprocess.Popen([BINARY, "train", "--config", "c.json", "--out", "out", "--jobs", str(jobs), "--resume", "--quiet"],
                                cwd=self.folder, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)

    def wait(self, process):
        _, messages = process.communicate(timeout=120)
        self.assertIn(process.returncode, (0, -9), messages)
        return process.returncode == 0

    def test_tables_survive_any_number_of_kills(self):
        chance = random.Random(20)
        for jobs in (1, 2):
            kills = sweeps = 0
            while kills < KILLS // 2:
                process = self.start(jobs)
                # Mostly early, so that a sweep takes many attempts; sometimes long enough to reach the writing of the tables.
                time.sleep(chance.uniform(0.0, self.seconds) * (1.0 if chance.random() < 0.2 else 0.3))
                process.kill()
                if not self.wait(process):
                    kills += 1
                    continue
                self.assertEqual(self.bytes_of("out"), self.whole)
                shutil.rmtree(self.folder / "out")
                sweeps += 1
            self.assertTrue(self.wait(self.start(jobs)))
            self.assertEqual(self.bytes_of("out"), self.whole)
            self.assertEqual([path.name for path in (self.folder / "out").iterdir() if path.suffix == ".tmp"], [])
            shutil.rmtree(self.folder / "out")
            print(f"jobs {jobs}: {kills} kills, {sweeps + 1} sweeps the same")


if __name__ == "__main__":
    unittest.main()
