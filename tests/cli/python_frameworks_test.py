"""The Python package with PyTorch, Keras and flax: from a trained model to the finding, the repair, and back.

Runs in build/torch (scripts/setup_torch) where this interpreter has no PyTorch; what is not installed there is skipped."""

import importlib.util
import os
import sys
import tempfile
import unittest
from pathlib import Path
from unittest import mock

from support import SOURCE

TORCH = SOURCE / "build" / "torch" / "bin" / "python"  # scripts/setup_torch
if importlib.util.find_spec("torch") is None and TORCH.exists():
    os.execv(TORCH, [str(TORCH), *sys.argv])

if importlib.util.find_spec("normrun") is None:  # else it is installed, and is what scripts/test_wheel tries
    sys.path.insert(0, str(SOURCE / "python"))
os.environ["KERAS_BACKEND"] = "torch"
import normrun  # noqa: E402  pylint: disable=wrong-import-position
from normrun import _safetensors  # noqa: E402  pylint: disable=wrong-import-position


def needs(*packages):
    missing = [name for name in packages if importlib.util.find_spec(name) is None]
    return unittest.skipIf(missing, f"{', '.join(missing)}: not installed (scripts/setup_torch)")


def images(count, seed, axes=(0, 1, 2, 3)):
    """Three classes of noisy images, (count, 1, 8, 8), as their axes are then arranged."""
    import numpy as np

    rng = np.random.default_rng(seed)
    centres = 0.6 * np.random.default_rng(9).normal(size=(3, 1, 8, 8))
    labels = rng.integers(0, 3, count)
    return (3 + 2 * (centres[labels] + rng.normal(size=(count, 1, 8, 8)))).astype("float32").transpose(axes), labels


class FrameworkTest(unittest.TestCase):
    def setUp(self):
        self._folder = tempfile.TemporaryDirectory(prefix="normrun_python_")
        self.folder = Path(self._folder.name)
        self.addCleanup(self._folder.cleanup)


@needs("torch", "onnx", "onnxscript")
class TorchTest(FrameworkTest):
    """A network that PyTorch trained for 38 steps by a momentum of .02: its statistics are cold."""

    @classmethod
    def setUpClass(cls):
        import torch
        from torch import nn

        torch.manual_seed(0)
        cls.model = nn.Sequential(nn.Conv2d(1, 8, 3), nn.BatchNorm2d(8, momentum=0.02), nn.ReLU(), nn.AvgPool2d(2), nn.Flatten(), nn.Dropout(0.1),
                                  nn.Linear(72, 16), nn.BatchNorm1d(16, momentum=0.02), nn.ReLU(), nn.Linear(16, 3))
        rows = torch.utils.data.TensorDataset(*map(torch.from_numpy, images(600, 1)))
        cls.loader = torch.utils.data.DataLoader(rows, batch_size=32, shuffle=True)
        optimizer = torch.optim.Adam(cls.model.parameters(), 0.01)
        for _ in range(2):
            for x, y in cls.loader:
                optimizer.zero_grad()
                nn.functional.cross_entropy(cls.model(x), y).backward()
                optimizer.step()
        cls.model[5].eval()  # as users freeze a layer
        cls.trained = {name: tensor.clone() for name, tensor in cls.model.state_dict().items()}
        cls._shared = tempfile.TemporaryDirectory(prefix="normrun_python_")
        cls.addClassCleanup(cls._shared.cleanup)
        cls.onnx = normrun.torch.export(cls.model, images(1, 3)[0], Path(cls._shared.name) / "model.onnx")
        cls.modes = [module.training for module in cls.model.modules()]

    def setUp(self):
        super().setUp()
        self.model.load_state_dict(self.trained)

    def assert_unchanged(self):
        import torch

        for name, tensor in self.model.state_dict().items():
            self.assertTrue(torch.equal(tensor, self.trained[name]), name)

    def scores(self):
        """The loss and the accuracy in eval mode, as PyTorch computes them."""
        import torch

        x, y = map(torch.from_numpy, images(400, 2))
        modes = [(module, module.training) for module in self.model.modules()]
        with torch.no_grad():
            outputs = self.model.eval()(x)
        for module, mode in modes:
            module.training = mode
        return torch.nn.functional.cross_entropy(outputs, y).item(), (outputs.argmax(1) == y).double().mean().item(), outputs

    def test_exporting_leaves_the_model_as_it_is(self):
        self.assert_unchanged()
        self.assertEqual(self.modes, [True, True, True, True, True, True, False, True, True, True, True])

    def test_the_file_tells_the_history(self):
        import onnx

        told = {entry.key: entry.value for entry in onnx.load(self.onnx).metadata_props}
        self.assertEqual({key: value for key, value in told.items() if key.startswith("normrun.7.")},
                         {"normrun.7.updates": "38", "normrun.7.momentum": "0.98", "normrun.7.moving_variance": "unbiased"})
        told = normrun.diagnose(self.onnx, images(600, 1), folder=self.folder)
        lines = (told.folder / "layers.csv").read_text(encoding="utf-8").splitlines()
        cells = [dict(zip(lines[0].split(","), line.split(","))) for line in lines[1:]]
        self.assertEqual({(one["layer"], one["updates"], one["momentum"]) for one in cells}, {("1", "38", "0.98"), ("7", "38", "0.98")})

    def test_diagnose_repair_and_back(self):
        outputs = self.scores()[2]
        told = normrun.diagnose(self.onnx, self.loader, test=images(400, 2), outputs=outputs)
        self.assertIs(told.answer["outputs_equal"], True)
        self.assertEqual((told.finding, told.causes[0]["cause"]), ("statistics-wrong", "cold-start"))
        self.assertAlmostEqual(told.causes[0]["initial_share"], 0.98 ** 38, delta=0.05)
        stored = told.scores["stored"]
        self.assertAlmostEqual(stored["loss"], self.scores()[0], delta=1e-5)
        statistics = self.folder / "statistics.safetensors"
        after = normrun.repair(self.onnx, self.loader, statistics, test=images(400, 2))["after"]
        self.assertEqual(normrun.torch.load_statistics(self.model, statistics),
                         ["1.running_mean", "1.running_var", "7.running_mean", "7.running_var"])
        loss, accuracy, _ = self.scores()
        self.assertAlmostEqual(loss, after["loss"], delta=1e-5)
        self.assertEqual(accuracy, after["accuracy"])
        self.assertLess(loss, stored["loss"])

    def test_a_model_is_repaired_in_place(self):
        before = self.scores()[0]
        told = normrun.repair(self.model, self.loader, test=images(400, 2))
        self.assertIsNone(told["written"])
        self.assertAlmostEqual(told["before"]["loss"], before, delta=1e-5)
        self.assertAlmostEqual(told["after"]["loss"], self.scores()[0], delta=1e-5)
        self.assertEqual([module.training for module in self.model.modules()], self.modes)

    def test_statistics_that_do_not_fit_are_named_and_nothing_is_loaded(self):
        import numpy as np

        good = {name: tensor.numpy() for name, tensor in self.trained.items() if "running" in name}
        wrong = {
            "8.running_mean is no statistic": good | {"8.running_mean": np.zeros(16, "f4")},
            "1.running_var has the shape": good | {"1.running_var": np.ones(9, "f4")},
            "7.running_mean has numbers": good | {"7.running_mean": np.full(16, np.nan, "f4")},
            "7.running_var of the model is missing": {name: one for name, one in good.items() if name != "7.running_var"},
            "holds no statistics": {},
            "9.weight is no statistic": good | {"9.weight": self.trained["9.weight"].numpy()},
        }
        for words, tensors in wrong.items():
            _safetensors.write(self.folder / "wrong", {name: one + 1 for name, one in tensors.items()}, {})
            with self.assertRaisesRegex(ValueError, words):
                normrun.torch.load_statistics(self.model, self.folder / "wrong")
            self.assert_unchanged()
        normrun.torch.load_statistics(self.model, self._write({"1.running_var": np.ones(8)}), strict=False)
        self.assertEqual(self.model[1].running_var.tolist(), [1.0] * 8)

    def _write(self, tensors):
        _safetensors.write(self.folder / "some", tensors, {})
        return self.folder / "some"

    def test_statistics_that_exporting_moves_are_taken_back(self):
        import torch

        def exporter(model, *_, **__):
            model[1].running_mean.add_(1)
            model[1].num_batches_tracked.add_(1)

        with mock.patch.object(torch.onnx, "export", exporter), self.assertRaisesRegex(RuntimeError, "1.running_mean, 1.num_batches_tracked"):
            normrun.torch.export(self.model, images(2, 3)[0], self.folder / "moved.onnx")
        self.assert_unchanged()
        self.assertEqual([module.training for module in self.model.modules()], self.modes)

    def test_a_cumulative_average_has_no_momentum(self):
        import torch

        told = normrun.torch._training_of(torch.nn.ModuleDict({"a": torch.nn.BatchNorm1d(2, momentum=None), "b": torch.nn.LayerNorm(2),
                                                               "c": torch.nn.BatchNorm1d(2, track_running_stats=False)}))
        self.assertEqual(told, {"normrun.a.updates": "0", "normrun.a.moving_variance": "unbiased"})


@needs("torch", "keras")
class KerasTest(FrameworkTest):
    def model(self):
        import keras

        keras.utils.set_random_seed(0)
        layers = keras.layers
        model = keras.Sequential([
            keras.Input((8, 8, 1)), layers.Conv2D(8, 3), layers.BatchNormalization(), layers.ReLU(), layers.AveragePooling2D(2), layers.Flatten(),
            layers.Dropout(0.1), layers.Dense(16), layers.BatchNormalization(name="last_norm"), layers.ReLU(), layers.Dense(3)])
        model.compile("adam", keras.losses.SparseCategoricalCrossentropy(from_logits=True), metrics=["accuracy"])
        return model

    def test_diagnose_repair_and_back(self):
        import numpy as np

        rows, judged = images(600, 1, (0, 2, 3, 1)), images(400, 2, (0, 2, 3, 1))
        model = self.model()
        model.fit(*rows, batch_size=32, epochs=3, verbose=0)
        path = normrun.keras.export(model, self.folder / "m.safetensors", updates=int(model.optimizer.iterations.numpy()))
        outputs = model.predict(judged[0], verbose=0)
        told = normrun.diagnose(path, rows, test=judged, outputs=outputs, folder=self.folder / "kept")
        self.assertIs(told.answer["outputs_equal"], True)
        self.assertEqual(told.causes[0]["cause"], "cold-start")
        self.assertIn(",57,", (told.folder / "layers.csv").read_text(encoding="utf-8"))
        after = normrun.repair(path, rows, self.folder / "fixed.safetensors", test=judged)["after"]
        self.assertEqual(len(normrun.keras.load_statistics(model, self.folder / "fixed.safetensors")), 4)
        loss, accuracy = model.evaluate(*judged, verbose=0)
        self.assertAlmostEqual(loss, after["loss"], delta=1e-5)
        self.assertAlmostEqual(accuracy, after["accuracy"], delta=1e-6)
        tensors, _ = _safetensors.read(path)
        _safetensors.write(self.folder / "wrong", {"other/moving_mean": np.zeros(3, "f4"), **tensors}, {})
        with self.assertRaisesRegex(ValueError, "other/moving_mean is no statistic"):
            normrun.keras.load_statistics(model, self.folder / "wrong")
        self.assertEqual(normrun.repair(model, rows, test=judged)["after"], after)  # in place


@needs("flax", "jax2onnx")
class FlaxTest(FrameworkTest):
    def test_statistics_keep_their_names_there_and_back(self):
        import numpy as np
        from flax import nnx

        class Net(nnx.Module):
            def __init__(self, rngs):
                self.first = nnx.Linear(64, 8, rngs=rngs)
                self.norms = nnx.List([nnx.BatchNorm(8, momentum=0.9, rngs=rngs), nnx.BatchNorm(8, momentum=0.9, rngs=rngs)])
                self.last = nnx.Linear(8, 3, rngs=rngs)

            def __call__(self, x):
                for norm in reversed(self.norms):  # not in the order of their names
                    x = nnx.relu(norm(self.first(x) if x.shape[-1] == 64 else x))
                return self.last(x)

        model, (x, y) = Net(nnx.Rngs(0)), images(600, 1)
        x = x.reshape(600, 64)
        for _ in range(3):
            model(x[:32])
        stored = {name: np.asarray(one[...]) for name, one in normrun.flax._statistics_of(model).items()}
        path = normrun.flax.export(model, (64,), self.folder / "model.onnx", updates=3)
        self.assertFalse(model.norms[0].use_running_average)
        model.eval()
        told = normrun.diagnose(path, (x, y), outputs=model(x))
        self.assertIs(told.answer["outputs_equal"], True)
        normrun.repair(path, x, self.folder / "s.safetensors")  # untrained weights: without labels, no repair is worse
        self.assertEqual(sorted(normrun.flax.load_statistics(model, self.folder / "s.safetensors")), sorted(stored))
        first = np.asarray(model.first(x))
        np.testing.assert_allclose(np.asarray(model.norms[1].mean[...]), first.mean(0), atol=1e-5)
        self.assertGreater(np.abs(stored["norms.1.mean"] - first.mean(0)).max(), 0.1)


if __name__ == "__main__":
    unittest.main()
