#!/usr/bin/python3
"""Draws the figures of a finished experiment from its CSV tables."""
import argparse
import sys
from pathlib import Path

from figures import FIGURES
from figures.style import SETTINGS, pyplot
from figures.tables import NotApplicable, PlotError, Results

FORMATS = ("png", "svg")
NAMES = [make_figure.__name__ for make_figure in FIGURES]
# The files hold no dates or versions, so the same tables give the same bytes.
METADATA = {"png": {"Software": None}, "svg": {"Date": None, "Creator": None}}


def some_of(known):
    """Parses a list of names joined by commas."""
    def parse(text):
        chosen = text.split(",")
        for name in chosen:
            if name not in known:
                raise argparse.ArgumentTypeError(f'"{name}" is none of {", ".join(known)}')
        return chosen
    return parse


def parse_arguments():
    parser = argparse.ArgumentParser(
        prog="plot.py", description=__doc__, epilog="example: scripts/plot.py results/quickstart --format svg",
        formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("results", help="folder that `normrun train` wrote")
    parser.add_argument("--out", type=Path, metavar="DIR", help="where the figures go (default: RESULTS/plots)")
    parser.add_argument("--format", type=some_of(FORMATS), default=FORMATS, metavar="png,svg", help="default: both")
    parser.add_argument("--only", type=some_of(NAMES), default=NAMES, metavar="FIGURE,…", help="of " + ", ".join(NAMES))
    return parser.parse_args()


def draw(results, folder, names, formats):
    """Prints the path of each written file to stdout, and why a figure is left out to stderr.  Returns how many could not be drawn."""
    failed = 0
    for name, make_figure in zip(NAMES, FIGURES):
        if name not in names:
            continue
        try:
            figure = make_figure(results)
            for extension in formats:
                path = folder / f"{name}.{extension}"
                figure.savefig(path, metadata=METADATA[extension])
                print(path)
        except NotApplicable as reason:
            print(f"plot.py: {name} skipped: {reason}", file=sys.stderr)
        except (ArithmeticError, ValueError) as error:  # matplotlib has no axis for the largest and the smallest doubles
            print(f"plot.py: error: {name} cannot be drawn: {error}", file=sys.stderr)
            failed += 1
        pyplot.close("all")
    return failed


def main():
    arguments = parse_arguments()
    pyplot.rcParams.update(SETTINGS)
    try:
        results = Results(arguments.results)
    except PlotError as error:
        for line in str(error).splitlines():
            print(f"plot.py: error: {line}", file=sys.stderr)
        return 2
    if results.lost_runs():
        print(f"plot.py: {results.lost_runs()} of {len(results.runs)} runs failed or diverged and are left out", file=sys.stderr)
    folder = arguments.out or results.folder / "plots"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        failed = draw(results, folder, arguments.only, arguments.format)
    except OSError as error:
        print(f"plot.py: error: {folder}: cannot write: {error.strerror}", file=sys.stderr)
        return 73
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
