"""Calls the programs as their users do."""

import csv
import json
import os
import pathlib
import subprocess

import numpy as np

from clinic_parts import tensors

ROOT = pathlib.Path(__file__).resolve().parents[2]


def find(variable, names):
    """An executable from the environment or the usual build folders."""
    if variable in os.environ:
        return os.environ[variable]
    for name in names:
        if (ROOT / name).exists():
            return str(ROOT / name)
    raise SystemExit(f"clinic: none of {', '.join(names)} is there; build the program with its tests, or set {variable}")


class Failed(Exception):
    """A program ended with an error: the case is left out and counted."""


def run(command):
    done = subprocess.run([str(word) for word in command], capture_output=True, text=True, check=False)
    if done.returncode not in (0, 4):
        raise Failed(f"{' '.join(str(word) for word in command)[:300]}: {done.returncode}: {done.stderr.strip()[:300]}")
    return done.stdout


class Programs:
    def __init__(self):
        self.normrun = find("NORMRUN", [f"build/{preset}/normrun" for preset in ("release", "work", "dev")])
        self.outputs = find("CLINIC_OUTPUTS", [f"build/{preset}/tests/clinic/clinic_outputs" for preset in ("release", "work", "dev")])

    def version(self):
        """What the judged program says of itself: its version and the commit it was built from."""
        return run([self.normrun, "--version"]).splitlines()[0]

    def train(self, config, folder):
        """Trains one config into `folder`; its checkpoint's path."""
        path = folder.with_suffix(".json")
        path.write_text(json.dumps(config))
        run([self.normrun, "train", "--config", path, "--out", folder, "--force", "--quiet", "--jobs", 1])
        with open(folder / "runs.csv", newline="", encoding="utf-8") as file:
            (line,) = csv.DictReader(file)
        if line["status"] != "ok":
            raise Failed(f"{path}: {line['status']}: {line['error']}")
        (checkpoint,) = (folder / "checkpoints").glob("*.safetensors")
        return checkpoint

    def sweep(self, config, folder):
        """Trains every run of a grid."""
        path = folder.with_suffix(".json")
        path.write_text(json.dumps(config))
        run([self.normrun, "train", "--config", path, "--out", folder, "--force", "--quiet", "--jobs", 1])

    def advice(self, folder):
        return json.loads(run([self.normrun, "report", folder, "--json", "--quiet", "--out", os.devnull]))

    def train_only(self, config, folder):
        """The same without comparisons: a stage before the one that is diagnosed."""
        return self.train({**config, "compare": {"pairs": [], "budget": [], "diagnosis": False}}, folder)

    def carry_out(self, plan, folder):
        """Trains a plan's stages and the config that is diagnosed; the checkpoint of the latter."""
        stored = []
        for place, config in enumerate(plan.before):
            stored.append(self.train_only(with_checkpoints(config, stored), folder.with_name(f"{folder.name}-{place}")))
        if plan.edit is None:
            return self.train(with_checkpoints(plan.config, stored), folder)
        edited = folder.with_name(f"{folder.name}-edited.safetensors")
        tensors.write(edited, plan.edit([tensors.read(path)[0] for path in stored]), tensors.read(stored[-1])[1])
        return self.train(changed_start(plan.config, edited), folder)

    def judge_without_history(self, config, checkpoint, folder):
        """The stored network alone: the config's "train" says nothing but where it is."""
        bare = {**config, "train": {"steps": 0, "init_from": str(checkpoint), "history": []}}
        return self.train(bare, folder)

    def logits(self, fresh, modes, checkpoints, folder):
        """For each checkpoint: targets, and logits by mode; NaN where a row found no full batch."""
        data, seed, split, first = fresh
        files = [folder / f"logits-{place}.bin" for place in range(len(checkpoints))]
        pairs = [word for pair in zip(checkpoints, files) for word in pair]
        run([self.outputs, json.dumps(data), seed, split, first, ",".join(modes)] + pairs)
        answers = []
        for path in files:
            data = path.read_bytes()
            path.unlink()
            count, rows, outputs, classes = (int(n) for n in np.frombuffer(data[:32], np.int64))
            width = 1 if classes else outputs
            targets = np.frombuffer(data[32:32 + 4 * rows * width], np.float32)
            targets = targets.astype(np.int64) if classes else targets.reshape(rows, outputs)
            logits = np.frombuffer(data[32 + 4 * rows * width:], np.float32).reshape(count, rows, outputs)
            answers.append((targets, dict(zip(modes, logits)), classes))
        return answers


def changed_start(config, checkpoint):
    return {**config, "train": {**config["train"], "init_from": str(checkpoint)}}


def with_checkpoints(config, stored):
    """Replaces "@0" by the path of the first stage's checkpoint."""
    start = config["train"].get("init_from", "")
    return changed_start(config, stored[int(start[1:])]) if start.startswith("@") else config
