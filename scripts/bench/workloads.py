"""Defines what every peer trains (the workloads of apps/bench/workloads.cpp, the sweep W6 of w6.json) and how a measurement is timed."""
import itertools
import json
import time
from pathlib import Path

import numpy

SEED = 0
ROWS = 9984  # a multiple of every batch size
# name -> (network, normalization, batch size)
WORKLOADS = {
    "W1-LN-1": ("W1", "layer", 1), "W1-BN-4": ("W1", "batch", 4), "W1-BN-32": ("W1", "batch", 32), "W1-BN-128": ("W1", "batch", 128),
    "W2-BN-4": ("W2", "batch", 4), "W2-BN-128": ("W2", "batch", 128),
    "W3-BN-4": ("W3", "batch", 4), "W3-BN-128": ("W3", "batch", 128),
    "W4-BN-4": ("W4", "batch", 4), "W4-BN-32": ("W4", "batch", 32),
    "W5-LN-4": ("W5", "layer", 4), "W5-LN-32": ("W5", "layer", 32),
    "W7-BN-4": ("W7", "batch", 4), "W7-BN-32": ("W7", "batch", 32), "W7-BN-128": ("W7", "batch", 128),
    "W8-LN-4": ("W8", "layer", 4), "W8-LN-32": ("W8", "layer", 32), "W8-LN-128": ("W8", "layer", 128),
    "W9-BN-1000": ("W9", "batch", 1000),
    "W10-BN-4": ("W10", "batch", 4), "W10-BN-32": ("W10", "batch", 32), "W10-BN-128": ("W10", "batch", 128),
    "W11-BN-4": ("W11", "batch", 4), "W11-BN-32": ("W11", "batch", 32), "W11-BN-128": ("W11", "batch", 128),
}
SHAPES = {"W1": (784,), "W2": (100,), "W3": (784,), "W4": (28, 28, 3), "W5": (28, 28), "W7": (32, 32, 3), "W8": (32, 16),
          "W9": (32, 32, 3), "W10": (32, 32, 3), "W11": (40, 128)}
IMAGES = ("W4", "W7", "W9", "W10")
CONVOLUTIONS = (*IMAGES, "W11")
EVALUATION_PASSES = 12  # of W9, after the statistics have been computed anew
SWEEP = "W6"
SWEEP_CONFIG = Path(__file__).resolve().parent / "w6.json"
STEPS_OF_A_CALL = 20  # JAX compiles so many steps as one


def steps_of_a_call(network):
    """Returns fewer steps for the networks of which one takes longer."""
    return {"W7": 4, "W8": 10, "W9": 1, "W10": 4}.get(network, STEPS_OF_A_CALL)


def rows_of(network, most):
    """Returns normal rows and labels; W2 does not read the labels."""
    random = numpy.random.default_rng(SEED)
    count = min(most, 8_000_000 // int(numpy.prod(SHAPES[network])) // 128 * 128)
    return random.standard_normal((count, *SHAPES[network]), dtype=numpy.float32), random.integers(0, 10, count)


def sweep(trainer):
    """Trains W6: trainer(workload, rows, seed) returns run(steps), as for report."""
    config = json.loads(SWEEP_CONFIG.read_text())
    rows, grid = config["data"]["samples"], config["grid"]
    for norm, batch, seed in itertools.product(grid["norm.type"], grid["train.batch_size"], grid["seed"]):
        trainer(("W1", norm, batch), rows, seed)(rows // batch)


def report_all(trainer, names, seconds, sample_seconds=0.02):
    """Trains the named workloads and prints their rates.  The sweep has no rate: its time is that of the process."""
    for name in names:
        if name == SWEEP:
            sweep(trainer)
        else:
            report(name, trainer(WORKLOADS[name], ROWS, SEED), seconds, sample_seconds)


def report(name, run, seconds, sample_seconds):
    """Prints the rate of the fastest measurement.  run(steps) trains that many steps and returns when they are done."""
    least = steps_of_a_call(WORKLOADS[name][0])
    run(least)
    start = time.perf_counter()
    run(least)
    steps = least * max(1, int(sample_seconds / max(1e-6, time.perf_counter() - start)))
    best = 0.0
    end = time.perf_counter() + seconds
    while time.perf_counter() < end:
        start = time.perf_counter()
        run(steps)
        best = max(best, steps / (time.perf_counter() - start))
    print(json.dumps({"name": name, "steps_per_second": best}), flush=True)
