"""`diagnose`, `repair`, `validate` and `compare` of trained models: networks trained here, with a known fault put into the file."""

import json
import pathlib
import unittest

import numpy as np

from own_model import ModelTest, tensors
from support import CommandLineTest
from weights_support import batch_norm, norm_parts, numbers, safetensors


class DiagnoseTest(ModelTest):
    def test_a_sound_model(self):
        told = self.diagnose(self.model(), *self.rows(), code=0)
        self.assertEqual(told["finding"], "nothing-found")
        self.assertEqual(told["causes"], [])
        self.assertEqual(told["judged"]["rows"], "test")
        self.assertGreater(told["scores"]["stored"]["accuracy"], 0.8)
        self.assertTrue(pathlib.Path(self.folder / told["report"]).exists())

    def test_a_cold_start(self):
        told = self.diagnose(self.cold(), *self.rows(), code=4)
        (cause,) = told["causes"]
        self.assertEqual((cause["cause"], cause["certainty"]), ("cold-start", "sure"))
        self.assertAlmostEqual(cause["initial_share"], 0.75, delta=0.03)
        low, high = cause["interval"]
        self.assertGreater(low, 0)
        self.assertGreater(high, low)
        self.assertGreater(told["scores"]["stored"]["loss"], told["scores"]["recomputed"]["loss"] + 0.1)
        self.assertIn("layer-by-layer", [one["remedy"] for one in told["remedies"] if one["verdict"] == "confirmed"])

    def test_lost_statistics(self):
        lost = self.model(**{f"{layer}__{name}": (lambda value: lambda old: 0 * old + value)(value)
                             for layer in ("bn_1", "bn_2") for name, value in (("moving_mean", 0), ("moving_variance", 1))})
        told = self.diagnose(lost, *self.rows(), code=4)
        self.assertEqual(told["causes"][0]["cause"], "lost")

    def test_one_damaged_layer_is_named(self):
        damaged = self.model(bn_2__moving_mean=lambda m: m[::-1] + 1, bn_2__moving_variance=lambda v: v[::-1] * 7)
        told = self.diagnose(damaged, *self.rows(), code=4)
        self.assertEqual((told["causes"][0]["cause"], told["causes"][0]["layer"]), ("damaged-layer", "bn_2"))

    def test_shifted_rows(self):
        told = self.diagnose(self.model(), *self.rows("shifted"), code=4)
        self.assertEqual(told["finding"], "rows-shifted")
        self.assertEqual(told["causes"][0]["cause"], "shifted-data")
        self.assertTrue(told["rows_shifted"])

    def test_without_labels_no_score_is_claimed(self):
        sound = self.diagnose(self.model(), *self.rows(labels=False), code=0)
        self.assertIsNone(sound["scores"])
        told = self.diagnose(self.cold(), *self.rows(labels=False), code=4)
        self.assertIsNone(told["scores"])
        self.assertEqual(told["causes"][0]["cause"], "cold-start")
        self.assertGreater(told["gap"], sound["gap"])
        shifted = self.diagnose(self.model(), *self.rows("shifted", labels=False), code=4)
        self.assertTrue(shifted["rows_shifted"])

    def test_training_rows_alone_are_called_so(self):
        told = self.diagnose(self.model(), "--data", self.x("train"), "--labels", self.y("train"), code=0)
        self.assertTrue(told["judged"]["were_trained_on"])
        told = self.diagnose(self.model(), "--data", self.x("train"), "--labels", self.y("train"), "--held-out", self.x("held"),
                             "--held-out-labels", self.y("held"), code=0)
        self.assertEqual(told["judged"]["rows"], "held-out")

    def test_no_repair_is_advised_that_unseen_rows_show_to_harm(self):
        """Held-out rows with another class than their own lose by what makes the network sure of the training rows."""
        np.save(self.folder / "y_held.npy", (np.load(self.y("held")) + 1) % 3)
        damaged = self.model(bn_2__moving_mean=lambda m: m[::-1] + 1, bn_2__moving_variance=lambda v: v[::-1] * 7)
        rows = ["--data", self.x("train"), "--labels", self.y("train"), "--held-out", self.x("held")]
        done = self.run_in("diagnose", damaged, *rows, "--held-out-labels", "y_held.npy")
        self.assertEqual(done.returncode, 4, done.stderr)
        self.assertIn("nothing is shown to help", done.stdout)
        self.assertNotIn("normrun repair", done.stdout)
        sound = self.run_in("diagnose", damaged, *rows, "--held-out-labels", self.y("held"))
        self.assertIn("normrun repair", sound.stdout)

    def test_the_answer_is_one_screen(self):
        done = self.run_in("diagnose", self.cold(), *self.rows())
        self.assertEqual(done.returncode, 4, done.stderr)
        self.assertLess(len(done.stdout.splitlines()), 30)
        for words in ("cold start", "statistics as stored", "train mode", "normrun repair", "report.html"):
            self.assertIn(words, done.stdout)
        again = self.run_in("diagnose", self.cold(), *self.rows())
        self.assertEqual((again.returncode, again.stdout), (4, done.stdout))

    def test_refusals(self):
        done = self.run_in("diagnose", self.model(bn_1__moving_variance=lambda v: np.nan * v), *self.rows())
        self.assertEqual(done.returncode, 65, done.stderr)
        self.assertIn("bn_1.moving_variance", done.stderr)
        bare = self.write("bare.safetensors", safetensors({"a.weight": numbers(3, 6)}))
        done = self.run_in("diagnose", bare, *self.rows())
        self.assertEqual(done.returncode, 2, done.stderr)
        self.assertIn("--network", done.stderr)


class OutputsTest(CommandLineTest):
    """A PyTorch state dict beside a config with the network, and its outputs computed with numpy."""

    def setUp(self):
        super().setUp()
        self.parts = norm_parts(5, 10)
        self.kernel, self.last = numbers(5, 4, seed=1), numbers(3, 5, seed=2)
        words = ("weight", "bias", "running_mean", "running_var")
        state = {f"1.{word}": part for word, part in zip(words, self.parts)} | {"0.weight": self.kernel, "3.weight": self.last}
        self.write("torch.safetensors", safetensors(state))
        network = [
            {"type": "dense", "units": 5, "use_bias": False},
            {"type": "batch", "convention": "torch"},
            {"type": "relu"},
            {"type": "dense", "units": 3, "use_bias": False},
        ]
        self.write("net.json", json.dumps({"data": {"type": "gaussian", "features": 4, "target": "zeros"}, "network": network}))
        self.x = numbers(50, 4, seed=5)
        np.save(self.folder / "x.npy", self.x)
        self.outputs = np.maximum(batch_norm(self.x @ self.kernel.T, self.parts), 0) @ self.last.T

    def diagnose(self, outputs):
        np.save(self.folder / "reference.npy", outputs)
        return self.run_in("diagnose", "torch.safetensors", "--network", "net.json", "--data", "x.npy", "--outputs", "reference.npy", "--json")

    def test_equal_outputs(self):
        for outputs in (self.outputs, self.outputs.astype(np.float32)):
            told = json.loads(self.diagnose(outputs).stdout)
            self.assertIs(told["outputs_equal"], True)
            self.assertLess(told["outputs_difference"], told["outputs_allowed"])

    def test_outputs_of_another_network_name_no_cause(self):
        done = self.diagnose(self.outputs + 1e-6 * (np.arange(50) == 3)[:, None])
        self.assertEqual(done.returncode, 4, done.stderr)
        told = json.loads(done.stdout)
        self.assertIs(told["outputs_equal"], False)
        self.assertEqual((told["causes"], told["finding"]), ([], "outputs-differ"))
        done = self.diagnose(self.outputs[:40])
        self.assertEqual(done.returncode, 2)


class RepairTest(ModelTest):
    def repair(self, model, *arguments, code):
        done = self.run_in("repair", model, "--json", *self.rows(), *arguments)
        self.assertEqual(done.returncode, code, done.stdout + done.stderr)
        return json.loads(done.stdout) if done.stdout else None

    def test_a_cold_model_is_repaired_in_its_own_format(self):
        cold = self.cold()
        before = cold.read_bytes()
        told = self.repair(cold, "-o", "fixed.safetensors", code=0)
        self.assertEqual((told["judged"], told["rows"]), ("test", 600))
        self.assertLess(told["after"]["loss"], told["before"]["loss"])
        self.assertGreater(told["interval"][0], 0)
        self.assertEqual([point["rows"] for point in told["curve"]], [16, 64, 256, 600])
        self.assertEqual(cold.read_bytes(), before)
        old, _ = tensors.read(cold)
        new, metadata = tensors.read(self.folder / "fixed.safetensors")
        self.assertEqual({name for name in old if not np.array_equal(old[name], new[name])},
                         {f"{layer}.{name}" for layer in ("bn_1", "bn_2") for name in ("moving_mean", "moving_variance")})
        self.assertIn("layer-by-layer", metadata["normrun.repair"])
        first = np.load(self.x("train")).astype(float) @ old["first.kernel"] + old["first.bias"]
        np.testing.assert_allclose(new["bn_1.moving_mean"], first.mean(0), atol=1e-5)
        np.testing.assert_allclose(new["bn_1.moving_variance"], first.var(0), rtol=1e-5)
        self.assertEqual(self.diagnose_of("fixed.safetensors"), 0)

    def diagnose_of(self, model):
        return self.run_in("diagnose", model, *self.rows(), "--out", "judged").returncode

    def test_refuses_to_make_it_worse_and_to_overwrite_the_model(self):
        told = self.repair(self.model(), "-o", "worse.safetensors", "--samples", "4", code=4)
        self.assertLess(told["gain"], 0)
        self.assertIsNone(told["written"])
        self.assertFalse((self.folder / "worse.safetensors").exists())
        model = self.cold()
        done = self.run_in("repair", model, *self.rows(), "-o", model)
        self.assertEqual(done.returncode, 2, done.stderr)

    def test_a_gain_that_the_rows_do_not_show_is_called_so(self):
        for share, is_shown in ((0.01, False), (0.75, True)):
            done = self.run_in("repair", self.cold(share), *self.rows(), "-o", "fixed.safetensors")
            self.assertEqual(done.returncode, 0, done.stdout)
            self.assertEqual("may be as good" in done.stdout, not is_shown, done.stdout)

    def test_without_labels_the_gain_is_unmeasured(self):
        done = self.run_in("repair", self.cold(), "--data", self.x("train"), "-o", "fixed.safetensors")
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertIn("unmeasured", done.stdout)


class ValidateTest(ModelTest):
    def validate(self, model):
        done = self.run_in("validate", model)
        return done.returncode, done.stdout

    def test_a_sound_model_is_ok(self):
        code, text = self.validate(self.model())
        self.assertEqual(code, 0, text)
        self.assertIn("ok, 2 normalization layers", text)

    def test_suspicious_numbers_are_named(self):
        for change, kind in (
            ({"bn_1__moving_mean": lambda m: np.nan * m}, "not-finite"),
            ({"bn_1__moving_variance": lambda v: np.where(np.arange(16) == 3, 0, v)}, "zero-variance"),
            ({"bn_1__moving_variance": lambda v: -v}, "negative-variance"),
            ({"bn_1__moving_mean": lambda m: 0 * m, "bn_1__moving_variance": lambda v: 0 * v + 1}, "initial-statistics"),
            ({"bn_1__moving_mean": lambda m: 0 * m + 2, "bn_1__moving_variance": lambda v: 0 * v + 3}, "constant-statistics"),
            ({"bn_1__updates": lambda n: 0 * n}, "no-updates"),
            ({"bn_1__gamma": lambda g: np.where(np.arange(16) == 3, 0, g)}, "dead-channels"),
        ):
            code, text = self.validate(self.model(**change))
            self.assertEqual(code, 4, text)
            self.assertIn(f"bn_1: {kind}", text)


if __name__ == "__main__":
    unittest.main()
