"""The claims about real data: with three seeds none comes out the other way round, and what every seed must show is decided.

And what `normrun claims` does with several folders of which some cannot be decided."""

import csv
import json
import os
import pathlib
import re
import unittest

from support import SMALL, SOURCE, CommandLineTest

DATA = pathlib.Path(os.environ.get("NORMRUN_DATA", SOURCE.parent / "shared" / "data"))
CONFIGS = [path for path in sorted((SOURCE / "configs" / "claims").glob("*.json")) if "/data/" in path.read_text(encoding="utf-8")]
OPPOSITE = {"confirmed": "refuted", "refuted": "confirmed", "undecided": ""}


class ClaimsTest(CommandLineTest):
    def decided(self, config, seeds):
        text = config.read_text(encoding="utf-8").replace("../../data/", f"{DATA}/")
        missing = [path for path in re.findall(rf'"({re.escape(str(DATA))}/[^"]+)"', text) if not pathlib.Path(path).exists()]
        if missing:
            self.skipTest(f"{missing[0]} is not there")
        self.write(config.name, text)
        trained = self.run_in("train", "--config", config.name, "--out", config.stem, "--seeds", seeds, "--quiet", timeout=600)
        self.assertEqual(trained.returncode, 0, trained.stderr)
        self.assertIn(self.run_in("claims", config.stem).returncode, (0, 4))
        with open(self.folder / config.stem / "claims.csv", newline="", encoding="utf-8") as file:
            return list(csv.DictReader(file))

    def test_no_claim_comes_out_the_other_way_round(self):
        self.assertGreaterEqual(len(CONFIGS), 10)
        for config in CONFIGS:
            with self.subTest(config.stem):
                claims = {claim["id"]: claim for claim in json.loads(config.read_text(encoding="utf-8"))["claims"]}
                rows = self.decided(config, "0..2")
                self.assertEqual({row["id"] for row in rows}, set(claims))
                for row in rows:
                    self.assertNotEqual(row["verdict"], OPPOSITE[row["expected"]], row)
                    if claims[row["id"]].get("every_seed"):
                        self.assertEqual(row["verdict"], row["expected"], row)


class SeveralFoldersTest(CommandLineTest):
    def train(self, name, *claims):
        self.write(f"{name}.json", json.dumps({**SMALL, "name": name, "claims": claims}))
        trained = self.run_in("train", "--config", f"{name}.json", "--out", name, "--quiet")
        self.assertEqual(trained.returncode, 0, trained.stderr)

    def setUp(self):
        super().setUp()
        small = {"metric": "runs.steps", "where": {"batch_size": 8, "norm": "batch"}, "test": "less", "than": 10**6, "every_seed": True}
        nowhere = {**small, "where": {"norm": "group"}}
        self.train("good", {**small, "id": "few-steps"})
        self.train("wrong", {**small, "id": "many-steps", "test": "greater"})
        self.train("bad", {**nowhere, "id": "no-row"}, {**small, "id": "fine"}, {**nowhere, "id": "no-row-either"})

    def test_folders_that_can_be_decided_are_whatever_the_others_are(self):
        result = self.run_in("claims", "bad", "good", "nowhere")
        self.assertEqual(result.returncode, 2, result.stderr)
        self.assertIn("few-steps", result.stdout)
        self.assertTrue((self.folder / "good" / "claims.csv").exists())
        self.assertFalse((self.folder / "bad" / "claims.csv").exists())
        lines = result.stderr.splitlines()
        self.assertEqual(len(lines), 3, result.stderr)
        self.assertTrue(lines[0].startswith("normrun: error: bad: claim no-row: "), lines[0])
        self.assertTrue(lines[1].startswith("normrun: error: bad: claim no-row-either: "), lines[1])
        self.assertTrue(lines[2].startswith("normrun: error: nowhere/config.json: "), lines[2])

    def test_an_error_counts_more_than_a_claim_that_comes_out_otherwise(self):
        self.assertEqual(self.run_in("claims", "good", "wrong").returncode, 4)
        result = self.run_in("claims", "wrong", "bad", "--json")
        self.assertEqual(result.returncode, 2, result.stderr)
        self.assertEqual([row["id"] for row in json.loads(result.stdout)], ["many-steps"])

    def test_nothing_is_printed_where_nothing_is_decided(self):
        self.assert_refused(self.run_in("claims", "bad"), 2, "bad: claim no-row: ", "bad: claim no-row-either: ")


if __name__ == "__main__":
    unittest.main()
