"""scripts/decide_claims: it keeps what is finished, and its pages say of each statement what its claims found."""

import json
import pathlib
import subprocess
import sys
import unittest

from support import BINARY, SOURCE, CommandLineTest

sys.path.insert(0, str(SOURCE / "scripts"))
sys.dont_write_bytecode = True

from claim_parts import pages, runs  # noqa: E402

CONFIG = SOURCE / "configs" / "claims" / "shift-during-training.json"


KEPT_UNSEEN = f"""
import pathlib, sys
sys.path.insert(0, {str(SOURCE / 'scripts')!r})
from claim_parts import runs
for config, rows in runs.kept_unseen([pathlib.Path({str(CONFIG)!r})], pathlib.Path("keep")):
    print(config.stem, len(rows))
"""


def row(claim, verdict, **more):
    power = {"id": claim, "n": 5, "seeds": 3, "note": ""}
    return {"id": claim, "verdict": verdict, "observed": "0.5", "ci95_low": "0.4", "ci95_high": "0.6", "metric": "runs.steps",
            "source": "law", "statement": "it holds", "threshold": "> 0", "n": "5", "power": power, **more}


class DecideClaimsTest(CommandLineTest):
    def decide(self, *arguments):
        command = [sys.executable, SOURCE / "scripts" / "decide_claims", "--keep", self.folder / "keep", *arguments, CONFIG]
        return subprocess.run(command, capture_output=True, text=True, env={"NORMRUN": BINARY, "PATH": "/usr/bin:/bin"}, timeout=600)

    def test_what_is_finished_is_not_computed_again_and_what_was_interrupted_goes_on(self):
        first = self.decide()
        self.assertEqual(first.returncode, 0, first.stderr)
        self.assertIn("1 trainings, 0 of them finished", first.stderr)
        self.assertIn("confirmed  adapts-to-shift-law", first.stdout)
        marker = self.folder / "keep" / "shift-during-training.json"
        finished = marker.read_text(encoding="utf-8")
        second = self.decide()
        self.assertIn("1 trainings, 1 of them finished", second.stderr)
        self.assertEqual(second.stdout, first.stdout)
        self.assertEqual(marker.read_text(encoding="utf-8"), finished)
        marker.write_text(json.dumps({"key": json.loads(finished)["key"]}), encoding="utf-8")  # as an interruption leaves it
        third = self.decide()
        self.assertIn("1 trainings, 0 of them finished", third.stderr)
        self.assertEqual(third.stdout, first.stdout)

    def test_unseen_seeds_are_as_many_as_the_configs_own(self):
        self.assertEqual(runs.unseen_seeds(CONFIG, 2), "2000..2004")
        self.assertEqual(runs.few_seeds(CONFIG), "0..2")
        result = self.decide("--unseen", "1")
        self.assertEqual(result.returncode, 0, result.stderr)
        self.assertTrue((self.folder / "keep" / "shift-during-training-1000-1004" / "claims.csv").exists())
        kept = subprocess.run([sys.executable, "-c", KEPT_UNSEEN], cwd=self.folder, env={"NORMRUN": BINARY, "PATH": "/usr/bin:/bin"},
                              capture_output=True, text=True, check=True)
        self.assertEqual(kept.stdout, "shift-during-training 4\n")

    def test_pages_are_written_from_all_configs_only(self):
        result = self.decide("--write")
        self.assertEqual(result.returncode, 1)
        self.assertIn("--write takes all configs", result.stderr)


class PagesTest(unittest.TestCase):
    def test_a_statement_has_the_verdict_of_its_first_claim_turned_round_where_that_states_the_opposite(self):
        config = pathlib.Path("configs/claims/a.json")
        found = {"a": (row("a", "confirmed"), config), "b": (row("b", "undecided"), config)}
        self.assertEqual(pages.verdict_of({"claims": ["a", "b"]}, found), "confirmed")
        self.assertEqual(pages.verdict_of({"claims": ["!a"]}, found), "refuted")
        self.assertEqual(pages.verdict_of({"claims": ["!b"]}, found), "undecided")
        self.assertEqual(pages.verdict_of({"why": "a definition"}, found), "not checkable here")
        self.assertEqual(pages.statement_line({"place": "text", "statement": "s", "claims": ["!a"]}, found),
                         "| text | s | **refuted** | [a](../configs/claims/a.json): `a` | 0.5 [0.4, 0.6] |")

    def test_unseen_ranges_are_counted_by_claim_and_in_all(self):
        config = pathlib.Path("configs/claims/a.json")
        expected = [row("a", verdict, expected="confirmed") for verdict in ("confirmed", "confirmed", "undecided", "refuted")]
        open_question = row("b", "confirmed", expected="undecided")
        page = pages.verdicts_page([(config, [row("a", "confirmed"), row("b", "undecided"), row("c", "confirmed")])],
                                   [(config, [one]) for one in [*expected, open_question]])
        self.assertIn("| 5 (3) | 2 of 4, 1 undecided, 1 opposite | [a]", page)
        self.assertIn("| 5 (3) | 0 of 1, 1 decided after all | [a]", page)
        self.assertIn("| 5 (3) | - | [a]", page)
        self.assertIn("In all, 5 pairs of a claim and such a range were run:\n2 as expected, 1 undecided, 1 opposite, 1 decided after all", page)
        self.assertIn("1 claims have no such range", page)

    def test_a_time_stands_on_no_page(self):
        self.assertNotIn("0.5", pages.observed(row("a", "confirmed", metric="timing.predict_microseconds")))

    def test_every_statement_names_claims_that_exist_or_a_reason(self):
        ids = {claim["id"] for config in runs.all_configs() for claim in json.loads(config.read_text(encoding="utf-8"))["claims"]}
        for one in pages.statements():
            self.assertIn(one["document"], pages.titles())
            self.assertNotEqual("claims" in one, "why" in one, one)
            self.assertLessEqual({claim.lstrip("!") for claim in one.get("claims", [])}, ids, one)

    def test_every_claim_of_a_documents_statement_decides_a_row(self):
        named = {claim.lstrip("!") for one in pages.statements() for claim in one.get("claims", [])}
        for config in runs.all_configs():
            for claim in json.loads(config.read_text(encoding="utf-8"))["claims"]:
                if "(document " in claim["source"] and not claim["source"].startswith(pages.CHECK):
                    self.assertIn(claim["id"], named)


if __name__ == "__main__":
    unittest.main()
