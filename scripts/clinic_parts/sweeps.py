"""Sweeps over batch sizes, norms and seeds: whether small batches harmed the training itself, which no single network shows."""

import copy

import numpy as np

from clinic_parts import draw, score

WANTS = {"families": ("dense",), "classes": True, "batch_sizes": (32,), "rows": (400, 1200), "test_rows": (500, 1500), "depths": (1, 5),
         "sources": ("clusters", "uniform-clusters", "prototypes", "imbalanced")}
SEEDS = 4
LARGE = 32


def config_of(rng, patient):
    config = copy.deepcopy(patient.config)
    small = draw.pick(rng, (2, 2, 3, 16))
    del config["train"]["steps"]
    config["train"].update(epochs=int(rng.integers(3, 7)), optimizer={"type": "adam", "learning_rate": 0.002})
    config["norm"] = {"type": "batch", "momentum": 0.9}
    config["grid"] = {"norm.type": ["batch", "layer"], "train.batch_size": [small, LARGE],
                      "seed": [config["seed"] + place for place in range(SEEDS)]}
    return config, small


def best_accuracy(ward, config, seed, checkpoints):
    """Of each network's better mode, on fresh rows of the seed."""
    patient = draw.Patient(ward.patient.family, ward.patient.source, {**config, "seed": seed}, ward.patient.test_rows)
    modes = ["eval", "population"] + [f"train:{size}" for size in sorted({size for size, _ in checkpoints})]
    fresh, paths = draw.fresh_data(patient, ward.settings.fresh_rows), [path for _, path in checkpoints]
    answers = ward.programs.logits(fresh, modes, paths, ward.folder)
    best = []
    for (size, _), (targets, logits, classes) in zip(checkpoints, answers):
        arms = [score.score(logits[mode], targets, classes) for mode in ("eval", "population", f"train:{size}")]
        best.append(max(float(np.nanmean(arm.hits)) for arm in arms))
    return best


def examine(ward, rng, record):
    config, small = config_of(rng, ward.patient)
    folder = ward.folder / "sweep"
    ward.timed("train", lambda: ward.programs.sweep(config, folder))
    harms = []
    for seed in config["grid"]["seed"]:
        runs = [(size, folder / "checkpoints" / f"{norm}-b{size}-s{seed}.safetensors")
                for norm in ("batch", "layer") for size in (small, LARGE)]
        batch_small, batch_large, layer_small, layer_large = ward.timed("score", lambda: best_accuracy(ward, config, seed, runs))
        harms.append(batch_large - batch_small - (layer_large - layer_small))
    mean, error = float(np.mean(harms)), float(np.std(harms, ddof=1)) / len(harms)**0.5
    told = ward.timed("ask", lambda: ward.programs.advice(folder))
    record["sweep"] = {"small": small, "harm": round(mean, 4), "error": round(error, 4),
                       "is_harmed": mean > max(2 * score.ACCURACY_MARGIN, 4 * error),
                       "is_fine": mean + 2 * error < score.ACCURACY_MARGIN, "told": [item["cause"] for item in told]}
