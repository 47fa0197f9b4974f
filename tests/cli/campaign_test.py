"""The short form of scripts/campaign: random small experiments keep their promises, and the campaign notices one that does not."""

import os
import subprocess
import sys
import unittest

from support import BINARY, SOURCE, CommandLineTest

CASES = int(os.environ.get("NORMRUN_CASES", "25"))
FIRST = int(os.environ.get("NORMRUN_FIRST", "1"))


class CampaignTest(CommandLineTest):
    def campaign(self, *arguments, binary=BINARY):
        return subprocess.run([SOURCE / "scripts" / "campaign", *map(str, arguments)], env={**os.environ, "NORMRUN": str(binary)},
                              capture_output=True, text=True, check=False)

    def test_random_experiments_keep_their_promises(self):
        result = self.campaign("--first", FIRST, "--cases", CASES)
        self.assertEqual(result.returncode, 0, result.stdout + result.stderr)
        # Not all of them may be refused: then nothing was tried.
        trained = sum(int(words.split()[0]) for words in result.stdout.split("they ended ")[1].split(";")[0].split(", ") if words.endswith((" 0", " 3")))
        self.assertGreater(trained, CASES / 2, result.stdout)

    def test_a_broken_promise_is_found_and_told_how_to_repeat(self):
        # Stand-ins that answer what the campaign asks for, and then break one promise each.
        for body, words in (("sys.exit(1)", "ended with 1"), ("os.abort()", "ended with -6"), ("sys.exit(0)", "left no report.html"),
                            ("sys.exit(2)", "said no error"), ("bytearray(2 << 30)", "ended with"), ("import time; time.sleep(60)", "did not end in time"),
                            ("while True: pass", "did not end in time")):
            with self.subTest(body):
                fake = self.write("fake", f"#!{sys.executable}\nimport os, subprocess, sys\nif sys.argv[1] != 'train':\n"
                                          f"    sys.exit(subprocess.call([{BINARY!r}, *sys.argv[1:]]))\n{body}\n")
                fake.chmod(0o755)
                result = self.campaign("--first", 3, "--cases", 1, "--seconds", 1, binary=fake)
                self.assertEqual(result.returncode, 1, result.stdout + result.stderr)
                self.assertIn("campaign: seed 3: " + words, result.stdout)
                self.assertIn("scripts/campaign --seed 3", result.stdout)
                self.assertIn('"network": [', result.stdout)

    def test_one_seed_is_one_experiment(self):
        first, again, other = (self.campaign("--seed", seed, "--keep", self.folder / name) for seed, name in ((4, "a"), (4, "b"), (5, "c")))
        self.assertEqual((first.returncode, again.returncode, other.returncode), (0, 0, 0), first.stdout + again.stdout + other.stdout)
        configs = [(self.folder / name / "config.json").read_bytes() for name in "abc"]
        self.assertEqual(configs[0], configs[1])
        self.assertNotEqual(configs[0], configs[2])


if __name__ == "__main__":
    unittest.main()
