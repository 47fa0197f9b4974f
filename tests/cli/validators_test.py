"""Others' programs on what normrun writes: check-jsonschema on the configs' schema, frictionless on the results' data package.

scripts/setup_validators installs both; the test is skipped (77) where it did not run.
"""

import csv
import json
import subprocess
import sys
import unittest

from support import SMALL, SOURCE, CommandLineTest

VALIDATORS = SOURCE / "build" / "validators"
SKIPPED = 77


def validator(name, *arguments):
    return subprocess.run([str(VALIDATORS / "bin" / name), *map(str, arguments)], stdin=subprocess.DEVNULL, capture_output=True, text=True,
                          timeout=600, check=False)


class SchemaTest(CommandLineTest):
    def setUp(self):
        super().setUp()
        self.schema = self.write("normrun.schema.json", self.run_in("schema").stdout)

    def check(self, *paths):
        return validator("check-jsonschema", "--schemafile", self.schema, *paths)

    def assert_valid(self, *paths):
        result = self.check(*paths)
        self.assertEqual(result.returncode, 0, result.stdout + result.stderr)

    def test_it_is_a_schema(self):
        result = validator("check-jsonschema", "--check-metaschema", self.schema)
        self.assertEqual(result.returncode, 0, result.stdout + result.stderr)

    def test_every_shipped_config_is_valid(self):
        configs = sorted((SOURCE / "configs").rglob("*.json"))
        self.assertGreater(len(configs), 30)
        self.assert_valid(*configs)

    def test_the_resolved_config_is_valid(self):
        self.write("small.json", json.dumps(SMALL))
        self.assertEqual(self.run_in("train", "--config", "small.json", "--out", "results", "--quiet").returncode, 0)
        self.assert_valid(self.folder / "results" / "config.json")

    def test_what_normrun_refuses_is_not(self):
        single = SMALL | {"grid": {}}  # beside a sweep over its type, an object may have options of the swept types
        self.assert_valid(self.write("good.json", json.dumps(single)))
        for key, value in [("trian", {}), ("precision", "float16"), ("seed", -1), ("norm", {"type": "bach"}),
                           ("norm", {"type": "layer", "momentum": 0.5}), ("network", [{"type": "dense", "units": "many"}]),
                           ("data", {"features": 6}), ("data", SMALL["data"] | {"turns": 1}), ("train", {"batch_size": 0}),
                           ("compare", {"pairs": [["train"]]})]:
            with self.subTest(**{key: value}):
                path = self.write("broken.json", json.dumps(single | {key: value}))
                self.assertEqual(self.run_in("validate", "broken.json").returncode, 2)
                result = self.check(path)
                self.assertEqual(result.returncode, 1, result.stdout + result.stderr)


class DataPackageTest(CommandLineTest):
    def train(self, config, *options, out="results"):
        self.write("config.json", json.dumps(config))
        result = self.run_in("train", "--config", "config.json", "--out", out, "--quiet", *options)
        self.assertIn(result.returncode, (0, 3), result.stderr)

    def report(self, folder="results"):
        result = validator("frictionless", "validate", "--json", self.folder / folder / "datapackage.json")
        report = json.loads(result.stdout)
        self.assertEqual(result.returncode == 0, report["valid"], result.stderr)
        return report

    def assert_valid(self, folder="results", *expected):
        """No error in any row of any table, and no table left out."""
        report = self.report(folder)
        self.assertTrue(report["valid"], json.dumps(report, indent=1))
        path = self.folder / folder
        self.assertEqual({task["place"] for task in report["tasks"]}, {table.name for table in path.glob("*.csv")})
        for task in report["tasks"]:
            with open(path / task["place"], encoding="utf-8", newline="") as file:
                self.assertEqual(task["stats"].get("rows", 0), len(list(csv.reader(file))) - 1, task["place"])
        for name in expected:
            self.assertTrue((path / name).exists(), name)

    def test_every_table_with_every_kind_of_line(self):
        probes = [probe["type"] for probe in json.loads(self.run_in("list", "probes", "--json").stdout)]
        self.train(SMALL | {"name": "Every Table, Ünd more", "probes": probes,
                            "compare": {"outputs": 5, "every_steps": 3, "budget": ["loss", "outputs"], "splits": ["train", "test"],
                                        "pairs": [["train", "eval"], ["eval", "population"], ["initial-statistics", "untrained"]],
                                        "eval_batch_sizes": ["train", 1, 7, "all"]}})
        self.assert_valid("results", "outputs.csv", "probes.csv", "budget.csv")

    def test_swept_keys_of_every_kind_and_runs_that_fail(self):
        self.train(SMALL | {"grid": {"norm": [{"type": "batch", "name": "one, two"}, {"type": "group", "groups": 5, "name": '"three"'}],
                                     "precision": ["float32", "float64"], "network.0.units": [5, 8],
                                     "train.optimizer.learning_rate": [0.01, 1e30]}})
        runs = (self.folder / "results" / "runs.csv").read_text(encoding="utf-8")
        for status in (",ok,", ",failed,", ",diverged,"):
            self.assertIn(status, runs)
        self.assert_valid()

    def test_regression(self):
        config = dict(SMALL, data={"type": "gaussian", "samples": 40, "features": 4, "target": "linear", "outputs": 3, "test_samples": 20})
        self.train(config)
        self.assert_valid()

    def test_a_merge(self):
        for part in "12":
            self.train(SMALL, "--shard", f"{part}/2", out=f"parts/{part}")
        self.assertEqual(self.run_in("merge", "parts/1", "parts/2", "--out", "merged", "--quiet").returncode, 0)
        self.assert_valid("merged")

    def test_a_wrong_cell_in_the_last_row_is_found(self):
        self.train(SMALL)
        path = self.folder / "results" / "layers.csv"
        lines = path.read_text(encoding="utf-8").splitlines()
        path.write_text("\n".join([*lines[:-1], lines[-1].rsplit(",", 1)[0] + ",much"]) + "\n", encoding="utf-8")
        report = self.report()
        self.assertFalse(report["valid"])
        self.assertEqual([error["type"] for task in report["tasks"] for error in task["errors"]], ["type-error"])


if __name__ == "__main__":
    if not (VALIDATORS / "installed.txt").exists():
        print("skipped: scripts/setup_validators has not installed check-jsonschema and frictionless into build/validators")
        sys.exit(SKIPPED)
    unittest.main()
