"""Completion, as the shells themselves do it: keys are typed into bash and zsh on a terminal, fish is asked by `complete`."""

import os
import pty
import re
import select
import shutil
import subprocess
import time
import unittest

import tree
from support import BINARY, CommandLineTest

BASH = r"""PS1='$ '
bind 'set show-all-if-ambiguous on' 'set bell-style none' 'set completion-query-items 0' 'set page-completions off'
bind -x '"\C-g": printf "<%s>\n" "$READLINE_LINE"'
source <(normrun completion bash)
echo ready
"""
ZSH = r"""PS1='$ ' LISTMAX=1000
autoload -Uz compinit && compinit -u -D
show() { print -r "<$BUFFER>" }
zle -N show && bindkey -e && bindkey '^G' show
unsetopt beep
source <(normrun completion zsh)
echo ready
"""


class Terminal:
    """A shell with a keyboard."""

    def __init__(self, command, folder, environment):
        process, self._keys = pty.fork()
        if process == 0:
            os.chdir(folder)
            os.execvpe(command[0], command, environment)
        self._process = process

    def close(self):
        os.close(self._keys)
        os.waitpid(self._process, 0)

    def type(self, keys):
        os.write(self._keys, keys.encode())

    def read_until(self, pattern, seconds=60):
        """What it shows up to a match, without control sequences."""
        shown, end = "", time.monotonic() + seconds
        while not re.search(pattern, shown):
            ready, _, _ = select.select([self._keys], [], [], max(0.0, end - time.monotonic()))
            if not ready:
                raise TimeoutError(shown)
            shown = re.sub(r"\x1b\[[0-9;?]*[A-Za-z]|\x1b[=>]|\r", "", shown + os.read(self._keys, 1 << 16).decode(errors="replace"))
        return shown


class CompletionTest(CommandLineTest):
    """What must come out, whatever the shell; `complete` gives the line after a TAB and what was shown below it."""

    def setUp(self):
        super().setUp()
        (self.folder / "bin").mkdir()
        (self.folder / "bin" / "normrun").symlink_to(BINARY)
        self.write("experiments/first.json", "{}")
        (self.folder / "results" / "first").mkdir(parents=True)
        self.environment = {"PATH": f"{self.folder}/bin:/usr/bin:/bin", "HOME": str(self.folder), "TERM": "xterm", "LC_ALL": "C.UTF-8"}

    def complete(self, line):
        raise NotImplementedError

    def assert_completed(self, line, expected):
        self.assertEqual(self.complete(line)[0], expected)

    def assert_shown(self, line, expected, *absent):
        shown = self.complete(line)[1]
        for word in expected:
            self.assertRegex(shown, rf"(?m)(?<![\w-]){re.escape(word)}(?![\w-])")
        for word in absent:
            self.assertNotRegex(shown, rf"(?m)(?<![\w-]){re.escape(word)}(?![\w-])")

    def check_everything(self):
        self.assert_shown("normrun ", tree.commands())
        for command in tree.commands():
            self.assert_shown(f"normrun {command} --", tree.options(command))
        for line, expected in {
            "normrun descr": "normrun describe ",
            "normrun list opt": "normrun list optimizers ",
            "normrun completion f": "normrun completion fish ",
            "normrun train --conf": "normrun train --config ",
            "normrun --quiet tra": "normrun --quiet train ",
            "normrun train --color al": "normrun train --color always ",
            "normrun train --color=al": "normrun train --color=always ",
            "normrun train -c expe": "normrun train -c experiments/",
            "normrun train --config=experiments/fi": "normrun train --config=experiments/first.json ",
            "normrun validate experiments/fi": "normrun validate experiments/first.json ",
            "normrun report resul": "normrun report results/",
            "normrun report experiments/fi": "normrun report experiments/fi",  # a file is no folder
            "normrun train --set train.optimizer.learning_rate_": "normrun train --set train.optimizer.learning_rate_",
            "normrun train --set norm.momentum_w": "normrun train --set norm.momentum_weighs=",
            "normrun train --set norm.momentum_weighs=o": "normrun train --set norm.momentum_weighs=old ",
            "normrun train --set=norm.momentum_weighs=o": "normrun train --set=norm.momentum_weighs=old ",
            "normrun train --grid norm.type=batch,la": "normrun train --grid norm.type=batch,layer ",
            "normrun compare --pairs init": "normrun compare --pairs initial-statistics:",
            "normrun compare --pairs train:eval,eval:pop": "normrun compare --pairs train:eval,eval:population ",
            "normrun compare --splits test,v": "normrun compare --splits test,validation ",
            "normrun nothing ": "normrun nothing ",
        }.items():
            with self.subTest(line):
                self.assert_completed(line, expected)
        self.assert_shown("normrun train --resume --f", ["--force", "--fail-fast"])
        self.assert_shown("normrun train --config x --set a=1 --", ["--out", "--set"], "--config")


class TypedTest(CompletionTest):
    def start(self, command, setup):
        self.terminal = Terminal(command, self.folder, self.environment)
        self.addCleanup(self.terminal.close)
        self.write("setup", setup)
        self.terminal.type(". ./setup\n")
        self.terminal.read_until(r"\nready\n")

    def complete(self, line):
        self.terminal.type(line + "\t\x07")
        shown = self.terminal.read_until(r"<([^<>\n]*)>\n")
        self.terminal.type("\x15")
        return re.search(r"<(normrun[^<>\n]*)>\n", shown).group(1), shown.replace(line, "")


class BashTest(TypedTest):
    def test_everything(self):
        self.start(["bash", "--norc", "--noprofile", "-i"], BASH)
        self.check_everything()

    def test_a_path_instead_of_a_name_and_blanks_in_it(self):
        self.start(["bash", "--norc", "--noprofile", "-i"], BASH)
        self.terminal.type("complete -F _normrun ./bin/normrun; PATH=/usr/bin:/bin\n")
        self.terminal.type("./bin/normrun descr\t\x07")
        self.terminal.read_until(r"<\./bin/normrun describe >")
        self.terminal.type("\x15")
        self.write("my experiments/a.json", "{}")
        self.terminal.type("./bin/normrun train -c my\t\x07")
        self.terminal.read_until(r"<\./bin/normrun train -c my\\ experiments/>")


@unittest.skipUnless(shutil.which("zsh"), "no zsh here")
class ZshTest(TypedTest):
    def test_everything(self):
        self.start(["zsh", "-f", "-i"], ZSH)
        self.check_everything()

    def test_the_installed_file(self):
        self.write("functions/_normrun", self.run_in("completion", "zsh").stdout)
        self.start(["zsh", "-f", "-i"], "fpath=($PWD/functions $fpath)\n" + ZSH.replace("source <(normrun completion zsh)", ""))
        for _ in range(2):  # the first call loads it
            self.assert_completed("normrun descr", "normrun describe ")


@unittest.skipUnless(shutil.which("fish"), "no fish here")
class FishTest(CompletionTest):
    def answers(self, line):
        script = 'source (normrun completion fish | psub); complete --do-complete -- "$LINE"'
        result = subprocess.run(["fish", "--no-config", "-c", script], cwd=self.folder, env={**self.environment, "LINE": line},
                                stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=60, check=False)
        self.assertEqual(result.stderr, "")
        return [answer.split("\t")[0] for answer in result.stdout.splitlines()]

    def complete(self, line):
        """One answer takes the word's place, and a blank follows it but behind '=', ':' and '/', as in the other shells."""
        answers = self.answers(line)
        if len(answers) != 1:
            return line, "\n".join(answers)
        return line[:line.rindex(" ") + 1] + answers[0] + ("" if answers[0][-1] in "=:/" else " "), answers[0]

    def test_everything(self):
        self.check_everything()


if __name__ == "__main__":
    unittest.main()
