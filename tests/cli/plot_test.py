"""scripts/plot.py and the snippets, on invented tables and, where the binary is built, on real ones."""

import csv
import json
import os
import pathlib
import re
import shutil
import struct
import subprocess
import sys
import unittest
import xml.etree.ElementTree

from support import BINARY, SMALL, SOURCE, CommandLineTest, normrun

sys.path.insert(0, str(SOURCE / "tests" / "support"))
import make_result_fixture  # noqa: E402

PLOT = SOURCE / "scripts" / "plot.py"
PYTHON = "/usr/bin/python3"  # Debian's, which has pandas
EVERY_FIGURE = ["accuracy_vs_batch_size", "gap_along_depth", "gap_vs_batch_size", "gap_vs_eval_batch_size", "learning_curves", "moving_vs_population",
                "statistics_over_steps"]


def run(*command, cwd=None):
    return subprocess.run([str(part) for part in command], cwd=cwd, stdin=subprocess.DEVNULL, capture_output=True, text=True,
                          timeout=300, check=False)


def png_size(content):
    """(width, height) of a complete PNG file; None for anything else."""
    if not content.startswith(b"\x89PNG\r\n\x1a\n") or b"IEND" not in content[-16:]:
        return None
    return struct.unpack(">II", content[16:24])


class PlotFixture(CommandLineTest):
    """What the tests of pictures share."""

    def fixture(self, name="results", **options):
        folder = self.folder / name
        make_result_fixture.write_results(folder, **options)
        return folder

    def plot(self, *arguments):
        result = run(PLOT, *arguments, cwd=self.folder)
        self.assertEqual(result.returncode, 0, result.stderr)
        return result

    def svg_text(self, figure, results):
        """Draws one figure and returns its words: matplotlib draws text as outlines and leaves the words in comments."""
        self.plot(results, "--format", "svg", "--only", figure)
        return (results / "plots" / f"{figure}.svg").read_text(encoding="utf-8")

    def rewrite(self, path, change):
        """change: from the rows of a table, header first, to the rows that replace them."""
        with open(path, newline="", encoding="utf-8") as file:
            rows = change(list(csv.reader(file)))
        with open(path, "w", newline="", encoding="utf-8") as file:
            csv.writer(file, lineterminator="\n").writerows(rows)


class PlotTest(PlotFixture):
    def test_every_figure_is_a_valid_picture(self):
        results = self.fixture(eval_batch_sizes=True, every_steps=True)
        result = self.plot(results)
        written = [pathlib.Path(line) for line in result.stdout.splitlines()]
        self.assertEqual(sorted(written), sorted(results / "plots" / f"{name}.{kind}" for name in EVERY_FIGURE for kind in ("png", "svg")))
        self.assertEqual(result.stderr, "")
        for path in written:
            content = path.read_bytes()
            self.assertLess(len(content), 600_000, path)
            if path.suffix == ".png":
                width, height = png_size(content)
                self.assertTrue(900 <= width <= 2200 and 700 <= height <= 2600, (path, width, height))
                self.assertGreater(len(content), 30_000, f"{path} is nearly empty")
            else:
                self.assertTrue(xml.etree.ElementTree.fromstring(content).tag.endswith("svg"), path)

    def test_the_gap_along_the_depth(self):
        results = self.fixture()
        means = self.means_of_layers(results, "relative_gap")
        text = self.svg_text("gap_along_depth", results)
        self.assertGreater(means["norm_1"], means["norm"])
        self.assertIn(f"Largest gap at B = 2:  {100 * means['norm_1']:.0f} %, in normalization layer 2", text)

    def test_results_without_gaps_of_layers_show_their_statistics(self):
        results = self.fixture()
        means = self.means_of_layers(results, "mean_gap")
        self.rewrite(results / "layers.csv", lambda rows: [row[:-1] for row in rows])
        worst = max(means, key=means.get)
        text = self.svg_text("gap_along_depth", results)
        self.assertIn(f"at B = 2:  {means[worst]:.2g} population sd, in normalization layer {1 if worst == 'norm' else 2}", text)

    def means_of_layers(self, results, column):
        """Returns each layer's mean over the seeds at batch size 2."""
        with open(results / "layers.csv", newline="", encoding="utf-8") as file:
            rows = [row for row in csv.DictReader(file) if row["mean_gap"] and row["batch_size"] == "2"]
        values = {layer: [float(row[column]) for row in rows if row["layer"] == layer] for layer in ("norm", "norm_1")}
        return {layer: sum(own) / len(own) for layer, own in values.items()}

    def test_the_report_has_the_same_colours(self):
        sheet = (SOURCE / "lib/report/page/report.css").read_text(encoding="utf-8")
        style = (SOURCE / "scripts/figures/style.py").read_text(encoding="utf-8")
        light = dict(re.findall(r"--(c\d+): (#\w+)", sheet[:sheet.index("@media")]))
        drawn = re.findall(r'"(#\w{6})", "', style[:style.index("GREY, LIGHT")])
        self.assertEqual(drawn, [light[name] for name in ("c0", "c1", "c6", "c2", "c3", "c4", "c5", "c7")])

    def test_the_same_tables_give_the_same_bytes(self):
        results = self.fixture(eval_batch_sizes=True, every_steps=True)
        self.plot(results, "--out", "first")
        self.plot(results, "--out", "second")
        for name in EVERY_FIGURE:
            for kind in ("png", "svg"):
                first, second = ((self.folder / out / f"{name}.{kind}").read_bytes() for out in ("first", "second"))
                self.assertEqual(first, second, name)
        other = self.fixture("other", eval_batch_sizes=True, every_steps=True, seeds=4)
        self.plot(other, "--out", "third", "--format", "png", "--only", "gap_vs_batch_size")
        self.assertNotEqual((self.folder / "first" / "gap_vs_batch_size.png").read_bytes(),
                            (self.folder / "third" / "gap_vs_batch_size.png").read_bytes())

    def test_an_exact_zero_is_shown_as_one(self):
        text = self.svg_text("gap_vs_batch_size", self.fixture(norms=["batch", "layer", "none"]))
        for words in ("layer norm: exactly 0", "no normalization layer: exactly 0", "1/√B through B = 16"):
            self.assertIn(words, text)
        self.assertNotIn("batch norm: exactly 0", text)

    def test_a_tiny_gap_is_no_exact_zero(self):
        results = self.fixture()

        def disturb(rows):
            gap, norm = rows[0].index("relative_gap"), rows[0].index("norm")
            next(row for row in rows if row[norm] == "layer")[gap] = "1e-12"
            return rows

        self.rewrite(results / "compare.csv", disturb)
        self.assertNotIn("exactly 0", self.svg_text("gap_vs_batch_size", results))

    def test_the_words_hold_the_table_s_numbers(self):
        results = self.fixture(seeds=1)
        with open(results / "runs.csv", newline="", encoding="utf-8") as file:
            run_row = next(csv.DictReader(file))
        text = self.svg_text("accuracy_vs_batch_size", results)
        self.assertIn(f"batch norm {float(run_row['test_accuracy_eval']):.3f} in eval mode", text)
        self.assertIn("One seed.", text)

    def test_figures_that_do_not_apply_are_named(self):
        results = self.fixture(norms=["layer"], batch_sizes=[32])
        result = self.plot(results)
        self.assertRegex(result.stderr, r"(?m)^plot\.py: gap_vs_batch_size .*batch size.*\b32\b")
        self.assertRegex(result.stderr, r"(?m)^plot\.py: moving_vs_population .*channels\.csv")
        self.assertEqual([pathlib.Path(line).name for line in result.stdout.splitlines()],
                         ["learning_curves.png", "learning_curves.svg"])

    def test_regression_shows_the_loss(self):
        text = self.svg_text("accuracy_vs_batch_size", self.fixture(regression=True))
        self.assertIn("test loss", text)
        self.assertNotIn("test accuracy", text)

    def test_other_swept_keys_get_panels(self):
        results = self.fixture(variants=True)
        for name in ("gap_vs_batch_size", "accuracy_vs_batch_size", "learning_curves", "moving_vs_population"):
            text = self.svg_text(name, results)
            self.assertIn("factor = 0.5", text, name)
            self.assertIn("factor = 1.5", text, name)

    def test_a_diverged_run_is_left_out_and_counted(self):
        results = self.fixture()

        def diverge(rows):
            at = {name: i for i, name in enumerate(rows[0])}
            rows[1][at["status"]] = "diverged"
            for name in rows[0][at["train_loss"]:]:
                rows[1][at[name]] = ""
            return rows

        self.rewrite(results / "runs.csv", diverge)
        self.assertRegex(self.plot(results, "--format", "png", "--only", "gap_vs_batch_size").stderr, r"(?m)^plot\.py: 1 of 42 runs\b")

    def test_axes_of_numbers_that_agree_but_for_their_last_bits_are_drawn(self):
        for gap, next_gap in (("0.7", "0.7000000000000001"), ("1e-300", "1.0000000000000002e-300"), ("1e17", "1e17")):
            with self.subTest(gap=gap):
                results = self.fixture(gap)

                def level(rows):
                    at = [rows[0].index(name) for name in ("relative_gap", "accuracy_a", "accuracy_b")]
                    for i, row in enumerate(rows[1:]):
                        for column in at:
                            row[column] = (gap, next_gap)[i % 2]
                    return rows

                self.rewrite(results / "compare.csv", level)
                self.plot(results, "--format", "png", "--only", "gap_vs_batch_size")

    def test_a_figure_that_cannot_be_drawn_costs_itself_alone(self):
        results = self.fixture()

        def widen(rows):
            gap = rows[0].index("relative_gap")
            for i, row in enumerate(rows[1:]):
                row[gap] = ("1e141", "1e285")[i % 2]
            return rows

        self.rewrite(results / "compare.csv", widen)
        result = run(PLOT, results, "--format", "png", cwd=self.folder)
        self.assertEqual(result.returncode, 1)
        self.assertIn("plot.py: error: gap_vs_batch_size cannot be drawn: ", result.stderr)
        self.assertIn("accuracy_vs_batch_size.png", result.stdout)
        self.assertIn("moving_vs_population.png", result.stdout)

    def test_missing_tables_and_columns_are_all_named(self):
        results = self.fixture()
        (results / "compare.csv").unlink()

        def drop_column(rows):
            dropped = rows[0].index("var_ratio")
            return [row[:dropped] + row[dropped + 1:] for row in rows]

        self.rewrite(results / "layers.csv", drop_column)
        result = run(PLOT, results)
        self.assertEqual(result.returncode, 2)
        self.assertEqual(result.stdout, "")
        compare, layers = result.stderr.splitlines()
        self.assertTrue(compare.startswith(f"plot.py: error: {results}/compare.csv: "), compare)
        self.assertTrue(layers.startswith(f"plot.py: error: {results}/layers.csv: "), layers)
        self.assertIn("var_ratio", layers)
        self.assertFalse((results / "plots").exists())

    def test_wrong_usage(self):
        for arguments, words in ((["nowhere"], "nowhere: "), ([], "usage"),
                                 ([self.folder, "--format", "pdf"], '"pdf" is none of png, svg'),
                                 ([self.folder, "--only", "gap"], '"gap" is none of gap_vs_batch_size')):
            result = run(PLOT, *arguments)
            self.assertEqual(result.returncode, 2, words)
            self.assertIn(words, result.stderr)
        (self.folder / "file").write_text("")
        result = run(PLOT, self.fixture(), "--out", self.folder / "file")
        self.assertEqual(result.returncode, 73, result.stderr)


@unittest.skipUnless(os.path.exists(BINARY), f"{BINARY} is not built")
class RealRunTest(PlotFixture):
    def train(self, config):
        path = self.write("config.json", json.dumps(config))
        result = normrun("train", "--config", path, "--out", "results", "--quiet", cwd=self.folder)
        self.assertEqual(result.returncode, 0, result.stderr)
        return self.folder / "results"

    def test_a_real_run_is_drawn(self):
        deep = [{"type": "dense", "units": 5}, {"type": "norm"}, {"type": "relu"}] + SMALL["network"]  # a depth takes two norms
        results = self.train({**SMALL, "network": deep, "compare": {"eval_batch_sizes": ["train", 2, 4, 8, 16], "every_steps": 5}})
        self.plot(results, "--format", "png")
        for name in EVERY_FIGURE:
            self.assertIsNotNone(png_size((results / "plots" / f"{name}.png").read_bytes()), name)

    def test_the_invented_tables_have_the_real_columns(self):
        results, invented = self.train(dict(SMALL, compare={"outputs": 2})), self.fixture("invented")
        for name in make_result_fixture.COLUMNS:
            headers = [(folder / name).read_text(encoding="utf-8").splitlines()[0] for folder in (results, invented)]
            self.assertEqual(*headers, name)


class SnippetTest(PlotFixture):
    def check(self, *command):
        result = run(*command, self.fixture(), cwd=self.folder)
        self.assertEqual(result.returncode, 0, result.stderr)
        width, height = png_size((self.folder / "gap_by_batch_size.png").read_bytes())
        self.assertTrue(width >= 400 and height >= 300)
        return result

    def test_pandas(self):
        self.assertIn("128", self.check(PYTHON, SOURCE / "scripts" / "snippets" / "gap_by_batch_size.py").stdout)

    @unittest.skipUnless(shutil.which("Rscript"), "R is not installed")
    def test_ggplot2(self):
        if run("Rscript", "-e", "library(ggplot2)").returncode != 0:
            self.skipTest("ggplot2 is not installed")
        self.check("Rscript", SOURCE / "scripts" / "snippets" / "gap_by_batch_size.R")


if __name__ == "__main__":
    unittest.main()
