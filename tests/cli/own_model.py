"""A trained network in the formats of other programs, for the tests of diagnose, repair, validate and compare."""

import json
import pathlib
import sys
import tempfile

import numpy as np

from support import SOURCE, CommandLineTest, normrun

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
