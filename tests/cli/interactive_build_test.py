"""NORMRUN_INTERACTIVE_REPORT: what the build does with npm, without it, and where it fails."""

import pathlib
import subprocess
import unittest

from support import BINARY, SOURCE, CommandLineTest

BUNDLE = pathlib.Path(BINARY).resolve().parent / "lib" / "report" / "interactive"


class InteractiveBuildTest(CommandLineTest):
    def configure(self, *options, folder="build"):
        """Configures the project into a folder of its own; the program is not built."""
        return subprocess.run(["cmake", "-S", SOURCE, "-B", self.folder / folder, "-G", "Ninja", "-DNORMRUN_BUILD_TESTS=OFF", *options],
                              capture_output=True, text=True, check=False)

    def assets(self, folder="build"):
        return (self.folder / folder / "lib" / "report" / "assets.cpp").read_text(encoding="utf-8")

    def test_off_and_auto_without_npm_are_static_and_on_fails(self):
        for value, told in (("OFF", "NORMRUN_INTERACTIVE_REPORT"), ("AUTO", "npm")):
            result = self.configure(f"-DNORMRUN_INTERACTIVE_REPORT={value}", "-DNORMRUN_NODE=/bin/false", "-DNORMRUN_NPM=/bin/false")
            self.assertEqual(result.returncode, 0, result.stderr)
            self.assertIn(told, result.stdout)
            self.assertIn('kInteractiveScript = R"interactive()interactive"', self.assets())
        result = self.configure("-DNORMRUN_INTERACTIVE_REPORT=ON")
        self.assertNotEqual(result.returncode, 0)
        self.assertRegex(result.stderr, r"Report: .*\bnpm\b")

    @unittest.skipUnless((BUNDLE / "made").exists(), "a build without npm")
    def test_the_bundle_is_the_same_bytes_and_made_once(self):
        result = self.configure()
        self.assertIn("interactive figures", result.stdout, result.stderr)
        for name in ("figures.min.js", "licences.txt"):
            made = self.folder / "build" / "lib" / "report" / "interactive" / name
            self.assertEqual(made.read_bytes(), (BUNDLE / name).read_bytes(), name)
        again = self.configure("-DNORMRUN_NPM=/bin/false")
        self.assertIn("Report: interactive figures", again.stdout)
        self.assertNotIn("fetching", again.stdout)


if __name__ == "__main__":
    unittest.main()
