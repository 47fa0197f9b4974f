"""The Python package in python/, without any framework."""

import ast
import json
import re
import subprocess
import sys
import unittest

import numpy as np

import onnx_by_hand
from own_model import ModelTest
from support import BINARY, SMALL, SOURCE, CommandLineTest, normrun as run_program

sys.path.insert(0, str(SOURCE / "python"))
import normrun  # noqa: E402  pylint: disable=wrong-import-position
from normrun import _onnx, _rows, _safetensors  # noqa: E402  pylint: disable=wrong-import-position

PANDAS = "/usr/bin/python3"  # Debian's, which has pandas


def python(code, *arguments, interpreter=sys.executable):
    words = [interpreter, "-c", f"import sys; sys.path.insert(0, {str(SOURCE / 'python')!r}); import normrun\n{code}", *map(str, arguments)]
    done = subprocess.run(words, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise AssertionError(done.stderr)
    return done.stdout


class PackageTest(CommandLineTest):
    def test_importing_it_imports_no_framework(self):
        code = "print(sorted({'torch', 'keras', 'flax', 'jax', 'onnx', 'tensorflow', 'pandas', 'numpy'} & set(sys.modules)))"
        self.assertEqual(python(code).strip(), "[]")
        self.assertEqual(python("normrun.version(); normrun.torch.export; normrun.keras; normrun.flax\n" + code).strip(), "[]")

    def test_the_version_is_that_of_the_program(self):
        self.assertEqual(normrun.version(), run_program("--version").stdout.split()[1])
        pattern = re.search(r"regex = '(.*)'", (SOURCE / "pyproject.toml").read_text(encoding="utf-8")).group(1)
        found = re.search(pattern, (SOURCE / "CMakeLists.txt").read_text(encoding="utf-8"))
        self.assertEqual(found.group("value"), normrun.version())

    def test_the_variable_names_the_program(self):
        self.assertEqual(python("print(normrun.program())").strip(), BINARY)

    def test_an_error_has_the_programs_message_and_exit_code(self):
        with self.assertRaises(normrun.Error) as refused:
            normrun.run("train", "--config", self.folder / "none.json")
        self.assertEqual(refused.exception.exit_code, 2)
        self.assertTrue(str(refused.exception).startswith(str(self.folder / "none.json")), refused.exception)
        two = json.loads(json.dumps(SMALL))
        two["train"] |= {"batch_size": -1, "epochs": "many"}
        with self.assertRaises(normrun.Error) as refused:
            normrun.run("validate", self.write("two.json", json.dumps(two)))
        first, second = str(refused.exception).splitlines()
        self.assertRegex(first, "^.*two.json.*train.batch_size")
        self.assertRegex(second, "^.*two.json.*train.epochs")
        self.assertNotIn("error", first)

    def test_results_are_frames_of_pandas(self):
        normrun.run("train", "--config", self.write("small.json", json.dumps(SMALL | {"grid": {"norm.type": ["batch", "none"]}})),
                    "--out", self.folder / "out", "--quiet")
        told = python("""
results = normrun.read(sys.argv[1])
runs = results.runs
print(list(runs.norm), runs.error.isna().all(), runs.test_loss_eval.dtype, runs.seed.dtype, runs is results["runs"])
print(results.config["name"], "compare" in results, "claims" in results, len(results) > 5)
""", self.folder / "out", interpreter=PANDAS)
        self.assertEqual(told.split("\n")[:2], ["['batch', 'none'] True float64 int64 True", "small True False True"])
        with self.assertRaises(FileNotFoundError):
            normrun.read(self.folder)
        with self.assertRaises(AttributeError):
            normrun.read(self.folder / "out").no_such_table

    def test_everything_public_has_hints_and_a_docstring(self):
        for path in (SOURCE / "python" / "normrun").glob("*.py"):
            tree = ast.parse(path.read_text(encoding="utf-8"))
            self.assertTrue(ast.get_docstring(tree), path)
            functions = [node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)]
            for node in functions:
                arguments = node.args.posonlyargs + node.args.args + node.args.kwonlyargs
                hinted = [argument.arg for argument in arguments if argument.arg not in ("self", "arguments") and argument.annotation is None]
                self.assertEqual((hinted, node.returns is None), ([], False), f"{path.name}: {node.name}")
            for node in tree.body:
                if isinstance(node, ast.FunctionDef) and not node.name.startswith("_") and not path.name.startswith("_onnx"):
                    self.assertTrue(ast.get_docstring(node) or path.name == "_rows.py", f"{path.name}: {node.name}")


class SafetensorsTest(CommandLineTest):
    def test_what_is_written_is_read_again(self):
        tensors = {"a": np.arange(6, dtype=np.float32).reshape(2, 3).T, "n": np.array(7), "u": np.array([1, 2], np.uint32),
                   "b": np.array([True, False])}
        _safetensors.write(self.folder / "t", tensors, {"key": "é"})
        found, metadata = _safetensors.read(self.folder / "t")
        self.assertEqual(metadata, {"key": "é"})
        self.assertEqual({name: (one.dtype, one.tolist()) for name, one in found.items()},
                         {name: (one.dtype, one.tolist()) for name, one in tensors.items()})

    def test_files_of_something_else_are_refused(self):
        _safetensors.write(self.folder / "t", {"a": np.zeros(3)}, {})
        whole = (self.folder / "t").read_bytes()
        for size in (0, 5, 20, len(whole) - 1):
            with self.assertRaises(ValueError):
                _safetensors.read(self.write("cut", whole[:size]))
        with self.assertRaises(ValueError):
            _safetensors.write(self.folder / "t", {"a": np.zeros(3, complex)}, {})


class RowsTest(CommandLineTest):
    def test_loaders_tuples_and_arrays(self):
        x, y = np.arange(10.0).reshape(5, 2), np.arange(5)
        batches = [(x[:3], y[:3]), (x[3:], y[3:])]
        for data in (batches, iter(batches), (x, y)):
            rows = _rows.Rows(data)
            self.assertEqual((rows.inputs.tolist(), rows.labels.tolist()), (x.tolist(), y.tolist()))
        self.assertIsNone(_rows.Rows([x[:3], x[3:]]).labels)
        self.assertEqual([_rows.Rows(data).batch_size for data in (batches, (x, y))], [3, None])
        self.assertEqual(_rows.Rows([x[:3], x[3:]]).inputs.tolist(), x.tolist())
        self.assertEqual(_rows.Rows(x.astype(np.float16)).inputs.dtype, np.float32)
        np.save(self.folder / "x.npy", x)
        self.assertEqual(_rows.Rows((self.folder / "x.npy", None)).first(2).tolist(), x[:2].tolist())
        with self.assertRaisesRegex(TypeError, "x.csv: exporting"):
            _rows.Rows("x.csv").first(2)

    def test_what_is_no_rows_is_refused(self):
        x = np.zeros((2, 3))
        for data, error in (([(x, x, x)], TypeError), ([{"x": x}], TypeError), ([], ValueError), ([(x, x), x], ValueError), (3, TypeError)):
            with self.assertRaises(error):
                _rows.Rows(data)


class DiagnoseTest(ModelTest):
    """A cold network as an ONNX file."""

    def onnx(self, share):
        own = self.trained.tensors
        tensors = {}
        for layer in ("first", "second", "out"):
            tensors |= {f"{layer}.weight": own[f"{layer}.kernel"].T, f"{layer}.bias": own[f"{layer}.bias"]}
        for layer in ("bn_1", "bn_2"):
            tensors |= {f"{layer}.weight": own[f"{layer}.gamma"], f"{layer}.bias": own[f"{layer}.beta"],
                        f"{layer}.running_mean": (1 - share) * own[f"{layer}.moving_mean"],
                        f"{layer}.running_var": (1 - share) * own[f"{layer}.moving_variance"] + share}
        return self.write("model.onnx", onnx_by_hand.mlp(tensors))

    def arrays(self, name):
        return np.load(self.x(name)), np.load(self.y(name))

    def test_a_finding_its_report_and_its_tables(self):
        x, y = self.arrays("train")
        loader = [(x[i:i + 64], y[i:i + 64]) for i in range(0, len(x), 64)]
        told = normrun.diagnose(self.onnx(0.75), loader, test=(self.x("test"), self.y("test")), folder=self.folder / "kept")
        self.assertEqual((told.finding, told.is_sound, told.causes[0]["cause"]), ("statistics-wrong", False, "cold-start"))
        self.assertEqual(told.answer["batch_size"], 64)  # the loader's
        self.assertIn(told.summary, str(told))
        page = told._repr_html_()
        self.assertIn(told.report.as_uri(), page)
        self.assertIn(f"{told.scores['stored']['accuracy']:.4g}", page)
        self.assertIn("cold start", page)
        self.assertTrue(told.report.read_text(encoding="utf-8").startswith("<!"))
        self.assertTrue((self.folder / "kept" / "data.npy").exists())
        self.assertIn("diagnosis", normrun.read(told.folder))

    def test_a_sound_model_and_a_folder_that_ends_with_the_object(self):
        told = normrun.diagnose(self.onnx(0.0), self.arrays("train"), test=self.arrays("test"))
        self.assertEqual(told.answer["batch_size"], 32)
        self.assertEqual((told.finding, told.is_sound), ("nothing-found", True))
        report = told.report
        self.assertTrue(report.exists())
        del told
        self.assertFalse(report.exists())

    def test_outputs_that_are_not_the_models(self):
        told = normrun.diagnose(self.onnx(0.0), self.arrays("train"), outputs=np.zeros((600, 3)))
        self.assertEqual((told.finding, told.report), ("outputs-differ", None))
        self.assertIn(told.summary, told._repr_html_())

    def test_repair_writes_the_statistics_alone(self):
        told = normrun.repair(self.onnx(0.75), self.arrays("train"), self.folder / "s.safetensors", test=self.arrays("test"), samples=256)
        self.assertEqual((told["rows"], told["layers"]), (256, ["bn_1", "bn_2"]))
        self.assertLess(told["after"]["loss"], told["before"]["loss"])
        found, _ = _safetensors.read(self.folder / "s.safetensors")
        self.assertEqual(sorted(found), ["bn_1.running_mean", "bn_1.running_var", "bn_2.running_mean", "bn_2.running_var"])

    def test_a_repair_that_harms_is_an_error(self):
        x, y = self.arrays("train")
        with self.assertRaises(normrun.Error) as refused:
            normrun.repair(self.onnx(0.0), (x * 9 - 40, y), self.folder / "worse.onnx", test=self.arrays("test"))
        self.assertEqual(refused.exception.exit_code, 4)
        self.assertFalse((self.folder / "worse.onnx").exists())

    def test_rows_with_steps_that_a_keras_model_masks_are_refused(self):
        layers = [{"class_name": "InputLayer", "config": {"name": "in", "batch_shape": [None, None, 2]}},
                  {"class_name": "Masking", "config": {"name": "mask", "mask_value": -0.3}},
                  {"class_name": "BatchNormalization", "config": {"name": "bn", "axis": -1, "epsilon": 0.0}}]
        config = json.dumps({"class_name": "Sequential", "config": {"name": "m", "layers": layers}})
        tensors = {f"bn/{role}": np.full(2, value, np.float32)
                   for role, value in (("gamma", 1), ("beta", 0), ("moving_mean", 0), ("moving_variance", 4))}
        _safetensors.write(self.folder / "m.safetensors", tensors, {"keras.config": config})
        rows = np.random.default_rng(0).normal(size=(20, 5, 2)).astype(np.float32)
        rows[:, 1, 0] = -0.3  # the mask's value in one number is no padding
        self.assertTrue(normrun.diagnose(self.folder / "m.safetensors", rows, outputs=rows.reshape(20, 10) / 2).answer["outputs_equal"])
        rows[3, 4] = -0.3
        with self.assertRaisesRegex(normrun.Error, "--data.*row 3 .*step 4") as refused:
            normrun.diagnose(self.folder / "m.safetensors", rows)
        self.assertEqual(refused.exception.exit_code, 2)

    def test_what_is_no_model_is_refused(self):
        with self.assertRaisesRegex(TypeError, "int is no module"):
            normrun.diagnose(3, self.arrays("train"))
        with self.assertRaisesRegex(TypeError, "path"):
            normrun.repair(self.onnx(0.0), self.arrays("train"))

    def test_metadata_tell_the_history(self):
        model = self.onnx(0.75)
        _onnx.append_metadata(model, {"normrun.bn_1.updates": "28", "normrun.bn_2.updates": "0", "normrun.bn_1.momentum": "0.99"})
        normrun.diagnose(model, self.arrays("train"), folder=self.folder / "kept")
        lines = (self.folder / "kept/results/diagnosis-model/layers.csv").read_text(encoding="utf-8").splitlines()
        cells = [dict(zip(lines[0].split(","), line.split(","))) for line in lines[1:]]
        told = {(one["layer"], one["updates"], one["momentum"]) for one in cells}
        self.assertEqual(told, {("bn_1", "28", "0.99"), ("bn_2", "0", "0.9")})
        self.assertIn("bn_2: no-updates", normrun.run("validate", model, accept=[4]))
        _onnx.append_metadata(model, {"normrun.bn_1.updates": "often"})
        with self.assertRaises(normrun.Error) as refused:
            normrun.run("validate", model)
        self.assertEqual(refused.exception.exit_code, 65)


if __name__ == "__main__":
    unittest.main()
