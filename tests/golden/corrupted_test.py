"""corrupted_test.py GOLDEN FILE: the golden runner must fail on a copy that is wrong in one number, and refuse a damaged one."""

import copy
import json
import pathlib
import re
import subprocess
import sys
import tempfile

SUMMARY = re.compile(r"golden: (\d+) passed, (\d+) failed, (\d+) not covered")


def run(golden, text, folder):
    path = folder / "vectors.json"
    path.write_text(text)
    done = subprocess.run([golden, path], capture_output=True, text=True)
    lines = done.stdout.splitlines()
    found = SUMMARY.fullmatch(lines[-1]) if lines else None
    return done.returncode, tuple(int(n) for n in found.groups()) if found else None, done


def demand(holds, what, done):
    if not holds:
        sys.exit(f"{what}: exit {done.returncode}\n{done.stdout}{done.stderr}")


def largest(data):
    return max(range(len(data)), key=lambda i: abs(data[i]))


def changed_copies(vectors, uncovered):
    """The file with one expected number changed by 1e-6 of it, once for every array of the first case of every operation,
    for an optimizer and for both kinds of trajectory values."""
    seen = set()
    for c, case in enumerate(vectors["cases"]):
        if case["op"] in seen | uncovered:
            continue
        seen.add(case["op"])
        for part in ("outputs", "grads"):
            for name, array in case[part].items():
                worst = largest(array["data"])
                if abs(array["data"][worst]) < 1e-3:
                    continue
                wrong = copy.deepcopy(vectors)
                wrong["cases"][c][part][name]["data"][worst] *= 1 + 1e-6
                yield f"{case['name']} {part} {name}", wrong
    wrong = copy.deepcopy(vectors)
    wrong["optimizers"]["keras"][-1]["weights"]["data"][-1] *= 1 + 1e-6
    yield "optimizer", wrong
    wrong = copy.deepcopy(vectors)
    wrong["trajectory"]["runs"][0]["losses"][-1] *= 1 + 1e-6
    yield "trajectory losses", wrong
    wrong = copy.deepcopy(vectors)
    wrong["trajectory"]["runs"][-1]["moving_var"]["data"][0] *= 1 + 1e-6
    yield "trajectory moving_var", wrong


def main():
    golden, file = sys.argv[1], pathlib.Path(sys.argv[2])
    text = file.read_text()
    vectors = json.loads(text)
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        code, good, done = run(golden, text, folder)
        demand(code == 0 and good and good[1] == 0, "the file as it is", done)
        uncovered = set(re.findall(r"^not covered: .* \((\w+)\)$", done.stdout, re.MULTILINE))

        count = 0
        for what, wrong in changed_copies(vectors, uncovered):
            code, counts, done = run(golden, json.dumps(wrong), folder)
            demand(code == 1 and counts == (good[0] - 1, 1, good[2]), f"changed: {what}", done)
            count += 1
        demand(count > 10, "too few changed copies", done)

        short, mixed = copy.deepcopy(vectors), copy.deepcopy(vectors)
        next(iter(short["cases"][0]["inputs"].values()))["data"].pop()
        next(iter(mixed["cases"][0]["inputs"].values()))["data"][0] = "x"
        damaged = {
            "truncated": text[: len(text) // 2],
            "empty": "",
            "no cases": '{"meta": {}}',
            "a number missing": json.dumps(short),
            "a text among numbers": json.dumps(mixed),
        }
        for what, broken in damaged.items():
            code, counts, done = run(golden, broken, folder)
            demand(code == 65 and counts is None and done.stderr.startswith("golden: error: "), what, done)

        code, counts, done = run(golden, '{"cases": []}', folder)
        demand(code == 1 and counts == (0, 0, 0), "a file without cases", done)
        unknown = {"cases": [dict(vectors["cases"][0], op="batchnorm_of_tomorrow")]}
        code, counts, done = run(golden, json.dumps(unknown), folder)
        demand(code == 1 and counts == (0, 0, 1), "an unknown operation alone", done)
    print(f"{count} changed and {len(damaged)} damaged copies were refused")


main()
