"""The main job through the command line: tables, streams, exit codes, reruns."""

import csv
import json
import os
import signal
import subprocess
import time
import unittest

from support import BINARY, SMALL, CommandLineTest, rows

TABLES = ["runs", "history", "compare", "classes", "layers", "channels", "summary"]


class TrainTest(CommandLineTest):
    def setUp(self):
        super().setUp()
        self.write("c.json", json.dumps(SMALL))

    def train(self, *arguments, code=0):
        result = self.run_in("train", "--config", "c.json", *arguments)
        self.assertEqual(result.returncode, code, result.stderr)
        return result

    def test_every_table_is_there_with_its_key_columns(self):
        result = self.train()
        for name in TABLES + ["timing"]:
            table = rows(self.folder / "results/small" / f"{name}.csv")
            self.assertTrue(table, name)
            expected = ["norm", "batch_size"] if name == "summary" else ["run_id", "norm", "batch_size", "seed"]
            self.assertEqual(list(table[0])[: len(expected)], expected)
        runs = rows(self.folder / "results/small/runs.csv")
        self.assertEqual([run["run_id"] for run in runs][:3], ["batch-b4-s0", "batch-b4-s1", "batch-b8-s0"])
        self.assertTrue(all(run["status"] == "ok" for run in runs))
        self.assertRegex(result.stdout, r"(?m)^layer norm: ")
        self.assertFalse((self.folder / "results/small/outputs.csv").exists())
        self.assertFalse((self.folder / "results/small/claims.csv").exists())

    def test_every_table_and_the_closing_table_are_of_the_same_rows(self):
        """A test split of 15 rows, batches of 4 and 8: the last one of neither is full."""
        self.write("c.json", json.dumps(dict(
            SMALL, data={"type": "imbalanced", "majority": 30, "minority": 20, "offset": 0.5, "test_fraction": 0.3},
            network=[*SMALL["network"][:3], {"type": "dense", "units": 2}], compare={"eval_batch_sizes": ["train", 100]})))
        result = self.train()
        folder = self.folder / "results/small"
        runs = {run["run_id"]: run for run in rows(folder / "runs.csv")}
        self.assertEqual({run["test_samples"] for run in runs.values()}, {"15"})
        self.assertEqual(list(runs["layer-b4-s0"])[-2:], ["relative_gap", "test_samples"])
        self.assertEqual({row["samples"] for row in rows(folder / "compare.csv")}, {"15"})
        self.assertEqual({row["samples"] for row in rows(folder / "history.csv") if row["split"] == "test"}, {"15"})
        for row in rows(folder / "compare.csv"):
            if (row["mode_a"], row["eval_batch_size"]) == ("train", row["batch_size"]):
                self.assertEqual([row["accuracy_a"], row["loss_a"], row["accuracy_b"], row["relative_gap"]],
                                 [runs[row["run_id"]][name] for name in ("test_accuracy_train", "test_loss_train", "test_accuracy_eval",
                                                                         "relative_gap")])
        for line in result.stdout.splitlines():
            if line.startswith("layer ") and line.split()[1].isdigit():
                self.assertEqual(line.split()[2], line.split()[3])

    def closing_gap(self, result):
        """The last number of the closing table's only line."""
        return result.stdout.splitlines()[1].split()[-2]

    def test_the_closing_gap_is_that_of_the_test_rows_in_batches_of_the_run_s_own_size(self):
        result = self.train("--seeds", "0", "--set", "norm.type=batch", "--set", "train.batch_size=8", "--set", "compare.eval_batch_sizes=[1,4,8,\"all\"]",
                            "--set", 'compare.splits=["train","test"]')
        gap, = [float(row["relative_gap"]) for row in rows(self.folder / "results/small/compare.csv")
                if (row["split"], row["eval_batch_size"], row["mode_a"], row["mode_b"]) == ("test", "8", "train", "eval")]
        self.assertEqual(self.closing_gap(result), f"{100 * gap:.3g}")
        self.assertIn(f" {100 * gap:.{1 if gap < 0.0995 else 0}f} %", result.stdout)

    def test_a_name_that_the_readme_uses_is_shown_whole(self):
        norms = [{"type": "batch", "name": "bias-corrected-0.99", "average": "bias-corrected"}]
        self.write("c.json", json.dumps(dict(SMALL, grid={"norm": norms})))
        self.assertEqual(self.train().stdout.splitlines()[1].split()[0], "bias-corrected-0.99")

    def test_what_could_not_be_compared_is_told(self):
        for arguments, words in (
            (["--set", 'compare.splits=["validation"]'], ["validation", "validation_fraction"]),
            (["--set", 'compare.eval_batch_sizes=[4,31,64]'], ["test", 31, 64]),
        ):
            result = self.train("--force", "--quiet", *arguments)
            line, = result.stderr.splitlines()
            self.assert_told(line, "warning", *words)
        result = self.run_in("compare", "--checkpoint", "results/small/checkpoints/batch-b4-s0.safetensors", "--data", "c.json", "--splits", "test",
                             "--eval-batch-sizes", "4,64")
        self.assertEqual(result.returncode, 0, result.stderr)
        line, = result.stderr.splitlines()
        self.assert_told(line, "warning", "test", 64)

    def test_layer_norm_has_no_gap_and_batch_norm_has(self):
        self.train()
        for row in rows(self.folder / "results/small/compare.csv"):
            if row["mode_a"] == "train" and row["norm"] == "layer":
                self.assertEqual(float(row["max_abs"]), 0.0)
            if row["mode_a"] == "train" and row["norm"] == "batch":
                self.assertGreater(float(row["relative_gap"]), 0.0)

    def test_tables_and_checkpoints_are_the_same_bytes_for_any_number_of_jobs(self):
        self.train("--out", "one", "--jobs", "1")
        self.train("--out", "two", "--jobs", "2")
        self.train("--out", "four", "--jobs", "4")
        one = self.bytes_of("one")
        self.assertEqual(len([name for name in one if name.endswith(".safetensors")]), 8)
        self.assertEqual(one, self.bytes_of("two"))
        self.assertEqual(one, self.bytes_of("four"))

    def test_the_scalar_path_gives_the_same_bytes(self):
        self.train("--out", "fast", "--seeds", "0")
        result = self.run_in("train", "--config", "c.json", "--out", "slow", "--seeds", "0", env={"NORMRUN_ISA": "scalar"})
        self.assertEqual(result.returncode, 0, result.stderr)
        self.assertEqual(self.bytes_of("fast"), self.bytes_of("slow"))

    def test_a_filled_folder_is_kept_unless_forced(self):
        self.train("--out", "out")
        before = self.bytes_of("out")
        refused = self.train("--out", "out", code=73)
        self.assertIn("--force", refused.stderr)
        self.assertEqual(before, self.bytes_of("out"))
        self.write("out/notes.txt", "mine")
        self.train("--out", "out", "--force", "--seeds", "5")
        self.assertEqual((self.folder / "out/notes.txt").read_text(), "mine")
        self.assertEqual({run["seed"] for run in rows(self.folder / "out/runs.csv")}, {"5"})
        self.assertEqual(len(list((self.folder / "out/checkpoints").iterdir())), 4)

    def test_a_folder_that_cannot_be_made(self):
        self.write("file", "in the way")
        self.assertIn("file", self.train("--out", "file/out", code=73).stderr)
        self.assertIn("file", self.train("--out", "file", code=73).stderr)

    def test_dry_run_prints_the_plan_and_writes_nothing(self):
        result = self.train("--dry-run", "--grid", "norm.momentum=0.9,0.99")
        lines = result.stdout.splitlines()
        self.assertEqual(lines[0], "run_id,norm,batch_size,seed,norm.momentum")
        self.assertEqual(len(lines), 17)
        self.assertFalse((self.folder / "results").exists())

    def test_a_diverging_run_ends_alone(self):
        result = self.train("--grid", "train.optimizer.learning_rate=0.01,1e30", "--seeds", "0", "--set", "norm.type=none", code=3)
        runs = rows(self.folder / "results/small/runs.csv")
        self.assertEqual([run["status"] for run in runs], ["ok", "diverged", "ok", "diverged"])
        self.assertIn("step", runs[1]["error"])
        self.assertIn("dense_", runs[1]["error"])
        for run in (runs[1], runs[3]):
            line, = [line for line in result.stderr.splitlines() if run["run_id"] in line]
            self.assert_told(line, "warning", run["run_id"], "diverged", run["error"])

    def test_a_run_whose_eval_mode_is_not_finite_has_diverged_and_no_scores(self):
        frozen = dict(SMALL, norm={"type": "batch", "epsilon": 0, "initial_variance": 0}, train=dict(SMALL["train"], forward_mode="frozen-statistics"),
                      grid={"train.batch_size": [8], "seed": [0]})
        self.write("c.json", json.dumps(frozen))
        result = self.train("--quiet", code=3)
        folder = self.folder / "results/small"
        run, = rows(folder / "runs.csv")
        self.assertEqual(run["status"], "diverged")
        self.assertRegex(run["error"], r"^eval mode is not finite on the test split after step 16; first non-finite tensor: layer \w+_1, activations, "
                                       r"because moving_variance \+ epsilon is not above 0$")
        self.assertIn(f"warning: run batch-b8-s0 diverged: {run['error']}\n", result.stderr)
        self.assertEqual((run["test_loss_eval"], run["test_accuracy_eval"]), ("", ""))
        for of_training in ("train_loss", "train_accuracy", "test_loss_train", "test_accuracy_train"):
            self.assertGreaterEqual(float(run[of_training]), 0.0)
        for line in rows(folder / "history.csv"):
            self.assertEqual(line["accuracy"] == "", line["mode"] == "eval", line)
        for line in rows(folder / "compare.csv"):
            self.assertEqual({line[name] for name in ("max_abs", "mean_abs", "rms", "relative_gap", "kl", "disagreement", "accuracy_gap")}, {""})
            for side in "ab":
                self.assertEqual(line[f"accuracy_{side}"] == "", line[f"mode_{side}"] == "eval", line)
        for line in rows(folder / "classes.csv"):
            self.assertTrue(line["mode"] != "eval" or line["recall"] + line["precision"] == "", line)
        self.assertEqual(rows(folder / "budget.csv"), [])
        self.assertFalse(any((folder / "checkpoints").iterdir()))
        page = (folder / "report.html").read_text(encoding="utf-8")
        self.assertIn("0 of 1 runs are complete", page)
        self.assertNotIn("predict alike", page)
        self.assertEqual(self.train("--resume", "--quiet", code=3).stderr, result.stderr)

    def test_a_constant_feature_is_a_dead_channel_in_each_precision(self):
        lines = [f"{(-1) ** i * (i % 7) / 3},0.1,{i * i % 11 / 5},{i % 4}" for i in range(30)]
        self.write("constant.csv", "a,b,c,y\n" + "\n".join(lines) + "\n")
        self.write("c.json", json.dumps({
            "name": "small", "data": {"type": "csv", "path": "constant.csv", "target": "number", "test_fraction": 0},
            "network": [{"type": "norm"}, {"type": "dense", "units": 1}], "norm": {"type": "batch", "momentum": 0.9},
            "compare": {"splits": ["train"]}, "train": {"batch_size": 8, "epochs": 3}, "grid": {"precision": ["float32", "float64"]}}))
        self.train("--quiet")
        of_layers = rows(self.folder / "results/small/layers.csv")
        self.assertEqual([line["dead_channels"] for line in of_layers], ["1", "1"])
        for name in ("mean_gap", "var_ratio"):
            first, second = (float(line[name]) for line in of_layers)
            self.assertAlmostEqual(first, second, places=4)
        variances = [line["population_variance"] for line in rows(self.folder / "results/small/channels.csv") if line["channel"] == "1"]
        self.assertEqual(variances, ["0", "0"])

    def test_compare_says_where_eval_mode_is_not_finite(self):
        self.train("--quiet", "--seeds", "0")
        data = dict(SMALL["data"], scale=3e38)
        result = self.run_in("compare", "--checkpoint", "results/small/checkpoints/batch-b8-s0.safetensors", "--data", json.dumps(data))
        self.assertEqual(result.returncode, 3, result.stderr)
        self.assertRegex(result.stderr, "error: .*batch-b8-s0.safetensors: eval mode is not finite on the test split after step 16; "
                                        "first non-finite tensor: ")
        lines = list(csv.DictReader(result.stdout.splitlines()))
        self.assertTrue(lines)
        self.assertEqual({line["accuracy_a"] + line["accuracy_b"] + line["rms"] for line in lines}, {""})

    def test_a_failing_run_ends_alone_and_fail_fast_ends_the_sweep(self):
        result = self.train("--grid", "network.3.units=2,3", "--seeds", "0", "--quiet", code=3)
        runs = rows(self.folder / "results/small/runs.csv")
        line, = result.stderr.splitlines()
        self.assert_told(line, "warning", runs[0]["run_id"], 3, "failed", runs[0]["error"])
        self.assertRegex(runs[0]["error"], r"\b2\b.*\b3 classes\b")
        self.assertEqual({run["status"] for run in runs}, {"ok", "failed"})
        self.assertTrue(all(("3 classes" in run["error"]) == (run["status"] == "failed") for run in runs))
        self.train("--grid", "network.3.units=2,3", "--fail-fast", "--jobs", "1", "--out", "fast", code=3)
        self.assertLess(len(rows(self.folder / "fast/runs.csv")), 16)

    def test_a_few_errors_are_told_and_the_table_of_the_others_is_named(self):
        result = self.train("--grid", "network.3.units=3,4,5,6,7,8,9,10", "--seeds", "0", "--quiet", code=3)
        lines = result.stderr.splitlines()
        self.assertEqual(len(lines), 6, result.stderr)
        for units, line in zip(range(4, 9), lines):
            self.assert_told(line, "warning", 3, "failed", units)
        self.assert_told(lines[5], "warning", 8, "error", "results/small/runs.csv")

    def test_the_resolved_config_trains_to_the_same_tables(self):
        self.train("--out", "first")
        result = self.run_in("train", "--config", "first/config.json", "--out", "second")
        self.assertEqual(result.returncode, 0, result.stderr)
        self.assertEqual(self.bytes_of("first"), self.bytes_of("second"))

    def test_a_sweep_over_types_and_what_one_of_them_knows_can_be_used_afterwards(self):
        sweeps = {
            "norm": ({"norm.type": ["layer", "batch"], "norm.momentum": [0.5, 0.9]}, {}),
            "optimizer": ({"train.optimizer.type": ["sgd", "adam"], "train.optimizer.beta_1": [0.5, 0.9]}, {"optimizer": {"type": "adam"}}),
        }
        for name, (grid, train) in sweeps.items():
            with self.subTest(name):
                claim = {"id": "c", "statement": "s", "metric": "runs.steps", "where": {}, "test": "greater", "than": 0, "reduce": "mean", "expect": "confirmed"}
                self.write("c.json", json.dumps(SMALL | {"grid": grid, "train": SMALL["train"] | train, "claims": [claim]}))
                self.train("--out", name)
                for file in ("report.html", "manifest.json"):
                    self.assertTrue((self.folder / name / file).exists(), file)
                before = self.bytes_of(name)
                self.train("--out", name, "--resume")
                self.assertEqual(before, self.bytes_of(name))
                self.assertEqual(self.run_in("report", name).returncode, 0)
                self.assertIn(self.run_in("claims", name).returncode, (0, 4))  # decided, as expected or otherwise
                again = self.run_in("train", "--config", f"{name}/config.json", "--out", f"{name}2")
                self.assertEqual(again.returncode, 0, again.stderr)
                self.assertEqual(before, self.bytes_of(f"{name}2"))

    def test_swept_objects_take_the_place_of_their_swept_options(self):
        result = self.train("--dry-run", "--seeds", "0", "--set", "train.batch_size=8", "--grid", 'norm={"name": "a", "type": "batch", "momentum": 0.5},{"name": "b", "type": "batch"}')
        self.assertEqual(result.stdout.splitlines(), ["run_id,norm,batch_size,seed", "a-b8-s0,a,8,0", "b-b8-s0,b,8,0"])

    def test_the_grid_can_be_set(self):
        self.assertEqual(self.train("--dry-run", "--set", "grid={}").stdout.splitlines(), ["run_id,norm,batch_size,seed", "batch-b8-s0,batch,8,0"])
        seeds = {line.split(",")[3] for line in self.train("--dry-run", "--set", "grid.seed=[7]").stdout.splitlines()[1:]}
        self.assertEqual(seeds, {"7"})

    def test_the_paths_of_a_results_config_are_explained(self):
        self.write("data/x.csv", "".join(f"{i},{i % 7},{'ab'[i % 2]}\n" for i in range(30)))
        config = SMALL | {"data": {"type": "csv", "path": "data/x.csv"}, "grid": {}}
        config["network"] = SMALL["network"][:-1] + [{"type": "dense", "units": 2}]
        self.write("c.json", json.dumps(config))
        self.train("--out", "out")
        result = self.run_in("train", "--config", "out/config.json", "--out", "again")
        self.assertEqual(result.returncode, 2)
        explained = result.stderr
        self.assertIn("x.csv", explained)
        self.assertIn("config.json", explained.replace("out/config.json", ""))
        self.write("broken.json", json.dumps(config | {"data": {"type": "csv", "path": "x.csv"}}))
        plain = self.run_in("validate", "broken.json").stderr
        self.assertIn("x.csv", plain)
        self.assertNotIn("config.json", plain)

    def test_compare_on_a_checkpoint_gives_the_same_lines_as_train(self):
        self.train("--seeds", "0")
        result = self.run_in("compare", "--checkpoint", "results/small/checkpoints/batch-b4-s0.safetensors", "--data", "c.json")
        self.assertEqual(result.returncode, 0, result.stderr)
        printed = list(csv.DictReader(result.stdout.splitlines()))
        trained = [row for row in rows(self.folder / "results/small/compare.csv") if row["run_id"] == "batch-b4-s0"]
        self.assertEqual(printed, trained)
        self.assertEqual({row["epoch"] for row in printed}, {"2"})
        other = self.run_in("compare", "--checkpoint", "results/small/checkpoints/batch-b4-s0.safetensors", "--data",
                            json.dumps(dict(SMALL["data"], test_samples=50)), "--pairs", "train:eval,eval:initial-statistics",
                            "--eval-batch-sizes", "1,2,all", "--json")
        self.assertEqual(other.returncode, 0, other.stderr)
        self.assertEqual(len(json.loads(other.stdout)), 6)

    def test_compare_writes_the_same_diagnosis_as_train_and_no_folder_twice(self):
        self.train("--seeds", "0")
        call = ("compare", "--checkpoint", "results/small/checkpoints/batch-b4-s0.safetensors", "--data", "c.json", "--out", "judged")
        self.assertEqual(self.run_in(*call).returncode, 0)
        for table in ("compare", "diagnosis", "remedies"):
            trained = [row for row in rows(self.folder / f"results/small/{table}.csv") if row["run_id"] == "batch-b4-s0"]
            self.assertTrue(trained)
            self.assertEqual(rows(self.folder / f"judged/{table}.csv"), trained)
        again = self.run_in(*call)
        self.assertEqual(again.returncode, 73)
        self.assertIn("judged", again.stderr)
        other = self.run_in(*call[:-3], json.dumps(dict(SMALL["data"], test_samples=50)), "--out", "other")
        self.assertEqual(other.returncode, 0, other.stderr)
        self.assertTrue(rows(self.folder / "other/diagnosis.csv"))

    def test_compare_tells_of_inputs_that_are_scaled_otherwise(self):
        self.train("--seeds", "0", "--out", "plain")
        self.train("--seeds", "0", "--out", "scaled", "--set", "data.standardize=true")
        standardized = dict(SMALL["data"], standardize=True)
        for trained, data, words in (("plain", SMALL["data"], []), ("scaled", standardized, []),
                                     ("plain", dict(SMALL["data"], samples=90), []),
                                     ("scaled", dict(standardized, samples=90), ["standardize", "training"]),
                                     ("scaled", SMALL["data"], ["standardize", "trained"])):
            with self.subTest(f"{trained} {data}"):
                result = self.run_in("compare", "--checkpoint", f"{trained}/checkpoints/batch-b4-s0.safetensors", "--data", json.dumps(data))
                self.assertEqual(result.returncode, 0, result.stderr)
                self.assertEqual(len(result.stderr.splitlines()), min(1, len(words)), result.stderr)
                for word in words:
                    self.assertIn(word, result.stderr)

    def test_a_damaged_checkpoint_is_refused(self):
        self.train("--seeds", "0")
        path = self.folder / "results/small/checkpoints/batch-b4-s0.safetensors"
        content = bytearray(path.read_bytes())
        content[-5] ^= 4
        path.write_bytes(content)
        result = self.run_in("compare", "--checkpoint", path, "--data", "c.json")
        self.assertEqual(result.returncode, 65, result.stderr)
        self.assertIn("batch-b4-s0.safetensors", result.stderr)

    def test_ctrl_c_ends_in_time_and_keeps_the_finished_runs(self):
        config = dict(SMALL, train=dict(SMALL["train"], epochs=3000), grid={"seed": list(range(200))})
        self.write("long.json", json.dumps(config))
        process = subprocess.Popen([BINARY, "train", "--config", "long.json"], cwd=self.folder, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        checkpoints = self.folder / "results/small/checkpoints"
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline and not (checkpoints.exists() and any(checkpoints.glob("*.safetensors"))):
            time.sleep(0.02)
        process.send_signal(signal.SIGINT)
        asked = time.monotonic()
        _, messages = process.communicate(timeout=30)
        self.assert_prompt(asked)
        self.assertEqual(process.returncode, 130, messages)
        finished = rows(self.folder / "results/small/runs.csv")
        self.assertGreaterEqual(len(finished), 1)
        self.assertLess(len(finished), 200)

    def test_results_go_to_stdout_and_the_rest_to_stderr(self):
        result = self.train("--json", "--quiet")
        self.assertEqual(result.stderr, "")
        self.assertTrue(all("metric" in row for row in json.loads(result.stdout)))
        logged = self.train("--out", "again", "--log-format", "json")
        for line in logged.stderr.splitlines():
            self.assertIn("level", json.loads(line))

    def test_a_full_disk_is_told(self):
        if not os.path.exists("/dev/full"):
            self.skipTest("no /dev/full")
        with open("/dev/full", "w", encoding="utf-8") as full:
            result = subprocess.run([BINARY, "schema"], stdout=full, stderr=subprocess.PIPE, text=True, check=False)
        self.assertEqual(result.returncode, 74, result.stderr)

    def test_every_steps_follows_the_statistics(self):
        self.train("--set", "compare.every_steps=5", "--seeds", "0")
        layer = [row for row in rows(self.folder / "results/small/layers.csv") if row["run_id"] == "batch-b8-s0"]
        self.assertEqual([int(row["step"]) for row in layer], [5, 10, 15, 16])
        self.train("--out", "plain", "--seeds", "0")
        self.assertEqual(rows(self.folder / "plain/runs.csv"), rows(self.folder / "results/small/runs.csv"))

    def test_no_table_has_two_columns_of_one_name(self):
        self.write("c.json", json.dumps(SMALL | {"grid": {"precision": ["float32", "float64"]}}))
        self.assertEqual(self.run_in("train", "--config", "c.json", "--out", "results").returncode, 0)
        swept = {"runs": "config.precision", "classes": "config.precision", "compare": "precision", "summary": "precision"}
        for table, name in swept.items():
            header = (self.folder / "results" / f"{table}.csv").read_text(encoding="utf-8").splitlines()[0].split(",")
            self.assertIn(name, header)
            self.assertEqual(len(header), len(set(header)), header)


if __name__ == "__main__":
    unittest.main()
