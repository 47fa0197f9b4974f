"""The claims about real data: with three seeds none comes out the other way round, and what every seed must show is decided."""

import csv
import json
import os
import pathlib
import re
import unittest

from support import SOURCE, CommandLineTest

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


if __name__ == "__main__":
    unittest.main()
