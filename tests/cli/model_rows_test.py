"""What `diagnose` and `repair` make of a model's rows: labels that name outputs, few rows, rows of another shape, rows of two faults."""

import json
import unittest

import numpy as np

import onnx_by_hand
from own_model import LAYERS, ModelTest
from weights_support import batch_norm, numbers

EPSILON = 1e-3  # of a batch norm by default


class LabelsTest(ModelTest):
    """A model with three outputs, and labels that name them in several ways."""

    def told(self, labels, keep=None, test=None, code=0):
        """labels: what stands in the file for the labels 0, 1, 2; keep: the labels that occur; test: other labels for the test rows."""
        for split in ("train", "test"):
            x, y = np.load(self.x(split)), np.load(self.y(split))
            rows = np.isin(y, keep if keep is not None else [0, 1, 2])
            np.save(self.folder / f"lx_{split}.npy", x[rows])
            words = np.asarray(test if test is not None and split == "test" else labels)
            np.save(self.folder / f"ly_{split}.npy", words[y[rows]])
        done = self.run_in("diagnose", self.model(), "--json", "--data", "lx_train.npy", "--labels", "ly_train.npy", "--test", "lx_test.npy",
                           "--test-labels", "ly_test.npy")
        self.assertEqual(done.returncode, code, done.stdout + done.stderr)
        return (json.loads(done.stdout)["scores"]["stored"], done.stderr) if code == 0 else done.stderr

    def test_labels_from_0_name_outputs_whether_or_not_all_of_them_occur(self):
        for keep in ([0, 1, 2], [0, 2]):
            scores, notes = self.told([0, 1, 2], keep)
            self.assertGreater(scores["accuracy"], 0.8)
            self.assertNotIn("label", notes)
        scores, notes = self.told([0, 1, 2], [1, 2])
        self.assertGreater(scores["accuracy"], 0.8)
        self.assertIn("ly_train.npy: the labels are 1 to 2, and the model has 3 outputs: label n is taken for output n", notes)

    def test_labels_from_1_are_one_more_than_their_outputs(self):
        for keep in ([0, 1, 2], [0, 2]):
            expected, _ = self.told([0, 1, 2], keep)
            scores, notes = self.told([1, 2, 3], keep)
            self.assertEqual(scores, expected)
            self.assertIn("label n is taken for output n - 1", notes)

    def test_other_labels_are_outputs_in_ascending_order_and_that_is_said(self):
        expected, _ = self.told([0, 1, 2])
        scores, notes = self.told([-5, 10, 20])
        self.assertEqual(scores, expected)
        self.assertIn("-5 is output 0, 10 is output 1, 20 is output 2", notes)

    def test_labels_that_do_not_tell_their_outputs_are_refused(self):
        error = self.told([-5, 10, 20], [0, 2], code=2)
        self.assertIn("ly_train.npy: the labels are -5 to 20, but the model has 3 outputs", error)
        self.assertIn("0 to 2", error)
        error = self.told([0, 1, 4], code=2)
        self.assertIn("the labels are 0 to 4, but the model has 3 outputs", error)
        error = self.told([0, 1, 2], test=[0, 1, 3], code=65)
        self.assertIn("ly_test.npy", error)

    def test_words_of_a_table_are_outputs_in_ascending_order_and_that_is_said(self):
        words, lines = np.array(["ash", "beech", "cedar"]), {}
        for split in ("train", "test"):
            x, y = np.load(self.x(split)), np.load(self.y(split))
            for kind, labels in (("words", words[y]), ("numbers", 2 * (y > 0))):
                lines[kind] = "\n".join(",".join([*map(str, row), str(label)]) for row, label in zip(x, labels))
                self.write(f"{kind}_{split}.csv", "a,b,c,d,e,f,tree\n" + lines[kind] + "\n")
        done = self.run_in("diagnose", self.model(), "--json", "--data", "words_train.csv", "--labels", "tree", "--test", "words_test.csv")
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertIn("ash is output 0, beech is output 1, cedar is output 2", done.stderr)
        self.assertGreater(json.loads(done.stdout)["scores"]["stored"]["accuracy"], 0.8)
        done = self.run_in("diagnose", self.model(), "--json", "--data", "numbers_train.csv", "--labels", "tree", "--test", "numbers_test.csv")
        accuracy = json.loads(done.stdout)["scores"]["stored"]["accuracy"]
        # The labels 0 and 2 are outputs 0 and 2; taken as outputs 0 and 1, they would be right for other rows.
        self.assertAlmostEqual(accuracy, self.accuracy_as(np.array([0, 2, 2])), delta=0.001)

    def accuracy_as(self, output_of):
        """The accuracy of eval mode if the label y means the output output_of[y]."""
        own = self.trained.tensors
        y = np.load(self.x("test")).astype(float)
        for layer in ("first", "bn_1", "second", "bn_2", "out"):
            part = {key.split(".")[1]: value.astype(float) for key, value in own.items() if key.startswith(layer + ".")}
            if "kernel" in part:
                y = y @ part["kernel"] + part["bias"]
            else:
                parts = [part[word] for word in ("gamma", "beta", "moving_mean", "moving_variance")]
                y = np.maximum(batch_norm(y, parts, EPSILON), 0)
        return np.mean(y.argmax(1) == output_of[np.load(self.y("test"))])


class FewRowsTest(ModelTest):
    def answer(self, rows):
        np.save(self.folder / "few_x.npy", np.load(self.x("train"))[:rows])
        np.save(self.folder / "few_y.npy", np.load(self.y("train"))[:rows])
        return self.run_in("diagnose", self.cold(), "--json", "--data", "few_x.npy", "--labels", "few_y.npy", "--test", self.x("test"),
                           "--test-labels", self.y("test"))

    def test_a_few_training_rows_tell_nothing(self):
        for rows in (1, 2, 15):
            done = self.answer(rows)
            self.assertEqual(done.returncode, 2, done.stdout + done.stderr)
            told = json.loads(done.stdout)
            self.assertEqual((told["finding"], told["causes"], told["report"]), ("cannot-tell", [], None))
            self.assertIsNotNone(told["scores"]["stored"]["loss"])
            self.assertIn("--data: nothing can be told from", done.stderr)
        told = json.loads(self.answer(16).stdout)
        self.assertEqual(told["causes"][0]["cause"], "cold-start")

    def test_a_few_judged_rows_exclude_no_harm(self):
        np.save(self.folder / "few_x.npy", np.load(self.x("test"))[:3])
        np.save(self.folder / "few_y.npy", np.load(self.y("test"))[:3])
        done = self.run_in("diagnose", self.model(), "--data", self.x("train"), "--labels", self.y("train"), "--test", "few_x.npy",
                           "--test-labels", "few_y.npy")
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertIn("3 test rows are too few to exclude a harm", " ".join(done.stdout.split()))


class TwoFaultsTest(ModelTest):
    def test_wrong_statistics_are_told_beside_shifted_rows(self):
        # Statistics of rows between the training rows and the shifted ones: wrong for the training rows, and nearer to the shifted ones.
        own = self.trained.tensors
        between = (1.3 * np.load(self.x("train")) - 2) @ own["first.kernel"] + own["first.bias"]
        model = self.model(bn_1__moving_mean=lambda _: between.mean(0), bn_1__moving_variance=lambda _: between.var(0))
        (alone,) = self.diagnose(model, *self.rows(), code=4)["causes"]
        np.save(self.folder / "far.npy", (2.2 * np.load(self.x("test")) - 8).astype(np.float32))
        rows = ["--data", self.x("train"), "--labels", self.y("train"), "--test", "far.npy", "--test-labels", self.y("test")]
        told = self.diagnose(model, *rows, code=4)
        self.assertEqual([(one["cause"], one["rows"]) for one in told["causes"]], [("shifted-data", "test"), (alone["cause"], "data")])
        self.assertIn("and the statistics are wrong, too", told["summary"])
        page = (self.folder / told["report"]).read_text()
        self.assertTrue("statistics are wrong" in page and "shifted" in page)


class HistoryTest(ModelTest):
    """A state dict beside a config that does not give the momentum of its layers."""

    def test_the_momentum_counts_where_the_config_gives_none(self):
        share, updates = 0.75, 100
        network = [{key: value for key, value in layer.items() if key != "momentum"} for layer in LAYERS]
        (self.folder / "net.json").write_text(json.dumps({"data": {"type": "gaussian", "target": "zeros"}, "network": network}))
        known = [self.cold(share), "--network", "net.json", *self.rows(), "--momentum", share**(1 / updates), "--updates", updates]
        told = self.diagnose(*known, code=4)
        self.assertEqual([one["cause"] for one in told["causes"]], ["cold-start"])


class ShapeTest(ModelTest):
    """A convolution and a batch norm, for images of one channel."""

    def images(self, height, width):
        kernel, ones, zeros = numbers(2, 1, 3, 3, seed=1), np.ones(2, np.float32), np.zeros(2, np.float32)
        names = ("n.weight", "n.bias", "n.running_mean", "n.running_var")
        nodes = [onnx_by_hand.node("Conv", ["x", "c.weight"], "c", "/c/Conv"),
                 onnx_by_hand.node("BatchNormalization", ["c", *names], "n", "/n/BatchNormalization", epsilon=1e-5, momentum=0.9)]
        tensors = {"c.weight": kernel} | dict(zip(names, (ones, zeros, zeros, ones)))
        return self.write("cnn.onnx", onnx_by_hand.model(nodes, tensors, ("x", ["n", 1, height, width]), ("n", ["n", 2, "h", "w"])))

    def test_flat_images_are_told_the_shape_and_the_line_that_gives_it(self):
        model = self.images(8, 8)
        for rows, shape in (("flat", (20, 64)), ("grey", (20, 8, 8))):
            np.save(self.folder / f"{rows}.npy", np.zeros(shape, np.float32))
            done = self.run_in("diagnose", model, "--data", f"{rows}.npy")
            self.assertEqual(done.returncode, 2, done.stderr)
            self.assertIn("the model takes (1, 8, 8)", done.stderr)
            self.assertIn("reshape(-1, 1, 8, 8)", done.stderr)
            self.assertNotIn("layout", done.stderr)

    def test_describe_shows_the_layers_of_a_model(self):
        described = self.run_in("describe", self.images(8, 8))
        self.assertEqual(described.returncode, 0, described.stderr)
        self.assertRegex(described.stdout, r"(?m)^ *c +conv2d +\(6, 6, 2\)")
        told = json.loads(self.run_in("describe", "cnn.onnx", "--json").stdout)
        self.assertEqual([(layer["type"], layer["output"]) for layer in told["layers"][:2]], [("conv2d", [6, 6, 2]), ("batch", [6, 6, 2])])
        self.assertEqual((told["input"], told["parameters"]), ([1, 8, 8], 18 + 4))
        done = self.run_in("describe", "cnn.onnx", "--epochs", "3")
        self.assertEqual((done.returncode, "--epochs" in done.stderr), (2, True), done.stderr)

    def test_sizes_that_the_file_leaves_open_are_those_of_the_rows(self):
        model = self.images("h", "w")
        self.assertIn("initial-statistics", self.run_in("validate", model).stdout)
        outputs = []
        for shape in ((20, 1, 7, 9), (20, 7, 9, 1)):
            np.save(self.folder / "x.npy", numbers(20 * 63, seed=3).reshape(shape))
            done = self.run_in("diagnose", model, "--json", "--data", "x.npy")
            self.assertIn(done.returncode, (0, 4), done.stderr)
            outputs.append(json.loads(done.stdout)["gap"])
        self.assertEqual(outputs[0], outputs[1])


if __name__ == "__main__":
    unittest.main()
