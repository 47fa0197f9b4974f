"""What the tests of weights files share: safetensors written by hand, and networks computed with numpy."""

import csv
import json
import struct

import numpy as np

from support import CommandLineTest

TYPES = {np.dtype("float32"): "F32", np.dtype("float64"): "F64", np.dtype("int64"): "I64"}
ROWS = 6


def safetensors(tensors):
    """8 bytes with the length of the header, the header as JSON, the data; names in the order that the safetensors package sorts them."""
    header, data = {}, b""
    for name in sorted(tensors):
        array = np.ascontiguousarray(tensors[name])
        header[name] = {"dtype": TYPES[array.dtype], "shape": list(array.shape), "data_offsets": [len(data), len(data) + array.nbytes]}
        data += array.tobytes()
    text = json.dumps(header).encode()
    return struct.pack("<Q", len(text)) + text + data


def numbers(*shape, seed=0):
    return np.random.default_rng([seed, *shape]).normal(size=shape)


def batch_norm(x, parts, eps=1e-5):
    """Eval mode; parts: gamma, beta, mean, variance."""
    gamma, beta, mean, variance = parts
    return (x - mean) / np.sqrt(variance + eps) * gamma + beta


def norm_parts(size, seed):
    return [1 + 0.1 * numbers(size, seed=seed), numbers(size, seed=seed + 1), numbers(size, seed=seed + 2), 0.5 + numbers(size, seed=seed + 3) ** 2]


def sigmoid(x):
    return 1 / (1 + np.exp(-x))


class WeightsTest(CommandLineTest):
    def setUp(self):
        super().setUp()
        self.x = numbers(ROWS, 4)
        self.data(self.x)

    def data(self, x):
        np.save(self.folder / "x.npy", x)
        np.save(self.folder / "y.npy", np.zeros(len(x)))

    def config(self, network, out=3, **train):
        np.save(self.folder / "y.npy", np.zeros((ROWS, out)) if out > 1 else np.zeros(ROWS))
        files = {"features": "x.npy", "labels": "y.npy"}
        config = {
            "name": "w",
            "precision": "float64",
            "data": {"type": "npy", "train": files, "test": files, "batching": {"order": "sequential"}},
            "network": network,
            "train": {"batch_size": ROWS, "steps": 0, "loss": "mse", "init_from": "w.safetensors", **train},
            "compare": {"outputs": ROWS, "batching": "training", "pairs": [["train", "eval"]]},
        }
        self.write("c.json", json.dumps(config))
        return config

    def train(self, *arguments):
        return self.run_in("train", "--config", "c.json", "--out", "out", "--force", *arguments)

    def store(self, tensors):
        self.write("w.safetensors", safetensors(tensors))

    def refused(self, *words, code=65, arguments=()):
        """Before anything is trained: validate, a dry run and train say the same, in one line."""
        validated = self.run_in("validate", "c.json") if not arguments else None
        dry = self.run_in("train", "--config", "c.json", "--dry-run", *arguments)
        result = self.train(*arguments)
        for each in filter(None, (validated, dry, result)):
            self.assertEqual(each.returncode, code, each.stderr)
            self.assertEqual(len(each.stderr.strip().splitlines()), 1, each.stderr)
            for word in words:
                self.assertIn(word, each.stderr)
        self.assertFalse((self.folder / "out").exists())
        return result.stderr

    def outputs(self, *arguments):
        result = self.train(*arguments)
        self.assertEqual(result.returncode, 0, result.stderr)
        return self.eval_outputs(), result.stderr

    def eval_outputs(self):
        with open(self.folder / "out" / "outputs.csv", encoding="utf-8") as file:
            lines = [line for line in csv.DictReader(file) if line["mode"] == "eval" and line["split"] == "test"]
        width = 1 + max(int(line["output"]) for line in lines)
        found = np.full((ROWS, width), np.nan)
        for line in lines:
            found[int(line["sample"]), int(line["output"])] = float(line["value"])
        return found

    def check_outputs(self, expected, *arguments):
        found, stderr = self.outputs(*arguments)
        np.testing.assert_allclose(found, expected, rtol=1e-9, atol=1e-12)
        return stderr

    def table(self, name):
        with open(self.folder / "out" / f"{name}.csv", encoding="utf-8") as file:
            return list(csv.DictReader(file))
