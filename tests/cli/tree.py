"""The program's command tree, as the completion knows it."""

import re

from support import normrun


def candidates(*words):
    """How to go on and what may stand in the place of the last word: (kind, {text: meaning})."""
    kind, *lines = normrun("__complete", *words).stdout.splitlines()
    return kind, dict(line.split("\t", 1) for line in lines)


def commands():
    return list(candidates("")[1])


def options(*command):
    """The long names of the options of a command, or of the program; what every command takes is the program's."""
    everywhere = list(candidates("--")[1])
    return [name for name in candidates(*command, "--")[1] if name not in everywhere] if command else everywhere


def examples(help_text):
    """The commands under "Examples:", those on several lines as one."""
    text = re.sub(r" *\\\n *", " ", help_text.split("\nExamples:\n")[1])
    return [line.strip() for line in text.splitlines() if not line.strip().startswith("#")]
