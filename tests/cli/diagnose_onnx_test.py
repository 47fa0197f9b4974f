"""`normrun diagnose`, `repair`, `compare` and `inspect` on ONNX models, which onnx_by_hand writes."""

import json
import unittest

import numpy as np

import onnx_by_hand
from own_model import ModelTest, tensors
from weights_support import batch_norm


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

    def test_damaged_statistics_are_named_and_repaired_although_their_loss_is_no_number(self):
        for number in (float("nan"), -0.5):
            with self.subTest(number=number):
                self.onnx()
                self.tensors_of["bn_2.running_var"] = np.array(self.tensors_of["bn_2.running_var"])
                self.tensors_of["bn_2.running_var"][3] = number
                model = self.write("damaged.onnx", onnx_by_hand.mlp(self.tensors_of))
                done = self.run_in("diagnose", model, *self.rows(), "--out", f"damaged_{number}")
                self.assertEqual(done.returncode, 65)
                self.assertIn("damaged.onnx: bn_2.moving_variance has 1 numbers of 16", done.stderr)
                self.assertIn("normrun repair", done.stderr)
                repaired = self.run_in("repair", model, *self.rows(), "-o", "mended.onnx")
                self.assertEqual(repaired.returncode, 0, repaired.stderr)
                self.assertNotIn("nan [", repaired.stdout)
                done = self.run_in("diagnose", "mended.onnx", *self.rows(), "--out", f"mended_{number}")
                self.assertEqual(done.returncode, 0, done.stdout)

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


if __name__ == "__main__":
    unittest.main()
