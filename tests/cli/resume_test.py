"""Sweeps that are stopped, resumed, extended, locked and out of space; shards and their merging."""

import csv
import json
import os
import random
import re
import resource
import shutil
import signal
import subprocess
import time
import unittest

from support import BINARY, SANITIZED, SMALL, CommandLineTest

DAMAGES = int(os.environ.get("NORMRUN_DAMAGES", "16"))
LONG_RUN = dict(SMALL, train=dict(SMALL["train"], epochs=1600 if SANITIZED else 16000), grid={"seed": [0, 1]})


def flipped(content, bit):
    content = bytearray(content)
    content[bit // 8] ^= 1 << bit % 8
    return bytes(content)


class SweepTest(CommandLineTest):
    def setUp(self):
        super().setUp()
        self.write("c.json", json.dumps(SMALL))

    def train(self, *arguments, code=0, config="c.json", **options):
        result = self.run_in("train", "--config", config, *arguments, **options)
        self.assertEqual(result.returncode, code, result.stderr)
        return result

    def merge(self, *arguments, code=0):
        result = self.run_in("merge", *arguments)
        self.assertEqual(result.returncode, code, result.stderr)
        return result

    def assert_finished_before(self, finished, of, result):
        self.assertRegex(result.stderr, rf"(?m)^normrun: .*\b{finished} of {of} runs\b.*finished")

    def start(self, config, *arguments):
        return subprocess.Popen([BINARY, "train", "--config", config, *arguments], cwd=self.folder, stdout=subprocess.PIPE,
                                stderr=subprocess.PIPE, text=True)

    def wait_for(self, pattern):
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline and not list(self.folder.glob(pattern)):
            time.sleep(0.01)
        self.assertTrue(list(self.folder.glob(pattern)), pattern)


class ResumeTest(SweepTest):
    def test_finished_runs_are_not_repeated_and_seeds_can_be_added(self):
        self.train("--out", "out", "--seeds", "0..1")
        resumed = self.train("--out", "out", "--seeds", "0..1", "--resume")
        self.assert_finished_before(8, 8, resumed)
        more = self.train("--out", "out", "--seeds", "1..3", "--resume")
        self.assert_finished_before(4, 12, more)
        self.train("--out", "fresh", "--seeds", "1..3")
        fresh = self.bytes_of("fresh")
        resumed = {name: content for name, content in self.bytes_of("out").items() if "-s0" not in name}
        self.assertEqual(resumed, fresh)

    def test_a_journal_of_another_sweep_is_refused_and_stays(self):
        self.train("--out", "out")
        before = self.bytes_of("out")
        for arguments, words in ((["--epochs", "3"], ("train.epochs", "2", "3")),
                                 (["--set", "norm.momentum=0.5"], ("norm.momentum", "0.9", "0.5")),
                                 (["--grid", "norm.momentum=0.5,0.9"], ("norm.momentum",)),
                                 (["--set", "data.samples=61"], ("data.samples",)),
                                 (["--shard", "1/2"], ("1/2",))):
            refused = self.train("--out", "out", "--resume", *arguments, code=65)
            for word in (*words, "journal.normrun"):
                self.assertIn(word, refused.stderr)
            self.assertEqual(self.bytes_of("out"), before)
        self.train("--out", "out", "--resume", "--set", "train.checkpoint_every=3")
        self.train("--out", "out", "--force", "--epochs", "3")

    def test_data_that_have_changed_are_refused(self):
        rows = [f"{'1e-40' if i == 3 else i % 7},{i % 5},{'ab'[i % 2]}" for i in range(60)]
        self.write("d.csv", "x,y,label\n" + "\n".join(rows) + "\n")
        config = dict(SMALL, data={"type": "csv", "path": "d.csv"}, network=SMALL["network"][:3] + [{"type": "dense", "units": 2}])
        self.write("d.json", json.dumps(config))
        self.train("--out", "out", config="d.json")
        self.train("--out", "out", "--resume", config="d.json")
        self.write("d.csv", "x,y,label\n" + "\n".join(rows[::-1]) + "\n")
        refused = self.train("--out", "out", "--resume", "--seeds", "0..2", config="d.json", code=65)
        self.assertIn("out/journal.normrun", refused.stderr)
        self.assertRegex(refused.stderr, r"\bdata\b")

    def test_a_lost_checkpoint_is_computed_again(self):
        self.train("--out", "out")
        before = self.bytes_of("out")
        (self.folder / "out/checkpoints/layer-b4-s1.safetensors").unlink()
        self.assert_finished_before(7, 8, self.train("--out", "out", "--resume"))
        self.assertEqual(self.bytes_of("out"), before)

    def test_a_damaged_checkpoint_is_computed_again(self):
        self.train("--out", "out")
        before = self.bytes_of("out")
        path = self.folder / "out/checkpoints/batch-b4-s1.safetensors"
        whole = path.read_bytes()
        cut = [whole[: i * len(whole) // (DAMAGES // 4)] for i in range(DAMAGES // 4)]
        for damaged in [flipped(whole, bit) for bit in random.Random(30).choices(range(8 * len(whole)), k=DAMAGES)] + cut:
            path.write_bytes(damaged)
            self.assert_finished_before(7, 8, self.train("--out", "out", "--resume"))
            self.assertTrue(self.bytes_of("out") == before)

    def test_a_checkpoint_left_beside_its_finished_run_goes(self):
        self.train("--out", "out")
        self.write("out/unfinished/layer-b4-s1.safetensors", "as a kill after the run's record would leave it")
        self.train("--out", "out", "--resume")
        self.assertFalse((self.folder / "out/unfinished").exists())

    def test_a_failed_run_is_tried_again(self):
        self.train("--out", "out", "--grid", "network.3.units=2,3", "--seeds", "0", code=3)
        again = self.train("--out", "out", "--grid", "network.3.units=2,3", "--seeds", "0", "--resume", code=3)
        self.assert_finished_before(4, 8, again)

    def test_resuming_nothing_starts_and_results_without_a_journal_are_kept(self):
        self.train("--out", "out", "--resume")
        (self.folder / "out/journal.normrun").unlink()
        self.assertRegex(self.train("--out", "out", "--resume", code=73).stderr, r"(?s)\bout\b.*journal")
        self.train("--out", "out", "--resume", "--force", code=2)

    def test_a_second_process_is_refused_at_once(self):
        self.write("long.json", json.dumps(LONG_RUN))
        process = self.start("long.json", "--out", "out", "--jobs", "1")
        self.wait_for("out/journal.normrun")
        for option in ([], ["--resume"], ["--force"]):
            started = time.monotonic()
            refused = self.train("--out", "out", *option, code=75)
            self.assert_prompt(started)
            self.assertRegex(refused.stderr, r"\bout\b.*process")
        process.kill()
        process.communicate()
        self.train("--out", "out", "--resume", "--jobs", "2", config="long.json")

    def test_a_signal_stores_the_runs_and_resuming_gives_the_same_bytes(self):
        self.write("long.json", json.dumps(LONG_RUN))
        self.train("--out", "whole", config="long.json")
        for name, code in (("SIGTERM", 143), ("SIGUSR1", 143), ("SIGHUP", 143), ("SIGINT", 130)):
            process = self.start("long.json", "--out", name, "--jobs", "2")
            self.wait_for(f"{name}/journal.normrun")
            time.sleep(0.2)
            process.send_signal(getattr(signal, name))
            asked = time.monotonic()
            _, messages = process.communicate(timeout=30)
            self.assert_prompt(asked)
            self.assertEqual(process.returncode, code, messages)
            self.assertRegex(messages, r"^normrun: warning: .*\b\d of \d runs\b.*--resume\b")
            self.assertEqual(len(list((self.folder / name / "unfinished").glob("*.safetensors"))), 2)
            self.train("--out", name, "--resume", config="long.json")
            self.assertEqual(self.bytes_of(name), self.bytes_of("whole"))

    def test_a_sweep_over_lists_of_batch_sizes_goes_on_and_is_merged(self):
        config = dict(LONG_RUN, grid={"train.batch_size": [8, [2, 8, 3]]})
        self.write("long.json", json.dumps(config))
        self.train("--out", "whole", config="long.json")
        process = self.start("long.json", "--out", "stopped", "--jobs", "2")
        self.wait_for("stopped/journal.normrun")
        time.sleep(0.2)
        process.send_signal(signal.SIGTERM)
        process.communicate(timeout=30)
        self.assertEqual(len(list((self.folder / "stopped/unfinished").glob("*.safetensors"))), 2)
        self.train("--out", "stopped", "--resume", config="long.json")
        self.assertEqual(self.bytes_of("stopped"), self.bytes_of("whole"))
        for number in (1, 2):
            self.train("--shard", f"{number}/2", "--out", f"part{number}", config="long.json")
        self.merge("part2", "part1", "--out", "merged")
        self.assertEqual(self.bytes_of("merged"), self.bytes_of("whole"))

    def test_under_nohup_a_hangup_changes_nothing(self):
        process = subprocess.Popen([BINARY, "train", "--config", "c.json", "--set", "train.epochs=400", "--out", "out", "--quiet"], cwd=self.folder,
                                   stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True,
                                   preexec_fn=lambda: signal.signal(signal.SIGHUP, signal.SIG_IGN))
        self.wait_for("out/journal.normrun")
        process.send_signal(signal.SIGHUP)
        _, messages = process.communicate(timeout=60)
        self.assertEqual((process.returncode, messages), (0, ""))

    def test_the_results_of_a_stopped_sweep_are_asked_to_be_finished(self):
        self.write("long.json", json.dumps(LONG_RUN))
        process = self.start("long.json", "--out", "out", "--jobs", "1")
        self.wait_for("out/journal.normrun")
        process.kill()
        process.communicate()
        refused = self.run_in("report", "out")
        self.assertEqual(refused.returncode, 2, refused.stderr)
        line, = refused.stderr.splitlines()
        self.assertTrue(line.startswith("normrun: error: out: "), line)
        for word in ("unfinished", "runs.csv", "train --resume"):
            self.assertIn(word, line)

    def test_a_file_size_limit_is_a_failed_write(self):
        def limit():
            resource.setrlimit(resource.RLIMIT_FSIZE, (9000, 9000))

        result = subprocess.run([BINARY, "train", "--config", "c.json", "--out", "out"], cwd=self.folder, capture_output=True, text=True,
                                preexec_fn=limit, check=False)
        self.assertEqual(result.returncode, 74, result.stderr)
        self.assertIn("out/", result.stderr)
        self.train("--out", "whole")
        self.train("--out", "out", "--resume")
        self.assertEqual(self.bytes_of("out"), self.bytes_of("whole"))

    def test_a_closed_pipe_is_a_failed_write(self):
        process = self.start("c.json", "--out", "out")
        process.stdout.close()
        messages = process.stderr.read()
        process.stderr.close()
        self.assertEqual(process.wait(timeout=60), 74, messages)

    @unittest.skipUnless(os.geteuid() == 0 and shutil.which("mount"), "mounting needs root")
    def test_a_full_file_system(self):
        self.train("--out", "whole")
        disk = self.folder / "disk"
        disk.mkdir()
        mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=60k", "none", str(disk)], capture_output=True, check=False)
        if mounted.returncode != 0:
            self.skipTest("tmpfs cannot be mounted here")
        try:
            full = self.train("--out", "disk/out", code=74)
            self.assertIn("disk/out/", full.stderr)
            subprocess.run(["mount", "-o", "remount,size=10m", str(disk)], check=True)
            self.train("--out", "disk/out", "--resume")
            self.assertEqual(self.bytes_of("disk/out"), self.bytes_of("whole"))
        finally:
            subprocess.run(["umount", str(disk)], check=True)


class ShardTest(SweepTest):
    def shards(self, count, *arguments):
        for number in range(1, count + 1):
            self.train("--shard", f"{number}/{count}", *arguments)
        return [f"results/small.shards/{number}" for number in range(1, count + 1)]

    def test_merged_shards_are_the_bytes_of_one_process(self):
        self.train("--out", "whole")
        for count in (1, 3, 9):
            parts = self.shards(count)
            merged = self.merge(*parts[::-1], "--out", f"merged{count}")
            self.assertEqual(self.bytes_of(f"merged{count}"), self.bytes_of("whole"))
            self.assertRegex(merged.stdout, r"(?m)^layer norm: ")
            shutil.rmtree(self.folder / "results")
        self.train("--out", "merged3", "--resume", "--seeds", "0..2")
        self.train("--out", "more", "--seeds", "0..2")
        self.assertEqual(self.bytes_of("merged3"), self.bytes_of("more"))

    def test_a_shard_leaves_few_files(self):
        part = self.folder / self.shards(2, "--set", "train.checkpoints=none")[0]
        self.assertEqual(sorted(path.name for path in part.iterdir()), ["config.json", "journal.normrun", "manifest.json"])
        refused = self.run_in("report", part)
        self.assertEqual(refused.returncode, 2, refused.stderr)
        self.assertRegex(refused.stderr, r"^normrun: error: \S+: .*\bshard 1/2\b.*\bmerge\b")

    def test_what_is_missing_is_listed_and_can_be_resubmitted(self):
        self.train("--out", "whole", "--seeds", "0..4")
        parts = self.shards(7, "--seeds", "0..4")
        for number in (2, 5, 6, 7):
            shutil.rmtree(self.folder / parts[number - 1])
        missing = self.merge(*parts, "--out", "merged", code=66)
        self.assertRegex(missing.stderr, r"\b11 of 20 runs\b")
        runs = {run["run_id"] for run in csv.DictReader(self.train("--dry-run", "--seeds", "0..4").stdout.splitlines())}
        self.assertEqual(len([line for line in missing.stderr.splitlines() if any(re.search(rf"(?<![\w-]){run}(?!\w)", line) for run in runs)]), 11)
        self.assertFalse((self.folder / "merged").exists())
        array = self.merge(*parts, "--missing-as-array", code=66)
        self.assertEqual(array.stdout, "2,5-7\n")
        for number in (2, 5, 6, 7):
            environment = {"SLURM_ARRAY_TASK_ID": str(number)}
            self.train("--shard", "auto/7", "--seeds", "0..4", "--resume", "--out", "results/small.shards/{shard}", env=environment)
        self.assertEqual(self.merge(*parts, "--missing-as-array", "--out", "merged").returncode, 0)
        self.assertEqual(self.bytes_of("merged"), self.bytes_of("whole"))

    def test_a_damaged_checkpoint_is_not_merged(self):
        parts = self.shards(2)
        path = next((self.folder / parts[1] / "checkpoints").iterdir())
        path.write_bytes(flipped(path.read_bytes(), -9))
        self.assertIn(path.name, self.merge(*parts, "--out", "merged", code=65).stderr)
        self.train("--shard", "2/2", "--resume")
        self.merge(*parts, "--out", "merged", "--force")
        self.train("--out", "whole")
        self.assertTrue(self.bytes_of("merged") == self.bytes_of("whole"))

    def test_duplicates_are_taken_only_if_identical(self):
        parts = self.shards(2)
        self.train("--out", "whole")
        self.merge(*parts, "whole", parts[0], "--out", "merged")
        self.assertEqual(self.bytes_of("merged"), self.bytes_of("whole"))
        filled = self.merge(*parts, "--out", "merged", code=73)
        self.assertRegex(filled.stderr, r"^normrun: error: merged: .*--force\b.*--out\b")
        self.merge(*parts, "--out", "merged", "--force")
        self.merge(*parts, "--out", parts[0], code=2)

        self.train("--out", "other", "--set", "norm.momentum=0.8")
        foreign = self.merge(*parts, "other", "--out", "wrong", code=65)
        self.assertIn("norm.momentum", foreign.stderr)
        self.assertRegex(foreign.stderr, r"^normrun: error: other\b.*\bresults/small\.shards/1\b")
        self.train("--out", "seeds", "--seeds", "0..2")
        self.merge("seeds", *parts, "--out", "wrong", code=65)
        self.merge("nowhere", "--out", "wrong", code=2)

    def test_a_changed_record_is_no_duplicate(self):
        self.train("--out", "a", "--seeds", "0")
        shutil.copytree(self.folder / "a", self.folder / "b")
        journal = self.folder / "b/journal.normrun"
        content = bytearray(journal.read_bytes())
        content[len(content) // 2] ^= 1
        journal.write_bytes(content)
        damaged = self.merge("a", "b", "--out", "merged", code=65)
        self.assertIn("b/journal.normrun byte ", damaged.stderr)

    def test_a_wrong_shard_is_refused(self):
        for wrong in ("0/4", "5/4", "x", "auto/4"):
            self.assertIn("--shard", self.train("--shard", wrong, code=2).stderr)

    def test_the_dry_run_of_shards_names_every_run_once(self):
        whole = self.train("--dry-run").stdout.splitlines()
        found = [line for number in (1, 2, 3) for line in self.train("--dry-run", "--shard", f"{number}/3").stdout.splitlines()[1:]]
        self.assertEqual(sorted(found), sorted(whole[1:]))

    def test_failed_runs_are_merged_too(self):
        parts = []
        for number in (1, 2):
            parts.append(f"p{number}")
            part = self.run_in("train", "--config", "c.json", "--grid", "network.3.units=2,3", "--shard", f"{number}/2", "--out", parts[-1])
            self.assertRegex(part.stderr, r"(?m)^normrun: warning: .*failed.*\b2\b.*\b3 classes\b")
        self.train("--out", "whole", "--grid", "network.3.units=2,3", code=3)
        self.merge(*parts, "--out", "merged", code=3)
        self.assertEqual(self.bytes_of("merged"), self.bytes_of("whole"))
        with open(self.folder / "merged/runs.csv", newline="", encoding="utf-8") as file:
            self.assertEqual({row["status"] for row in csv.DictReader(file)}, {"ok", "failed"})


if __name__ == "__main__":
    unittest.main()
