"""The report in a browser: no error, no request, nothing cut off or drawn over, readable in light, in dark and on a phone;
interactive with JavaScript, complete without.

Skipped where there is no Chromium.  NORMRUN_SCREENSHOTS names a folder that takes the pictures.
"""

import json
import os
import pathlib
import unittest

import browser
from support import SMALL, SOURCE, CommandLineTest

VIEWS = [("light", 1200), ("dark", 1200), ("light", 360), ("dark", 360)]

# Names of a picture that overlap or leave it, by more than rounding.
MISPLACED = """
[...document.querySelectorAll("svg")].flatMap((svg) => {
  const frame = svg.getBoundingClientRect();
  const texts = [...svg.querySelectorAll("text")].filter((text) => text.textContent && text.getAttribute("opacity") !== "0")
    .map((text) => [text.textContent, text.getBoundingClientRect()]);
  const cut = texts.filter(([, a]) => a.left < frame.left - 1 || a.right > frame.right + 1 || a.top < frame.top - 1 ||
    a.bottom > frame.bottom + 1).map(([text]) => "cut: " + text);
  const over = texts.flatMap(([text, a], i) => texts.slice(i + 1).filter(([, b]) =>
    Math.min(a.right, b.right) - Math.max(a.left, b.left) > 1 && Math.min(a.bottom, b.bottom) - Math.max(a.top, b.top) > 4)
    .map(([other]) => `over: ${text} and ${other}`));
  const name = svg.closest("figure").id + " " + (svg.querySelector("title")?.textContent ?? "drawn by Vega");
  return [...cut, ...over].map((problem) => name + ": " + problem);
})
"""

# The least contrast of any text against the page (WCAG 2.1, 1.4.3).
CONTRAST = """
(() => {
  const luminance = (colour) => {
    const parts = colour.match(/[0-9.]+/g).slice(0, 3).map((part) => part / 255)
      .map((part) => (part <= 0.03928 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4));
    return 0.2126 * parts[0] + 0.7152 * parts[1] + 0.0722 * parts[2];
  };
  const page = luminance(getComputedStyle(document.documentElement).backgroundColor);
  const contrast = (colour) => {
    const text = luminance(colour);
    return (Math.max(page, text) + 0.05) / (Math.min(page, text) + 0.05);
  };
  const drawn = [...document.querySelectorAll("svg text")].filter((text) => text.textContent).map((text) => contrast(getComputedStyle(text).fill));
  const written = [...document.querySelectorAll("p, h1, h2, h3, a, td, dt, dd, li, figcaption, summary, .verdict")]
    .map((text) => contrast(getComputedStyle(text).color));
  return Math.min(...drawn, ...written);
})()
"""


# Resolves when every figure is drawn or has failed; a static build has no figure to draw.
DRAWN = """
(async () => {
  const wanted = document.getElementById("interactive") ? document.querySelectorAll("figure").length : 0;
  const drawn = () => document.querySelectorAll("figure.drawn").length;
  for (let i = 0; i < 200 && drawn() < wanted; ++i) await new Promise((done) => setTimeout(done, 50));
  return [drawn(), wanted];
})().then((counts) => { globalThis.counts = counts; })
"""
VISIBLE = '[...document.querySelectorAll("{}")].filter((one) => one.getBoundingClientRect().height > 0).length'
FULL = {"compare": {"outputs": 20, "every_steps": 5, "pairs": [["train", "eval"], ["eval", "population"]]},
        "grid": {"norm.type": ["batch", "layer", "none"], "train.batch_size": [2, 4, 8, 16], "seed": [0, 1, 2]},
        "network": [{"type": "dense", "units": 5}, {"type": "norm"}] * 2 + SMALL["network"][2:]}


@unittest.skipUnless(browser.CHROMIUM, "no Chromium here")
class ReportBrowserTest(CommandLineTest):
    def setUp(self):
        super().setUp()
        self.browser = browser.Browser()
        self.addCleanup(self.browser.close)

    def report(self, config):
        self.write("config.json", json.dumps(config))
        trained = self.run_in("train", "--config", "config.json", "--out", "results", "--quiet")
        self.assertEqual(trained.returncode, 0, trained.stderr)
        return (self.folder / "results" / "report.html").as_uri()

    def open(self, address, width=1200, scheme="light", **options):
        """Shows a page and waits for its figures; how many of them Vega drew."""
        self.browser.open(address, width, scheme, **options)
        self.browser.call("Runtime.evaluate", expression=DRAWN, awaitPromise=True)
        drawn, wanted = self.browser.value("globalThis.counts")
        self.assertEqual(drawn, wanted)
        return drawn

    def open_interactive(self, address, **options):
        if self.open(address, **options) == 0:
            self.skipTest("a build without npm")

    def assert_calm(self):
        """The page itself is the only request, and the console is empty."""
        asked = [event["params"]["request"]["url"] for event in self.browser.events if event["method"] == "Network.requestWillBeSent"]
        self.assertEqual([url for url in asked if not url.startswith("data:")], asked[:1])
        said = [event["params"] for event in self.browser.events
                if event["method"] in ("Runtime.consoleAPICalled", "Runtime.exceptionThrown", "Log.entryAdded")]
        self.assertEqual(said, [])

    def keep(self, name):
        picture = self.browser.screenshot()
        self.assertGreater(len(picture), 50_000, "an empty page")
        folder = os.environ.get("NORMRUN_SCREENSHOTS")
        if folder:
            (pathlib.Path(folder) / f"{name}.png").write_bytes(picture)

    def test_every_view(self):
        config = dict(SMALL, **FULL)
        config["claims"] = [{"id": "gap", "statement": "batch norm has a gap", "metric": "compare.relative_gap", "reduce": "mean",
                             "where": {"norm": "batch", "batch_size": 4, "mode_a": "train"}, "test": "greater", "than": 0.0}]
        address = self.report(config)
        for scheme, width in VIEWS:
            with self.subTest(scheme=scheme, width=width):
                self.open(address, width, scheme)
                self.assert_calm()
                self.assert_readable(width)
                self.keep(f"report-{scheme}-{width}")
            with self.subTest(scheme=scheme, width=width, scripts=False):
                self.browser.open(address, width, scheme, scripts=False)
                self.assertGreater(self.browser.value(VISIBLE.format(".panels svg")), 20)
                self.assertEqual(self.browser.value(VISIBLE.format(".views")), 0)
                self.assert_readable(width)
                self.keep(f"report-{scheme}-{width}-static")

    def assert_readable(self, width):
        self.assertEqual(self.browser.value(MISPLACED), [])
        self.assertGreaterEqual(self.browser.value(CONTRAST), 4.5)
        self.assertLessEqual(self.browser.value("document.documentElement.scrollWidth"), width, "the page is wider than the screen")

    def test_figures_are_drawn_from_their_numbers(self):
        self.open_interactive(self.report(dict(SMALL, **FULL)))
        self.assertEqual(self.browser.value(VISIBLE.format(".panels svg")), 0)
        # A point a row of the data, in the gap's figure; every picture says what it is.
        rows = self.browser.value('document.querySelectorAll("#gap tbody tr").length')
        self.assertEqual(rows, 2 * 3 * 4)
        self.assertEqual(self.browser.value('document.querySelectorAll("#gap .views .mark-symbol path").length'), rows)
        for figure in ("gap", "accuracy", "budget", "statistics", "learning", "channels", "outputs"):
            label = self.browser.value(f'document.querySelector("#{figure} .views").getAttribute("aria-label")')
            self.assertTrue(label.startswith(self.browser.value(f'document.querySelector("#{figure} h3").textContent')), label)
        # Where a point lies is what its number says: along the logarithm of the batch size evenly.
        self.assertEqual(self.browser.value("""(() => {
          const places = [...document.querySelectorAll("#gap .views .mark-symbol")][0].querySelectorAll("path");
          const xs = [...places].slice(0, 4).map((path) => path.getBoundingClientRect()).map((box) => box.left + box.width / 2);
          const steps = xs.slice(1).map((x, i) => x - xs[i]);
          return Math.max(...steps) - Math.min(...steps) < 1;
        })()"""), True)

    def test_the_pointer_gets_the_number_and_the_legend_highlights(self):
        self.open_interactive(self.report(dict(SMALL, **FULL)))
        self.browser.value('document.querySelector("#gap").scrollIntoView() ?? 0')
        x, y = self.browser.value("""(() => {
          const box = document.querySelector("#gap .views .mark-symbol path").getBoundingClientRect();
          return [box.left + box.width / 2, box.top + box.height / 2];
        })()""")
        self.browser.call("Input.dispatchMouseEvent", type="mouseMoved", x=x, y=y)
        shown = 'document.querySelector(".hint").innerText'
        self.assertRegex(self.browser.value(shown), r"norm: batch\s+batch_size: 2\s+relative_gap: [\d.]+\s+n: 3\s+95 % interval: \S+ to \S+")
        self.browser.call("Input.dispatchMouseEvent", type="mouseMoved", x=2, y=2)
        self.assertTrue(self.browser.value('document.querySelector(".hint").hidden'))

        faint = '[...document.querySelectorAll("#gap .mark-symbol path")].filter((one) => Number(one.getAttribute("opacity") ?? 1) < 0.5).length'
        button = 'document.querySelector("#gap .legend.choices button")'
        self.assertEqual(self.browser.value(faint), 0)
        self.browser.value(f"{button}.focus() ?? 0")
        for count, pressed in ((16, "true"), (0, "false")):  # all but the two panels' four points of batch norm, by the keyboard
            for kind in ("keyDown", "keyUp"):
                self.browser.call("Input.dispatchKeyEvent", type=kind, key="Enter", code="Enter", text="\r", windowsVirtualKeyCode=13)
            self.browser.call("Runtime.evaluate", expression="new Promise((done) => setTimeout(done, 200))", awaitPromise=True)
            self.assertEqual(self.browser.value(faint), count)
            self.assertEqual(self.browser.value(f'{button}.getAttribute("aria-pressed")'), pressed)
        self.assert_calm()

    def test_print_has_the_static_figures(self):
        address = self.report(SMALL)
        self.open(address, media="print")
        self.assertGreater(self.browser.value(VISIBLE.format(".panels svg")), 10)
        for other in (".views", ".choices", ".tools", ".licences"):
            self.assertEqual(self.browser.value(VISIBLE.format(other)), 0, other)

    def test_a_saved_figure_draws_on_its_own(self):
        """In a page that has nothing but the saved file and Vega-Lite."""
        address = self.report(dict(SMALL, **FULL))
        self.open_interactive(address)
        links = self.browser.value('[...document.querySelectorAll("a[data-spec]")].map((link) => [link.download, link.getAttribute("href")])')
        text = (self.folder / "results" / "report.html").read_text(encoding="utf-8")
        script = text[text.index('<script id="interactive">'):].split("</script>")[0] + "</script>"
        self.assertEqual(len(links), 7)
        figures = "".join(f'<figure><a data-spec href="{link}"></a><div class="panels"></div></figure>' for _, link in links)
        alone = self.write("alone.html", f"<!DOCTYPE html><title>alone</title><style>:root {{ --none: none; }}</style>{figures}{script}")
        self.open(alone.as_uri())
        self.assert_calm()
        marks = self.browser.value('[...document.querySelectorAll("figure")].map((one) => one.querySelectorAll(".views [class^=mark] path").length)')
        self.assertTrue(all(count > 20 for count in marks), marks)

    def test_the_licences_are_there(self):
        self.open_interactive(self.report(SMALL))
        text = self.browser.value('document.querySelector(".licences").textContent')
        for name in ("vega 6", "vega-lite 6", "vega-interpreter 2", "d3-scale 4", "internmap 2"):
            self.assertIn(name, text)
        for words in ("University of Washington", "Mike Bostock", "Redistribution and use in source and binary forms"):
            self.assertIn(words, text)

    def test_tables_sort_and_save(self):
        self.open(self.report(SMALL))
        column = '[...document.querySelector("table[data-file=\'settings.csv\']").tBodies[0].rows].map((row) => row.cells[2].textContent)'
        header = 'document.querySelector("table[data-file=\'settings.csv\'] th:nth-child(3)")'
        self.assertEqual(self.browser.value(column), ["4", "8", "4", "8"])
        self.browser.value(f"{header}.firstChild.click() ?? 0")
        self.assertEqual(self.browser.value(column), ["4", "4", "8", "8"])
        self.browser.value(f"{header}.firstChild.click() ?? 0")
        self.assertEqual(self.browser.value(column), ["8", "8", "4", "4"])
        self.assertEqual(self.browser.value(f'{header}.getAttribute("aria-sort")'), "descending")
        # What it saves are the file's own bytes, but for the order of the rows.
        saved = self.browser.value('csv(document.querySelector("table[data-file=\'runs.csv\']"))')
        self.assertEqual(saved, (self.folder / "results" / "runs.csv").read_text(encoding="utf-8"))

    def test_the_keyboard_reaches_everything(self):
        self.open(self.report(SMALL))
        reachable = 'document.querySelectorAll("a[href], button, summary, [tabindex=\'0\']").length'
        count = self.browser.value(reachable)
        self.browser.value('document.querySelectorAll("details").forEach((one) => { one.open = true; }) ?? 0')
        seen = set()
        for _ in range(count + 5):
            for kind in ("keyDown", "keyUp"):
                self.browser.call("Input.dispatchKeyEvent", type=kind, key="Tab", code="Tab", windowsVirtualKeyCode=9)
            seen.add(self.browser.value('[...document.querySelectorAll("*")].indexOf(document.activeElement)'))
        self.assertGreaterEqual(len(seen), count)

    def test_one_batch_size_and_another_swept_number(self):
        for name, grid in (("one-size", {"norm.type": ["batch", "layer", "none"], "seed": [0, 1, 2]}),
                           ("momentum", {"norm.momentum": [0.5, 0.9, 0.95, 0.99], "seed": [0, 1, 2]}),
                           ("axes", {"norm.momentum": [0.5, 0.9, 0.99], "train.optimizer.learning_rate": [0.003, 0.01, 0.03],
                                     "train.batch_size": [4, 8], "seed": [0, 1]})):
            self.write("config.json", json.dumps(dict(SMALL, grid=grid)))
            trained = self.run_in("train", "--config", "config.json", "--out", name, "--quiet")
            self.assertEqual(trained.returncode, 0, trained.stderr)
            address = (self.folder / name / "report.html").as_uri()
            with self.subTest(grid=name):
                self.open(address, width=360)
                self.assert_calm()
                self.assert_readable(360)
            with self.subTest(grid=name, scripts=False):
                self.browser.open(address, 1200, "light", scripts=False)
                self.assert_readable(1200)
                self.keep(f"{name}-light-1200-static")

    def test_the_quick_experiment(self):
        config = json.loads((SOURCE / "configs" / "quickstart.json").read_text(encoding="utf-8"))
        config["data"].update(samples=512, test_samples=256)
        config["train"].update(epochs=2)
        self.open(self.report(config))
        self.assert_calm()
        self.assertEqual(self.browser.value(MISPLACED), [])
        self.keep("quickstart-light-1200")


if __name__ == "__main__":
    unittest.main()
