"""The report in a browser: no error, no request, nothing cut off or drawn over, readable in light, in dark and on a phone.

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
  const texts = [...svg.querySelectorAll("text")].map((text) => [text.textContent, text.getBoundingClientRect()]);
  const cut = texts.filter(([, a]) => a.left < frame.left - 1 || a.right > frame.right + 1 || a.top < frame.top - 1 ||
    a.bottom > frame.bottom + 1).map(([text]) => "cut: " + text);
  const over = texts.flatMap(([text, a], i) => texts.slice(i + 1).filter(([, b]) =>
    Math.min(a.right, b.right) - Math.max(a.left, b.left) > 1 && Math.min(a.bottom, b.bottom) - Math.max(a.top, b.top) > 4)
    .map(([other]) => `over: ${text} and ${other}`));
  return [...cut, ...over].map((problem) => svg.querySelector("title").textContent + ": " + problem);
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
  const drawn = [...document.querySelectorAll("svg text")].map((text) => contrast(getComputedStyle(text).fill));
  const written = [...document.querySelectorAll("p, h1, h2, h3, a, td, dt, dd, li, figcaption, summary, .verdict")]
    .map((text) => contrast(getComputedStyle(text).color));
  return Math.min(...drawn, ...written);
})()
"""


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
        config = dict(SMALL, compare={"outputs": 20, "every_steps": 5, "pairs": [["train", "eval"], ["eval", "population"]]},
                      grid={"norm.type": ["batch", "layer", "none"], "train.batch_size": [2, 4, 8, 16], "seed": [0, 1, 2]})
        config["network"] = [{"type": "dense", "units": 5}, {"type": "norm"}] * 2 + SMALL["network"][2:]
        config["claims"] = [{"id": "gap", "statement": "batch norm has a gap", "metric": "compare.relative_gap", "reduce": "mean",
                             "where": {"norm": "batch", "batch_size": 4, "mode_a": "train"}, "test": "greater", "than": 0.0}]
        address = self.report(config)
        for scheme, width in VIEWS:
            with self.subTest(scheme=scheme, width=width):
                self.browser.open(address, width, scheme)
                self.assert_calm()
                self.assertGreater(self.browser.value('document.querySelectorAll("svg").length'), 20)
                self.assertEqual(self.browser.value(MISPLACED), [])
                self.assertGreaterEqual(self.browser.value(CONTRAST), 4.5)
                self.assertLessEqual(self.browser.value("document.documentElement.scrollWidth"), width, "the page is wider than the screen")
                self.keep(f"report-{scheme}-{width}")

    def test_tables_sort_and_save(self):
        self.browser.open(self.report(SMALL), 1200, "light")
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
        self.browser.open(self.report(SMALL), 1200, "light")
        reachable = 'document.querySelectorAll("a[href], button, summary, [tabindex=\'0\']").length'
        count = self.browser.value(reachable)
        self.browser.value('document.querySelectorAll("details").forEach((one) => { one.open = true; }) ?? 0')
        seen = set()
        for _ in range(count + 5):
            for kind in ("keyDown", "keyUp"):
                self.browser.call("Input.dispatchKeyEvent", type=kind, key="Tab", code="Tab", windowsVirtualKeyCode=9)
            seen.add(self.browser.value('[...document.querySelectorAll("*")].indexOf(document.activeElement)'))
        self.assertGreaterEqual(len(seen), count)

    def test_the_quick_experiment(self):
        config = json.loads((SOURCE / "configs" / "quickstart.json").read_text(encoding="utf-8"))
        config["data"].update(samples=512, test_samples=256)
        config["train"].update(epochs=2)
        self.browser.open(self.report(config), 1200, "light")
        self.assert_calm()
        self.assertEqual(self.browser.value(MISPLACED), [])
        self.keep("quickstart-light-1200")


if __name__ == "__main__":
    unittest.main()
