"""Reads what the program tells of a run: diagnosis.csv and remedies.csv."""

import csv

# Findings that tell of no harm; every other one says that something is wrong.
REMARKS = ("nothing-found", "train-mode-noisy", "rows-shifted-harmless", "lint")
CANNOT_TELL = ("unknown", "cannot-tell")
# Remedies of remedies.csv that can be carried out on fresh rows, and the arm that does.
ARMS = {"layer-by-layer": "population", "pooled": "pooled", "batch-average": "batch-average", "bias-corrected": "bias-corrected",
        "recomputed-on-judged": "judged", "momentum": "batch-average", "shuffled-batches": "retrained"}


def read_table(path):
    with open(path, newline="", encoding="utf-8") as file:
        return [row for row in csv.DictReader(file) if row.get("split", "test") == "test"]


class Answer:
    """`causes`: the named causes of harm, the first one first, each once; `findings`: all words of diagnosis.csv; `cures`: the arms of the
    scoring that carry out the recommended remedies; `others`: recommended remedies that no arm carries out."""

    def __init__(self, folder):
        diagnosis, remedies = read_table(folder / "diagnosis.csv"), read_table(folder / "remedies.csv")
        self.findings = [row["finding"] for row in diagnosis]
        named = [row["cause"] or "unknown" for row in diagnosis if row["finding"] not in REMARKS]
        confirmed = [row["remedy"] for row in remedies if row["verdict"] == "confirmed"]
        self.causes = list(dict.fromkeys(named))
        self.cures = [ARMS[remedy] for remedy in dict.fromkeys(confirmed) if remedy in ARMS]
        if "counted-padding" in self.causes:  # the advice is then to leave it out
            self.cures = ["unpadded" if cure == "population" else cure for cure in self.cures]
        self.others = [remedy for remedy in dict.fromkeys(confirmed) if remedy not in ARMS]


def is_right(first, mechanism):
    return first in mechanism.alike or first == mechanism.cause
