"""Help, version, lists, schema, describe, wrong usage."""

import json
import unittest

from support import SMALL, CommandLineTest

COMMANDS = ["train", "compare", "claims", "report", "predict", "validate", "describe", "schema", "list"]


class HelpTest(CommandLineTest):
    def test_help_has_an_example_for_every_command(self):
        overview = self.run_in("--help")
        self.assertEqual(overview.returncode, 0)
        for command in COMMANDS:
            self.assertIn(command, overview.stdout)
            result = self.run_in(command, "--help")
            self.assertEqual(result.returncode, 0)
            self.assertIn(f"Example:\n  normrun {command}", result.stdout)

    def test_version(self):
        result = self.run_in("--version")
        self.assertEqual(result.returncode, 0)
        self.assertRegex(result.stdout, r"^normrun \d+\.\d+\.\d+")
        self.assertIn("compiler:", result.stdout)
        self.assertIn("instruction set:", result.stdout)

    def test_wrong_usage_is_exit_2_with_one_line(self):
        for arguments in ([], ["trian"], ["train"], ["train", "--config"], ["train", "--config", "x", "--jobs", "0"], ["list", "layer"], ["train", "--nope"]):
            with self.subTest(arguments):
                result = self.run_in(*arguments)
                self.assertEqual(result.returncode, 2, result.stderr)
                self.assertEqual(result.stdout, "")
                self.assertTrue(result.stderr.startswith("normrun: error: "), result.stderr)
                self.assertEqual(len(result.stderr.splitlines()), 1, result.stderr)

    def test_lists_name_what_configs_name(self):
        for what, words in {
            "layers": ["dense", "dropout", "units"],
            "norms": ["batch", "layer", "none", "momentum", "default 0.99"],
            "datasets": ["gaussian", "stroke-digits", "idx", "csv", "npy"],
            "optimizers": ["sgd", "adam", "rmsprop", "learning_rate"],
            "losses": ["mse", "softmax-cross-entropy", "binary-cross-entropy"],
            "metrics": ["compare.relative_gap", "layers.mean_gap", "probes.value"],
            "probes": ["batch_one_output_spread", "source: Ba, Kiros and Hinton 2016"],
        }.items():
            result = self.run_in("list", what)
            self.assertEqual(result.returncode, 0)
            for word in words:
                self.assertIn(word, result.stdout)
            self.assertTrue(json.loads(self.run_in("list", what, "--json").stdout))

    def test_the_schema_knows_the_options(self):
        schema = json.loads(self.run_in("schema").stdout)
        self.assertEqual(schema["$schema"], "http://json-schema.org/draft-07/schema#")
        self.assertIn("$id", schema)
        for key in ["data", "network", "norm", "train", "seed", "precision", "grid", "compare", "population"]:
            self.assertIn(key, schema["properties"])
            self.assertTrue(schema["properties"][key]["description"])

    def test_describe_counts_parameters_and_runs(self):
        self.write("c.json", json.dumps(SMALL))
        described = json.loads(self.run_in("describe", "c.json", "--json").stdout)
        self.assertEqual(described["parameters"], 6 * 5 + 5 + 2 * 5 + 5 * 3 + 3)
        self.assertEqual(described["runs"], 8)
        self.assertEqual(described["steps"], 4 * 2 * 15 + 4 * 2 * 8)
        text = self.run_in("describe", "c.json").stdout
        for word in ["dense_0", "batch_1", "8 runs", "184 steps", "memory", "disk"]:
            self.assertIn(word, text)

    def test_validate_accepts_good_configs(self):
        self.write("a.json", json.dumps(SMALL))
        self.write("b.json", "// a comment\n" + json.dumps(SMALL))
        result = self.run_in("validate", "a.json", "b.json")
        self.assertEqual(result.returncode, 0, result.stderr)
        self.assertEqual(result.stdout, "a.json: ok, 8 runs\nb.json: ok, 8 runs\n")


if __name__ == "__main__":
    unittest.main()
