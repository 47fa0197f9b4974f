"""What the checks of the source tree share (check_dependencies.py, check_names.py)."""
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent


def report(problems):
    """Prints what problems(root) finds below the argument, or else in this repository, and returns the exit code."""
    found = list(problems(Path(sys.argv[1]) if len(sys.argv) > 1 else ROOT))
    for line in found:
        print(line, file=sys.stderr)
    return 1 if found else 0
