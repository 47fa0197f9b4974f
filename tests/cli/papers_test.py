"""The configs of configs/papers: each validates and trains for a moment, and each number of docs/papers.md is one that its tables have."""

import json
import os
import shutil
import subprocess
import sys
import unittest

from support import SOURCE, CommandLineTest, normrun

sys.dont_write_bytecode = True
sys.path.insert(0, str(SOURCE / "scripts"))
import papers_tables  # pylint: disable=wrong-import-position

CONFIGS = sorted((SOURCE / "configs" / "papers").glob("*.json"))
PAGE = SOURCE / "docs" / "papers.md"
IMAGES = {"type": "stroke-digits", "samples": 64, "test_samples": 32}


def moment(config):
    """Returns options that make the config's runs short: few rows, and generated ones where it names files."""
    generated = config["data"]["type"] != "idx"
    rows = 3200 if "population.samples" in config["grid"] else 64
    options = ["--set", f"data.samples={rows}", "--set", "data.test_samples=32"] if generated else ["--set", f"data={json.dumps(IMAGES)}"]
    if "steps" in config["train"]:
        options += ["--set", "train.steps=2", "--set", "compare.every_steps=1"]
    elif not generated:
        options += ["--epochs", "2", "--set", "network.1.units=16"]
    elif rows > 64:
        options += ["--epochs", "1"]
    return [*options, "--seeds", "0", "--quiet"]


def without_time(where):
    """Where a row looks, but for the step and epoch: a short run does not reach them."""
    return {key: value for key, value in where.items() if key not in ("step", "epoch")}


class PapersTest(CommandLineTest):
    def test_every_config_is_valid(self):
        self.assertGreaterEqual(len(CONFIGS), 15)
        paths = []
        for path in CONFIGS:
            config = json.loads(path.read_text(encoding="utf-8"))
            if config["data"]["type"] == "idx":  # MNIST need not be there
                path = self.write(path.name, json.dumps({**config, "data": IMAGES}))
            paths.append(path)
        checked = normrun("validate", *paths)
        self.assertEqual(checked.returncode, 0, checked.stderr)

    def test_every_config_has_a_table_a_short_form_and_a_place_on_the_page(self):
        names = {path.stem for path in CONFIGS}
        self.assertEqual(set(papers_tables.PAPERS), names)
        self.assertEqual(set(papers_tables.SHORT), names)
        text = PAGE.read_text(encoding="utf-8")
        for path in CONFIGS:
            self.assertEqual(json.loads(path.read_text(encoding="utf-8"))["name"], path.stem)
            self.assertIn(f"<!-- begin {path.stem} -->\n", text)
            self.assertIn(f"<!-- end {path.stem} -->\n", text)

    def test_every_config_trains_and_has_the_rows_of_its_table(self):
        for path in CONFIGS:
            with self.subTest(path.stem):
                out = self.folder / path.stem
                trained = normrun("train", "--config", path, "--out", out, *moment(json.loads(path.read_text(encoding="utf-8"))))
                self.assertEqual(trained.returncode, 0, trained.stderr)
                for row in papers_tables.PAPERS[path.stem]:
                    for where in (row.where, {**row.where, **(row.minus or {})}):
                        self.assertEqual(list(papers_tables.values(out, row.column, without_time(where))), ["0"], row.label)


class TablesTest(CommandLineTest):
    def setUp(self):
        super().setUp()
        self.write("runs.csv", "norm,seed,test_accuracy_eval\nbatch,0,0.5\nbatch,1,0.7\nlayer,0,0.4\nlayer,1,\n")

    def cell(self, **changes):
        row = {"label": "x", "paper": "", "column": "runs.test_accuracy_eval", "where": {"norm": "batch"}, **changes}
        return papers_tables.ours(papers_tables.Row(**row), self.folder)

    def test_intervals_over_seeds(self):
        # Half a width of 12.706 times 0.1 / sqrt(2) times sqrt(2): the mean 60 and the standard deviation 14.14 of 50 and 70.
        self.assertEqual(self.cell(), "60.0 [-67.1, 187.1]")
        self.assertEqual(self.cell(unit="error %"), "40.00 [-87.06, 167.06]")
        self.assertEqual(self.cell(where={"norm": "layer"}, unit=""), "0.400 (one seed)")

    def test_differences_are_of_the_seeds_that_both_have(self):
        self.assertEqual(self.cell(minus={"norm": "layer"}), "10.0 (one seed)")
        self.assertEqual(self.cell(minus={"norm": "layer"}, unit="error %"), "-10.00 (one seed)")

    def test_what_was_not_run_says_so(self):
        self.assertEqual(self.cell(where={"norm": "group"}), "not run")


class DecideTest(CommandLineTest):
    """scripts/decide_papers in a tree of its own: trained results, and a stand-in for the program that notes how it is called."""

    NAME = "wu-johnson-2021-samples"

    def setUp(self):
        super().setUp()
        for path in ("scripts/decide_papers", "scripts/papers_tables.py", "scripts/claim_parts/__init__.py", "scripts/claim_parts/runs.py",
                     "docs/papers.md", f"configs/papers/{self.NAME}.json"):
            (self.folder / path).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(SOURCE / path, self.folder / path)
        self.write("noted", '#!/bin/sh\necho "$@" >>calls\n').chmod(0o755)

    def decide(self, *arguments):
        return subprocess.run([self.folder / "scripts" / "decide_papers", "--keep", "results", *arguments], cwd=self.folder,
                              env={**os.environ, "NORMRUN": str(self.folder / "noted")}, capture_output=True, text=True, check=False)

    def test_what_is_there_is_resumed_and_the_page_gets_the_same_bytes(self):
        config = self.folder / "configs" / "papers" / f"{self.NAME}.json"
        out = self.folder / "results" / self.NAME
        trained = normrun("train", "--config", config, "--out", out, *moment(json.loads(config.read_text(encoding="utf-8"))))
        self.assertEqual(trained.returncode, 0, trained.stderr)
        pages = []
        for _ in range(2):
            result = self.decide("--write", self.NAME)
            self.assertEqual(result.returncode, 0, result.stderr)
            pages.append((self.folder / "docs/papers.md").read_text(encoding="utf-8"))
        self.assertEqual(*pages)
        section = pages[0].partition(f"<!-- begin {self.NAME} -->\n")[2].partition(f"<!-- end {self.NAME} -->")[0]
        self.assertTrue(section.startswith("Run: 1 epoch, seeds 0. The config's full form: 4 epochs, seeds 0..9.\n"), section)
        self.assertEqual(section.count("(one seed)"), 6)
        self.assertTrue(section.rstrip() in result.stdout)
        for call in (self.folder / "calls").read_text(encoding="utf-8").splitlines():
            self.assertTrue(call.startswith("train --config "), call)
            self.assertTrue(call.endswith(" --seeds 0..4 --resume"), call)

    def test_full_runs_are_the_configs_as_they_are(self):
        result = self.decide("--full", "--jobs", "2", self.NAME)
        self.assertEqual(result.returncode, 0, result.stderr)
        self.assertTrue((self.folder / "calls").read_text(encoding="utf-8").endswith("--quiet --jobs 2\n"))
        self.assertIn("Not run.", result.stdout)

    def test_an_unknown_name_is_refused(self):
        result = self.decide("nobody-1999")
        self.assertEqual(result.returncode, 2)
        self.assertIn("nobody-1999", result.stderr)
        self.assertFalse((self.folder / "calls").exists())


if __name__ == "__main__":
    unittest.main()
