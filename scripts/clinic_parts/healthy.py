"""Networks without a mistake, of the kinds that are easily taken for sick ones."""

import copy

from clinic_parts import draw
from clinic_parts.faults import Plan, changed


class Kind:
    def __init__(self, wants, plan):
        self.wants, self.plan = wants, plan


def plain(rng, patient):
    return Plan(patient.config)


def overfitted(rng, patient):
    """Few training rows, read often; the test split is large."""
    return Plan(changed(patient.config, train={"optimizer": {"type": "adam", "learning_rate": 0.005}}))


def overconfident(rng, patient):
    return Plan(changed(patient.config, train={"optimizer": {"type": "adam", "learning_rate": 0.02}}))


def harmless_shift(rng, patient):
    shift = {"split": "test", "scale": round(float(rng.uniform(0.95, 1.05)), 3), "offset": round(float(rng.uniform(-0.05, 0.05)), 3)}
    return Plan(changed(patient.config, data={"shift": [shift]}))


def held_out(rng, patient):
    """The test rows are a random part of the rows."""
    if patient.source in ("imbalanced", "optdigits", "photos"):
        return Plan(patient.config)
    config = copy.deepcopy(patient.config)
    total = config["data"]["samples"] + config["data"].pop("test_samples")
    config["data"].update(samples=total, test_fraction=patient.test_rows / total)
    return Plan(config)


def balanced(rng, patient):
    """Batches with as many rows of the rare class: eval mode then answers as the training did, and recomputed statistics do not."""
    data = patient.config["data"]
    total = data["majority"] + data["minority"]
    rare = max(20, round(total * rng.uniform(0.02, 0.1)))
    own = {"majority": total - rare, "minority": rare, "offset": round(float(rng.uniform(1, 2)), 2)}
    return Plan(changed(patient.config, data={**own, "batching": {"order": "by-class", "classes_per_batch": 2, "balanced": True}}))


def no_batch_norm(rng, patient):
    """Normalizations without statistics have no modes."""
    third = "instance" if patient.family == "convolution" else "layer"
    return Plan({**patient.config, "norm": {"type": draw.pick(rng, ("layer", "rms", third))}})


KINDS = {
    "plain": Kind({"test_rows": (30, 3000)}, plain),
    "small-test-split": Kind({"test_rows": (30, 300), "batch_sizes": (16, 32, 64)}, plain),
    "held-out": Kind({"test_rows": (30, 1000)}, held_out),
    "overfitted": Kind({"families": ("dense",), "classes": True, "rows": (100, 300), "test_rows": (3000, 10000), "steps": (800, 3000),
                        "batch_sizes": (16, 32)}, overfitted),
    "overconfident": Kind({"classes": True, "rows": (300, 1500), "steps": (1000, 3000), "test_rows": (500, 5000)}, overconfident),
    "harmless-shift": Kind({"test_rows": (300, 3000)}, harmless_shift),
    "balanced-batches": Kind({"families": ("dense",), "sources": ("imbalanced",), "batch_sizes": (16, 32, 64), "rows": (1000, 5000)},
                             balanced),
    "no-batch-norm": Kind({"test_rows": (30, 3000)}, no_batch_norm),
}
