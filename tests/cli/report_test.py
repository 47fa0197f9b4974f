"""normrun report: the page is whole, escaped, the same bytes each time, and small however many runs there are."""

import csv
import html.parser
import json
import os
import re
import select
import subprocess
import unittest
import urllib.parse
import xml.etree.ElementTree

from support import BINARY, SMALL, CommandLineTest

VOID = {"meta", "link", "br", "hr", "img", "input", "col"}
NASTY = '<script>alert("1")</script> & \'quoted\' </pre> ]]>'


class Page(html.parser.HTMLParser):
    """Collects what the tests ask for, and every element that is not closed in its turn."""

    def __init__(self, text):
        super().__init__()
        self.open, self.problems, self.addresses, self.ids, self.tags = [], [], [], [], []
        self.feed(text)
        self.close()

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)
        for name, value in attrs:
            if name == "id":
                self.ids.append(value)
            if name in ("src", "href", "xlink:href", "srcset", "action"):
                self.addresses.append(value)
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attrs):
        self.handle_starttag(tag, attrs)
        if tag not in VOID:
            self.open.pop()

    def handle_endtag(self, tag):
        if not self.open or self.open.pop() != tag:
            self.problems.append((tag, self.getpos()))


class ReportTest(CommandLineTest):
    def train(self, config, folder="results"):
        self.write("config.json", json.dumps(config))
        result = self.run_in("train", "--config", "config.json", "--out", folder, "--force", "--quiet")
        self.assertEqual(result.returncode, 0, result.stderr)
        return self.folder / folder

    def assert_whole(self, text):
        """Well-formed, its pictures XML, and nothing that a browser would fetch."""
        page = Page(text)
        self.assertEqual(page.problems, [])
        self.assertEqual(page.open, [])
        self.assertEqual(len(page.ids), len(set(page.ids)), "an id is there twice")
        for address in page.addresses:
            self.assertTrue(address.startswith(("#", "data:")) or re.fullmatch(r"\w+\.csv", address), address)
        self.assertEqual(page.tags.count("script"), 1)
        self.assertIsNone(re.search(r"(src|href)\s*=\s*[\"']?(https?:)?//|\burl\(|@import|\bfetch\(|XMLHttpRequest", re.sub(r"url\(#", "", text)))
        self.assertIn("default-src 'none'", text)
        self.assertNotIn("unsafe-eval", text)
        pictures = re.findall(r"<svg .*?</svg>", text, re.S)
        for picture in pictures:
            tree = xml.etree.ElementTree.fromstring(picture)
            self.assertEqual([child.tag for child in tree][:2], ["title", "desc"])
            self.assertIsNone(re.search(r"\b(nan|inf)\b", picture))
        return page, pictures

    def test_train_writes_what_report_writes(self):
        folder = self.train(SMALL)
        written = (folder / "report.html").read_bytes()
        result = self.run_in("report", "results")
        self.assertEqual(result.returncode, 0, result.stderr)
        self.assertEqual((folder / "report.html").read_bytes(), written)
        self.run_in("report", "results", "-o", "other.html")
        self.assertEqual((self.folder / "other.html").read_bytes(), written)

    def test_a_link_and_a_fifo_are_written_through(self):
        page = (self.train(SMALL) / "report.html").read_bytes()
        self.write("elsewhere/page.html", "old")
        (self.folder / "link.html").symlink_to("elsewhere/page.html")
        self.assertEqual(self.run_in("report", "results", "-o", "link.html").returncode, 0)
        self.assertTrue((self.folder / "link.html").is_symlink())
        self.assertEqual((self.folder / "elsewhere/page.html").read_bytes(), page)
        fifo = self.folder / "fifo"
        os.mkfifo(fifo)
        keeper = os.open(fifo, os.O_RDWR)  # nobody waits for the other, should the FIFO be no more
        process = subprocess.Popen([BINARY, "report", "results", "-o", "fifo", "-q"], cwd=self.folder, stdout=subprocess.DEVNULL)
        read = b""
        while len(read) < len(page) and select.select([keeper], [], [], 10)[0]:
            read += os.read(keeper, 1 << 16)
        self.assertEqual(process.wait(timeout=60), 0)
        os.close(keeper)
        self.assertTrue(fifo.is_fifo())
        self.assertEqual(read, page)

    def test_the_page_is_whole_and_tells_the_story(self):
        config = dict(SMALL, compare={"pairs": [["train", "eval"], ["eval", "population"]], "outputs": 20},
                      claims=[{"id": "gap", "statement": "batch norm has a gap", "metric": "compare.relative_gap",
                               "where": {"norm": "batch", "batch_size": 4, "mode_a": "train"}, "test": "greater", "than": 0.0, "every_seed": True}])
        text = (self.train(config) / "report.html").read_text(encoding="utf-8")
        page, pictures = self.assert_whole(text)
        for figure in ("gap", "accuracy", "budget", "statistics", "learning", "channels", "outputs"):
            self.assertIn(figure, page.ids)
            self.assertIn(f'download="{figure}.csv"', text)
        self.assertGreater(len(pictures), 12)
        for section in ("advice", "verdicts", "figures", "settings", "tables", "config", "made"):
            self.assertIn(section, page.ids)
        # The page opens as the terminal ends.
        sentences = self.run_in("train", "--config", "config.json", "--out", "results", "--resume", "--quiet").stdout.split("\n\n")[-1]
        for sentence in re.sub(r"\n  ", " ", sentences.strip()).splitlines():
            self.assertIn(f">{sentence[0].upper()}{sentence[1:]}.</p>", text)
        # People read words, not the names of the tables: but for the config and the figures' own numbers, which are data.
        words = re.sub(r"<[^>]*>", " ", re.sub(r"<(script|style|pre|figure)\b.*?</\1>", "", text, flags=re.S))
        for name in ("batch_1", "batch-b4-s0", "relative_gap", "cold-start", "nothing-found", "train-mode-noisy"):
            self.assertIsNone(re.search(rf"\b{name}\b", words), name)
        pictures = " ".join(re.findall(r"<svg .*?</svg>", text, re.S))
        for name in ("batch_1", "batch-b4-s0", "relative_gap"):
            self.assertNotIn(name, re.sub(r"<[^>]*>", " ", pictures))
        self.assertIn("normalization layer 1", text)
        self.assertIn("Measured: the gap of the outputs; observed", text)
        self.assertIn("networks were trained, with batch norm", text)
        network = re.search(r'<svg id="network".*?</svg>', text, re.S).group(0)
        self.assertEqual(re.findall(r'<rect class="(box[^"]*)"', network), ["box", "box", "box norm", "box", "box"])
        self.assertRegex(text, r"batch norm, batch [48], seed [01]\b")  # the network whose channels are farthest off
        self.assertIn("batch norm has a gap", text)
        self.assertIn("✓ confirmed", text)
        self.assertIn('"momentum": 0.9', text.replace("&quot;", '"'))

    def test_the_numbers_drawn_are_those_of_the_tables(self):
        folder = self.train(SMALL)
        with open(folder / "compare.csv", newline="", encoding="utf-8") as file:
            gaps = [float(row["relative_gap"]) for row in csv.DictReader(file)
                    if (row["norm"], row["batch_size"], row["mode_a"], row["mode_b"]) == ("batch", "4", "train", "eval")]
        self.assertEqual(len(gaps), 2)
        link = re.search(r'download="gap.csv" href=\x27data:text/csv;charset=utf-8,([^\x27]*)\x27', (folder / "report.html").read_text(encoding="utf-8"))
        rows = list(csv.DictReader(urllib.parse.unquote(link.group(1)).splitlines()))
        drawn = [row for row in rows if (row["norm"], row["batch_size"]) == ("batch norm", "4")]
        self.assertEqual(len(drawn), 1)
        self.assertAlmostEqual(float(drawn[0]["relative_gap"]), sum(gaps) / 2, places=12)
        self.assert_budget_adds_up(folder)

    def assert_budget_adds_up(self, folder):
        """The parts of each bar add up to the gap that the budget starts with."""
        with open(folder / "budget.csv", newline="", encoding="utf-8") as file:
            first = {}
            for row in csv.DictReader(file):
                if row["layer"] == "all" and row["metric"] == "outputs":
                    first.setdefault((row["norm"], row["batch_size"], row["seed"]), float(row["gap_before"]))
        text = (folder / "report.html").read_text(encoding="utf-8")
        link = re.search(r'download="budget.csv" href=\x27data:text/csv;charset=utf-8,([^\x27]*)\x27', text).group(1)
        sums = {}
        for row in csv.DictReader(urllib.parse.unquote(link).splitlines()):
            if row["metric"] == "outputs":
                sums[row["setting"]] = sums.get(row["setting"], 0.0) + float(row["part_of_gap"])
        self.assertEqual(set(sums), {"batch norm, batch 4", "batch norm, batch 8"})
        for size in ("4", "8"):
            wanted = sum(gap for (norm, own, _), gap in first.items() if (norm, own) == ("batch", size)) / 2
            self.assertAlmostEqual(sums[f"batch norm, batch {size}"], wanted, places=9)

    def test_each_figure_can_be_saved_for_vega_lite(self):
        text = (self.train(dict(SMALL, compare={"outputs": 20})) / "report.html").read_text(encoding="utf-8")
        links = re.findall(r'download="([\w-]+).vl.json" href=\x27data:application/json;charset=utf-8,([^\x27]*)\x27', text)
        self.assertLessEqual({"gap", "accuracy", "budget", "statistics", "learning", "channels", "outputs"}, {name for name, _ in links})
        for name, link in links:
            with self.subTest(figure=name):
                spec = json.loads(urllib.parse.unquote(link))
                self.assertEqual(spec["$schema"], "https://vega.github.io/schema/vega-lite/v6.json")
                # The numbers are those of the CSV beside it.
                saved = re.search(rf'download="{name}.csv" href=\x27data:text/csv;charset=utf-8,([^\x27]*)\x27', text).group(1)
                self.assertEqual(spec["data"]["values"], urllib.parse.unquote(saved))
                rows = list(csv.DictReader(urllib.parse.unquote(saved).splitlines()))
                self.assertNotIn('"url"', json.dumps(spec))
                for view in spec["concat"]:
                    wanted = {one["filter"]["field"]: one["filter"]["equal"] for one in view["transform"] if "filter" in one}
                    shown = [row for row in rows if all(row[key] == value for key, value in wanted.items())]
                    self.assertTrue(shown, "an empty view")

    def saved(self, folder, figure):
        text = (folder / "report.html").read_text(encoding="utf-8")
        link = re.search(rf'download="{figure}.vl.json" href=\x27data:application/json;charset=utf-8,([^\x27]*)\x27', text).group(1)
        return json.loads(urllib.parse.unquote(link)), text

    def test_the_x_axis_is_what_was_swept(self):
        momentums = [0.9, 0.5, 0.99]
        spec, text = self.saved(self.train(dict(SMALL, grid={"norm.momentum": momentums, "seed": [0, 1]})), "gap")
        self.assertEqual(spec["concat"][0]["encoding"]["x"]["field"], "norm_momentum")
        values = [float(row["norm_momentum"]) for row in csv.DictReader(spec["data"]["values"].splitlines())]
        self.assertEqual(values, sorted(momentums))
        self.assertIn("norm.momentum", text.split('id="gap"')[1].split("</figure>")[0])
        self.assertNotIn("1/√B", text)
        # A line goes from the least to the largest, whatever the order of the config.
        self.assertRegex(text, r"norm\.momentum[^<]*\b0\.5\b[^<]*\b0\.99\b")

    def test_one_deep_network_is_told_in_the_singular_and_labels_every_other_layer(self):
        layers = [{"type": "dense", "units": 4}, {"type": "norm"}, {"type": "relu"}] * 15 + [{"type": "dense", "units": 3}]
        config = {"data": {"type": "gaussian", "samples": 40, "features": 3, "target": "clusters", "classes": 3, "test_samples": 20},
                  "network": layers, "norm": {"type": "batch"}, "train": {"batch_size": 8, "epochs": 1}}
        text = (self.train(config) / "report.html").read_text(encoding="utf-8")
        self.assertIn("One network was trained, with batch norm, at batch size 8. It then predicted", text)
        picture = re.search(r'<svg id="depth-relative_gap[^"]*".*?</svg>', text, re.S).group(0)
        ticks = re.search(r'<g class="ticks">.*?</g>', picture, re.S).group(0)
        self.assertEqual(re.findall(r">(\d+)</text>", ticks), ["1", "3", "5", "7", "9", "11", "13", "15"])

    def test_one_batch_size_gives_rows_of_norms(self):
        norms = ["batch", "layer", "none"]
        folder = self.train(dict(SMALL, grid={"norm.type": norms, "seed": [0, 1]}))
        spec, text = self.saved(folder, "accuracy")
        self.assert_whole(text)
        self.assertEqual(len(spec["concat"]), 1)
        self.assertEqual(spec["concat"][0]["encoding"]["y"]["field"], "row")
        rows = list(csv.DictReader(spec["data"]["values"].splitlines()))
        self.assertLessEqual({("layer norm", "layer norm, every mode"), ("batch norm", "batch norm, eval mode"),
                              ("batch norm", "batch norm, train mode")}, {(row["row"], row["series"]) for row in rows})
        with open(folder / "compare.csv", newline="", encoding="utf-8") as file:
            wanted = [float(row["accuracy_b"]) for row in csv.DictReader(file)
                      if (row["norm"], row["mode_a"], row["mode_b"], row["split"], row["eval_batch_size"]) == ("layer", "train", "eval", "test", "8")]
        mean = next(row["accuracy"] for row in rows if row["row"] == "layer norm")
        self.assertAlmostEqual(float(mean), sum(wanted) / 2, places=12)

    def test_what_a_config_says_is_escaped(self):
        norms = [{"type": "batch", "name": 'a<b>"&'}, {"type": "layer", "name": "</svg><script>"}]
        config = dict(SMALL, name="nasty", description=NASTY, source=NASTY, grid={"norm": norms, "train.batch_size": [4, 8], "seed": [0, 1]},
                      claims=[{"id": "<i>", "statement": NASTY, "source": NASTY, "metric": "runs.steps", "where": {"batch_size": 8},
                               "reduce": "mean", "test": "greater", "than": 1}])
        text = (self.train(config) / "report.html").read_text(encoding="utf-8")
        self.assert_whole(text)
        self.assertNotIn("<script>alert", text)
        self.assertIn("&lt;script&gt;alert(&quot;1&quot;)&lt;/script&gt; &amp; &#39;quoted&#39; &lt;/pre&gt; ]]&gt;", text)

    def test_advice_as_text_and_as_json(self):
        self.train(SMALL)
        text = self.run_in("report", "results").stdout
        self.assertRegex(text, r"(?m)^layer norm, 2 settings: ")
        self.assertTrue(all(len(line) <= 80 for line in text.splitlines()), text)
        advice = json.loads(self.run_in("report", "results", "--json").stdout)
        self.assertEqual({key for one in advice for key in one},
                         {"cause", "setting", "finding", "remedy", "measured", "layer", "channels", "interval", "tried"})
        self.assertIn("none", {one["cause"] for one in advice})

    def test_a_cold_start_is_found_and_its_remedy_measured(self):
        config = dict(SMALL, data=dict(SMALL["data"], mean=3, test_samples=600), norm={"type": "batch", "momentum": 0.99}, grid={"seed": [0, 1, 2]})
        self.train(config)
        advice = {one["cause"]: one for one in json.loads(self.run_in("report", "results", "--json").stdout)}
        self.assertRegex(advice["cold-start"]["finding"], r"\b16\b.*\b0\.99\b.*\b85 %")
        self.assertRegex(advice["cold-start"]["measured"], r"statistics.* \d+\.\d %.* \d+\.\d %")
        with open(self.folder / "results/remedies.csv", newline="", encoding="utf-8") as file:
            tried = {row["remedy"] for row in csv.DictReader(file)}
        self.assertLessEqual({"bias-corrected", "layer-by-layer", "batch-average", "batch-statistics"}, tried)

    def told_of(self, seeds, lines_of):
        """The advice on a cold start where the diagnoses of the seeds are these: (finding, cause, effect), with an interval of +-.01."""
        path = self.folder / "results/diagnosis.csv"
        with open(path, newline="", encoding="utf-8") as file:
            run = {row["seed"]: row for row in csv.DictReader(file)}
        with open(path, "w", newline="", encoding="utf-8") as file:
            writer = csv.DictWriter(file, next(iter(run.values())), lineterminator="\n")
            writer.writeheader()
            for seed in seeds:
                for finding, cause, effect in lines_of(seed):
                    writer.writerow({**run[str(seed)], "finding": finding, "cause": cause, "layer": "", "channels": "", "effect": effect,
                                     "ci95_low": effect - 0.01, "ci95_high": effect + 0.01, "p": 0, "metric": "accuracy", "samples": 600})
        advice = json.loads(self.run_in("report", "results", "--json").stdout)
        return next(one["finding"] for one in advice if one["cause"] == "cold-start")

    def test_a_cause_that_one_run_names_twice_counts_once(self):
        self.train(dict(SMALL, norm={"type": "batch"}, grid={"seed": [0, 1]}))
        told = self.told_of([0, 1], lambda seed: [("nothing-found", "", 0.0)] if seed else [("statistics-wrong", "cold-start", 0.3),
                                                                                            ("statistics-wrong", "cold-start", 0.1)])
        self.assertIn("found in 1", told)

    def test_the_margins_of_the_config_decide_what_holds_of_all_networks(self):
        seeds = [0, 1, 2, 3, 4]
        for margin, words in ((0.01, "mean of 5 runs"), (0.1, "worst of 5 networks")):
            self.train(dict(SMALL, norm={"type": "batch"}, grid={"seed": seeds}, compare={"accuracy_margin": margin}))
            self.assertIn(words, self.told_of(seeds, lambda seed: [("statistics-wrong", "cold-start", 0.05 + 0.001 * seed)]))

    def test_what_is_not_there_is_left_out(self):
        folder = self.train(SMALL)
        for table in ("history", "compare", "layers", "channels", "budget", "summary", "diagnosis", "remedies"):
            (folder / f"{table}.csv").unlink()
        result = self.run_in("report", "results")
        self.assertEqual(result.returncode, 0, result.stderr)
        self.assertIn("not compared", result.stdout)
        _, pictures = self.assert_whole((folder / "report.html").read_text(encoding="utf-8"))
        self.assertEqual([picture for picture in pictures if 'id="network"' not in picture], [])

    def test_failed_runs_are_named(self):
        config = dict(SMALL, train=dict(SMALL["train"], optimizer={"type": "sgd", "learning_rate": 1e30}), grid={"seed": [0, 1]})
        self.write("config.json", json.dumps(config))
        self.assertEqual(self.run_in("train", "--config", "config.json", "--out", "results", "--quiet").returncode, 3)
        text = (self.folder / "results/report.html").read_text(encoding="utf-8")
        self.assert_whole(text)
        self.assertRegex(text, r"\b0 of 2\b")
        self.assertIn("diverged", text)

    def test_axes_whose_numbers_agree_but_for_their_last_bits(self):
        """The axes of these reports never ended, and ate all memory."""
        labels = {"type": "gaussian", "features": 2, "target": "random-labels"}
        last_bits = {"name": "bits", "precision": "float64", "data": dict(labels, samples=40, classes=2, standardize=True),
                     "network": [{"type": "norm"}, {"type": "dense", "units": 2}], "norm": {"type": "batch"},
                     "train": {"batch_size": 8, "epochs": 1}, "grid": {"seed": [1, 2, 3, 4]}}
        still = {"name": "still", "data": dict(labels, samples=70, classes=3),
                 "network": [{"type": "dense", "units": 3, "kernel_initializer": "zeros"}],
                 "train": {"batch_size": 5, "epochs": 3, "optimizer": {"type": "sgd", "learning_rate": 0}}}
        for config in (last_bits, still):
            with self.subTest(name=config["name"]):
                _, pictures = self.assert_whole((self.train(config) / "report.html").read_text(encoding="utf-8"))
                self.assertGreaterEqual(len(pictures), 3)

    def test_a_sweep_whose_report_cannot_be_written_is_done_all_the_same(self):
        folder = self.train(SMALL)
        tables = self.bytes_of("results")
        (folder / "report.html").unlink()
        self.write("results/report.html/in/the/way", "")
        result = self.run_in("train", "--config", "config.json", "--out", "results", "--resume", "--quiet")
        self.assertEqual(result.returncode, 0, result.stderr)
        self.assertRegex(result.stderr, r"^normrun: warning: results/report.html could not be drawn: .*\n$")
        self.assertIn("norm", result.stdout)
        found = self.bytes_of("results")
        self.assertEqual({name for name in tables if found.get(name) != tables[name]}, {"report.html"})
        self.assertEqual(self.run_in("report", "results").returncode, 73)

    def test_a_table_that_cannot_be_read_costs_its_own_figure(self):
        folder = self.train(SMALL)
        (folder / "history.csv").unlink()
        (folder / "history.csv").mkdir()
        result = self.run_in("report", "results", "--quiet")
        self.assertEqual(result.returncode, 0, result.stderr)
        self.assertIn("warning: results/report.html: the figure learning is missing: ", result.stderr)
        text = (folder / "report.html").read_text(encoding="utf-8")
        page, _ = self.assert_whole(text)
        self.assertIn("On this page the figure learning is missing: ", text)
        self.assertNotIn("learning", page.ids)
        self.assertIn("gap", page.ids)

    def test_a_folder_without_results_is_refused(self):
        result = self.run_in("report", "nowhere")
        self.assert_refused(result, 2, "normrun: error: nowhere: ")
        self.train(SMALL)
        self.assertEqual(self.run_in("report", "results", "-o", "no/such/folder/x.html").returncode, 73)

    def test_ten_thousand_runs_give_a_small_page(self):
        axis = "train.optimizer.learning_rate"
        rates = [f"{0.001 + i / 1e5:.5f}".rstrip("0") for i in range(500)]
        grid = {axis: [0.01], "norm.type": ["batch", "layer"], "train.batch_size": [4, 8], "seed": [0, 1, 2, 3, 4]}
        folder = self.train(dict(SMALL, grid=grid, compare={"budget": ["outputs"]}))
        for table in ("runs", "history", "compare", "layers", "channels", "budget"):
            header, *lines = (folder / f"{table}.csv").read_text(encoding="utf-8").splitlines()
            cut = [line.split(",", 5) for line in lines]
            with open(folder / f"{table}.csv", "w", encoding="utf-8") as file:
                file.write(header + "\n")
                for rate in rates:
                    file.writelines(f"{run}-{rate},{norm},{size},{seed},{rate},{rest}\n" for run, norm, size, seed, _, rest in cut)
        config = json.loads((folder / "config.json").read_text(encoding="utf-8"))
        config["grid"][axis] = [float(rate) for rate in rates]
        (folder / "config.json").write_text(json.dumps(config), encoding="utf-8")
        result = self.run_in("report", "results", timeout=120)
        self.assertEqual(result.returncode, 0, result.stderr)
        content = (folder / "report.html").read_bytes()
        self.assertLess(len(content), 5_000_000)
        text = content.decode("utf-8")
        self.assert_whole(text)
        for numbers in ("200 of 2000", "6 of 500", "2000 gaps"):
            self.assertIn(numbers, text)


if __name__ == "__main__":
    unittest.main()
