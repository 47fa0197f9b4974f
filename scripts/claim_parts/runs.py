"""Trains configs, decides their claims, and keeps what is finished, so that nothing is computed twice."""

import csv
import functools
import hashlib
import json
import os
import pathlib
import re
import subprocess
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]
NORMRUN = os.environ.get("NORMRUN", str(ROOT / "build" / "release" / "normrun"))
OPPOSITE = {"confirmed": "refuted", "refuted": "confirmed"}


def all_configs():
    return [path for name in ("documents", "claims") for path in sorted((ROOT / "configs" / name).glob("*.json"))]


def data_is_there(config):
    """Returns whether the files that the config names exist."""
    paths = re.findall(r'"((?:\.\./)+data/[^"]+)"', config.read_text(encoding="utf-8"))
    return all((config.parent / path).exists() for path in paths)


def seeds_of(config):
    """Returns the seeds of the config's grid."""
    seeds = json.loads(config.read_text(encoding="utf-8"))["grid"]["seed"]
    if isinstance(seeds, str):
        first, last = map(int, seeds.split(".."))
        return list(range(first, last + 1))
    return seeds


def as_range(seeds):
    return f"{seeds[0]}..{seeds[-1]}"


def few_seeds(config):
    """Returns a range of the config's first three seeds."""
    return as_range(seeds_of(config)[:3])


def unseen_seeds(config, number):
    """Returns the number-th range of seeds that no config names, as long as the config's own."""
    return f"{1000 * number}..{1000 * number + len(seeds_of(config)) - 1}"


def kept_unseen(configs, keep):
    """Returns pairs of a config and its claims' rows, for each of the first nine ranges of unseen seeds that is finished and kept."""
    decisions = [Decision(config, unseen_seeds(config, number), keep) for config in configs for number in range(1, 10)]
    return [(decision.config, decision.state["claims"]) for decision in decisions if decision.is_finished()]


@functools.cache
def version():
    return subprocess.run([NORMRUN, "--version"], check=True, capture_output=True, text=True).stdout


class Decision:
    """A config with some seeds (None: its own), and the folder of its results."""

    def __init__(self, config, seeds, keep):
        self.config = config
        self.seeds = seeds
        self.out = keep / (config.stem if seeds is None else f"{config.stem}-{seeds.replace('..', '-')}")
        self.marker = self.out.with_name(self.out.name + ".json")
        text = config.read_text(encoding="utf-8")
        self.key = hashlib.sha256("\n".join((text, seeds or "", version())).encode()).hexdigest()
        stored = json.loads(self.marker.read_text(encoding="utf-8")) if self.marker.exists() else {}
        self.state = stored if stored.get("key") == self.key else {}

    def is_finished(self):
        return "claims" in self.state

    def seconds(self):
        """Returns how long the training will take: 0 where it is finished, else the estimate of `normrun describe`."""
        return 0.0 if self.is_finished() else self.estimate

    @functools.cached_property
    def estimate(self):
        command = [NORMRUN, "describe", self.config, "--json"] + (["--seeds", self.seeds] if self.seeds else [])
        return json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)["estimated_seconds"]

    def store(self, **more):
        self.state = {"key": self.key, **more}
        self.marker.write_text(json.dumps(self.state), encoding="utf-8")

    def decide(self, jobs):
        """Returns the claims' rows, after training what is not trained yet.  An interrupted training goes on where it stopped."""
        if self.is_finished():
            return self.state["claims"]
        was_begun = bool(self.state) and self.out.exists()
        self.out.parent.mkdir(parents=True, exist_ok=True)
        if not was_begun:
            self.store()
        command = [NORMRUN, "train", "--config", self.config, "--out", self.out, "--resume" if was_begun else "--force", "--quiet"]
        command += (["--seeds", self.seeds] if self.seeds else []) + (["--jobs", str(jobs)] if jobs else [])
        start = time.monotonic()
        trained = subprocess.run(command, check=False, stdout=subprocess.DEVNULL)
        if trained.returncode not in (0, 3):  # 3: some runs diverged, which may be what the claims are about
            raise SystemExit(trained.returncode)
        self.store(claims=self.claims(), seconds=time.monotonic() - start)
        return self.state["claims"]

    def claims(self):
        """Returns the rows of claims.csv, each with its power."""
        subprocess.run([NORMRUN, "claims", self.out], check=False, stdout=subprocess.DEVNULL)
        with open(self.out / "claims.csv", newline="", encoding="utf-8") as file:
            rows = list(csv.DictReader(file))
        powers = subprocess.run([NORMRUN, "claims", self.out, "--power", "--json"], check=True, capture_output=True, text=True).stdout
        by_id = {power["id"]: power for power in json.loads(powers)}
        return [{**row, "power": by_id[row["id"]]} for row in rows]
