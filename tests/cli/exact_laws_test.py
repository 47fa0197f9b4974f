"""The configs of exact laws and of replicas: each trains, and each of its claims comes out as expected."""

import csv
import unittest

from support import SOURCE, CommandLineTest, normrun

CONFIGS = ["bn-ema-noise", "bn-var-bias", "exact-laws", "frozen-bn-equality", "last-batch-of-1", "replicas"]


class ExactLawsTest(CommandLineTest):
    def test_every_law_holds(self):
        for name in CONFIGS:
            with self.subTest(name):
                out = self.folder / name
                trained = normrun("train", "--config", SOURCE / "configs" / "claims" / f"{name}.json", "--out", out, "--quiet", timeout=600)
                self.assertEqual(trained.returncode, 0, trained.stderr)
                decided = normrun("claims", out)
                self.assertEqual(decided.returncode, 0, decided.stdout + decided.stderr)

    def test_probes_are_a_table_only_where_they_are_asked_for(self):
        config = SOURCE / "configs" / "claims" / "exact-laws.json"
        trained = normrun("train", "--config", config, "--out", self.folder / "asked", "--seeds", "0", "--epochs", "1", "--quiet")
        self.assertEqual(trained.returncode, 0, trained.stderr)
        with open(self.folder / "asked" / "probes.csv", encoding="utf-8", newline="") as file:
            rows = list(csv.DictReader(file))
        self.assertEqual(len(rows), 2 * 3 * 7)
        self.assertEqual(list(rows[0])[-4:], ["probe", "value", "step", "layer"])
        without = [row["probe"] for row in rows if row["norm"] == "none" and row["value"] == "" and row["precision"] == "float32"]
        self.assertEqual(without, ["batch_one_gradient_norm", "batch_two_sign_error"])
        self.assertIn("probes.value[batch_invariance]", (self.folder / "asked" / "summary.csv").read_text(encoding="utf-8"))
        normrun("train", "--config", config, "--out", self.folder / "unasked", "--set", "probes=[]", "--seeds", "0", "--epochs", "1", "--quiet")
        self.assertTrue((self.folder / "unasked" / "runs.csv").exists())
        self.assertFalse((self.folder / "unasked" / "probes.csv").exists())


if __name__ == "__main__":
    unittest.main()
