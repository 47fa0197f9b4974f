"""Normalizations and modes that mix, from the command line: what lands in tables and tensors, by numbers computed here."""

import copy
import csv
import json
import math
import struct
import unittest

from support import SMALL, CommandLineTest

ROWS = [[1.0, 8.0], [2.5, -1.0], [0.0, 3.0], [4.0, 2.0], [-3.0, 5.5], [6.0, 0.5], [2.0, 1.0]]
BARE = {"type": "batch", "center": False, "scale": False, "epsilon": 0.0, "momentum": 0.5}


def moments(rows):
    means = [sum(column) / len(rows) for column in zip(*rows)]
    return means, [sum((x - mean) ** 2 for x in column) / len(rows) for column, mean in zip(zip(*rows), means)]


def tensors(path):
    content = path.read_bytes()
    size = struct.unpack("<Q", content[:8])[0]
    header = json.loads(content[8:8 + size])
    return {name: one for name, one in header.items() if name != "__metadata__"}


class NormsTest(CommandLineTest):
    def table(self, name):
        with (self.folder / name).open(newline="", encoding="utf-8") as lines:
            return list(csv.DictReader(lines))

    def train(self, config, out, *options, **run):
        self.write("config.json", json.dumps(config))
        result = self.run_in("train", "--config", "config.json", "--out", out, "--quiet", *options, **run)
        self.assertEqual(result.returncode, 0, result.stderr)

    def rows_config(self, **changes):
        """The rows above, in their order, with the two inputs as targets."""
        lines = ["a,b,t"] + [f"{a},{b},0" for a, b in ROWS]
        self.write("rows.csv", "\n".join(lines) + "\n")
        return {"name": "rows", "precision": "float64",
                "data": {"type": "csv", "train": "rows.csv", "test": "rows.csv", "label": "t", "target": "number",
                         "batching": {"order": "sequential"}},
                "network": [{"type": "norm", "name": "n"}, {"type": "dense", "units": 1}], "norm": BARE,
                "train": {"batch_size": 7, "steps": 1, "optimizer": {"type": "sgd", "learning_rate": 0.0}},
                "compare": {"pairs": [["train", "eval"]], "eval_batch_sizes": ["train"]}, **changes}

    def small(self, **changes):
        config = copy.deepcopy(SMALL)
        del config["grid"]
        return {**config, **changes}

    def test_each_ghost_batch_moves_the_averages(self):
        config = self.rows_config()
        config["norm"] = {**BARE, "ghost_batch_size": 3}
        self.train(config, "out")
        means, variances = [0.0, 0.0], [1.0, 1.0]
        for group in (ROWS[:3], ROWS[3:5], ROWS[5:]):
            mean, variance = moments(group)
            means = [0.5 * old + 0.5 * new for old, new in zip(means, mean)]
            variances = [0.5 * old + 0.5 * new for old, new in zip(variances, variance)]
        for place, line in enumerate(self.table("out/channels.csv")):
            self.assertAlmostEqual(float(line["moving_mean"]), means[place], 12)
            self.assertAlmostEqual(float(line["moving_variance"]), variances[place], 12)
            self.assertAlmostEqual(float(line["population_mean"]), moments(ROWS)[0][place], 12)
        self.assertEqual([line["updates"] for line in self.table("out/layers.csv")], ["3"])

    def test_ghost_batches_in_parts_and_odd_batches(self):
        # 60 rows in batches of 8: seven of 8 rows, and one of 4, in two epochs.
        for divided, updates in (({}, 2 * (7 * 3 + 2)), ({"accumulate": 2}, 2 * (7 * 4 + 2)), ({"replicas": 2}, 2 * (7 * 2 + 1)),
                                 ({"replicas": 2, "sync": "batch-statistics"}, 2 * (7 * 3 + 2))):
            config = self.small(norm={"type": "batch", "momentum": 0.9, "ghost_batch_size": 3})
            config["train"] = {**config["train"], **divided}
            self.train(config, "out", "--force")
            line = self.table("out/layers.csv")[0]
            self.assertEqual(line["updates"], str(updates), divided)
            self.assertAlmostEqual(float(line["init_share"]), 0.9 ** updates, 9)

    def test_ghost_batches_give_the_same_bytes_and_go_on(self):
        config = self.small(norm={"type": "batch", "ghost_batch_size": 3}, grid={"norm.ghost_batch_size": ["all", 1, 3], "seed": [0, 1]})
        config["train"]["checkpoint_every"] = 3
        self.train(config, "one", "--jobs", "1")
        self.train(config, "two", "--jobs", "2")
        self.train(config, "scalar", env={"NORMRUN_ISA": "scalar"})
        self.assertEqual(self.bytes_of("one"), self.bytes_of("two"))
        self.assertEqual(self.bytes_of("one"), self.bytes_of("scalar"))
        checkpoint = next((self.folder / "one/checkpoints").glob("*s1*.safetensors"))
        again = self.run_in("compare", "--checkpoint", checkpoint, "--data", "config.json", "--json")
        self.assertEqual(again.returncode, 0, again.stderr)

    def test_small_ghost_batches_are_told_as_small_parts(self):
        warned = self.small(norm={"type": "batch", "momentum": 0.9, "ghost_batch_size": 1})
        self.write("config.json", json.dumps(warned))
        self.assertIn("1 row at a time", self.run_in("validate", "config.json").stderr)
        # Ten norms in a row, whose unbiased variances of 4 rows are no population's.
        deep = {"name": "deep", "data": {"type": "gaussian", "features": 6, "classes": 4, "target": "clusters", "samples": 600, "test_samples": 800, "separation": 2.5},
                "network": [*(10 * [{"type": "dense", "units": 16}, {"type": "norm"}, {"type": "relu"}]), {"type": "dense", "units": 4}],
                "norm": {"type": "batch", "momentum": 0.99, "moving_variance": "unbiased", "ghost_batch_size": 4},
                "train": {"optimizer": {"type": "adam", "learning_rate": 0.01}, "batch_size": 32, "steps": 1000}}
        self.train(deep, "out")
        first = self.table("out/diagnosis.csv")[0]
        self.assertEqual((first["finding"], first["cause"]), ("statistics-wrong", "small-parts"))
        self.assertGreater(float(first["effect"]), 0.1)
        told = json.loads(self.run_in("report", "out", "--json").stdout)
        self.assertIn("4 rows instead of all 32", told[0]["finding"])

    def test_dynamic_tanh_has_one_mode_and_learns_alpha(self):
        self.train(self.small(norm={"type": "dyt", "initial_alpha": 0.75}), "out", "--set", "train.epochs=0")
        held = tensors(next((self.folder / "out/checkpoints").glob("*.safetensors")))
        self.assertEqual(held["dyt_1.alpha"]["shape"], [1])
        self.assertEqual({line["relative_gap"] for line in self.table("out/compare.csv") if line["mode_a"] == "train"}, {"0"})
        config = self.rows_config(network=[{"type": "dyt", "initial_alpha": 0.75}, {"type": "relu"}, {"type": "dense", "units": 1}], train={"steps": 0})
        config.pop("norm")
        config["network"] = [{"type": "dyt", "initial_alpha": 0.75}, {"type": "dense", "units": 1, "kernel_initializer": "ones"}]
        config["compare"] = {"outputs": 7, "pairs": [["train", "eval"]]}
        self.train(config, "rows")
        for line in self.table("rows/outputs.csv"):
            expected = sum(math.tanh(0.75 * x) for x in ROWS[int(line["sample"])])
            self.assertAlmostEqual(float(line["value"]), expected, 12)

    def test_modes_that_mix(self):
        names = ("eval", "mixed-0", "mixed-0.25", "mixed-21-rows", "train")
        config = self.rows_config(compare={"outputs": 7, "pairs": [["train", "eval"], *([name, "eval"] for name in names[1:4])],
                                           "eval_batch_sizes": ["all"]})
        config["network"][1]["kernel_initializer"] = "ones"
        config["train"] = {"steps": 0, "batch_size": 7}
        self.train(config, "out")
        mean, variance = moments(ROWS)
        pooled = [0.75 + 0.25 * own + 0.25 * 0.75 * centre ** 2 for own, centre in zip(variance, mean)]
        linear = [0.75 + 0.25 * own for own in variance]
        spreads = {"eval": [1, 1], "mixed-0": [1, 1], "mixed-0.25": pooled, "mixed-21-rows": linear, "train": variance}
        weights = {"eval": 0, "mixed-0": 0, "mixed-0.25": 0.25, "mixed-21-rows": 7 / 28, "train": 1}
        seen = set()
        for line in self.table("out/outputs.csv"):
            mode = line["mode"]
            seen.add(mode)
            expected = sum((x - weights[mode] * centre) / math.sqrt(spread)
                           for x, centre, spread in zip(ROWS[int(line["sample"])], mean, spreads[mode]))
            self.assertAlmostEqual(float(line["value"]), expected, 12, mode)
            self.assertEqual(line["eval_batch_size"], "" if mode == "eval" else "7")
        self.assertEqual(seen, set(names))

    def test_modes_that_mix_behind_one_another_and_in_histories(self):
        modes = ["train", "eval", "mixed-0", "mixed-8-rows"]
        config = self.small(compare={"pairs": [["mixed-0", "eval"], ["mixed-1", "train"]], "eval_batch_sizes": ["train"]})
        config["network"] = [{"type": "dense", "units": 5}, {"type": "norm"}, {"type": "relu"}, {"type": "dense", "units": 4}, {"type": "norm"}, {"type": "dense", "units": 3}]
        config["train"]["history"] = modes
        self.train(config, "out")
        gaps = {(line["mode_a"], line["mode_b"]): float(line["max_abs"]) for line in self.table("out/compare.csv")}
        self.assertEqual(gaps["mixed-0", "eval"], 0)
        self.assertLess(gaps["mixed-1", "train"], 1e-5)
        held = [line for line in self.table("out/history.csv") if line["split"] == "test" and line["epoch"] == "2"]
        self.assertEqual([line["mode"] for line in held], modes)
        losses = {line["mode"]: line["loss"] for line in held}
        self.assertEqual(losses["mixed-0"], losses["eval"])
        self.assertEqual(len({losses["train"], losses["eval"], losses["mixed-8-rows"]}), 3)
        checkpoint = next((self.folder / "out/checkpoints").glob("*.safetensors"))
        compared = self.run_in("compare", "--checkpoint", checkpoint, "--data", "config.json", "--pairs", "mixed-0:eval,mixed-0.5:eval", "--json")
        self.assertEqual(compared.returncode, 0, compared.stderr)
        self.assertEqual([(line["mode_a"], float(line["max_abs"]) > 0) for line in json.loads(compared.stdout)], [("mixed-0", False), ("mixed-0.5", True)])
        report = self.run_in("report", "out")
        self.assertEqual(report.returncode, 0, report.stderr)

    def test_modes_that_mix_are_refused_by_their_number(self):
        for place, value in (("compare", {"pairs": [["mixed-1.5", "eval"]]}), ("compare", {"pairs": [["mixed-x", "eval"]]})):
            self.write("config.json", json.dumps(self.small(**{place: value})))
            self.assert_refused(self.run_in("train", "--config", "config.json"), 2, "pairs", "mixed-")
        config = self.small()
        config["train"]["history"] = ["mixed--1"]
        self.write("config.json", json.dumps(config))
        self.assert_refused(self.run_in("train", "--config", "config.json"), 2, "history")

    def test_axes_decide_the_shape_of_gamma(self):
        config = self.small(norm={"type": "layer", "axes": [1]})
        config["network"] = [{"type": "dense", "units": 12}, {"type": "reshape", "target_shape": [3, 4]}, {"type": "norm"}, {"type": "flatten"}, {"type": "dense", "units": 3}]
        config["grid"] = {"norm.type": ["layer", "rms"]}
        self.train(config, "out")
        for norm in ("layer", "rms"):
            held = tensors(next((self.folder / "out/checkpoints").glob(f"{norm}-*.safetensors")))
            self.assertEqual(held[f"{norm}_2.gamma"]["shape"], [3])

    def test_padding_counts_or_not(self):
        config = {"name": "padded", "data": {"type": "sequences", "samples": 60, "features": 3, "classes": 3, "min_length": 3, "max_length": 9},
                  "network": [{"type": "norm"}, {"type": "lstm", "units": 4}, {"type": "dense", "units": 3}], "norm": {"type": "group", "groups": 3},
                  "train": {"epochs": 1, "batch_size": 8},
                  "grid": {"norm": [{"name": f"{kind}-{padded}", **options, "type": kind, "padded_steps": padded}
                                    for kind, options in (("group", {"groups": 3}), ("instance", {}), ("layer", {"axes": [1, 2]}), ("batch_renorm", {}), ("moving_layer", {}))
                                    for padded in ("counted", "left-out")]}}
        self.train(config, "out")
        losses = {line["norm"]: line["train_loss"] for line in self.table("out/runs.csv")}
        told = {line["norm"] for line in self.table("out/diagnosis.csv") if line["cause"] == "counted-padding"}
        for kind in ("group", "instance", "layer", "batch_renorm"):
            self.assertNotEqual(losses[f"{kind}-counted"], losses[f"{kind}-left-out"])
        self.assertEqual(told, {f"{kind}-counted" for kind in ("group", "instance", "layer", "batch_renorm", "moving_layer")})

    def test_padding_to_the_longest_of_a_batch(self):
        """In one batch of all rows it is the padding of the data; in small ones it is less."""
        config = {"name": "padded", "data": {"type": "sequences", "samples": 60, "features": 3, "classes": 3, "min_length": 3, "max_length": 9},
                  "network": [{"type": "norm"}, {"type": "lstm", "units": 4}, {"type": "dense", "units": 3}],
                  "train": {"epochs": 2},
                  "grid": {"norm": [{"name": padded, "type": "batch", "padded_steps": padded} for padded in ("left-out", "to-longest", "counted")],
                           "train.batch_size": [3, 4096]}}
        self.train(config, "out")
        losses = {(line["norm"], line["batch_size"]): line["train_loss"] for line in self.table("out/runs.csv")}
        self.assertEqual(losses["to-longest", "4096"], losses["counted", "4096"])
        self.assertEqual(len({losses[norm, "3"] for norm in ("left-out", "to-longest", "counted")}), 3)
        told = {line["norm"] for line in self.table("out/diagnosis.csv") if line["cause"] == "counted-padding"}
        self.assertEqual(told, {"to-longest", "counted"})

    def test_norms_are_listed(self):
        listed = json.loads(self.run_in("list", "norms", "--json").stdout)
        self.assertIn("dyt", json.dumps(listed))
        self.assertIn("ghost_batch_size", json.dumps(listed))


if __name__ == "__main__":
    unittest.main()
