"""Networks with branches from the command line: names in tables and tensors, places in messages, and the same bytes however they run."""

import copy
import csv
import json
import struct
import unittest

from support import SMALL, CommandLineTest

BLOCK = {"type": "residual", "body": [{"type": "norm"}, {"type": "dense", "units": 4, "activation": "relu"}],
         "shortcut": [{"type": "dense", "units": 4, "name": "project"}]}
CONFIG = {**copy.deepcopy(SMALL), "name": "branches", "compare": {"eval_batch_sizes": ["train"], "splits": ["test"]}, "grid": {"train.batch_size": [8, 60]}}
CONFIG["network"] = [{"type": "dense", "units": 5}, BLOCK, {"type": "norm"}, {"type": "dense", "units": 3}]


def tensor_names(path):
    content = path.read_bytes()
    return set(json.loads(content[8:8 + struct.unpack("<Q", content[:8])[0]])) - {"__metadata__"}


class BranchesTest(CommandLineTest):
    def config(self, **changes):
        return self.write("branches.json", json.dumps({**CONFIG, **changes}))

    def rows(self, name):
        with (self.folder / name).open(newline="", encoding="utf-8") as lines:
            return list(csv.DictReader(lines))

    def train(self, out, *options, **run):
        result = self.run_in("train", "--config", "branches.json", "--out", out, "--quiet", *options, **run)
        self.assertEqual(result.returncode, 0, result.stderr)

    def test_tables_and_tensors_use_the_names_of_branches(self):
        self.config()
        self.train("out")
        self.assertEqual({row["layer"] for row in self.rows("out/layers.csv")}, {"residual_1/body/batch_0", "batch_2"})
        self.assertTrue(all(float(row["mean_gap"]) >= 0 for row in self.rows("out/layers.csv")))
        self.assertEqual({row["status"] for row in self.rows("out/runs.csv")}, {"ok"})
        self.assertIn("residual_1/body/batch_0", {row["layer"] for row in self.rows("out/budget.csv")} | {row["layer"] for row in self.rows("out/channels.csv")})
        names = tensor_names(next((self.folder / "out/checkpoints").glob("*b8*.safetensors")))
        self.assertLess({"residual_1/body/batch_0.moving_mean", "residual_1/body/dense_1.kernel", "project.bias", "dense_3.kernel"}, names)
        report = self.run_in("report", "out")
        self.assertEqual(report.returncode, 0, report.stderr)

    def test_a_stored_network_is_compared_and_goes_on(self):
        self.config()
        self.train("out", "--set", "train.batch_size=8")
        checkpoint = next((self.folder / "out/checkpoints").glob("*.safetensors"))
        result = self.run_in("compare", "--checkpoint", checkpoint, "--data", "branches.json", "--json")
        self.assertEqual(result.returncode, 0, result.stderr)
        self.train("same", "--set", "train.batch_size=8", "--set", f"train.init_from={checkpoint}", "--epochs", "0")
        self.assertEqual(self.rows("same/runs.csv")[0]["test_loss_eval"], self.rows("out/runs.csv")[0]["test_loss_eval"])

    def test_the_same_bytes_for_any_number_of_jobs_and_without_vectors(self):
        self.config()
        self.train("one", "--jobs", "1")
        self.train("two", "--jobs", "2")
        self.train("scalar", env={"NORMRUN_ISA": "scalar"})
        self.assertEqual(self.bytes_of("one"), self.bytes_of("two"))
        self.assertEqual(self.bytes_of("one"), self.bytes_of("scalar"))

    def test_a_sweep_goes_into_branches(self):
        self.config(grid={"network.1.body.1.activation": ["relu", "tanh"], "norm.type": ["batch", "none"]})
        self.train("out")
        self.assertEqual({row["network.1.body.1.activation"] for row in self.rows("out/runs.csv")}, {"relu", "tanh"})
        self.assertEqual({row["norm"] for row in self.rows("out/runs.csv")}, {"batch", "none"})

    def test_describe_tells_what_each_layer_reads(self):
        self.config()
        lines = self.run_in("describe", "branches.json").stdout.splitlines()
        block = next(line for line in lines if line.startswith("residual_1 "))
        self.assertIn("reads body/dense_1_relu, project", block)
        head = lines.index("residual_1:")
        self.assertEqual([line.split()[0] for line in lines[head + 1:head + 5]], ["body:", "batch_0", "dense_1", "dense_1_relu"])
        self.assertTrue(lines[head + 1].startswith("  body:") and lines[head + 2].startswith("    batch_0 "), lines[head + 1:head + 3])
        layers = json.loads(self.run_in("describe", "branches.json", "--json").stdout)["layers"]
        self.assertEqual([layer["inputs"] for layer in layers if layer["name"] == "project"], [["dense_0"]])

    def test_messages_have_the_place_inside_a_branch(self):
        network = copy.deepcopy(CONFIG["network"])
        network[1]["body"][1]["units"] = 0
        network[1]["shortcut"][0]["unit"] = 4
        self.config(network=network)
        self.assert_refused(self.run_in("validate", "branches.json"), 2, "branches.json:1:", "/network/1/body/1/units", "/network/1/shortcut/0/unit", '"units"')
        network = copy.deepcopy(CONFIG["network"])
        network[1]["body"][1]["units"] = 6
        self.config(network=network)
        self.assert_refused(self.run_in("validate", "branches.json"), 2, "layer residual_1: ", "(6) and (4)")
        network = [*CONFIG["network"][:2], {"type": "add", "inputs": ["projekt", "dense_0"]}, {"type": "dense", "units": 3}]
        self.config(network=network)
        self.assert_refused(self.run_in("validate", "branches.json"), 2, "layer add_2: ", '"projekt"', 'did you mean "project"?')
        self.config(norm={"type": "batch", "inputs": ["dense_0"]})
        self.assert_refused(self.run_in("validate", "branches.json"), 2, "/norm", '"inputs"')


if __name__ == "__main__":
    unittest.main()
