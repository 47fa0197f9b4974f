"""The k-th call of the system fails, or the process is killed there: the right exit code with the path, and a resumed sweep
whose results are the bytes of an undisturbed one.  Short form: some k; with NORMRUN_LONG=1 every k until none fails."""

import json
import os
import shutil
import signal
import unittest

from support import CommandLineTest

LIBRARY = os.environ.get("NORMRUN_FAULTS", "")
LONG = os.environ.get("NORMRUN_LONG", "") == "1"
TINY = {
    "name": "tiny",
    "data": {"type": "gaussian", "samples": 12, "features": 3, "target": "clusters", "classes": 2, "test_samples": 6},
    "network": [{"type": "dense", "units": 2}, {"type": "norm"}, {"type": "dense", "units": 2}],
    "norm": {"type": "batch"},
    "train": {"batch_size": 4, "epochs": 1, "checkpoint_every": 2},
    "grid": {"seed": [0, 1]},
}


@unittest.skipIf(not LIBRARY, "NORMRUN_FAULTS names no library to preload")
class FaultsTest(CommandLineTest):
    def setUp(self):
        super().setUp()
        self.write("c.json", json.dumps(TINY))
        result = self.train("whole")
        self.assertEqual(result.returncode, 0, result.stderr)
        self.whole = self.bytes_of("whole")

    def train(self, out, fault=None):
        env = {} if fault is None else {"LD_PRELOAD": LIBRARY, "NORMRUN_FAULT": fault, "NORMRUN_FAULT_COUNT": str(self.folder / "count")}
        return self.run_in("train", "--config", "c.json", "--out", out, "--jobs", "1", "--resume", "--quiet", env=env)

    def count(self, call):
        shutil.rmtree(self.folder / f"{call}-counted", ignore_errors=True)
        result = self.train(f"{call}-counted", fault=f"{call}:0:none")
        self.assertEqual(result.returncode, 0, result.stderr)
        return int((self.folder / "count").read_text())

    def places(self, call, short_form):
        count = self.count(call)
        self.assertGreater(count, 10)
        return range(1, count + 1) if LONG else sorted({1 + i * (count - 1) // (short_form - 1) for i in range(short_form)})

    def sweep(self, call, what, short_form, check):
        places = self.places(call, short_form)
        for k in places:
            with self.subTest(fault=f"{call}:{k}:{what}"):
                out = f"{call}-{what}-{k}"
                check(self.train(out, fault=f"{call}:{k}:{what}"), out)
                resumed = self.train(out)
                self.assertEqual(resumed.returncode, 0, resumed.stderr)
                self.assertEqual(self.bytes_of(out), self.whole)
        print(f"{call} {what}: {len(places)} places")

    def assert_failed(self, codes, words):
        def check(result, out):
            self.assertIn(result.returncode, codes, result.stderr)
            for line in result.stderr.splitlines():
                self.assertTrue(line.startswith("normrun: error: "), line)
            self.assertTrue(any(word.format(out=out) in result.stderr for word in words), result.stderr)

        return check

    def assert_done(self, result, out):
        self.assertEqual(result.returncode, 0, result.stderr)
        self.assertEqual(self.bytes_of(out), self.whole)

    def assert_killed(self, result, _):
        self.assertEqual(result.returncode, -signal.SIGKILL, result.stderr)

    def test_a_file_that_cannot_be_created(self):
        self.sweep("open", "ENOSPC", 4, self.assert_failed({73}, ["{out}/"]))
        self.sweep("open", "EIO", 2, self.assert_failed({73}, ["{out}/"]))

    def test_a_write_that_fails(self):
        self.sweep("write", "ENOSPC", 5, self.assert_failed({74}, ["{out}/"]))
        self.sweep("write", "EIO", 2, self.assert_failed({74}, ["{out}/"]))

    def test_a_sync_that_fails(self):
        self.sweep("fsync", "EIO", 6, self.assert_failed({74}, ["{out}"]))
        self.sweep("fsync", "ENOSPC", 2, self.assert_failed({74}, ["{out}"]))

    def test_a_rename_that_fails(self):
        self.sweep("rename", "ENOSPC", 3, self.assert_failed({73}, ["{out}/"]))
        self.sweep("rename", "EIO", 3, self.assert_failed({73}, ["{out}/"]))

    def test_calls_that_are_interrupted_and_writes_cut_short_are_repeated(self):
        for call, what in (("open", "EINTR"), ("write", "EINTR"), ("write", "short"), ("fsync", "EINTR")):
            self.sweep(call, what, 3, self.assert_done)

    def test_no_memory(self):
        def check(result, out):
            if result.returncode == 0:  # the standard library can do without some of it
                self.assert_done(result, out)
            else:
                self.assert_failed({71}, ["memory"])(result, out)

        self.sweep("malloc", "ENOMEM", 40, check)

    def test_a_kill_at_a_write_a_sync_or_a_rename(self):
        for call in ("write", "fsync", "rename"):
            self.sweep(call, "kill", 6, self.assert_killed)


if __name__ == "__main__":
    unittest.main()
