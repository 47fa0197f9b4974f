"""Defaults that follow how a number is read, losses and last layers that belong together, and what one output or one class means."""

import csv
import json
import math
import unittest

import numpy as np

from support import CommandLineTest

ROWS = 6
X = np.array([[1.0, -2.0], [3.0, 0.5], [-1.0, 4.0], [2.0, 2.0], [0.5, -3.0], [-2.5, 1.0]])


class ConventionsTest(CommandLineTest):
    def config(self, network, x=X, y=None, name="c.json", compare=None, **train):
        np.save(self.folder / "x.npy", x)
        np.save(self.folder / "y.npy", np.zeros(len(x)) if y is None else np.array(y))
        files = {"features": "x.npy", "labels": "y.npy"}
        config = {
            "name": "c",
            "precision": "float64",
            "data": {"type": "npy", "train": files, "test": files, "batching": {"order": "sequential"}},
            "network": network,
            "train": {"batch_size": len(x), "steps": 0, **train},
            "compare": {"outputs": len(x), "batching": "training", "pairs": [["train", "eval"]], **(compare or {})},
        }
        self.write(name, json.dumps(config))
        return config

    def train(self, *arguments):
        return self.run_in("train", "--config", "c.json", "--out", "out", "--force", *arguments)

    def trained(self, *arguments):
        result = self.train(*arguments)
        self.assertEqual(result.returncode, 0, result.stderr)

    def refused(self, *words):
        result = self.run_in("validate", "c.json")
        self.assertEqual(result.returncode, 2, result.stdout + result.stderr)
        for word in words:
            self.assertIn(word, result.stderr)

    def accepted(self):
        result = self.run_in("validate", "c.json")
        self.assertEqual(result.returncode, 0, result.stderr)

    def table(self, name):
        with open(self.folder / "out" / f"{name}.csv", encoding="utf-8") as file:
            return list(csv.DictReader(file))

    def outputs(self, mode="eval"):
        lines = [line for line in self.table("outputs") if line["mode"] == mode]
        found = {(int(line["sample"]), int(line["output"])): float(line["value"]) for line in lines}
        width = 1 + max(output for _, output in found)
        return np.array([[found[row, output] for output in range(width)] for row in range(ROWS)])


class DefaultsTest(ConventionsTest):
    def test_a_momentum_that_is_not_given_is_read_as_it_is_weighed(self):
        """After one batch of mean m the moving mean, which starts at 0, is the new value's weight times m."""
        for options, weight in (({"convention": "torch", "momentum_weighs": "new"}, 0.1), ({"momentum_weighs": "new"}, 0.01),
                                ({"convention": "flax", "momentum_weighs": "new"}, 0.01), ({"convention": "torch"}, 0.1), ({}, 0.01),
                                ({"momentum_weighs": "old"}, 0.01), ({"momentum_weighs": "new", "momentum": 0.25}, 0.25)):
            with self.subTest(**options):
                self.config([{"type": "batch", **options}, {"type": "dense", "units": 1}], steps=1, optimizer={"type": "sgd", "learning_rate": 0})
                self.trained()
                found = [float(line["moving_mean"]) for line in self.table("channels")]
                np.testing.assert_allclose(found, weight * X.mean(axis=0), rtol=1e-12)

    def test_swept(self):
        self.config([{"type": "norm"}, {"type": "dense", "units": 1}], steps=1, optimizer={"type": "sgd", "learning_rate": 0})
        self.trained("--set", 'norm={"type": "batch", "convention": "torch"}', "--grid", "norm.momentum_weighs=old,new")
        old, new = (float(self.table("channels")[row]["moving_mean"]) for row in (0, 2))
        self.assertAlmostEqual(old, new, places=15)
        self.assertAlmostEqual(new, 0.1 * X[:, 0].mean(), places=15)

    def test_nesterov_without_momentum_is_plain_in_keras_and_refused_in_pytorch(self):
        network = [{"type": "dense", "units": 1, "kernel_initializer": "ones"}]
        self.config(network, steps=3, optimizer={"type": "sgd", "learning_rate": 0.01})
        self.trained()
        plain = self.outputs()
        self.config(network, steps=3, optimizer={"type": "sgd", "learning_rate": 0.01, "nesterov": True})
        self.trained()
        np.testing.assert_array_equal(self.outputs(), plain)
        self.config(network, optimizer={"type": "sgd", "convention": "torch", "nesterov": True})
        self.refused("/train/optimizer/nesterov")

    def test_gamma_and_beta_decay_as_in_both_frameworks(self):
        """A learning rate of 0.1 and a decay of 0.5 by Keras's form: gamma starts at 1 and its gradient is 0 where the kernel is."""
        network = [{"type": "batch"}, {"type": "dense", "units": 1, "kernel_initializer": "zeros"}]
        for options, gamma in (({}, 0.95), ({"convention": "torch"}, 0.95), ({"decay_normalization": False}, 1.0)):
            with self.subTest(**options):
                self.config(network, steps=1, optimizer={"type": "sgd", "learning_rate": 0.1, "weight_decay": 0.5, **options})
                self.trained()
                for line in self.table("channels"):
                    self.assertAlmostEqual(float(line["gamma"]), gamma, places=12)


class LogitsTest(ConventionsTest):
    def test_logits_are_what_the_last_activation_takes_whatever_the_loss(self):
        before = X.sum(axis=1, keepdims=True)
        after = {"sigmoid": 1 / (1 + np.exp(-before)), "tanh": np.tanh(before), "relu": np.maximum(before, 0)}
        for activation, values in after.items():
            for on, expected in (("logits", before), ("outputs", values)):
                with self.subTest(activation=activation, on=on):
                    self.config([{"type": "dense", "units": 1, "kernel_initializer": "ones"}, {"type": activation}], loss="mse", compare={"on": on})
                    self.trained()
                    np.testing.assert_allclose(self.outputs(), expected, rtol=1e-12)

    def test_softmax_with_mse(self):
        self.config([{"type": "dense", "units": 2, "kernel_initializer": "ones"}, {"type": "softmax"}], y=np.zeros((ROWS, 2)), loss="mse",
                    compare={"on": "logits"})
        self.trained()
        np.testing.assert_allclose(self.outputs(), X.sum(axis=1, keepdims=True) * np.ones((1, 2)), rtol=1e-12)

    def test_the_loss_stays_that_of_the_outputs(self):
        self.config([{"type": "dense", "units": 1, "kernel_initializer": "ones"}, {"type": "sigmoid"}], loss="mse", compare={"on": "logits"})
        self.trained()
        expected = np.mean((1 / (1 + np.exp(-X.sum(axis=1)))) ** 2)
        self.assertAlmostEqual(float(self.table("compare")[0]["loss_b"]), expected, places=12)


class ClassesTest(ConventionsTest):
    def test_one_class_by_one_output_is_always_right(self):
        self.config([{"type": "dense", "units": 1, "kernel_initializer": "ones"}], y=np.zeros(ROWS, dtype=np.int64))
        self.trained()
        (run,) = self.table("runs")
        self.assertEqual((float(run["test_loss_eval"]), float(run["test_accuracy_eval"])), (0, 1))
        self.assertEqual({line["recall"] for line in self.table("classes")}, {"1"})

    def test_one_class_and_more_outputs_says_so(self):
        for network, loss in (([{"type": "dense", "units": 3}], "auto"), ([{"type": "dense", "units": 1}], "binary-cross-entropy"),
                              ([{"type": "dense", "units": 1}], "mse")):
            self.config(network, y=np.zeros(ROWS, dtype=np.int64), loss=loss)
            self.refused("1 class", "nothing to tell apart")

    def test_one_output_that_mse_draws_to_0_or_1_tells_two_classes_apart_at_one_half(self):
        """With a last sigmoid every output is above 0."""
        labels = [int(row.sum() > 0) for row in X]
        self.assertEqual(sorted(set(labels)), [0, 1])
        self.config([{"type": "dense", "units": 1, "kernel_initializer": "ones"}, {"type": "sigmoid"}], y=np.array(labels), loss="mse")
        self.trained()
        self.assertEqual(float(self.table("runs")[0]["test_accuracy_eval"]), 1.0)
        self.config([{"type": "dense", "units": 1, "kernel_initializer": "ones"}], y=np.array(labels), loss="mse")
        self.trained()
        right = sum(int(row.sum() > 0.5) == label for row, label in zip(X, labels))
        self.assertAlmostEqual(float(self.table("runs")[0]["test_accuracy_eval"]), right / ROWS)


class LastLayersTest(ConventionsTest):
    labels = np.array([0, 1, 2, 0, 1, 2])
    two = np.array([0, 1, 0, 1, 0, 1])

    def test_probabilities_are_no_logits(self):
        dense = {"type": "dense", "units": 3}
        one = {"type": "dense", "units": 1}
        cases = [
            ([dense, {"type": "softmax"}, {"type": "dropout", "rate": 0.2}], self.labels, "auto", "softmax_1"),
            ([dense, {"type": "softmax"}, {"type": "softmax"}], self.labels, "auto", "softmax_1"),
            ([dense, {"type": "sigmoid"}], self.labels, "auto", "sigmoid_1"),
            ([dense, {"type": "sigmoid"}, {"type": "relu"}], self.labels, "softmax-cross-entropy", "sigmoid_1"),
            ([{**dense, "activation": "softmax"}, {"type": "dropout", "rate": 0.2}], self.labels, "auto", "dense_0_softmax"),
            ([one, {"type": "softmax"}], self.two, "auto", "softmax_1"),
            ([one, {"type": "sigmoid"}, {"type": "dropout", "rate": 0.2}], self.two, "auto", "sigmoid_1"),
            ([one, {"type": "softmax"}], self.two, "binary-cross-entropy", "softmax_1"),
            ([dense, {"type": "softmax"}], np.full((ROWS, 3), 0.5), "binary-cross-entropy", "softmax_1"),
        ]
        for network, y, loss, layer in cases:
            with self.subTest(network=network, loss=loss):
                self.config(network, y=y, loss=loss)
                self.refused(f"layer {layer}", "cross-entropy")

    def test_what_belongs_together_stays(self):
        dense = {"type": "dense", "units": 3}
        one = {"type": "dense", "units": 1}
        for network, y, loss in (
            ([dense, {"type": "softmax"}], self.labels, "auto"),
            ([dense, {"type": "softmax"}], self.labels, "mse"),
            ([dense, {"type": "sigmoid"}, dense], self.labels, "auto"),
            ([dense, {"type": "sigmoid"}, {"type": "batch"}], self.labels, "auto"),
            ([one, {"type": "sigmoid"}], self.two, "auto"),
            ([one, {"type": "tanh"}], self.two, "auto"),
            ([dense, {"type": "sigmoid"}], np.full((ROWS, 3), 0.5), "binary-cross-entropy"),
            ([one, {"type": "sigmoid"}, {"type": "dropout", "rate": 0.2}], np.full(ROWS, 0.5), "mse"),
        ):
            with self.subTest(network=network, loss=loss):
                self.config(network, y=y, loss=loss)
                self.accepted()

    def test_softmax_over_one_output_is_1_whatever_it_takes(self):
        self.config([{"type": "dense", "units": 1}, {"type": "softmax"}], loss="mse")
        self.refused("layer softmax_1", "gives 1")

    def test_softmax_of_each_position_and_a_loss_over_all(self):
        self.config([{"type": "dense", "units": 2}, {"type": "softmax"}, {"type": "flatten"}], x=np.ones((ROWS, 2, 3)),
                    y=np.array([0, 1, 2, 3, 0, 1]))
        self.refused("layer softmax_1", "flatten")


class OverflowTest(ConventionsTest):
    def test_data_without_a_square_are_no_zeros(self):
        x = X.copy()
        x[2, 1] = 1e20
        for norm in ("rms", "batch", "layer"):
            with self.subTest(norm=norm):
                self.config([{"type": norm}], x=x, y=np.zeros((ROWS, 2)))
                result = self.train("--set", "precision=float32")
                self.assertEqual(result.returncode, 3, result.stderr)
                for word in ("layer " + norm + "_0", "column 1", "row 2", "1e+20", "float32"):
                    self.assertIn(word, result.stderr)
                self.trained()  # float64
                if norm == "rms":
                    self.assertAlmostEqual(self.outputs()[2, 1], math.sqrt(2), places=6)

    def test_inside_the_network_the_layer_is_named(self):
        """Ten numbers of 1e19 each have a square, but their sum has none."""
        self.config([{"type": "dense", "units": 10, "kernel_initializer": {"type": "constant", "value": 1e19}}, {"type": "layer", "name": "inside"}],
                    x=np.array([[k, k + 1.0] for k in range(1, ROWS + 1)]), y=np.zeros((ROWS, 10)), steps=1)
        result = self.train("--set", "precision=float32", "--set", 'network.0.kernel_initializer={"type": "random_normal", "stddev": 1e19}')
        self.assertEqual(result.returncode, 3, result.stderr)
        self.assertEqual(self.table("runs")[0]["status"], "diverged")
        for word in ("layer inside", "squares overflow float32", "float64"):
            self.assertIn(word, result.stderr)
        # Numbers that grew in the training are not cured by other data.
        result = self.train("--set", "precision=float32", "--set", "train.steps=40", "--set", 'train.optimizer={"type": "sgd", "learning_rate": 1e12}',
                            "--set", "network.0.kernel_initializer=he_normal", "--force")
        self.assertEqual(result.returncode, 3, result.stderr)
        self.assertIn("lower the learning rate", result.stderr)
        self.assertNotIn("scale the data", result.stderr)


class StepTargetsTest(ConventionsTest):
    """Sequences of one length with a number, or one of two classes, for each step."""

    X = np.sin(np.arange(ROWS * 5 * 2)).reshape(ROWS, 5, 2)
    NETWORK = [{"type": "lstm", "units": 3, "return_sequences": True}, {"type": "batch"}, {"type": "dense", "units": 1}, {"type": "flatten"}]

    def test_a_number_for_each_step(self):
        y = np.cumsum(self.X[:, :, 0], axis=1)
        self.config(self.NETWORK, self.X, y, steps=20)
        self.trained()
        run, = self.table("runs")
        for mode in ("eval", "train"):
            loss = np.mean((self.outputs(mode) - y) ** 2)
            self.assertAlmostEqual(float(run[f"test_loss_{mode}"]), loss, delta=1e-12 * loss)

    def test_one_of_two_classes_for_each_step(self):
        y = (np.cumsum(self.X[:, :, 0], axis=1) > 0).astype(float)
        self.config(self.NETWORK, self.X, y, steps=20, loss="binary-cross-entropy")
        self.trained()
        run, = self.table("runs")
        for mode in ("eval", "train"):
            z = self.outputs(mode)
            loss = np.mean(np.log1p(np.exp(z)) - y * z)
            self.assertAlmostEqual(float(run[f"test_loss_{mode}"]), loss, delta=1e-12 * loss)
        self.assertEqual(run["test_accuracy_eval"], "")


if __name__ == "__main__":
    unittest.main()
