"""Weights files that training starts from: what does not fit is refused with a list, before anything is trained."""

import json
import unittest

import numpy as np

from weights_support import WeightsTest, batch_norm, norm_parts, numbers, safetensors

DENSE = [{"type": "dense", "units": 5}, {"type": "batch", "convention": "torch"}, {"type": "relu"}, {"type": "dense", "units": 3}]


def own_tensors(**changes):
    gamma, beta, mean, variance = norm_parts(5, 20)
    tensors = {
        "dense_0.kernel": numbers(4, 5, seed=1), "dense_0.bias": numbers(5, seed=2),
        "batch_1.gamma": gamma, "batch_1.beta": beta, "batch_1.moving_mean": mean, "batch_1.moving_variance": variance,
        "dense_3.kernel": numbers(5, 3, seed=3), "dense_3.bias": numbers(3, seed=4),
    }
    for name, value in changes.items():
        name = name.replace("__", ".")
        if value is None:
            del tensors[name]
        else:
            tensors[name] = value
    return tensors


def own_outputs(x, tensors):
    parts = [tensors[f"batch_1.{part}"] for part in ("gamma", "beta", "moving_mean", "moving_variance")]
    hidden = np.maximum(batch_norm(x @ tensors["dense_0.kernel"] + tensors["dense_0.bias"], parts), 0)
    return hidden @ tensors["dense_3.kernel"] + tensors["dense_3.bias"]


class StrictTest(WeightsTest):
    def test_every_tensor_that_does_not_match_is_named_at_once(self):
        self.config(DENSE)
        tensors = own_tensors(dense_3__kernel=None, dense_0__bias=None)
        tensors["dense_3.kernels"] = numbers(5, 3)
        tensors["extra"] = numbers(2)
        tensors["batch_1.gamma"] = numbers(6)
        self.store(tensors)
        self.refused("w.safetensors", "dense_3.kernels (5, 3)", "extra (2)", "dense_3.kernel (5, 3)", "dense_0.bias (5)", "batch_1.gamma (6)",
                     '"strict": false')

    def test_numbers_that_cannot_be(self):
        for name, wrong in (("dense_0.kernel", np.nan), ("dense_3.bias", np.inf), ("batch_1.moving_mean", -np.inf),
                            ("batch_1.moving_variance", -1e-3), ("batch_1.gamma", np.nan)):
            for strict in (True, False):
                with self.subTest(name=name, strict=strict):
                    self.config(DENSE, strict=strict)
                    tensors = own_tensors()
                    tensors[name].flat[1] = wrong
                    self.store(tensors)
                    self.refused(name, "1 of ")

    def test_a_name_twice(self):
        self.config(DENSE)
        content = safetensors(own_tensors())
        self.write("w.safetensors", content.replace(b'"dense_3.bias"', b'"dense_0.bias"'))
        self.refused("w.safetensors", "dense_0.bias")

    def test_without_a_count_of_updates_it_is_unknown(self):
        self.config(DENSE)
        self.store(own_tensors())
        self.check_outputs(own_outputs(self.x, own_tensors()))
        (line,) = self.table("layers")
        self.assertEqual((line["updates"], line["init_share"]), ("", ""))
        self.store({**own_tensors(), "batch_1.updates": np.array([7.0])})
        self.check_outputs(own_outputs(self.x, own_tensors()))
        (line,) = self.table("layers")
        self.assertEqual(line["updates"], "7")
        self.assertAlmostEqual(float(line["init_share"]), 0.9**7)

    def test_a_cumulative_average_needs_the_count(self):
        self.config([DENSE[0], {"type": "batch", "average": "cumulative"}, *DENSE[2:]])
        self.store(own_tensors())
        self.refused("batch_1.updates (1)", "cumulative")

    def test_training_goes_on_where_the_count_is_unknown(self):
        self.config(DENSE, steps=3)
        self.store(own_tensors())
        result = self.train()
        self.assertEqual(result.returncode, 0, result.stderr)
        with_count = {**own_tensors(), "batch_1.updates": np.array([7.0])}
        whole = self.eval_outputs()
        self.store(with_count)
        np.testing.assert_array_equal(self.outputs()[0], whole)

    def test_a_swept_norm_leaves_the_tensors_of_the_others_with_a_note(self):
        self.config([DENSE[0], {"type": "norm"}, *DENSE[2:]])
        self.store(own_tensors())
        result = self.train("--set", 'norm={"type": "batch", "convention": "torch"}', "--grid", "norm.type=batch,layer,none")
        self.assertEqual(result.returncode, 0, result.stderr)
        self.assertIn("batch_1.moving_variance (5)", result.stderr)
        self.assertIn("layer_1.gamma (5)", result.stderr)
        # Only of a normalization, and only of one that another run has.
        self.store({**own_tensors(), "batch_2.gamma": numbers(5)})
        self.write("out/left.txt", "")
        result = self.train("--set", 'norm={"type": "batch"}', "--grid", "norm.type=batch,layer,none")
        self.assertEqual(result.returncode, 65, result.stderr)
        self.assertIn("batch_2.gamma (5)", result.stderr)

    def test_a_tensor_that_one_of_the_swept_norms_misses_is_refused_before_training(self):
        self.config([DENSE[0], {"type": "norm"}, *DENSE[2:]])
        self.store(own_tensors(batch_1__gamma=None))
        for norms in ("batch,layer", "layer,batch"):
            self.refused("batch_1.gamma (5)", arguments=("--set", 'norm={"type": "batch"}', "--grid", f"norm.type={norms}"))

    def test_not_strict_loads_what_matches_and_tells(self):
        self.config(DENSE, strict=False)
        self.store({**own_tensors(dense_3__bias=None), "extra": numbers(2)})
        tensors = own_tensors(dense_3__bias=np.zeros(3))
        stderr = self.check_outputs(own_outputs(self.x, tensors))
        loaded, left = stderr.split("left:")
        left, missed = left.split("missing")
        self.assertIn("dense_3.kernel", loaded)
        self.assertIn("extra (2)", left)
        self.assertIn("dense_3.bias (3)", missed)
        self.store({"extra": numbers(2)})
        self.write("out/left.txt", "")
        self.assertEqual(self.train().returncode, 65)

    def test_each_seed_its_own_file(self):
        self.config(DENSE, init_from="w-{seed}.safetensors")
        for seed in (0, 1):
            self.write(f"w-{seed}.safetensors", safetensors(own_tensors(dense_3__bias=numbers(3, seed=90 + seed))))
        for seed in (0, 1):
            expected = own_outputs(self.x, own_tensors(dense_3__bias=numbers(3, seed=90 + seed)))
            self.check_outputs(expected, "--seeds", seed)
        self.write("out/left.txt", "")
        result = self.run_in("train", "--config", "c.json", "--seeds", "0..2", "--dry-run")
        self.assertEqual(result.returncode, 2, result.stderr)
        self.assertIn("w-2.safetensors", result.stderr)


class NamesTest(WeightsTest):
    def test_a_placeholder_keeps_its_own_name(self):
        self.config([DENSE[0], {"type": "norm", "name": "bn"}, *DENSE[2:]], init_from="")
        norm = ("--set", 'norm={"type": "batch", "convention": "torch"}')
        self.assertEqual(self.train(*norm).returncode, 0)
        self.assertEqual([line["layer"] for line in self.table("layers")], ["bn"])
        (checkpoint,) = (self.folder / "out" / "checkpoints").iterdir()
        self.assertIn(b'"bn.moving_mean"', checkpoint.read_bytes())

    def test_its_former_name_loads_with_a_note(self):
        self.config([DENSE[0], {"type": "norm", "name": "bn"}, *DENSE[2:]])
        self.store(own_tensors())
        norm = ("--set", 'norm={"type": "batch", "convention": "torch"}')
        stderr = self.check_outputs(own_outputs(self.x, own_tensors()), *norm)
        self.assertIn("batch_1 as bn", stderr)

    def test_several_placeholders_number_the_name_of_the_norm(self):
        self.config([DENSE[0], {"type": "norm"}, {"type": "relu"}, {"type": "norm", "name": "last"}, {"type": "dense", "units": 3}], init_from="")
        self.assertEqual(self.train("--set", 'norm={"type": "batch", "name": "bn"}').returncode, 0)
        self.assertEqual([line["layer"] for line in self.table("layers")], ["bn_1", "last"])

    def test_names_that_cannot_stand_in_a_table(self):
        for name in ("a\nb", "a\tb", "a\x7fb", "a\u0085b"):
            with self.subTest(name=name):
                config = self.config([{"type": "dense", "units": 3, "name": name}], init_from="")
                self.refused("/network/0/name", code=2)
                config["network"] = [{"type": "dense", "units": 3}, {"type": "norm"}]
                config["grid"] = {"norm": [{"type": "batch", "name": name}, {"type": "layer"}]}
                self.write("c.json", json.dumps(config))
                self.refused("/grid/norm", code=2)

    def test_one_name_for_two_layers_even_where_one_is_none(self):
        self.config([{"type": "dense", "units": 3, "name": "a"}, {"type": "none", "name": "a"}], init_from="")
        self.refused("names differ", code=2)


if __name__ == "__main__":
    unittest.main()
