"""The pages are true: generated parts, links, commands, example configs, and what the reference lists."""

import json
import re
import shutil
import subprocess
import sys
import unittest

from support import BINARY, SOURCE, CommandLineTest

README = SOURCE / "README.md"
LIB = SOURCE / "lib"
DOCS = sorted((SOURCE / "docs").glob("*.md"))
PAGES = [README, *DOCS]
OTHERS = [SOURCE / name for name in ("CONTRIBUTING.md", "CHANGELOG.md", "lib/README.md", "lib/DECISIONS.md", "data/README.md", "scripts/bench/README.md", "python/README.md")]


def text_of(page):
    return page.read_text(encoding="utf-8")


def fenced(page, language):
    return re.findall(rf"^```{language}\n(.*?)^```", text_of(page), re.S | re.M)


def outside_of_code(text):
    return re.sub(r"`[^`\n]*`", "", re.sub(r"^```.*?^```", "", text, flags=re.S | re.M))


def anchors(page):
    """The names by which GitHub's links reach the headings."""
    headings = re.findall(r"^#+ (.*)$", re.sub(r"^```.*?^```", "", text_of(page), flags=re.S | re.M), re.M)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


class PagesTest(unittest.TestCase):
    def test_links_lead_somewhere(self):
        for page in PAGES + OTHERS:
            for target in re.findall(r"\]\(([^)\s]+)\)", outside_of_code(text_of(page))):
                if target.startswith(("http://", "https://")):
                    continue
                with self.subTest(page=page.name, target=target):
                    path, _, anchor = target.partition("#")
                    goal = (page.parent / path).resolve() if path else page
                    self.assertTrue(goal.exists())
                    if anchor:
                        self.assertIn(anchor, anchors(goal))

    def test_paths_in_code_font_exist(self):
        for page in PAGES + OTHERS:
            for path in re.findall(r"`((?:configs|scripts|docs|tests|data)/[\w./-]+)`", text_of(page)):
                if path.startswith(("data/mnist", "data/optdigits", "data/japanese-vowels", "data/digits", "data/fashion-mnist")):  # not part of the project
                    continue
                with self.subTest(page=page.relative_to(SOURCE), path=path):
                    self.assertTrue((SOURCE / path).exists() or (page.parent == LIB and (LIB / path).exists()))

    @unittest.skipUnless((LIB / "compare").exists(), "lib/README.md maps the folders as they will be")
    def test_the_map_names_files_that_exist(self):
        folders = "core|config|tables|files|nn|data|statistics|train|compare|study|sweep|report"
        for page in (LIB / "README.md", LIB / "DECISIONS.md"):
            for path in re.findall(rf"(?:`|  )((?:{folders})/[\w./-]+)(?:`| )", text_of(page)):
                with self.subTest(page=page.name, path=path):
                    self.assertTrue((LIB / path).exists())

    def test_the_readme_is_short_and_leads_to_every_page(self):
        self.assertLessEqual(len(text_of(README).splitlines()), 150)
        for page in DOCS:
            self.assertTrue(f"(docs/{page.name})" in text_of(README), page.name)

    def test_each_page_begins_with_what_it_is_for(self):
        for page in DOCS:
            self.assertTrue(re.match(r"# [^\n]+\n\nThis page ", text_of(page)), page.name)

    def test_configs_cite_the_articles_by_title(self):
        titles = dict(re.findall(r"^\| (\d{3}) \| \*(.+?)\* \|", text_of(SOURCE / "docs" / "documents.md"), re.M))
        self.assertEqual(len(titles), 5)
        for config in sorted((SOURCE / "configs" / "documents").glob("*.json")):
            number = config.stem[:3]
            source = json.loads(text_of(config))["source"]
            self.assertTrue(source.startswith(f"{titles[number].replace('`', '')} (document {number})"), config.name)


class TrueTest(CommandLineTest):
    """What the pages say is what the program does."""

    def setUp(self):
        super().setUp()
        shutil.copytree(SOURCE / "configs", self.folder / "configs")
        config = json.loads(text_of(SOURCE / "configs" / "quickstart.json"))
        config["data"].update(samples=256, test_samples=64)
        config["train"].update(epochs=1)
        self.write("configs/quickstart.json", json.dumps(config))
        self.write("measurements.csv", "a,b,species\n" + "".join(f"{i % 7},{i % 5},{'xyz'[i % 3]}\n" for i in range(40)))
        self.write("cars.csv", "price,doors,weight\n" + "".join(f"{9000 + 17 * i},{2 + i % 4},{900 + 7 * (i % 11)}\n" for i in range(40)))
        shutil.copy(SOURCE / "data" / "tiny_features.npy", self.folder / "X.npy")
        shutil.copy(SOURCE / "data" / "tiny_labels.npy", self.folder / "y.npy")
        config["norm"].update(type="batch")
        del config["grid"]
        self.write("config.json", json.dumps(config))  # of a network that was trained elsewhere

    def shell(self, command):
        script = f"set -e; normrun() {{ '{BINARY}' \"$@\"; }}; {command}"
        result = subprocess.run(["bash", "-c", script], cwd=self.folder, capture_output=True, text=True, check=False)
        self.assertEqual(result.returncode, 0, f"{command}\n{result.stderr}")
        return result.stdout

    def test_generated_parts_are_up_to_date(self):
        result = subprocess.run([sys.executable, SOURCE / "scripts" / "update_readme", "--check"], env={"NORMRUN": BINARY, "PATH": "/usr/bin:/bin"},
                                capture_output=True, text=True, check=False)
        self.assertEqual(result.returncode, 0, result.stderr)

    def test_the_example_configs_train(self):
        for page in (README, SOURCE / "docs" / "config.md"):
            with self.subTest(page.name):
                self.write("mine.json", fenced(page, "jsonc")[0])
                self.shell("normrun validate mine.json")
                self.shell(f"normrun train --config mine.json --epochs 1 --seeds 0..1 --out results/{page.stem} --quiet")

    def test_the_example_claim_is_valid(self):
        config = json.loads(text_of(SOURCE / "configs" / "documents" / "001-2-small-batch-size.json"))
        config.update(json.loads("{" + fenced(SOURCE / "docs" / "claims.md", "jsonc")[0] + "}"))
        self.write("claims.json", json.dumps(config))
        self.shell("normrun validate claims.json")

    def test_the_commands_of_each_page_run(self):
        for page in PAGES:
            commands = [line.split("#")[0].strip() for block in fenced(page, "sh") for line in block.replace("\\\n", " ").splitlines()]
            commands = [command for command in commands if command.startswith("normrun ")]
            shutil.rmtree(self.folder / "results", ignore_errors=True)
            if commands:
                self.shell("normrun train --config configs/quickstart.json --quiet")
                shutil.copy(self.folder / "results/quickstart/checkpoints/batch-b4-s0.safetensors", self.folder / "model.safetensors")
            for command in commands:
                with self.subTest(command, page=page.name):
                    self.shell(command)

    def test_the_commands_of_the_pitfalls_are_valid(self):
        page = " ".join(text_of(SOURCE / "docs" / "pitfalls.md").split())
        commands = re.findall(r"`(normrun train --config [^`]*)`", page)
        self.assertGreater(len(commands), 20)
        for command in commands:
            with self.subTest(command):
                needs_data = "configs/claims/dropout-before-norm.json" in command
                if needs_data and not (SOURCE / "data" / "optdigits").exists():
                    continue
                self.shell(command.replace("configs/claims", f"{SOURCE}/configs/claims").replace(" C ", " configs/quickstart.json ") + " --dry-run")

    def test_every_table_command_and_option_is_listed(self):
        tables = text_of(SOURCE / "docs" / "tables.md")
        for row in json.loads(self.run_in("list", "metrics", "--json").stdout):
            self.assertTrue(f"`{row['type'].split('.')[0]}.csv`" in tables, row["type"])
        reference = text_of(SOURCE / "docs" / "reference.md")
        commands = re.findall(r"^  (\w+) ", self.run_in("--help").stdout.split("Commands:")[1].split("Options")[0], re.M)
        self.assertGreaterEqual(len(commands), 12)
        for command in commands:
            self.assertTrue(f"`normrun {command}" in reference, command)
            usage = self.run_in(command, "--help").stdout.split("Examples:")[0]
            for option in re.findall(r"^  (?:-\w, )?(?:    )?(--[\w-]+)", usage, re.M):
                self.assertTrue(option in reference, f"{command} {option}")

    def test_every_exit_code_is_listed(self):
        reference = text_of(SOURCE / "docs" / "reference.md")
        codes = re.findall(r"^  k\w+ = (\d+)", text_of(SOURCE / "lib" / "core" / "error.hpp"), re.M)
        self.assertGreaterEqual(len(codes), 13)
        listed = " ".join(re.findall(r"^\| (\d+(?:, \d+)*) \|", reference, re.M)).replace(",", "").split()
        self.assertEqual(sorted(codes, key=int), sorted(listed, key=int))


if __name__ == "__main__":
    unittest.main()
