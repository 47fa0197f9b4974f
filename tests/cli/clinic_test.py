"""scripts/clinic: its own arithmetic, that its mistakes are configs of the program, and the short clinic."""

import json
import os
import pathlib
import subprocess
import sys
import tempfile
import unittest

import numpy as np

from support import BINARY, SOURCE

sys.path.insert(0, str(SOURCE / "scripts"))
sys.dont_write_bytecode = True

from clinic_parts import case, draw, faults, files, healthy, intervals, page, score, tensors  # noqa: E402


class IntervalTest(unittest.TestCase):
    def test_of_none_and_all(self):
        # Closed forms: 1 - (a/2)^(1/n) and (a/2)^(1/n).
        self.assertAlmostEqual(intervals.clopper_pearson(0, 30)[1], 1 - 0.025 ** (1 / 30), 9)
        self.assertAlmostEqual(intervals.clopper_pearson(30, 30)[0], 0.025 ** (1 / 30), 9)
        self.assertEqual(intervals.clopper_pearson(0, 30)[0], 0.0)
        self.assertEqual(intervals.clopper_pearson(0, 0), (0.0, 1.0))

    def test_of_some(self):
        # R's binom.test(7, 20): 0.1539092 to 0.5921885.
        low, high = intervals.clopper_pearson(7, 20)
        self.assertAlmostEqual(low, 0.1539092, 6)
        self.assertAlmostEqual(high, 0.5921885, 6)


class ScoreTest(unittest.TestCase):
    def setUp(self):
        rng = np.random.default_rng(1)
        self.targets = rng.integers(3, size=4000)
        self.logits = rng.normal(size=(4000, 3)) + 2.0 * np.eye(3)[self.targets]

    def test_temperature_takes_scale_out(self):
        plain = score.score(self.logits, self.targets, 3)
        loud = score.score(self.logits * 40, self.targets, 3)
        self.assertAlmostEqual(np.mean(plain.losses), np.mean(loud.losses), 6)
        # The true scale of these logits is 2 (log p is 2 x of the class up to a constant), at which the loss is least.
        direct = score.row_losses(self.logits, self.targets, 2.0).mean()
        self.assertAlmostEqual(np.mean(plain.losses), direct, 3)

    def test_useless_logits_cost_no_more_than_guessing(self):
        wrong = score.score(-1e6 * self.logits, self.targets, 3)
        self.assertLess(np.mean(wrong.losses), np.log(3) + 1e-3)

    def test_numbers_are_scored_in_variances_of_the_target(self):
        targets = np.array([[0.0], [2.0]])
        self.assertAlmostEqual(np.mean(score.score(np.array([[1.0], [1.0]]), targets, 0).losses), 1.0)

    def test_rows_without_an_answer_do_not_count(self):
        part = self.logits.copy()
        part[1000:] = np.nan
        self.assertEqual(int(np.isnan(score.score(part, self.targets, 3).losses).sum()), 3000)

    def test_healthy_and_sick(self):
        good = score.score(self.logits, self.targets, 3)
        bad = score.score(self.logits[:, ::-1].copy(), self.targets, 3)
        self.assertTrue(score.is_healthy({"eval": good, "population": bad}))
        self.assertTrue(score.is_healthy({"eval": bad, "own:8": good}))
        self.assertFalse(score.is_healthy({"eval": bad, "population": good}))
        self.assertTrue(score.is_sick({"eval": bad, "population": good}, {"eval": good}, 500))
        # What no own arm wins back lies in the weights.
        self.assertFalse(score.is_sick({"eval": bad, "population": bad}, {"eval": good}, 500))
        self.assertTrue(score.is_sick({"eval": bad, "population": bad}, {"eval": good}, 500, harms_weights=True))
        # Of a few rows the harm could not be seen.
        self.assertFalse(score.is_sick({"eval": bad, "population": good}, {"eval": good}, 5))


class MistakesTest(unittest.TestCase):
    def configs(self, folder):
        """Each kind's configs."""
        for number, kind in enumerate([*faults.MECHANISMS, *healthy.KINDS]):
            rng = np.random.default_rng(number)
            (folder / kind).mkdir()  # for the files that its data need
            patient = draw.draw(rng, number, {**case.wants_of(kind), "optdigits": None}, folder / kind)
            plans = faults.MECHANISMS[kind].plans(rng, patient) if kind in faults.MECHANISMS else [healthy.KINDS[kind].plan(rng, patient)]
            for place, plan in enumerate(plans):
                for stage, config in enumerate([*plan.before, plan.config]):
                    if config["train"].get("init_from", "").startswith("@"):
                        config["train"]["init_from"] = ""
                    path = folder / kind / f"{place}-{stage}.json"
                    path.write_text(json.dumps(config))
                    yield path

    def test_every_config_is_one_of_the_program(self):
        with tempfile.TemporaryDirectory() as folder:
            paths = list(self.configs(pathlib.Path(folder)))
            done = subprocess.run([BINARY, "validate", *paths], capture_output=True, text=True, check=False)
            self.assertEqual(done.returncode, 0, done.stderr)

    def test_every_kind_is_drawn_and_seeds_take_turns(self):
        self.assertEqual(set(case.SLOTS), set(case.WEIGHTS))
        self.assertEqual(len(case.SLOTS) % 2, 1)

    def test_each_case_is_of_one_half(self):
        patient = draw.Patient("dense", "clusters", {}, 100)
        self.assertEqual([case.unseen(2, patient), case.unseen(3, patient)], [[], ["seed"]])
        self.assertEqual(case.unseen(2, draw.Patient(draw.UNSEEN_FAMILY, draw.UNSEEN_SOURCE, {}, 100)), ["family", "source"])

    def test_rows_are_sorted_by_their_label(self):
        with tempfile.TemporaryDirectory() as folder:
            path = pathlib.Path(folder) / "a.csv"
            path.write_text("1,2,10\n3,4,9\n5,6,0\n")
            files.sort_by_class(path)
            self.assertEqual(path.read_text(), "5,6,0\n3,4,9\n1,2,10\n")

    def test_saving_keeps_what_it_does_not_touch(self):
        with tempfile.TemporaryDirectory() as folder:
            path = pathlib.Path(folder) / "a.safetensors"
            stored = {"batch_1.moving_mean": np.array([1.0, 2.0], np.float32), "batch_1.moving_variance": np.array([3.0, 4.0], np.float32),
                      "batch_1.updates": np.array([7.0], np.float32), "dense_0.kernel": np.ones((2, 2), np.float32)}
            tensors.write(path, stored, {"config": "{}", "crc32c.header": "0"})
            read, metadata = tensors.read(path)
            self.assertEqual(metadata, {"config": "{}"})
            np.testing.assert_equal(read, stored)
            patient = draw.Patient("dense", "clusters", {"train": {}}, 100)
            sick, twin = faults.lost(np.random.default_rng(0), patient)
            np.testing.assert_equal(twin.edit([read]), read)
            after = sick.edit([read])
            self.assertEqual(after["batch_1.moving_mean"].tolist(), [0.0, 0.0])
            self.assertEqual(after["batch_1.moving_variance"].tolist(), [1.0, 1.0])
            self.assertEqual(after["dense_0.kernel"].tolist(), [[1.0, 1.0], [1.0, 1.0]])


class PageTest(unittest.TestCase):
    def test_counts(self):
        told_right, told_wrong = {"history": ["lost"], "bare": ["unknown"]}, {"history": ["dropout"], "bare": []}
        sick = {"kind": "lost-on-save", "sick": True, "unseen": [], "cpu": 1.0, "remedies": {"history": [], "bare": []}, "healthy": False}
        healthy_one = {"kind": "plain", "unseen": ["seed"], "cpu": 1.0, "healthy": True}
        cures = {"history": [["population", 0.1, 0.01, False], ["population", 0.1, -0.01, True]], "bare": []}
        spoilt = {**sick, "kind": "trained-by-class", "case": 4, "told": {"history": ["batch-contents"]}, "remedies": {"history": []}}
        records = [{**sick, "case": 0, "told": told_right, "remedies": cures}, {**sick, "case": 1, "told": told_wrong}, spoilt,
                   {**healthy_one, "case": 2,
                    "twin": {"told": {"history": ["unknown"], "bare": []}, "remedies": {"history": [], "bare": []}}},
                   {**healthy_one, "case": 3, "skipped": True}]
        text = page.page(records, {"fresh_rows": 20000, "seed": 0, "optdigits": False, "half": "all"})
        self.assertIn("4 cases, 0 of which", text)
        self.assertIn("| the cause first, with the training's history | >= 95 % | 2 of 3 (66.7 % [9.4, 99.2]) |", text)
        self.assertIn("| “cannot tell”, without it | <= 15 % | 1 of 2", text)
        # What needs the history is not asked without it; a harm of an unknown cause is an alarm too.
        self.assertIn("| the cause first, without it | >= 85 % | 0 of 2", text)
        self.assertIn("| false alarms, with the training's history | <= 2 % | 1 of 1", text)
        self.assertIn("| recommended remedies that harm, with the training's history | none | 1 of 2", text)
        self.assertIn("| recommended remedies that gain, with the training's history | >= 90 % | 1 of 2", text)
        self.assertIn("| false alarms, without it | <= 2 % | 0 of 1", text)


class ShortClinicTest(unittest.TestCase):
    def test_short(self):
        done = subprocess.run([str(SOURCE / "scripts" / "clinic"), "--short"], capture_output=True, text=True, check=False,
                              env={**os.environ, "NORMRUN": str(BINARY)})
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)


if __name__ == "__main__":
    unittest.main()
