"""A training whose steps take several batch sizes in turn."""

import json
import unittest

from support import SMALL, CommandLineTest, rows


class BatchSizesTest(CommandLineTest):
    def setUp(self):
        super().setUp()
        self.write("c.json", json.dumps(SMALL))

    def train(self, *arguments):
        result = self.run_in("train", "--config", "c.json", *arguments)
        self.assertEqual(result.returncode, 0, result.stderr)

    def test_batch_sizes_in_turn(self):
        self.train("--set", "train.batch_size=[4, 16]", "--seeds", "0", "--grid", "norm.type=batch")
        run, = rows(self.folder / "results/small/runs.csv")
        self.assertEqual((run["run_id"], run["batch_size"], run["steps"]), ("batch-b16-s0", "16", "12"))  # 60 rows: 4 16 4 16 4 16
        sizes = {row["eval_batch_size"] for row in rows(self.folder / "results/small/compare.csv") if row["mode_a"] == "train"}
        self.assertIn("16", sizes)
        config = json.loads((self.folder / "results/small/config.json").read_text(encoding="utf-8"))
        self.assertEqual(config["train"]["batch_size"], [4, 16])
        self.assertEqual(self.run_in("train", "--config", "c.json", "--set", "train.batch_size=[]", "--out", "none").returncode, 2)

    def test_a_list_of_batch_sizes_is_one_value_of_a_grid(self):
        sweep = ["--grid", "train.batch_size=16,[4,16],[16,4]", "--grid", "norm.type=batch", "--seeds", "0"]
        self.train(*sweep)
        runs = rows(self.folder / "results/small/runs.csv")
        self.assertEqual([(run["batch_size"], run["train.batch_size"]) for run in runs], [("16", "16"), ("16", "[4,16]"), ("16", "[16,4]")])
        self.assertEqual(len({run["run_id"] for run in runs}), 3)
        self.assertEqual(len({run["train_loss"] for run in runs}), 3)
        whole = self.bytes_of("results/small")
        for jobs in ("1", "3"):
            self.train(*sweep, "--jobs", jobs, "--out", f"jobs{jobs}")
            self.assertEqual(self.bytes_of(f"jobs{jobs}"), whole)
        again = self.run_in("train", "--config", "results/small/config.json", "--out", "again")
        self.assertEqual(again.returncode, 0, again.stderr)
        self.assertEqual(self.bytes_of("again"), whole)


if __name__ == "__main__":
    unittest.main()
