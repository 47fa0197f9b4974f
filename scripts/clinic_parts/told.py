"""Reads what the program tells of a run: diagnosis.csv and remedies.csv."""

import csv

# Findings that tell of no harm; every other one says that something is wrong.
REMARKS = ("nothing-found", "train-mode-noisy", "rows-shifted-harmless", "lint")
CANNOT_TELL = ("unknown", "cannot-tell")


def read_table(path):
    with open(path, newline="", encoding="utf-8") as file:
        return [row for row in csv.DictReader(file) if row.get("split", "test") == "test"]


class Answer:
    """`causes`: the named causes of harm, the first one first, each once; `findings`: all words of diagnosis.csv; `remedies`: the
    recommended ones."""

    def __init__(self, folder):
        diagnosis, remedies = read_table(folder / "diagnosis.csv"), read_table(folder / "remedies.csv")
        self.findings = [row["finding"] for row in diagnosis]
        named = [row["cause"] or "unknown" for row in diagnosis if row["finding"] not in REMARKS]
        self.causes = list(dict.fromkeys(named))
        self.remedies = list(dict.fromkeys(row["remedy"] for row in remedies if row["verdict"] == "confirmed"))


def is_right(first, mechanism):
    return first in mechanism.alike or first == mechanism.cause
