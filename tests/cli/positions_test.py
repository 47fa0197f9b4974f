"""A class for each step of a sequence or pixel of an image: training, comparison, diagnosis, and what is refused."""

import json
import unittest

import numpy as np

import onnx_by_hand
from support import CommandLineTest, rows

PER_STEP = [{"type": "dense", "units": 6, "use_bias": False}, {"type": "norm"}, {"type": "relu"}, {"type": "dense", "units": 3}]


class PositionsTest(CommandLineTest):
    def config(self, **parts):
        whole = {"name": "tagged", "precision": "float64", "network": PER_STEP, "norm": {"type": "batch"}, **parts}
        self.write("c.json", json.dumps(whole))
        return "c.json"

    def trained(self, out, **parts):
        done = self.run_in("train", "--config", self.config(**parts), "--out", out, "--quiet")
        self.assertEqual(done.returncode, 0, done.stderr)
        return rows(self.folder / out / "runs.csv")[0]

    def save(self, **arrays):
        for name, array in arrays.items():
            np.save(self.folder / f"{name}.npy", array)

    @staticmethod
    def tags(rng, *shape):
        """Three features at each position, and the largest one's number as the label."""
        x = rng.normal(size=[*shape, 3])
        return x, np.argmax(x, -1)


class LearningTest(PositionsTest):
    def test_each_step_is_tagged_by_what_came_before_it(self):
        run = self.trained(
            "out", network=[{"type": "lstm", "units": 24, "return_sequences": True}, {"type": "norm"}, {"type": "dense", "units": 3}],
            precision="float32", norm={"type": "batch"},
            data={"type": "sequences", "samples": 1500, "test_samples": 300, "features": 4, "classes": 3, "min_length": 4, "max_length": 10,
                  "label_of": "step"},
            train={"batch_size": 32, "epochs": 10, "optimizer": {"type": "adam", "learning_rate": 0.01}})
        self.assertGreater(float(run["test_accuracy_eval"]), 0.9)
        self.assertGreater(float(run["train_accuracy"]), 0.9)
        compared = rows(self.folder / "out" / "compare.csv")[0]
        self.assertGreater(int(compared["samples"]), 300)
        self.assertNotEqual(compared["disagreement"], "")
        self.assertTrue((self.folder / "out" / "report.html").exists())
        counted = [int(row["samples"]) for row in rows(self.folder / "out" / "classes.csv") if row["mode"] == "eval"]
        self.assertEqual(sum(counted), int(run["test_samples"]))

    def test_steps_without_neighbours_are_learned_as_rows(self):
        x, y = self.tags(np.random.default_rng(1), 40, 5)
        self.save(x=x, y=y, flat_x=x.reshape(200, 3), flat_y=y.reshape(200))
        runs = []
        for name, size in (("", 8), ("flat_", 40)):
            runs.append(self.trained(
                f"out{name}", data={"type": "npy", "train": {"features": f"{name}x.npy", "labels": f"{name}y.npy"}, "test_fraction": 0,
                                    "batching": {"order": "sequential"}},
                train={"batch_size": size, "epochs": 4, "label_smoothing": 0.1, "class_weight": [1, 2, 0.5]},
                compare={"splits": ["train"], "pairs": [["initial-statistics", "eval"]]}))
        for column in ("train_loss", "train_accuracy"):
            self.assertAlmostEqual(float(runs[0][column]), float(runs[1][column]), delta=1e-12)
        compared = [rows(self.folder / out / "compare.csv")[0] for out in ("out", "outflat_")]
        for column in ("samples", "loss_a", "loss_b", "accuracy_b", "relative_gap", "kl", "disagreement"):
            self.assertAlmostEqual(float(compared[0][column]), float(compared[1][column]), delta=1e-10)
        scores = [{(row["mode"], row["metric"], row["target"]): float(row["value"]) for row in rows(self.folder / out / "scores.csv")
                   if row["mode"] == "eval"} for out in ("out", "outflat_")]
        self.assertTrue(scores[0])
        for key, value in scores[0].items():
            self.assertAlmostEqual(value, scores[1][key], delta=1e-10)

    def test_padded_steps_and_ignored_labels_count_for_nothing(self):
        rng = np.random.default_rng(2)
        x, y = self.tags(rng, 60, 6)
        lengths = rng.integers(1, 7, 60)
        y[rng.random(y.shape) < 0.2] = -1
        padded = np.arange(6) >= lengths[:, None]
        for name in ("a", "b"):
            x[padded] = rng.normal(size=[padded.sum(), 3])
            y[padded] = rng.integers(-7, 90, padded.sum())
            self.save(**{f"{name}x": x, f"{name}y": y}, n=lengths)
            files = {"features": f"{name}x.npy", "labels": f"{name}y.npy", "lengths": "n.npy"}
            self.trained(name, data={"type": "npy", "train": files, "ignore_label": -1}, train={"batch_size": 8, "epochs": 3},
                         name="same", compare={"outputs": 3})
        first, second = self.bytes_of("a"), self.bytes_of("b")
        for name in ("runs.csv", "compare.csv", "scores.csv", "classes.csv", "outputs.csv", "history.csv", "layers.csv", "diagnosis.csv"):
            self.assertEqual(first[name].replace(b"ax.npy", b""), second[name].replace(b"bx.npy", b""), name)
        shown = rows(self.folder / "a" / "outputs.csv")
        for row in shown:
            self.assertLess(int(row["output"]) // 3, 6)
        run = rows(self.folder / "a" / "runs.csv")[0]
        self.assertLess(int(run["test_samples"]), 12 * 6)

    def test_pixels_are_told_apart(self):
        x, y = self.tags(np.random.default_rng(3), 50, 4, 5)
        self.save(x=np.moveaxis(x, -1, 1), y=y)
        run = self.trained("out", data={"type": "npy", "layout": "nchw", "train": {"features": "x.npy", "labels": "y.npy"}},
                           network=[{"type": "conv2d", "filters": 6, "kernel_size": 3, "padding": "same"}, {"type": "norm"}, {"type": "relu"},
                                    {"type": "dense", "units": 3}, {"type": "softmax"}],
                           train={"batch_size": 8, "epochs": 30, "optimizer": {"type": "adam", "learning_rate": 0.02}})
        self.assertGreater(float(run["test_accuracy_eval"]), 0.9)
        self.assertEqual(run["test_samples"], "200")

    def test_init_writes_a_config_that_learns_the_steps(self):
        x, y = self.tags(np.random.default_rng(4), 80, 6)
        np.savez(self.folder / "d.npz", X=x, y=y, lengths=np.full(80, 5))
        done = self.run_in("init", "d.npz", "--out", "d.json")
        self.assertEqual(done.returncode, 0, done.stderr)
        config = json.loads((self.folder / "d.json").read_text(encoding="utf-8"))
        self.assertEqual(config["data"]["train"]["lengths"], "d.npz:lengths")
        self.assertEqual([layer["type"] for layer in config["network"]], ["conv1d", "norm", "relu", "conv1d", "norm", "relu", "dense"])
        done = self.run_in("train", "--config", "d.json", "--out", "out", "--quiet", "--set", "train.epochs=3", "--seeds", "0", "--set",
                           "train.batch_size=16", "--set", "norm.type=batch")
        self.assertEqual(done.returncode, 0, done.stderr)


class RefusalTest(PositionsTest):
    def refused(self, code, *words, y=None, shape=(20, 5), **parts):
        x, own = self.tags(np.random.default_rng(5), *shape)
        self.save(x=x, y=own if y is None else y(own))
        data = {"type": "npy", "train": {"features": "x.npy", "labels": "y.npy"}, **parts.pop("data", {})}
        done = self.run_in("train", "--config", self.config(data=data, **parts))
        self.assert_refused(done, code, *words)
        self.assertEqual(len(done.stderr.splitlines()), 1, done.stderr)

    def test_what_the_network_gives_must_have_the_shape_of_the_labels(self):
        self.refused(2, "4 outputs", "3 classes", "units 3", network=[{"type": "dense", "units": 4}])
        self.refused(2, "3 outputs", "labels of shape (5)", "(5, classes)",
                     network=[{"type": "lstm", "units": 4}, {"type": "dense", "units": 3}])
        self.refused(2, "labels of shape (4)", y=lambda y: y[:, :4])

    def test_labels_that_are_no_classes(self):
        self.refused(65, "y.npy", "row 1 column 1 has label -1", "\"ignore_label\": -1", y=lambda y: np.where(np.arange(5) == 0, -1, y))
        self.refused(65, "y.npy", "255", "\"ignore_label\": 255", y=lambda y: np.where(np.arange(5) == 0, 255, y))
        self.refused(65, "y.npy", "has label 2", data={"classes": 2}, y=lambda y: np.where(np.arange(5) == 4, 2, y % 2))

    def test_rows_of_several_classes_have_no_order_by_class(self):
        self.refused(2, "data.batching", "by-class", data={"batching": {"order": "by-class"}})
        self.refused(2, "train.clients", "by-class", train={"clients": {"count": 2, "split": "by-class"}})


class ForeignTest(PositionsTest):
    """A segmentation network of two 1 x 1 convolutions as PyTorch exports it, whose labels are what it gives with sound statistics."""

    def setUp(self):
        super().setUp()
        rng = np.random.default_rng(6)
        self.x = rng.normal(1.0, 2.0, [300, 2, 3, 4]).astype("f4")
        tensors = {"first.weight": rng.normal(size=[8, 2, 1, 1]), "bn.weight": np.ones(8), "bn.bias": rng.normal(0, 0.5, 8),
                   "out.weight": rng.normal(size=[3, 8, 1, 1]), "out.bias": np.zeros(3)}
        hidden = np.einsum("oc,nchw->nohw", tensors["first.weight"][:, :, 0, 0], self.x)
        mean, variance = hidden.mean((0, 2, 3)), hidden.var((0, 2, 3))
        scaled = (hidden - mean[:, None, None]) / np.sqrt(variance + 1e-5)[:, None, None] + tensors["bn.bias"][:, None, None]
        outputs = np.einsum("oc,nchw->nohw", tensors["out.weight"][:, :, 0, 0], np.maximum(scaled, 0))
        labels = np.argmax(outputs, 1)
        labels[:, 0, 0] = 255
        self.save(x=self.x, y=labels, outputs=outputs.astype("f4"))
        nodes = [onnx_by_hand.node("Conv", ["x", "first.weight"], "h", "first"),
                 onnx_by_hand.node("BatchNormalization", ["h", "bn.weight", "bn.bias", "bn.running_mean", "bn.running_var"], "n", "bn",
                                   epsilon=1e-5, momentum=0.9),
                 onnx_by_hand.node("Relu", ["n"], "r", "relu"), onnx_by_hand.node("Conv", ["r", "out.weight", "out.bias"], "y", "out")]
        for name, (own_mean, own_variance) in {"sound": (mean, variance), "cold": (np.zeros(8), np.ones(8))}.items():
            own = {**tensors, "bn.running_mean": own_mean, "bn.running_var": own_variance}
            self.write(f"{name}.onnx", onnx_by_hand.model(nodes, own, ("x", ["n", 2, 3, 4]), ("y", ["n", 3, 3, 4])))

    def answer(self, name, code, *more):
        done = self.run_in("diagnose", f"{name}.onnx", "--data", "x.npy", "--labels", "y.npy", "--ignore-label", "255", "--json", "--out", name, *more)
        self.assertEqual(done.returncode, code, done.stdout + done.stderr)
        return json.loads(done.stdout)

    def test_a_segmentation_network_is_judged_by_its_pixels(self):
        sound, cold = self.answer("sound", 0, "--outputs", "outputs.npy"), self.answer("cold", 4)
        self.assertTrue(sound["outputs_equal"])
        self.assertEqual(sound["scores"]["stored"]["accuracy"], 1)
        self.assertLess(cold["scores"]["stored"]["accuracy"], 0.95)
        self.assertEqual(cold["scores"]["recomputed"]["accuracy"], 1)
        self.assertEqual(int(rows(self.folder / "cold" / "compare.csv")[0]["samples"]), 300 * 11)
        judged = {int(row["samples"]) for row in rows(self.folder / "cold" / "diagnosis.csv")}
        self.assertEqual(judged, {300})  # a test counts images, whose pixels are not independent
        done = self.run_in("repair", "cold.onnx", "--data", "x.npy", "--labels", "y.npy", "--ignore-label", "255", "--json", "-o", "new.onnx")
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertEqual(json.loads(done.stdout)["after"]["accuracy"], 1)

    def test_255_must_be_said_to_count_for_nothing(self):
        done = self.run_in("diagnose", "cold.onnx", "--data", "x.npy", "--labels", "y.npy")
        self.assertEqual(done.returncode, 65)
        self.assert_told(done.stderr.splitlines()[0], "error", "y.npy", "255", "--ignore-label 255")

    def test_labels_of_another_size_than_the_outputs_are_told_so(self):
        np.save(self.folder / "y.npy", np.load(self.folder / "y.npy")[:, :2])
        done = self.run_in("diagnose", "cold.onnx", "--data", "x.npy", "--labels", "y.npy", "--ignore-label", "255")
        self.assertEqual(done.returncode, 2)
        self.assertIn("labels of shape (2, 4)", done.stderr)


if __name__ == "__main__":
    unittest.main()
