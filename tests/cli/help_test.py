"""Help, version, lists, schema, describe, wrong usage."""

import json
import os
import re
import shutil
import struct
import subprocess
import unittest
import zipfile

import tree
from support import BINARY, SMALL, SOURCE, CommandLineTest
from weights_support import norm_parts, numbers, safetensors

PARTS = [[]] + [[command] for command in tree.commands()]


def npy(kind, shape, payload):
    text = f"{{'descr': '{kind}', 'fortran_order': False, 'shape': {shape}, }}".encode()
    text += b" " * ((64 - (10 + len(text) + 1) % 64) % 64) + b"\n"
    return b"\x93NUMPY\x01\x00" + struct.pack("<H", len(text)) + text + payload


class HelpTest(CommandLineTest):
    def help(self, *command):
        result = self.run_in(*command, "--help")
        self.assertEqual(result.returncode, 0)
        return result.stdout

    def test_help_names_every_command_and_option_within_80_columns(self):
        overview = self.help()
        self.assertGreater(len(PARTS), 10)
        for command in tree.commands():
            self.assertRegex(overview, rf"(?m)^  {command} +\w")
        for part in PARTS:
            text = self.help(*part)
            for option in tree.options(*part):
                self.assertRegex(text, rf"(?m)^  (-\w, )?{option}\b", part)
            for line in text.split("\nExamples:\n")[0].splitlines():
                self.assertLessEqual(len(line), 80, line)

    def test_every_command_and_option_has_an_example(self):
        for part in PARTS:
            text = self.help(*part)
            lines = tree.examples(text)
            self.assertTrue(any(line.startswith(" ".join(["normrun", *part])) or "normrun completion" in line for line in lines), part)
            for option in tree.options(*part):
                short = re.search(rf"(?m)^  (-\w), {option}\b", text)
                names = {option, short.group(1)} if short else {option}
                self.assertTrue(any(names & set(line.split()) for line in lines), f"{part}: no example of {option}")

    def write_data_files(self):
        """What the examples of init and inspect name."""
        lines = ["length,width,species"] + [f"{row % 7}.5,{row * row % 11},{'ab'[row % 2]}" for row in range(20)]
        self.write("measurements.csv", "\n".join(lines) + "\n")
        inputs, labels = npy("|u1", "(20, 3)", bytes(range(60))), npy("|u1", "(20,)", bytes([0, 1] * 10))
        self.write("X.npy", inputs)
        self.write("y.npy", labels)
        with zipfile.ZipFile(self.folder / "digits.npz", "w") as archive:
            archive.writestr("X.npy", inputs)
            archive.writestr("y.npy", labels)
        self.write_model()

    def write_model(self):
        """What the examples of diagnose, repair, validate and compare name: a network of PyTorch, its config, and outputs of another one."""
        state = {"0.weight": numbers(4, 3), "0.bias": numbers(4), "3.weight": numbers(2, 4), "3.bias": numbers(2)}
        state |= {f"1.{word}": part for word, part in zip(("weight", "bias", "running_mean", "running_var"), norm_parts(4, 1))}
        self.write("older.safetensors", safetensors(state | {"1.running_mean": numbers(4, seed=9)}))
        self.write("model.safetensors", safetensors(state))
        network = [{"type": "dense", "units": 4}, {"type": "batch", "convention": "torch"}, {"type": "relu"}, {"type": "dense", "units": 2}]
        self.write("net.json", json.dumps({"data": {"type": "gaussian", "target": "zeros"}, "network": network}))
        self.write("reference.npy", npy("<f4", "(20, 2)", bytes(160)))

    def test_every_example_runs(self):
        shutil.copytree(SOURCE / "configs", self.folder / "configs")
        config = json.loads((SOURCE / "configs" / "quickstart.json").read_text(encoding="utf-8"))
        config["data"].update(samples=256, test_samples=64)
        config["train"].update(epochs=1)
        self.write("configs/quickstart.json", json.dumps(config))
        self.write_data_files()
        for folder in (".config/fish/completions", ".local/share/man/man1"):
            (self.folder / folder).mkdir(parents=True)
        ran = 0
        for part in PARTS:
            if part == ["train"]:
                shutil.rmtree(self.folder / "results")
            for line in tree.examples(self.help(*part)):
                if "man -l" in line and not shutil.which("man"):
                    continue
                with self.subTest(line):
                    shell = f"set -eo pipefail; normrun() {{ '{BINARY}' \"$@\"; }}; {line}"
                    environment = {**os.environ, "HOME": str(self.folder), "MANPAGER": "cat"}
                    result = subprocess.run(["bash", "-c", shell], cwd=self.folder, env=environment, stdin=subprocess.DEVNULL,
                                            capture_output=True, text=True, timeout=300, check=False)
                    # Of a trained model, a finding is an answer, too.
                    codes = (0, 4) if part in (["diagnose"], ["repair"], ["validate"]) else (0,)
                    self.assertIn(result.returncode, codes, result.stderr)
                    ran += 1
        self.assertGreater(ran, 25)

    def assert_meant(self, meant, *arguments):
        result = self.run_in(*arguments)
        self.assertEqual(result.returncode, 2, result.stderr)
        self.assertEqual(len(result.stderr.splitlines()), 1, result.stderr)
        self.assertIn(f"{meant}?", result.stderr)

    def test_misspelled_commands_and_options_are_recognized(self):
        for part in PARTS:
            for word in (tree.options(*part) if part else tree.options() + tree.commands()):
                if word.startswith("--") or word in tree.commands():
                    swapped = re.sub(r"^(-*)(\w)(\w)", r"\1\3\2", word)  # train: rtain
                    with self.subTest(" ".join([*part, swapped])):
                        self.assert_meant(word, *part, swapped)
        self.assert_meant("--jobs", "train", "--config", "c.json", "--jbos=2")
        self.assert_meant("--quiet", "list", "norms", "--queit")

    def test_version(self):
        result = self.run_in("--version")
        self.assertEqual(result.returncode, 0)
        self.assertRegex(result.stdout, r"^normrun \d+\.\d+\.\d+")
        self.assertIn("compiler:", result.stdout)
        self.assertIn("instruction set:", result.stdout)

    def test_wrong_usage_is_exit_2_with_one_line(self):
        for arguments in ([], ["trian"], ["train"], ["train", "--config"], ["train", "--config", "x", "--jobs", "0"], ["list", "layer"], ["train", "--nope"],
                          ["train", "--config", "x", "--color", "blue"], ["schema", "norms"],
                          ["compare", "--checkpoint", "x", "--data", "y", "--splits", "test,tst"]):
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
            "schedules": ["cosine", "plateau", "warmup"],
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
