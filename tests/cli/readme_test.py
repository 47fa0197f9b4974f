"""README.md is true: its generated parts, its commands, its example config, its list of tables and exit codes."""

import json
import re
import subprocess
import sys
import unittest

from support import BINARY, SOURCE, CommandLineTest

README = (SOURCE / "README.md").read_text(encoding="utf-8")


class ReadmeTest(CommandLineTest):
    def test_generated_parts_are_up_to_date(self):
        result = subprocess.run([sys.executable, SOURCE / "scripts" / "update_readme", "--check"], env={"NORMRUN": BINARY, "PATH": "/usr/bin:/bin"},
                                capture_output=True, text=True, check=False)
        self.assertEqual(result.returncode, 0, result.stderr)

    def test_the_example_config_is_valid(self):
        example = re.search(r"```jsonc\n(.*?)```", README, re.S).group(1)
        self.write("measurements.csv", "a,b,species\n" + "".join(f"{i % 7},{i % 5},{'xyz'[i % 3]}\n" for i in range(40)))
        self.write("mine.json", example)
        result = self.run_in("validate", "mine.json")
        self.assertEqual(result.returncode, 0, result.stderr)
        result = self.run_in("train", "--config", "mine.json", "--epochs", "1", "--seeds", "0..1")
        self.assertEqual(result.returncode, 0, result.stderr)

    def test_the_tour_runs(self):
        tour = re.search(r"## A tour\n\n```sh\n(.*?)```", README, re.S).group(1).replace("\\\n", " ")
        for name in ("quickstart",):
            config = json.loads((SOURCE / "configs" / f"{name}.json").read_text(encoding="utf-8"))
            config["data"].update(samples=256, test_samples=64)
            config["train"].update(epochs=1)
            self.write(f"configs/{name}.json", json.dumps(config))
        for line in tour.splitlines():
            command = line.split("#")[0].strip()
            if not command:
                continue
            with self.subTest(command):
                shell = f"set -e; normrun() {{ '{BINARY}' \"$@\"; }}; {command}"
                result = subprocess.run(["bash", "-c", shell], cwd=self.folder, capture_output=True, text=True, check=False)
                self.assertEqual(result.returncode, 0, result.stderr)

    def test_every_table_and_command_is_named(self):
        listed = {row["type"].split(".")[0] for row in json.loads(self.run_in("list", "metrics", "--json").stdout)}
        for table in listed:
            self.assertIn(f"`{table}.csv`", README)
        commands = re.findall(r"^  (\w+) ", self.run_in("--help").stdout.split("Commands:")[1].split("Options")[0], re.M)
        self.assertGreaterEqual(len(commands), 6)
        for command in commands:
            self.assertIn(f"normrun {command}", README)


if __name__ == "__main__":
    unittest.main()
