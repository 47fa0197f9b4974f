"""Real data, where it is there: MNIST, optdigits and Japanese Vowels in ../shared/data beside the source tree (or $NORMRUN_DATA)."""

import os
import pathlib
import unittest

from support import SOURCE, CommandLineTest, rows

DATA = pathlib.Path(os.environ.get("NORMRUN_DATA", SOURCE.parent / "shared" / "data"))

# Means of five seeds of an independent numpy implementation: accuracy in eval, population and train mode, by batch size.
OPTDIGITS = {
    ("batch", 2): (0.762, 0.782, 0.456),
    ("batch", 4): (0.957, 0.959, 0.860),
    ("batch", 8): (0.967, 0.968, 0.925),
    ("batch", 32): (0.969, 0.970, 0.959),
    ("batch", 128): (0.967, 0.968, 0.966),
    ("layer", 2): (0.951, 0.951, 0.951),
    ("layer", 4): (0.951, 0.951, 0.951),
    ("layer", 8): (0.951, 0.951, 0.951),
    ("layer", 32): (0.955, 0.955, 0.955),
    ("layer", 128): (0.949, 0.949, 0.949),
}


class RealDataTest(CommandLineTest):
    def train(self, name, *arguments, data=None):
        folder = DATA / (data or name)
        if not folder.is_dir():
            self.skipTest(f"{folder} is not there")
        config = (SOURCE / "configs" / f"{name}.json").read_text(encoding="utf-8").replace("../data/", f"{DATA}/")
        self.write(f"{name}.json", config)
        result = self.run_in("train", "--config", f"{name}.json", "--out", "out", "--quiet", *arguments, timeout=900)
        self.assertEqual(result.returncode, 0, result.stderr)
        return rows(self.folder / "out/runs.csv"), rows(self.folder / "out/compare.csv")

    def test_mnist(self):
        runs, compare = self.train("mnist", "--seeds", "0")
        for run in runs:
            self.assertGreaterEqual(float(run["test_accuracy_eval"]), 0.965, run["norm"])
        for row in compare:
            if row["norm"] == "layer":
                self.assertEqual(float(row["max_abs"]), 0.0)
            elif row["mode_a"] == "train":
                self.assertGreater(float(row["relative_gap"]), 0.0)

    def test_mnist_convolution(self):
        runs, compare = self.train("mnist_conv", "--seeds", "0", "--epochs", "1", data="mnist")
        for run in runs:
            self.assertGreaterEqual(float(run["test_accuracy_eval"]), 0.9, run["norm"])
        gaps = {row["norm"]: float(row["max_abs"]) for row in compare}
        self.assertEqual(gaps["layer"], 0.0)
        self.assertGreater(gaps["batch"], 0.0)

    def test_japanese_vowels(self):
        runs, _ = self.train("japanese_vowels", "--seeds", "0..2", data="japanese-vowels")
        self.assertEqual(len(runs), 12)
        for run in runs:
            self.assertGreaterEqual(float(run["test_accuracy_eval"]), 0.93, run["run_id"])
        decided = self.run_in("claims", "out")
        self.assertEqual(decided.returncode, 0, decided.stdout + decided.stderr)

    def test_optdigits_agrees_with_an_independent_implementation(self):
        runs, compare = self.train("optdigits")
        for (norm, batch_size), expected in OPTDIGITS.items():
            mine = [run for run in runs if run["norm"] == norm and int(run["batch_size"]) == batch_size]
            population = [float(row["accuracy_b"]) for row in compare if row["norm"] == norm and int(row["batch_size"]) == batch_size
                          and row["mode_a"] == "eval" and row["mode_b"] == "population"]
            found = (sum(float(run["test_accuracy_eval"]) for run in mine) / 5, sum(population) / 5,
                     sum(float(run["test_accuracy_train"]) for run in mine) / 5)
            self.assertEqual(len(mine), 5)
            for mode, value, reference in zip(("eval", "population", "train"), found, expected):
                with self.subTest(norm=norm, batch_size=batch_size, mode=mode):
                    self.assertLessEqual(abs(value - reference), 0.05 if (norm, batch_size) == ("batch", 2) else 0.02, value)


if __name__ == "__main__":
    unittest.main()
