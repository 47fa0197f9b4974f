"""What a sweep tells on a terminal and in a log while it runs."""

import json
import os
import pty
import re
import subprocess
import unittest

from support import BINARY, SANITIZED, SMALL, CommandLineTest

# Long enough to be drawn several times: a tenth of a second lies between two lines.
SLOW = dict(SMALL, train=dict(SMALL["train"], epochs=100 if SANITIZED else 4000), grid={"seed": list(range(8))})
LINE = re.compile(r"\r\x1b\[2K(\d) of 8 runs, ([\d.e+-]+) runs/s, ([\w. ]+) left( \| step \d+/\d+ loss [\d.e+-]+)*")


class ProgressTest(CommandLineTest):
    def setUp(self):
        super().setUp()
        self.write("c.json", json.dumps(SLOW))
        self.arguments = [BINARY, "train", "--config", "c.json", "--jobs", "1"]

    def on_a_terminal(self, *arguments, **env):
        """What stderr gets where it is a terminal of 80 columns."""
        environment = {name: value for name, value in os.environ.items() if name != "CI"}
        controller, terminal = pty.openpty()
        process = subprocess.Popen([*self.arguments, *arguments], cwd=self.folder, env={**environment, "TERM": "xterm", **env},
                                   stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=terminal)
        os.close(terminal)
        written = b""
        try:
            while piece := os.read(controller, 1 << 16):
                written += piece
        except OSError:  # how Linux tells that nobody has the terminal any more
            pass
        os.close(controller)
        self.assertEqual(process.wait(timeout=60), 0, written)
        return written.decode()

    def test_a_terminal_shows_the_rate_and_the_time_left_on_one_line(self):
        written = self.on_a_terminal()
        drawn = LINE.findall(written)
        self.assertGreater(len(drawn), 2, written)
        finished = [int(line[0]) for line in drawn]
        self.assertEqual(finished, sorted(finished))
        self.assertGreater(float(drawn[-1][1]), 0.0)
        for line in written.split("\r")[1:]:
            self.assertLess(len(line.split("\n")[0].removeprefix("\x1b[2K")), 80)
        self.assertRegex(re.sub(LINE, "", written), r"normrun: 8 of 8 runs\b")

    def test_a_log_a_dumb_terminal_and_ci_get_no_line_that_is_drawn_over(self):
        in_a_log = subprocess.run([*self.arguments, "--out", "log"], cwd=self.folder, capture_output=True, text=True, check=True).stderr
        for written in (in_a_log, self.on_a_terminal("--out", "dumb", TERM="dumb"), self.on_a_terminal("--out", "ci", CI="true")):
            self.assertNotIn("\x1b[2K", written)
            self.assertNotIn("runs/s", written)

    def test_a_log_says_what_a_large_result_is_waiting_for(self):
        large = dict(SMALL, data=dict(SMALL["data"], test_samples=20000), compare={"outputs": 20000, "budget": []},
                     train=dict(SMALL["train"], checkpoints="none"), grid={"seed": list(range(7))})
        self.write("c.json", json.dumps(large))

        def told(*arguments):
            return subprocess.run([BINARY, *arguments], cwd=self.folder, capture_output=True, text=True, check=True).stderr

        for number in ("1", "2"):
            self.assertNotRegex(told("train", "--config", "c.json", "--shard", f"{number}/2", "--out", number), r"\d MB|report\.html")
        self.assertRegex(told("merge", "1", "2", "--out", "whole"),
                         r"^normrun: .*\b7 runs\b.*\d+ MB\nnormrun: .*tables.*\b7 runs\b.*\d+ MB\nnormrun: 7 of 7 runs\b.*\n"
                         r"normrun: .*report\.html\n$")
        self.assertRegex(told("train", "--config", "c.json", "--out", "whole", "--resume"),
                         r"\nnormrun: .*tables.*\b7 runs\b.*\d+ MB\nnormrun: 7 of 7 runs\b.*\nnormrun: .*report\.html\n$")


if __name__ == "__main__":
    unittest.main()
