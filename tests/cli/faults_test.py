"""The k-th call of the system fails, or the process is killed there, k = 1 until none fails: the right exit code with the path,
and a resumed sweep whose results are the bytes of an undisturbed one.  Memory is asked for tens of thousands of times: the short
form fails every 251st time, NORMRUN_LONG=1 every one, and NORMRUN_PLACES=FROM..TO those from FROM to TO alone, so that the long form
can be split; it tells every minute how far it came."""

import json
import os
import shutil
import signal
import struct
import time
import unittest
from concurrent.futures import ThreadPoolExecutor

import numpy as np

import onnx_by_hand
from support import CommandLineTest

LIBRARY = os.environ.get("NORMRUN_FAULTS", "")
STRIDE = 1 if os.environ.get("NORMRUN_LONG", "") == "1" else 251
FIRST, LAST = (int(place) for place in os.environ.get("NORMRUN_PLACES", "1..999999").split(".."))
SAMPLES = 12
TINY = {
    "name": "tiny",
    "data": {"type": "gaussian", "samples": SAMPLES, "features": 3, "target": "clusters", "classes": 2, "test_samples": 6},
    "network": [{"type": "dense", "units": 2}, {"type": "norm"}, {"type": "dense", "units": 2}],
    "norm": {"type": "batch"},
    # In a given order the gap budget replays no more than its one epoch.
    "train": {"batch_size": 4, "epochs": 1, "checkpoint_every": 2, "batch_order": "order.npy"},
    "grid": {"seed": [0, 1]},
}


def batch_order():
    """0, 1, 2, … as an NPY file of one epoch."""
    header = f"{{'descr': '<i8', 'fortran_order': False, 'shape': (1, {SAMPLES}), }}".ljust(117) + "\n"
    return b"\x93NUMPY\x01\x00" + struct.pack("<H", len(header)) + header.encode() + struct.pack(f"<{SAMPLES}q", *range(SAMPLES))


@unittest.skipIf(not LIBRARY, "NORMRUN_FAULTS names no library to preload")
class FaultsTest(CommandLineTest):
    jobs = 1

    def setUp(self):
        super().setUp()
        self.write("c.json", json.dumps(TINY))
        self.write("order.npy", batch_order())
        self.whole = self.undisturbed()

    def undisturbed(self):
        shutil.rmtree(self.folder / "whole", ignore_errors=True)
        result = self.train("whole")
        self.assertEqual(result.returncode, 0, result.stderr)
        return self.bytes_of("whole")

    def train(self, out, fault=None, **env):
        if fault is not None:
            env.update(LD_PRELOAD=LIBRARY, NORMRUN_FAULT=fault)
        return self.run_in("train", "--config", "c.json", "--out", out, "--jobs", self.jobs, "--resume", "--quiet", env=env)

    def out(self, call, place):
        """As long for every place: how long a text is decides whether it needs memory of its own."""
        return f"{call}-{place:06}"

    def count(self, call):
        result = self.train(self.out(call, 0), f"{call}:0:none", NORMRUN_FAULT_COUNT=str(self.folder / "count"))
        self.assertEqual(result.returncode, 0, result.stderr)
        shutil.rmtree(self.folder / self.out(call, 0))
        return int((self.folder / "count").read_text())

    def attempt(self, call, place, what, check):
        """The assertion that does not hold where that call fails, or None."""
        out = self.out(call, place)
        try:
            check(self.train(out, f"{call}:{place}:{what}"), out)
            if (self.folder / out).exists():  # else there is nothing to resume
                resumed = self.train(out)
                self.assertEqual(resumed.returncode, 0, resumed.stderr)
                self.assert_whole(out)
        except AssertionError as wrong:
            return wrong
        finally:
            shutil.rmtree(self.folder / out, ignore_errors=True)
        return None

    def sweep(self, call, what, check, stride=1, first=1, last=None, at_least=15, slack=0):
        count = self.count(call)
        self.assertGreaterEqual(count, at_least)
        places = range(first, min(last or count, count) + 1, stride)
        wrong_places = 0
        told = time.monotonic()
        with ThreadPoolExecutor(len(os.sched_getaffinity(0))) as pool:
            outcomes = pool.map(lambda place: self.attempt(call, place, what, check), places)
            for place, wrong in zip(places, outcomes):
                with self.subTest(fault=f"{call}:{place}:{what}"):
                    if wrong is not None:
                        wrong_places += 1
                        print(f"{call} {what}: wrong at {place}: {wrong}", flush=True)
                        raise wrong
                if time.monotonic() - told >= 60:
                    told = time.monotonic()
                    print(f"{call} {what}: at {place} of {places[0]}..{places[-1]}, {wrong_places} wrong", flush=True)
        self.assertIsNone(self.attempt(call, count + 1 + slack, what, self.assert_done), "a call was not counted")
        print(f"{call} {what}: {len(places)} of {count} places, from {first}, {wrong_places} wrong", flush=True)

    def assert_whole(self, out):
        found = self.bytes_of(out)
        self.assertEqual({name for name in found | self.whole if found.get(name) != self.whole.get(name)}, set())

    def assert_failed(self, codes, words):
        def check(result, out):
            self.assertIn(result.returncode, codes, result.stderr)
            for line in result.stderr.splitlines():
                self.assertTrue(line.startswith("normrun: error: "), line)
            self.assertTrue(any(word.format(out=out) in result.stderr for word in words), result.stderr)

        return check

    def assert_done(self, result, out):
        self.assertEqual(result.returncode, 0, result.stderr)
        self.assert_whole(out)

    def assert_done_but_the_report(self, result, out):
        """The sweep is done.  What of its report could not be drawn costs one warning, and nothing else."""
        self.assertEqual(result.returncode, 0, result.stderr)
        found = self.bytes_of(out)
        lost = {name for name in found | self.whole if found.get(name) != self.whole.get(name)}
        self.assertLessEqual(lost, {"report.html"})
        lines = result.stderr.splitlines()
        self.assertLessEqual(len(lines), 1, result.stderr)
        self.assertLessEqual(len(lost), len(lines), "the report is lost without a word")  # it may be there, but not for sure
        for line in lines:
            self.assertRegex(line, r"^normrun: warning: .*report\.html.* (could not be drawn|is missing): ")
        if "report.html" in found and lost:
            self.assertIn("On this page ", found["report.html"].decode())

    def assert_done_or(self, codes, words):
        """Some calls can be done without."""

        def check(result, out):
            (self.assert_done_but_the_report if result.returncode == 0 else self.assert_failed(codes, words))(result, out)

        return check

    def assert_killed(self, result, _):
        self.assertEqual(result.returncode, -signal.SIGKILL, result.stderr)

    def test_a_file_that_cannot_be_created(self):
        for what in ("ENOSPC", "EIO"):
            self.sweep("open", what, self.assert_done_or({73}, ["{out}/"]))

    def test_a_write_that_fails(self):
        for what in ("ENOSPC", "EIO"):
            self.sweep("write", what, self.assert_done_or({74}, ["{out}/", "stdout"]))

    def test_a_sync_that_fails(self):
        for what in ("ENOSPC", "EIO"):
            self.sweep("fsync", what, self.assert_done_or({74}, ["{out}"]))

    def test_a_rename_that_fails(self):
        for what in ("ENOSPC", "EIO"):
            self.sweep("rename", what, self.assert_done_or({73}, ["{out}/"]))

    def test_calls_that_are_interrupted_and_writes_cut_short_are_repeated(self):
        for call, what in (("open", "EINTR"), ("write", "EINTR"), ("write", "short"), ("fsync", "EINTR")):
            self.sweep(call, what, self.assert_done)

    def test_merge_is_done_without_its_report(self):
        self.assertEqual(self.run_in("train", "--config", "c.json", "--shard", "1/1", "--out", "part", "--quiet").returncode, 0)
        whole = {name: content for name, content in self.whole.items() if name != "report.html"}
        undrawn = 0
        for place in range(1, 40):
            result = self.run_in("merge", "part", "--out", f"merged-{place}", "--quiet", env={"LD_PRELOAD": LIBRARY, "NORMRUN_FAULT": f"rename:{place}:EIO"})
            if result.returncode == 73:
                continue
            self.assertEqual(result.returncode, 0, result.stderr)
            found = self.bytes_of(f"merged-{place}")
            drawn = found.pop("report.html", None)
            self.assertEqual(found, whole)
            if drawn is not None:  # beyond the last rename
                break
            undrawn += 1
            self.assertIn(f"warning: merged-{place}/report.html could not be drawn: ", result.stderr)
        self.assertEqual(undrawn, 1)

    def test_no_memory(self):
        self.write("c.json", json.dumps(dict(TINY, grid={"seed": [0]})))
        self.whole = self.undisturbed()
        # Times have more or fewer digits, and their texts a request more or less.
        self.sweep("malloc", "ENOMEM", self.assert_done_or({71}, ["memory"]), STRIDE, FIRST, LAST, at_least=10_000, slack=100)

    def test_a_thread_that_cannot_be_started(self):
        self.jobs = 6  # three for each run
        self.sweep("thread", "EAGAIN", self.assert_done_or({71}, ["threads"]), at_least=6)

    def test_a_kill_at_a_write_a_sync_or_a_rename(self):
        for call in ("write", "fsync", "rename"):
            self.sweep(call, "kill", self.assert_killed)


@unittest.skipIf(not LIBRARY, "NORMRUN_FAULTS names no library to preload")
class ModelFaultsTest(CommandLineTest):
    """Calls that fail while a foreign model is judged and repaired: the right exit code, and a repaired file that is whole or not there."""

    def setUp(self):
        super().setUp()
        rng = np.random.default_rng(0)
        parts = {"weight": np.ones(3), "bias": np.zeros(3), "running_mean": np.ones(3), "running_var": np.full(3, 5.0)}
        tensors = {f"n.{name}": part for name, part in parts.items()} | {"f.weight": rng.normal(size=(2, 3)), "f.bias": np.zeros(2)}
        self.write("m.onnx", onnx_by_hand.mlp(tensors, names=("n", "f"), inputs=3))
        np.save(self.folder / "x.npy", rng.normal(size=(20, 3)).astype(np.float32))
        self.repair = ["repair", "m.onnx", "--data", "x.npy", "-o", "fixed.onnx"]
        self.assertEqual(self.run_in(*self.repair).returncode, 0)
        self.whole = (self.folder / "fixed.onnx").read_bytes()

    def count(self, command, call):
        counting = {"LD_PRELOAD": LIBRARY, "NORMRUN_FAULT": f"{call}:0:none", "NORMRUN_FAULT_COUNT": str(self.folder / "count")}
        self.run_in(*command, env=counting)
        return int((self.folder / "count").read_text())

    def attempt(self, command, call, place, what):
        shutil.rmtree(self.folder / "out", ignore_errors=True)
        (self.folder / "fixed.onnx").unlink(missing_ok=True)
        return self.run_in(*command, env={"LD_PRELOAD": LIBRARY, "NORMRUN_FAULT": f"{call}:{place}:{what}"})

    def sweep(self, command, call, what, codes, stride=1):
        for place in range(1, self.count(command, call) + 1, stride):
            with self.subTest(command=command[0], fault=f"{call}:{place}:{what}"):
                done = self.attempt(command, call, place, what)
                self.assertIn(done.returncode, codes, done.stderr)
                if done.returncode not in (0, 4):
                    self.assertRegex(done.stderr, r"(?m)^normrun: error: ")
                if (self.folder / "fixed.onnx").exists():
                    self.assertEqual((self.folder / "fixed.onnx").read_bytes(), self.whole)
                else:
                    self.assertNotEqual((command[0], done.returncode), ("repair", 0))

    def test_repair(self):
        for call, code in (("open", 73), ("write", 74), ("fsync", 74), ("rename", 73)):
            self.sweep(self.repair, call, "ENOSPC", {0, code})
        self.sweep(self.repair, "malloc", "ENOMEM", {0, 71}, max(STRIDE // 20, 1))

    def test_diagnose_and_validate(self):
        diagnose = ["diagnose", "m.onnx", "--data", "x.npy", "--out", "out"]
        self.sweep(diagnose, "write", "ENOSPC", {4, 74})
        self.sweep(diagnose, "malloc", "ENOMEM", {4, 71}, 8 * STRIDE)
        self.sweep(["validate", "m.onnx"], "malloc", "ENOMEM", {0, 4, 71}, 10)


if __name__ == "__main__":
    unittest.main()
