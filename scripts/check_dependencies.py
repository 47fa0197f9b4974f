#!/usr/bin/python3
"""Checks that each folder includes only what lies below it, from the bottom to the top:
  core < files < {config, tables} < {nn, data} < {statistics, models} < train < diagnosis < compare < study < sweep < report < apps

usage: scripts/check_dependencies.py [ROOT]
A folder includes itself and those below it.  Folders of one rank do not include each other.  Nor do the subfolders of a
folder, unless ORDER lists them: then each one includes those that stand before it.  Only lib/config and the .cpp files of
safetensors, of models' configs, reports and apps include nlohmann/json, and only apps include CLI11 and spdlog.
"""
import re
import sys
from pathlib import Path

from source_checks import report

RANK = {
    "core": 0,
    "files": 1,
    "config": 2,
    "tables": 2,
    "nn": 3,
    "data": 3,
    "statistics": 4,
    "models": 4,
    "train": 5,
    "diagnosis": 6,
    "compare": 7,
    "study": 8,
    "sweep": 9,
    "report": 10,
}
# The order of subfolders within a folder of lib; "" stands for files of the folder itself.
ORDER = {
    "config": ["json", "options", "grid"],
    "report": ["results", "claims", "advice", "models", "draw", "figures", "page"],
}
INCLUDE = re.compile(r'^\s*#\s*include\s*[<"]([^>"]+)[>"]')


def includes(path):
    """Yields (line number, included file) of a source file."""
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1):
        match = INCLUDE.match(line)
        if match:
            yield number, match.group(1)


def may_use_json(file):
    """Returns whether a file, named from the root, may include nlohmann/json."""
    if file.parts[:2] == ("lib", "config"):
        return True
    above = file.parts[0] == "apps" or file.parts[:2] == ("lib", "report")
    composes_configs = file.parts[:2] == ("lib", "study") and file.name in ("model_case.cpp", "model_rows.cpp")
    return file.suffix == ".cpp" and (above or composes_configs or file.name.startswith("safetensors"))


def place_inside(path):
    """Returns the place of a file's subfolder in the order of its folder; the file is named from lib."""
    return ORDER[path.parts[0]].index(path.parts[1])


def problem(root, file, included):
    """Returns what is wrong with one include, or None."""
    in_lib = file.parts[0] == "lib"
    library = included.split("/")[0]
    if library == "nlohmann" and not may_use_json(file):
        return "nlohmann/json belongs to lib/config, to safetensors*.cpp, to study/model_case.cpp and model_rows.cpp, and to .cpp files of lib/report and apps"
    if in_lib and library in ("CLI", "spdlog"):
        return f"{library} belongs to apps"
    target = root / "lib" / included
    if library not in RANK or not target.is_file():
        return None
    own = file.parts[1] if in_lib else "apps"
    if own != library and RANK[library] >= RANK.get(own, len(RANK)):
        return f"lib/{own} may not use lib/{library}"
    if own == library and own in ORDER and place_inside(Path(included)) > place_inside(Path(*file.parts[1:])):
        return f"lib/{own}/{file.parts[2]} may not use lib/{own}/{Path(included).parts[1]}"
    hides_json = any(name.startswith("nlohmann/") for _, name in includes(target))
    if hides_json and own != library:
        return f"lib/{included} shows nlohmann/json, which is {library}'s own"
    return None


def problems(root):
    for folder in ("lib", "apps"):
        for path in sorted((root / folder).rglob("*.[ch]pp")):
            file = path.relative_to(root)
            for number, included in includes(path):
                text = problem(root, file, included)
                if text:
                    yield f"{file}:{number}: includes {included}: {text}"


if __name__ == "__main__":
    sys.exit(report(problems))
