"""The scripts: what they run, what they refuse, and that the checks of scripts/lint can fail."""

import json
import os
import subprocess
import sys
import unittest

from support import BINARY, SMALL, SOURCE, CommandLineTest

SCRIPTS = SOURCE / "scripts"

# Stands in for normrun: notes its arguments, prints a table and leaves results behind.
FAKE_NORMRUN = f"""#!{sys.executable}
import json, os, sys
sys.path.insert(0, {str(SOURCE / "tests" / "support")!r})
from make_result_fixture import write_results
arguments = sys.argv[1:]
json.dump(arguments, open("arguments.json", "w"))
if os.environ.get("FAKE_EXIT") not in ("2", "73"):
    write_results(arguments[arguments.index("--out") + 1], batch_sizes=[2, 8], seeds=2)
print("the table")
sys.exit(int(os.environ.get("FAKE_EXIT", "0")))
"""


class ScriptTest(CommandLineTest):
    def script(self, name, *arguments, **environment):
        return subprocess.run([str(SCRIPTS / name), *map(str, arguments)], cwd=self.folder, env={**os.environ, **environment},
                              stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=300, check=False)


class SweepTest(ScriptTest):
    def setUp(self):
        super().setUp()
        self.fake = self.write("fake-normrun", FAKE_NORMRUN)
        self.fake.chmod(0o755)
        self.config = self.write("some/thing.json", json.dumps(SMALL))

    def sweep(self, *arguments, **environment):
        return self.script("sweep_batch_sizes", *arguments, NORMRUN=str(self.fake), **environment)

    def arguments(self):
        return json.loads((self.folder / "arguments.json").read_text())

    def test_defaults(self):
        result = self.sweep(self.config)
        self.assertEqual(result.returncode, 0, result.stderr)
        self.assertEqual(self.arguments(), ["train", "--config", str(self.config), "--out", "results/thing-batch-sizes", "--grid",
                                            "train.batch_size=2,4,8,16,32,64,128", "--seeds", "0..4"])
        self.assertEqual(result.stdout, "the table\n")
        self.assertTrue((self.folder / "results/thing-batch-sizes/plots/gap_vs_batch_size.png").exists())

    def test_sizes_seeds_and_options(self):
        result = self.sweep("some/thing.json", "2,8", "1,5", "--", "--jobs", "2", "--out", "elsewhere")
        self.assertEqual(result.returncode, 0, result.stderr)
        self.assertEqual(self.arguments()[5:], ["--grid", "train.batch_size=2,8", "--seeds", "1,5", "--jobs", "2", "--out", "elsewhere"])
        self.assertTrue((self.folder / "elsewhere/plots/accuracy_vs_batch_size.svg").exists())

    def test_failed_runs_are_still_drawn(self):
        result = self.sweep(self.config, FAKE_EXIT="3")
        self.assertEqual(result.returncode, 3)
        self.assertTrue((self.folder / "results/thing-batch-sizes/plots/gap_vs_batch_size.png").exists())

    def test_a_refusal_is_passed_on(self):
        result = self.sweep(self.config, FAKE_EXIT="73")
        self.assertEqual(result.returncode, 73)
        self.assertFalse((self.folder / "results").exists())

    def test_a_dry_run_draws_nothing(self):
        result = self.sweep(self.config, "--", "--dry-run")
        self.assertEqual(result.returncode, 0, result.stderr)
        self.assertFalse((self.folder / "results/thing-batch-sizes/plots").exists())

    def test_wrong_usage(self):
        cases = [([], "usage:"), (["nowhere.json"], "nowhere.json: "),
                 ([self.config, "2;4"], 'sizes "2;4"'), ([self.config, "0,2"], 'sizes "0,2"'), ([self.config, "2", "a"], 'seeds "a"'),
                 ([self.config, "2", "4", "8"], ": 8"), ([self.config, "--jobs"], "--jobs")]
        for arguments, words in cases:
            result = self.sweep(*arguments)
            self.assertEqual(result.returncode, 2, words)
            self.assertIn(words, result.stderr)
            self.assertEqual(result.stdout, "")
        self.assertFalse((self.folder / "arguments.json").exists())

    def test_a_missing_binary_says_how_to_build_it(self):
        result = self.script("sweep_batch_sizes", self.config, NORMRUN=str(self.folder / "absent"))
        self.assertEqual(result.returncode, 2)
        self.assertRegex(result.stderr, r"absent: .*scripts/quickstart")

    @unittest.skipUnless(os.path.exists(BINARY), f"{BINARY} is not built")
    def test_a_real_sweep(self):
        result = self.script("sweep_batch_sizes", self.config, "2,4,8", "0..1", "--", "--epochs", "1", NORMRUN=BINARY)
        self.assertEqual(result.returncode, 0, result.stderr)
        results = self.folder / "results/thing-batch-sizes"
        self.assertEqual(len((results / "runs.csv").read_text().splitlines()), 1 + 2 * 3 * 2)
        self.assertTrue((results / "plots/gap_vs_batch_size.png").exists())


class SetupTest(ScriptTest):
    def test_list(self):
        plot = self.script("setup", "--list", "plot").stdout.split()
        self.assertEqual(plot, ["python3-pandas", "python3-matplotlib"])
        self.assertLess(set(plot), set(self.script("setup", "--list").stdout.split()))

    def test_an_unknown_section(self):
        result = self.script("setup", "biuld")
        self.assertEqual(result.returncode, 2)
        self.assertIn('no section "biuld"', result.stderr)

    def test_missing_packages_are_installed_and_present_ones_are_not(self):
        # Stand-ins before the real programs: python3-pandas is missing; apt-get and sudo note how they are called.
        note = 'echo "${0##*/} $*" >> "$CALLS"'
        for name, body in (("dpkg-query", '[[ ${!#} == python3-pandas ]] || echo -n installed'),
                           ("apt-get", note), ("sudo", f'{note}; "$@"')):
            self.write(f"bin/{name}", f"#!/usr/bin/env bash\n{body}\n").chmod(0o755)
        calls = self.folder / "calls"
        result = self.script("setup", "plot", PATH=f"{self.folder}/bin:{os.environ['PATH']}", CALLS=str(calls))
        self.assertEqual(result.returncode, 0, result.stderr)
        apt_calls = [line for line in calls.read_text().splitlines() if line.startswith("apt-get")]
        self.assertEqual(apt_calls, ["apt-get update --quiet=2",
                                     "apt-get install --quiet=2 --yes --no-install-recommends python3-pandas"])


class DictionaryTest(ScriptTest):
    def test_the_fuzzer_gets_every_word_of_the_schema(self):
        result = subprocess.run([SCRIPTS / "fuzz_dictionary.py"], input=self.run_in("schema").stdout, capture_output=True, text=True, check=True)
        lines = result.stdout.splitlines()
        self.assertEqual(len(lines), len(set(lines)))
        for word in ("batch_size", "kernel_initializer", "he_normal", "global_average_pooling2d", "initial-statistics", "csv", "$schema"):
            self.assertIn(rf'"\"{word}\""', lines)


class ClusterTest(ScriptTest):
    """The templates for engines that may not be here: stand-ins run one shard after the other."""

    ENGINES = {
        # Needs a folder for its log, and ends with the number of jobs that failed.
        "parallel": """
            while (($# > 1)); do if [[ $1 == --joblog ]]; then : >"$2" || exit 255; fi; shift; done
            failed=0
            while read -r line; do bash -c "${1//\\{\\}/$line}" || failed=$((failed + 1)); done
            exit "$failed"
            """,
        # Ends every rank with the first that fails.
        "mpirun": """
            ranks=$2; shift 2
            for ((rank = 0; rank < ranks; ++rank)); do OMPI_COMM_WORLD_RANK=$rank "$@" || exit; done
            """,
    }

    def setUp(self):
        super().setUp()
        for name, body in self.ENGINES.items():
            self.write(f"bin/{name}", f"#!/usr/bin/env bash\n{body}").chmod(0o755)

    def spread(self, engine, binary=BINARY):
        return self.script(f"cluster/{engine}.sh", "c.json", f"results/{engine}", 4, NORMRUN=binary,
                           PATH=f"{self.folder}/bin:{os.environ['PATH']}")

    def whole(self, config, code):
        self.write("c.json", json.dumps(config))
        self.assertEqual(self.run_in("train", "--config", "c.json", "--out", "whole", "--quiet").returncode, code)
        return self.bytes_of("whole")

    def test_a_killed_shard_is_missed_and_made_up_for(self):
        whole = self.whole(SMALL, 0)
        for engine in self.ENGINES:
            with self.subTest(engine=engine):
                mortal = self.write(f"mortal-{engine}", f"""#!/usr/bin/env bash
                    if [[ "$* ${{OMPI_COMM_WORLD_RANK-}}" =~ 2/4|auto/4.*1$ && ! -e {engine}.died ]]; then touch {engine}.died; kill -9 $$; fi
                    exec {BINARY} "$@"
                    """)
                mortal.chmod(0o755)
                result = self.spread(engine, str(mortal))
                self.assertEqual(result.returncode, 66, result.stderr)
                self.assertIn("merge", result.stderr)
                result = self.spread(engine, str(mortal))
                self.assertEqual(result.returncode, 0, result.stderr)
                self.assertEqual(self.bytes_of(f"results/{engine}"), whole)

    def test_failed_runs_do_not_hold_up_the_others(self):
        whole = self.whole(dict(SMALL, grid=dict(SMALL["grid"], **{"train.optimizer.learning_rate": [0.01, 1e30]})), 3)
        for engine in self.ENGINES:
            with self.subTest(engine=engine):
                result = self.spread(engine)
                self.assertEqual(result.returncode, 3, result.stderr)
                self.assertEqual(self.bytes_of(f"results/{engine}"), whole)


class DependenciesTest(ScriptTest):
    def check(self):
        return self.script("check_dependencies.py", self.folder)

    def test_the_tree_itself(self):
        result = self.script("check_dependencies.py")
        self.assertEqual(result.returncode, 0, result.stderr)

    def test_each_wrong_include_is_found(self):
        for header in ("core/matrix.hpp", "nn/layer.hpp", "data/dataset.hpp", "train/trainer.hpp"):
            self.write(f"lib/{header}", "")
        self.write("lib/config/json/json.hpp", "#include <nlohmann/json.hpp>\n")
        self.write("lib/config/options/reader.cpp", '#include "config/json/json.hpp"\n#include "core/matrix.hpp"\n')
        self.write("lib/files/safetensors.cpp", "#include <nlohmann/json.hpp>\n")
        self.write("apps/normrun/main.cpp", '#include <CLI/CLI.hpp>\n#include "train/trainer.hpp"\n')
        self.assertEqual(self.check().returncode, 0)
        wrong = {
            "lib/core/matrix.cpp": ('#include "nn/layer.hpp"', "lib/core may not use lib/nn"),
            "lib/nn/layer.cpp": ('#include "data/dataset.hpp"', "lib/nn may not use lib/data"),
            "lib/data/dataset.cpp": ('#  include "train/trainer.hpp"', "lib/data may not use lib/train"),
            "lib/train/trainer.cpp": ("#include <spdlog/spdlog.h>", "spdlog belongs to apps"),
            "lib/study/plan.cpp": ("#include <nlohmann/json.hpp>", "nlohmann/json belongs to"),
            "lib/report/html.cpp": ('#include "config/json/json.hpp"', "lib/config/json/json.hpp shows nlohmann/json"),
        }
        for path, (line, _) in wrong.items():
            self.write(path, f"// first line\n{line}\n")
        result = self.check()
        self.assertEqual(result.returncode, 1)
        lines = result.stderr.splitlines()
        self.assertEqual(len(lines), len(wrong), result.stderr)
        for path, (_, words) in wrong.items():
            self.assertTrue(any(found.startswith(f"{path}:2: ") and words in found for found in lines), (path, lines))


if __name__ == "__main__":
    unittest.main()
