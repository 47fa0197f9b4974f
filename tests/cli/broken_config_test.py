"""Broken configs: exit code 2, file:line:column, JSON pointer, what was expected, the value, the nearest key."""

import json
import shutil
import unittest

from support import SMALL, CommandLineTest


def changed(**changes):
    """The small config with dotted keys replaced (None removes)."""
    config = json.loads(json.dumps(SMALL))
    for key, value in changes.items():
        parts = key.split("__")
        target = config
        for part in parts[:-1]:
            target = target[int(part) if part.isdigit() else part]
        last = int(parts[-1]) if parts[-1].isdigit() else parts[-1]
        if value is None:
            del target[last]
        else:
            target[last] = value
    return json.dumps(config, indent=1)


CLAIM = {"id": "small-gap", "metric": "compare.rms", "where": {"norm": "batch"}, "test": "less", "than": 100}

# name: (text, words that the message holds)
CASES = {
    "empty file": ("", ["broken.json:1:1"]),
    "not json": ("name: small", ["broken.json:1:"]),
    "truncated": (json.dumps(SMALL)[:-1], ["broken.json:1:"]),
    "trailing comma": ('{"name": "x",}', ["broken.json:1:13", "comma"]),
    "duplicate key": ('{"name": "x",\n "name": "y"}', ["broken.json:2:2", '"name"', "twice"]),
    "root is a list": ("[]", ["broken.json:1:1"]),
    "unknown key": (changed(trian={}), ['"trian"', '"train"']),
    "unlike any key": (changed(colour={}), ["broken.json:", '"colour"', '"$schema"', '"name"', '"source"']),
    "unknown nested key": (changed(train__batchsize=3), ["/train", '"batchsize"', "batch_size"]),
    "wrong type": (changed(train__batch_size="many"), ["/train/batch_size", '"many"', "whole number"]),
    "fraction for a count": (changed(train__batch_size=2.5), ["/train/batch_size", "2.5"]),
    "zero batch": (changed(train__batch_size=0, grid={}), ["/train/batch_size", "0"]),
    "huge batch": (changed(train__batch_size=10**18, grid={}), ["/train/batch_size"]),
    "number beyond doubles": (changed(train__epochs=1).replace('"momentum": 0.9', '"momentum": 1e999'), ["broken.json:", "finite"]),
    "nan": (changed().replace('"momentum": 0.9', '"momentum": NaN'), ["broken.json:"]),
    "momentum above one": (changed(norm__momentum=1.5), ["/norm/momentum", "1.5"]),
    "unknown layer": (changed(network__0__type="desne"), ["/network/0", '"desne"', '"dense"']),
    "unknown data": (changed(data__type="gausian"), ["/data", "gaussian"]),
    "missing type": (changed(network__0__type=None), ["/network/0", "type"]),
    "missing units": (changed(network__0__units=None), ["/network/0", "units"]),
    "missing data": (changed(data=None), ['"data"']),
    "missing network": (changed(network=None), ['"network"']),
    "placeholder without norm": (changed(norm=None, grid={}), ['"norm"']),
    "steps and epochs": (changed(train__steps=3), ["/train", "steps", "epochs"]),
    "unknown mode": (changed(compare={"pairs": [["train", "evla"]]}), ["/compare/pairs", "evla", "eval"]),
    "unknown split": (changed(compare={"splits": ["tset"]}), ["/compare", "tset"]),
    "unknown grid key": (changed(grid={"norm.momentun": [0.9]}), ["norm.momentun"]),
    "wrong grid value": (changed(grid={"train.batch_size": [4, "x"]}), ["/grid/train.batch_size", '"x"']),
    "empty axis": (changed(grid={"seed": []}), ["/grid/seed"]),
    "repeated grid value": (changed(grid={"seed": [1, 1]}), ["/grid/seed"]),
    "batch that cannot be divided": (changed(train__accumulate=3, grid={}), ["train.accumulate", "train.batch_size", "8", "3"]),
    "unknown probe": (changed(probes=["weight_rescales"]), ["/probes", "list probes", "weight_rescales"]),
    "claim about an unknown metric": (changed(claims=[{**CLAIM, "metric": "layers.mean_gapp"}]), ["/claims/0/metric", '"layers.mean_gap"']),
    "claim about an unknown column": (changed(claims=[{**CLAIM, "where": {"bacth_size": 4}}]), ["/claims/0/where/bacth_size", '"batch_size"']),
    "claims of one id": (changed(claims=[CLAIM, CLAIM]), ["/claims/1/id", '"small-gap"']),
    "claim whose margin nobody reads": (changed(claims=[{**CLAIM, "by": 1000}]), ["/claims/0/by", '"versus"']),
    "claim with two margins": (changed(claims=[{**CLAIM, "than": None, "versus": {"norm": "layer"}, "by": 1, "by_factor": 2}]), ["/claims/0/by", '"by_factor"']),
    "claim with another test's key": (changed(claims=[{**CLAIM, "within": [50, 60]}]), ["/claims/0/within", "the test less"]),
    "name outside of results": (changed(name="../evil"), ["broken.json:2:10 /name", "--out DIR"]),
    "name of two folders": (changed(name="a/b"), ["broken.json:2:10 /name"]),
    "outputs do not fit": (changed(network__3__units=7), ["7", "3 classes"]),
    "outputs of several positions": (changed(data={"type": "stroke-digits", "samples": 20}, network__3__units=10),
                                     ["(28, 28, 10)", "10 classes", "flatten", "10 units"]),
    "shape too large": (changed(network__0__units=2**40), ["/network/0/units"]),
    "too many runs": (changed(grid={"seed": list(range(4000)), "train.batch_size": list(range(1, 4000))}), ["run"]),
    "deep nesting": ("[" * 100000, ["broken.json:1:"]),
    "fractions too large": (changed(data__test_samples=None, data__test_fraction=1.0), ["/data/test_fraction"]),
    "not utf-8": (b'{"name": "\xff"}', ["broken.json:1:"]),
}


class BrokenConfigTest(CommandLineTest):
    def test_every_broken_config_is_refused(self):
        for name, (text, words) in CASES.items():
            with self.subTest(name):
                shutil.rmtree(self.folder / "results", ignore_errors=True)
                self.write("broken.json", text)
                self.assert_refused(self.run_in("train", "--config", "broken.json"), 2, "broken.json", *words)
                self.assertEqual(self.run_in("validate", "broken.json").returncode, 2)

    def test_all_problems_come_in_one_go_in_the_order_of_the_text(self):
        text = changed(trian={}, norm__momentum=1.5, train__batch_size="many", network__0__type="desne")
        self.write("broken.json", text)
        result = self.run_in("validate", "broken.json")
        self.assertEqual(len(result.stderr.splitlines()), 4, result.stderr)
        lines = [int(line.split("broken.json:")[1].split(":")[0]) for line in result.stderr.splitlines()]
        self.assertEqual(lines, sorted(lines))

    def test_a_missing_config_names_the_file(self):
        self.assert_refused(self.run_in("train", "--config", "nowhere.json"), 2, "nowhere.json")

    def test_overrides_are_checked_too(self):
        self.write("c.json", json.dumps(SMALL))
        for arguments, *words in [
            (["--set", "train.batch_sise=4"], "batch_size"),
            (["--set", "train"], "--set"),
            (["--grid", "train.batch_size="], "--grid"),
            (["--grid", "train.batch_size=4,x"], "train.batch_size"),
            (["--seeds", "4..0"], "--seeds"),
            (["--seeds", "a"], "--seeds"),
            (["--epochs", "1", "--grid", "train.epochs=1,2"], "--epochs: ", "--grid train.epochs"),
            (["--set", "seed=1", "--grid", "seed=1,2"], "--grid seed: ", "--set seed"),
            (["--epochs", "2", "--set", "train.steps=3"], "--epochs: ", "--set train.steps"),
        ]:
            with self.subTest(arguments):
                self.assert_refused(self.run_in("train", "--config", "c.json", *arguments), 2, *words)

    def test_an_empty_argument_is_not_an_absent_one(self):
        self.write("c.json", json.dumps(SMALL))
        for option in ["--out", "--seeds", "--epochs", "--shard", "--jobs", "--set", "--grid"]:
            with self.subTest(option):
                self.assert_refused(self.run_in("train", "--config", "c.json", option, ""), 2, f"normrun: error: command line: {option}: ", "empty")
        for arguments in [
            ["train", "--config", ""],
            ["describe", ""],
            ["validate", "c.json", ""],
            ["merge", "parts", "--out", ""],
            ["merge", "", "--out", "out"],
            ["report", ""],
            ["report", "parts", "--out", ""],
            ["claims", ""],
            ["compare", "--checkpoint", "", "--data", "c.json"],
            ["compare", "--checkpoint", "c", "--data", ""],
            ["compare", "--checkpoint", "c", "--data", "c.json", "--eval-batch-sizes", ""],
            ["predict", "--steps", ""],
        ]:
            with self.subTest(arguments):
                self.assert_refused(self.run_in(*arguments), 2, "empty")


if __name__ == "__main__":
    unittest.main()
