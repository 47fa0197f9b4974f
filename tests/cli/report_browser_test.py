"""The report in a browser: no error, no request, nothing cut off or drawn over, readable in light, in dark and on a phone;
interactive with JavaScript, complete without; no violation that axe-core finds, where npm can fetch it.

Skipped where there is no Chromium.  NORMRUN_SCREENSHOTS names a folder that takes the pictures.
"""

import json
import os
import pathlib
import shutil
import subprocess
import unittest

import browser
from support import SMALL, SOURCE, CommandLineTest

VIEWS = [("light", 1200), ("dark", 1200), ("light", 360), ("dark", 360)]

# Names of a picture that overlap or leave it, by more than rounding.
MISPLACED = """
[...document.querySelectorAll("svg")].filter((svg) => svg.getBoundingClientRect().width > 0).flatMap((svg) => {
  const frame = svg.getBoundingClientRect();
  const texts = [...svg.querySelectorAll("text")].filter((text) => text.textContent)
    .map((text) => [text.textContent, text.getBoundingClientRect()]);
  const cut = texts.filter(([, a]) => a.left < frame.left - 1 || a.right > frame.right + 1 || a.top < frame.top - 1 ||
    a.bottom > frame.bottom + 1).map(([text]) => "cut: " + text);
  const over = texts.flatMap(([text, a], i) => texts.slice(i + 1).filter(([, b]) =>
    Math.min(a.right, b.right) - Math.max(a.left, b.left) > 1 && Math.min(a.bottom, b.bottom) - Math.max(a.top, b.top) > 4)
    .map(([other]) => `over: ${text} and ${other}`));
  const name = (svg.closest("figure") ?? svg).id + " " + svg.querySelector("title").textContent;
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
        self.browser.open(address, width, scheme, **options)

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
                self.assertGreater(self.browser.value(VISIBLE.format(".panels svg")), 12)
                self.assert_readable(width)

    def assert_readable(self, width):
        self.assertEqual(self.browser.value(MISPLACED), [])
        self.assertGreaterEqual(self.browser.value(CONTRAST), 4.5)
        self.assertLessEqual(self.browser.value("document.documentElement.scrollWidth"), width, "the page is wider than the screen")

    def test_points_lie_where_their_numbers_say(self):
        self.open(self.report(dict(SMALL, **FULL)))
        rows = self.browser.value('document.querySelectorAll("#gap tbody tr").length')
        self.assertEqual(rows, 3 * 4)
        self.assertEqual(self.browser.value('document.querySelectorAll("#gap .wide .mark").length'), rows)
        # Along the logarithm of the batch size evenly; each size has its tick.
        self.assertEqual(self.browser.value("""(() => {
          const xs = [...document.querySelectorAll("#gap .wide .series")][0].querySelectorAll(".mark");
          const places = [...xs].map((path) => path.getBoundingClientRect()).map((box) => box.left + box.width / 2);
          const steps = places.slice(1).map((x, i) => x - places[i]);
          return Math.max(...steps) - Math.min(...steps) < 1;
        })()"""), True)
        self.assertEqual(self.browser.value('[...document.querySelectorAll("#gap .wide .ticks text")].map((one) => one.textContent)'),
                         ["2", "4", "8", "16"])

    def press(self, key, **more):
        for kind in ("keyDown", "keyUp"):
            self.browser.call("Input.dispatchKeyEvent", type=kind, key=key, code=key, **more)

    def test_the_pointer_and_the_keyboard_get_the_numbers(self):
        self.open(self.report(dict(SMALL, **FULL)))
        self.browser.value('document.querySelector("#gap").scrollIntoView() ?? 0')
        x, y = self.browser.value("""(() => {
          const box = document.querySelector("#gap .wide .mark").getBoundingClientRect();
          return [box.left + box.width / 2, box.top + box.height / 2];
        })()""")
        self.browser.call("Input.dispatchMouseEvent", type="mouseMoved", x=x, y=y)
        shown = 'document.querySelector(".hint").textContent'
        first = self.browser.value(shown)
        self.assertRegex(first, r"batch norm, training batch size 2: \d+ % \(95 %: \d+ % to \d+ %\)")
        self.browser.call("Input.dispatchMouseEvent", type="mouseMoved", x=2, y=2)
        self.assertTrue(self.browser.value('document.querySelector(".hint").hidden'))
        self.browser.value('document.querySelector("#gap .wide svg").focus() ?? 0')
        self.press("ArrowRight")
        self.assertEqual(self.browser.value(shown), first)
        self.press("ArrowRight")
        self.assertIn("batch size 4", self.browser.value(shown))
        self.press("ArrowDown")
        self.assertIn("layer norm", self.browser.value(shown))
        self.assertEqual(self.browser.value('document.querySelector(".hint").getAttribute("role")'), "status")
        self.assert_calm()

    def test_the_legend_highlights(self):
        self.open(self.report(dict(SMALL, **FULL)))
        faint = '[...document.querySelectorAll("#learning .series")].filter((one) => Number(getComputedStyle(one).opacity) < 0.5).length'
        named = '[...document.querySelectorAll("#learning .series")].filter((one) => one.dataset.name !== "batch norm, eval mode").length'
        button = 'document.querySelector("#learning .legend button")'
        self.assertEqual(self.browser.value(f"{button}.textContent"), "batch norm, eval mode")
        self.browser.value(f"{button}.focus() ?? 0")
        for count, pressed in ((self.browser.value(named), "true"), (0, "false")):  # by the keyboard
            self.press("Enter", text="\r", windowsVirtualKeyCode=13)
            self.assertEqual(self.browser.value(faint), count)
            self.assertEqual(self.browser.value(f'{button}.getAttribute("aria-pressed")'), pressed)
        self.assert_calm()

    def test_steps_can_be_zoomed(self):
        self.open(self.report(dict(SMALL, **FULL)))
        picture = '#statistics svg[data-zoom]'
        points = f'document.querySelector("{picture} .line").getAttribute("points")'
        ticks = f'[...document.querySelector("{picture}").querySelectorAll(".ticks text")].map((one) => one.textContent)'
        before, labels = self.browser.value(points), self.browser.value(ticks)
        self.browser.value('[...document.querySelectorAll("#statistics .zooms button")].find((one) => one.textContent === "Zoom in").click() ?? 0')
        self.assertNotEqual(self.browser.value(points), before)
        self.assertNotEqual(self.browser.value(ticks), labels)
        self.browser.value(f'document.querySelector("{picture}").focus() ?? 0')
        self.press("0")
        self.assertEqual(self.browser.value(points), before)
        self.assertEqual(self.browser.value(ticks), labels)
        self.assert_calm()

    def test_print_leaves_the_tools_out(self):
        self.open(self.report(SMALL), media="print", scheme="dark")
        self.assertGreater(self.browser.value(VISIBLE.format(".panels svg")), 8)
        for other in (".tools", ".hint", "nav"):
            self.assertEqual(self.browser.value(VISIBLE.format(other)), 0, other)
        self.assertEqual(self.browser.value("getComputedStyle(document.documentElement).backgroundColor"), "rgb(255, 255, 255)")

    def test_axe_finds_nothing(self):
        """WCAG 2.1 AA, as axe-core judges it, contrasts included."""
        if not shutil.which("npm"):
            self.skipTest("no npm here, which would fetch axe-core")
        fetched = subprocess.run(["npm", "install", "--ignore-scripts", "--no-audit", "--no-fund", "--prefer-offline", "--silent", "axe-core@4.10.2"],
                                 cwd=self.folder, capture_output=True, text=True, timeout=300, check=False)
        axe = self.folder / "node_modules" / "axe-core" / "axe.min.js"
        if fetched.returncode != 0 or not axe.exists():
            self.skipTest("npm cannot fetch axe-core: " + fetched.stderr.strip()[:200])
        address = self.report(dict(SMALL, **FULL))
        script = axe.read_text(encoding="utf-8")
        for scheme, width in VIEWS:
            with self.subTest(scheme=scheme, width=width):
                self.open(address, width, scheme)
                self.browser.value('document.querySelectorAll("details").forEach((one) => { one.open = true; }) ?? 0')
                self.browser.call("Runtime.evaluate", expression=script)
                self.browser.call("Runtime.evaluate", awaitPromise=True, expression="""
                  axe.run(document, { runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa"] }).then((found) => { globalThis.found = found; })""")
                problems = self.browser.value("""found.violations.flatMap((one) => one.nodes.slice(0, 3).map((node) =>
                  `${one.id}: ${node.target.join(" ")}: ${node.failureSummary}`))""")
                self.assertEqual(problems, [])
                self.assertGreater(self.browser.value("found.passes.length"), 10)

    def test_tables_sort(self):
        self.open(self.report(SMALL))
        column = '[...document.querySelector("#settings ~ .scroll table").tBodies[0].rows].map((row) => row.cells[1].dataset.v ?? "0").map(Number)'
        header = 'document.querySelector("#settings ~ .scroll th:nth-child(2)")'
        gaps = self.browser.value(column)
        self.assertEqual(len(gaps), 4)
        self.browser.value(f"{header}.firstChild.click() ?? 0")
        self.assertEqual(self.browser.value(column), sorted(gaps))
        self.browser.value(f"{header}.firstChild.click() ?? 0")
        self.assertEqual(self.browser.value(column), sorted(gaps, reverse=True))
        self.assertEqual(self.browser.value(f'{header}.getAttribute("aria-sort")'), "descending")

    def test_the_keyboard_reaches_everything(self):
        self.open(self.report(SMALL))
        self.browser.value('document.querySelectorAll("details").forEach((one) => { one.open = true; }) ?? 0')
        count = self.browser.value("""[...document.querySelectorAll("a[href], button, summary, [tabindex='0']")]
          .filter((one) => one.getClientRects().length > 0).length""")
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
                self.keep(f"{name}-light-1200")

    def test_the_quick_experiment(self):
        config = json.loads((SOURCE / "configs" / "quickstart.json").read_text(encoding="utf-8"))
        config["data"].update(samples=512, test_samples=256)
        config["train"].update(epochs=2)
        self.open(self.report(config))
        self.assert_calm()
        self.assertEqual(self.browser.value(MISPLACED), [])
        self.assertLess((self.folder / "results" / "report.html").stat().st_size, 300_000)
        self.keep("quickstart-light-1200")


if __name__ == "__main__":
    unittest.main()
