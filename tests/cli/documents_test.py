"""Every example of the documents: its config trains, and each of its claims comes out as expected, with fewer seeds."""

import csv
import unittest

from support import SOURCE, CommandLineTest, normrun

CONFIGS = sorted((SOURCE / "configs" / "documents").glob("*.json"))


class DocumentsTest(CommandLineTest):
    def test_every_document_config_trains_and_its_claims_are_decided_as_expected(self):
        self.assertGreaterEqual(len(CONFIGS), 15)
        for config in CONFIGS:
            with self.subTest(config.stem):
                out = self.folder / config.stem
                trained = normrun("train", "--config", config, "--out", out, "--quiet", timeout=600)
                self.assertEqual(trained.returncode, 0, trained.stderr)
                decided = normrun("claims", out)
                self.assertEqual(decided.returncode, 0, decided.stdout + decided.stderr)
                self.assertTrue((out / "claims.csv").read_text(encoding="utf-8").startswith("id,source,statement,metric,n,observed"))

    def test_a_model_saved_whole_predicts_the_same_when_loaded(self):
        """Document 001, example 3: what the loaded checkpoint gives is what the trained network gave, to the last bit."""
        config = next(path for path in CONFIGS if path.stem.startswith("001-3"))
        trained = self.run_in("train", "--config", config, "--out", "out", "--seeds", "0", "--set", "norm.type=batch", "--quiet")
        self.assertEqual(trained.returncode, 0, trained.stderr)
        loaded = self.run_in("compare", "--checkpoint", "out/checkpoints/batch-b32-s0.safetensors", "--data", "out/config.json")
        self.assertEqual(loaded.returncode, 0, loaded.stderr)
        rows = [list(csv.DictReader(text.splitlines())) for text in (loaded.stdout, (self.folder / "out/compare.csv").read_text())]
        for row in rows[0] + rows[1]:
            row.pop("epoch")
        self.assertEqual(*rows)

    def test_a_claim_that_comes_out_otherwise_is_exit_4(self):
        config = next(path for path in CONFIGS if path.stem.startswith("000-1"))
        text = config.read_text(encoding="utf-8").replace('"expect": "refuted"', '"expect": "confirmed"')
        self.write("turned.json", text)
        self.assertEqual(self.run_in("train", "--config", "turned.json", "--out", "out", "--quiet").returncode, 0)
        result = self.run_in("claims", "out")
        self.assertEqual(result.returncode, 4, result.stderr)
        self.assertIn("refuted", result.stdout)


if __name__ == "__main__":
    unittest.main()
