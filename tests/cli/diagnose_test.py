"""`diagnose`, `repair`, `validate` and `compare` of trained models: networks trained here, with a known fault put into the file."""

import json
import pathlib
import sys
import tempfile
import unittest

import numpy as np

import onnx_by_hand
from support import SOURCE, CommandLineTest, normrun
from weights_support import batch_norm, norm_parts, numbers, safetensors

sys.path.insert(0, str(SOURCE / "scripts"))
from clinic_parts import tensors  # noqa: E402  pylint: disable=wrong-import-position

LAYERS = [
    {"type": "dense", "units": 16, "name": "first"},
    {"type": "batch", "momentum": 0.95, "name": "bn_1"},
    {"type": "relu"},
    {"type": "dense", "units": 16, "name": "second"},
    {"type": "batch", "momentum": 0.95, "name": "bn_2"},
    {"type": "relu"},
    {"type": "dense", "units": 3, "name": "out"},
]


def clusters(rows, seed):
    rng = np.random.default_rng(seed)
    centres = np.random.default_rng(99).normal(size=(3, 6)) * 1.2
    labels = rng.integers(0, 3, size=rows)
    return (3 + 2 * (centres[labels] + rng.normal(size=(rows, 6)))).astype(np.float32), labels


class Trained:
    """One network, trained once for all tests."""

    def __init__(self):
        self._folder = tempfile.TemporaryDirectory(prefix="normrun_diagnose_")
        self.folder = pathlib.Path(self._folder.name)
        for name, rows, seed in (("train", 600, 1), ("held", 400, 2), ("test", 800, 3)):
            x, y = clusters(rows, seed)
            np.save(self.folder / f"x_{name}.npy", x)
            np.save(self.folder / f"y_{name}.npy", y)
        np.save(self.folder / "x_shifted.npy", 1.6 * np.load(self.folder / "x_test.npy") - 4)
        config = {
            "name": "net",
            "data": {"type": "npy", "train": {"features": "x_train.npy", "labels": "y_train.npy"}, "test_fraction": 0},
            "network": LAYERS,
            "train": {"batch_size": 32, "steps": 500, "optimizer": {"type": "adam", "learning_rate": 0.01}},
            "compare": {"splits": ["train"]},
        }
        (self.folder / "net.json").write_text(json.dumps(config))
        done = normrun("train", "--config", self.folder / "net.json", "--out", self.folder / "net", "--quiet")
        assert done.returncode == 0, done.stderr
        (path,) = (self.folder / "net" / "checkpoints").glob("*.safetensors")
        self.tensors, self.metadata = tensors.read(path)


class ModelTest(CommandLineTest):
    @classmethod
    def setUpClass(cls):
        cls.trained = Trained()

    def x(self, name):
        return self.trained.folder / f"x_{name}.npy"

    def y(self, name):
        return self.trained.folder / f"y_{name}.npy"

    def model(self, **changed):
        """The network's file with some tensors changed: name_of_layer__tensor=function of the numbers."""
        numbers_of = dict(self.trained.tensors)
        for name, change in changed.items():
            key = name.replace("__", ".")
            numbers_of[key] = np.asarray(change(numbers_of[key]), numbers_of[key].dtype)
        path = self.folder / "model.safetensors"
        metadata = {key: value for key, value in self.trained.metadata.items() if not key.startswith("crc32c")}
        tensors.write(path, numbers_of, metadata)
        return path

    def cold(self, share=0.75):
        blend = {}
        for layer in ("bn_1", "bn_2"):
            blend[f"{layer}__moving_mean"] = lambda m: (1 - share) * m
            blend[f"{layer}__moving_variance"] = lambda v: (1 - share) * v + share
            blend[f"{layer}__updates"] = lambda n: 0 * n + 2**24
        return self.model(**blend)

    def rows(self, test="test", labels=True):
        words = ["--data", self.x("train"), "--test", self.x(test)]
        return words + (["--labels", self.y("train"), "--test-labels", self.y("test")] if labels else [])

    def diagnose(self, model, *arguments, code):
        done = self.run_in("diagnose", model, "--json", "--out", f"out{len(list(self.folder.iterdir()))}", *arguments)
        self.assertEqual(done.returncode, code, done.stdout + done.stderr)
        return json.loads(done.stdout)


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

    def test_without_labels_the_gain_is_unmeasured(self):
        done = self.run_in("repair", self.cold(), "--data", self.x("train"), "-o", "fixed.safetensors")
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertIn("unmeasured", done.stdout)


class OnnxTest(ModelTest):
    """The same network as an ONNX file."""

    def onnx(self, share=0.0, name="model.onnx", **options):
        own = self.trained.tensors
        tensors_of = {}
        for layer in ("first", "second", "out"):
            tensors_of |= {f"{layer}.weight": own[f"{layer}.kernel"].T, f"{layer}.bias": own[f"{layer}.bias"]}
        for layer in ("bn_1", "bn_2"):
            words = (("weight", "gamma"), ("bias", "beta"), ("running_mean", "moving_mean"), ("running_var", "moving_variance"))
            tensors_of |= {f"{layer}.{word}": own[f"{layer}.{ours}"] for word, ours in words}
            tensors_of[f"{layer}.running_mean"] = (1 - share) * tensors_of[f"{layer}.running_mean"]
            tensors_of[f"{layer}.running_var"] = (1 - share) * tensors_of[f"{layer}.running_var"] + share
        self.tensors_of = tensors_of
        return self.write(name, onnx_by_hand.mlp(tensors_of, **options))

    def outputs(self, x):
        y = np.asarray(x, float)
        for layer in ("first", "bn_1", "second", "bn_2", "out"):
            part = {key.split(".")[1]: value.astype(float) for key, value in self.tensors_of.items() if key.startswith(layer + ".")}
            if "running_var" in part:
                y = np.maximum(batch_norm(y, [part[word] for word in ("weight", "bias", "running_mean", "running_var")]), 0)
            else:
                y = y @ part["weight"].T + part["bias"]
        return y

    def test_a_sound_and_a_cold_model(self):
        sound = self.onnx()
        np.save(self.folder / "reference.npy", self.outputs(np.load(self.x("test"))))
        told = self.diagnose(sound, *self.rows(), "--outputs", "reference.npy", code=0)
        self.assertIs(told["outputs_equal"], True)
        told = self.diagnose(self.onnx(0.75), *self.rows(), code=4)
        self.assertEqual(told["causes"][0]["cause"], "cold-start")
        self.assertAlmostEqual(told["causes"][0]["initial_share"], 0.75, delta=0.03)
        self.assertFalse(told["depends_on_batch"])

    def test_repair_changes_only_the_bytes_of_the_statistics(self):
        model = self.onnx(0.75)
        old = model.read_bytes()
        done = self.run_in("repair", model, *self.rows(), "-o", "fixed.onnx")
        self.assertEqual(done.returncode, 0, done.stderr)
        new = (self.folder / "fixed.onnx").read_bytes()
        self.assertIn(b"normrun.repair", new[len(old):])
        places = [old.find(self.tensors_of[f"{layer}.{word}"].astype("<f4").tobytes()) for layer in ("bn_1", "bn_2")
                  for word in ("running_mean", "running_var")]
        may_change = {place + byte for place in places for byte in range(64)}
        self.assertLessEqual({place for place in range(len(old)) if old[place] != new[place]}, may_change)
        self.assertEqual(self.run_in("diagnose", "fixed.onnx", *self.rows(), "--out", "again").returncode, 0)

    def test_statistics_alone_have_the_names_of_the_model(self):
        done = self.run_in("repair", self.onnx(0.75), *self.rows(), "-o", "statistics.safetensors")
        self.assertEqual(done.returncode, 0, done.stderr)
        found, _ = tensors.read(self.folder / "statistics.safetensors")
        self.assertEqual(sorted(found), ["bn_1.running_mean", "bn_1.running_var", "bn_2.running_mean", "bn_2.running_var"])

    def test_a_model_in_train_mode_depends_on_its_batch(self):
        model = self.onnx(training_mode=1)
        told = self.diagnose(model, *self.rows(), code=4)
        self.assertTrue(told["depends_on_batch"])
        by = {one["arrangement"]: one["as_it_runs"] for one in told["batches"]}
        self.assertGreater(by["batches of 2"], by["batches of 32"])
        code = self.run_in("validate", model)
        self.assertEqual(code.returncode, 4)
        self.assertIn("bn_1: train-mode", code.stdout)

    def test_outputs_of_a_model_in_train_mode_say_what_to_do(self):
        model = self.onnx(training_mode=1)
        np.save(self.folder / "reference.npy", self.outputs(np.load(self.x("test"))))
        done = self.run_in("diagnose", model, *self.rows(), "--outputs", "reference.npy")
        self.assertEqual(done.returncode, 4, done.stderr)
        self.assertIn("normalizes by its batch", " ".join(done.stdout.split()))

    def test_numbers_that_are_not_finite_are_the_models_not_those_of_a_file_of_ours(self):
        self.onnx()
        self.tensors_of["bn_2.running_var"] = self.tensors_of["bn_2.running_var"] * np.nan
        model = self.write("damaged.onnx", onnx_by_hand.mlp(self.tensors_of))
        done = self.run_in("diagnose", model, *self.rows())
        self.assertEqual(done.returncode, 65, done.stderr)
        self.assertIn("damaged.onnx: bn_2.moving_variance has 16 numbers of 16", done.stderr)
        self.assertIn("normrun repair", done.stderr)
        repaired = self.run_in("repair", model, *self.rows(labels=False), "-o", "fixed.onnx")
        self.assertEqual(repaired.returncode, 0, repaired.stderr)

    def test_files_that_are_no_model_and_rows_that_do_not_fit(self):
        for name, data in (("empty.onnx", b""), ("text.onnx", b"hello world, this is a text")):
            self.write(name, data)
            for command in (["diagnose", name, *self.rows()], ["validate", name], ["inspect", name]):
                done = self.run_in(*command)
                self.assertEqual(done.returncode, 65, done.stderr)
                self.assertIn("ONNX", done.stderr)
        model = self.onnx()
        self.write("empty.npy", b"")
        done = self.run_in("diagnose", model, "--data", "empty.npy")
        self.assertEqual((done.returncode, "empty.npy: is empty" in done.stderr), (65, True), done.stderr)
        np.save(self.folder / "wide.npy", np.zeros((4, 7), np.float32))
        done = self.run_in("diagnose", model, "--data", "wide.npy")
        self.assertEqual(done.returncode, 2, done.stderr)
        self.assertIn("(7), but the model takes (6)", done.stderr)

    def test_inspect_shows_a_model(self):
        done = self.run_in("inspect", self.onnx())
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertIn("batch norm bn_1: epsilon 1e-05", done.stdout)
        told = json.loads(self.run_in("inspect", "model.onnx", "--json").stdout)
        self.assertEqual((told["input"], told["output"]), ([6], [3]))
        self.assertIn({"name": "bn_2.moving_mean", "shape": [16]}, told["tensors"])

    def test_two_files_are_compared(self):
        self.onnx(name="a.onnx")
        self.onnx(0.75, name="b.onnx")
        told = json.loads(self.run_in("compare", "a.onnx", "b.onnx", "--json").stdout)
        self.assertFalse(told["equal"])
        self.assertIn("the weights did not", told["finding"])
        self.assertEqual({one["kind"] for one in told["tensors"]}, {"statistic"})
        self.assertTrue(json.loads(self.run_in("compare", "a.onnx", "a.onnx", "--json").stdout)["equal"])


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
