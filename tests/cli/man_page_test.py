"""The manual page: all of the command tree, and nothing that a formatter complains of."""

import re
import shutil
import subprocess
import unittest

import tree
from support import SOURCE, CommandLineTest


class ManPageTest(CommandLineTest):
    def setUp(self):
        super().setUp()
        result = self.run_in("man")
        self.assertEqual((result.returncode, result.stderr), (0, ""))
        self.path = self.write("normrun.1", result.stdout)

    def formatted(self, *command):
        """The page as text, once the formatter had nothing to say."""
        result = subprocess.run([*command, str(self.path)], capture_output=True, text=True, check=False)
        self.assertEqual((result.returncode, result.stderr), (0, ""))
        return re.sub(r"\x1b\[[0-9;]*m|.\x08", "", result.stdout)

    def assert_complete(self, text):
        """A part for every command, with its options, their meanings and the examples."""
        text = text.replace("\u2010\n", "-\n")
        parts = dict(re.findall(r"(?m)^   ([a-z]+)\n((?:(?: {7}.*)?\n)+)", text))
        everywhere = text.split("GLOBAL OPTIONS\n")[1].split("EXIT STATUS\n")[0]
        self.assertEqual(list(parts), tree.commands())
        for command, part in [*parts.items(), (None, everywhere)]:
            help_text = self.run_in(*([command] if command else []), "--help").stdout
            for option in tree.options(*([command] if command else [])):
                self.assertRegex(part, rf"(?m)^ +(-\w, )?{option}\b.*(\n? +\w)", command)
            for line in help_text.split("\nExamples:\n")[1].splitlines():
                self.assertIn(line.strip(), part)

    @unittest.skipUnless(shutil.which("groff"), "no groff here")
    def test_groff_shows_all_of_it_without_a_warning(self):
        self.assert_complete(self.formatted("groff", "-ww", "-man", "-Tutf8", "-Kutf8", "-P-c"))

    @unittest.skipUnless(shutil.which("mandoc"), "no mandoc here")
    def test_mandoc_shows_all_of_it_without_a_warning(self):
        self.assertEqual(self.formatted("mandoc", "-T", "lint", "-W", "style"), "")
        self.assert_complete(self.formatted("mandoc", "-T", "utf8"))

    def test_its_exit_codes_and_its_version_are_the_programs(self):
        page = self.path.read_text(encoding="utf-8")
        listed = re.findall(r"\\fB([0-9, ]+)\\fR", page.split(".SH EXIT STATUS")[1].split(".SH")[0])
        header = (SOURCE / "lib" / "core" / "error.hpp").read_text(encoding="utf-8")
        self.assertEqual(", ".join(listed).split(", "), re.findall(r"k\w+ = (\d+),", header))
        version = self.run_in("--version").stdout.split()[1]
        self.assertRegex(page, rf'(?m)^\.TH NORMRUN 1 \d{{4}}-\d\d-\d\d "normrun {re.escape(version)}" "User Commands"$')


if __name__ == "__main__":
    unittest.main()
