"""Draws networks, data and trainings at random, each a config of normrun without any fault."""

import copy
import math

from clinic_parts import files

# As often as they are drawn.
FAMILIES_IN_TURN = ("dense",) * 4 + ("tanh",) * 2 + ("convolution",) * 2 + ("recurrent",) * 2
UNSEEN_FAMILY = "tanh"  # reported apart
UNSEEN_SOURCE = "spirals"
CLASS_SOURCES = ("clusters", "uniform-clusters", "prototypes", "imbalanced", "spirals", "optdigits", "digits")
NUMBER_SOURCES = ("teacher", "linear", "uniform-teacher")
SOURCES = {"dense": CLASS_SOURCES + NUMBER_SOURCES, "tanh": CLASS_SOURCES + NUMBER_SOURCES,
           "convolution": ("digits", "images", "photos"), "recurrent": ("sequences",)}
# Rows that a training reads at most, so that the whole clinic stays short.
ROW_BUDGET = {"dense": 60000, "tanh": 60000, "convolution": 8000, "recurrent": 16000}


class Patient:
    """One draw: `config` is a whole config, the rest is what the mechanisms and the scoring need to know."""

    def __init__(self, family, source, config, test_rows, fresh_test=None):
        self.family, self.source, self.config, self.test_rows = family, source, config, test_rows
        self.fresh_test = fresh_test  # of data from files: the config's data.test of fresh rows

    def copy(self):
        return copy.deepcopy(self)

    @property
    def classes(self):
        """0: numbers are predicted."""
        return 0 if self.source in NUMBER_SOURCES else self.config["network"][-1]["units"]

    @property
    def steps(self):
        return self.config["train"]["steps"]


def log_uniform(rng, low, high):
    return int(round(math.exp(rng.uniform(math.log(low), math.log(high)))))


def pick(rng, options):
    return options[int(rng.integers(len(options)))]


def draw_source(rng, family, wants):
    options = [name for name in SOURCES[family] if name != "optdigits" or wants["optdigits"]]
    if wants.get("classes"):
        options = [name for name in options if name not in NUMBER_SOURCES]
    return pick(rng, [name for name in wants.get("sources", options) if name in options])


def draw_data(rng, source, rows, test_rows):
    """The config's "data"."""
    own = {"samples": rows, "test_samples": test_rows}
    features = int(rng.integers(5, 31))
    if source in ("clusters", "uniform-clusters"):
        uniform = source != "clusters"
        data = {"type": "uniform" if uniform else "gaussian", **own, "features": features, "target": "clusters",
                "classes": int(rng.integers(2, 11)), "separation": round(float(rng.uniform(0.4, 1.0)), 2)}
        return {**data, "low": -2, "high": 2} if uniform else data
    if source in ("teacher", "uniform-teacher"):
        data = {"type": "gaussian" if source == "teacher" else "uniform", **own, "features": features, "target": "teacher",
                "teacher_units": int(rng.integers(4, 17)), "noise": round(float(rng.uniform(0.05, 0.4)), 2)}
        return data if source == "teacher" else {**data, "low": -2, "high": 2}
    if source == "linear":
        return {"type": "gaussian", **own, "features": features, "target": "linear", "noise": round(float(rng.uniform(0.1, 0.5)), 2)}
    if source in ("prototypes", "images"):
        side = int(rng.integers(6, 10))
        shape = [side, side, 1] if source == "images" else []
        data = {"type": "gaussian", **own, "target": "prototypes", "classes": int(rng.integers(3, 11)),
                "prototype_scale": round(float(rng.uniform(0.6, 1.0)), 2)}
        return {**data, "shape": shape} if shape else {**data, "features": int(rng.integers(30, 101))}
    if source == "imbalanced":
        share = float(rng.uniform(0.1, 0.4))
        total = rows + test_rows
        return {"type": "imbalanced", "majority": total - round(share * total), "minority": round(share * total),
                "features": features, "offset": round(float(rng.uniform(0.3, 0.8)), 2), "test_fraction": round(test_rows / total, 4)}
    if source == "spirals":
        return {"type": "spirals", **own, "classes": int(rng.integers(2, 5)), "noise": round(float(rng.uniform(0.03, 0.1)), 3)}
    if source == "sequences":
        length = int(rng.integers(8, 17))
        return {"type": "sequences", **own, "features": int(rng.integers(4, 9)), "classes": int(rng.integers(2, 4)),
                "min_length": max(4, length // 3), "max_length": length}
    return {"type": "stroke-digits", **own, "classes": int(rng.integers(3, 11))}


def draw_network(rng, family, source, outputs, wants):
    """The layers, every normalization a placeholder."""
    depths = (wants.get("depths", (1, 8))[0], wants.get("depths", (1, 8))[1] + 1)
    if family in ("dense", "tanh"):
        depth = int(rng.integers(*depths))
        layers = [{"type": "flatten"}] if source == "digits" else []
        for _ in range(depth):
            units = {"type": "dense", "units": int(rng.integers(12, 49))}
            layers += [units, {"type": "norm"}, {"type": "relu"}] if family == "dense" else [units, {"type": "tanh"}, {"type": "norm"}]
        return layers + [{"type": "dense", "units": outputs}]
    if family == "convolution":
        depth = int(rng.integers(*depths))
        layers, big = [], source == "digits"
        for place in range(min(depth, 6)):
            strides = 2 if place < (2 if big else 1) else 1
            layers += [{"type": "conv2d", "filters": int(rng.integers(4, 9)), "kernel_size": 3, "strides": strides, "padding": "same"},
                       {"type": "norm"}, {"type": "relu"}]
        return layers + [{"type": "flatten" if rng.random() < 0.5 else "global_average_pooling2d"}, {"type": "dense", "units": outputs}]
    layers = []
    for _ in range(int(rng.integers(depths[0], min(depths[1], 5)))):
        layers += [{"type": "dense", "units": int(rng.integers(10, 25))}, {"type": "norm"}, {"type": "relu"}]
    cell = pick(rng, ("gru", "lstm", "simple_rnn"))
    layers += [{"type": cell, "units": int(rng.integers(12, 25))}] + ([{"type": "norm"}] if rng.random() < 0.3 else [])
    return layers + [{"type": "dense", "units": outputs}]


def set_momentum(norm, old_weight):
    """Writes the weight of the old value in the config's own convention."""
    norm["momentum"] = round(1 - old_weight, 9) if norm.get("momentum_weighs") == "new" else old_weight


def old_weight(norm):
    default = 0.9 if norm.get("convention") == "torch" else 0.99
    value = norm.get("momentum", default)
    return 1 - value if norm.get("momentum_weighs") == "new" else value


def draw_norm(rng, steps):
    """Batch normalization whose averages are warm after `steps`, in one of the conventions."""
    norm = {"type": "batch", "convention": pick(rng, ("keras", "torch", "flax"))}
    if norm["convention"] == "torch":
        norm["momentum_weighs"] = pick(rng, ("old", "new"))
    set_momentum(norm, 0.99 if steps >= 1000 and rng.random() < 0.5 else 0.95 if steps >= 250 and rng.random() < 0.5 else 0.9)
    return norm


def draw_train(rng, batch_size, steps, is_calm):
    if is_calm:
        optimizer = {"type": "adam", "learning_rate": round(float(10 ** rng.uniform(-3.3, -2.6)), 5)}
    elif rng.random() < 0.6:
        optimizer = {"type": "adam", "learning_rate": round(float(10 ** rng.uniform(-3, -2)), 5)}
    else:
        optimizer = {"type": "sgd", "learning_rate": round(float(10 ** rng.uniform(-2, -1.3)), 4), "momentum": 0.9}
    return {"batch_size": batch_size, "steps": steps, "optimizer": optimizer, "history": []}


def draw(rng, number, wants, folder):
    """A patient.  `wants` may fix families, sources, classes (true), depths, batch sizes, rows, test rows, steps and
    small steps (calm); its "optdigits" is the folder of that data or None.  Files that the data need are written to `folder`."""
    family = pick(rng, wants.get("families", FAMILIES_IN_TURN))
    source = draw_source(rng, family, wants)
    batch_size = pick(rng, wants.get("batch_sizes", (2, 4, 8, 16, 16, 32, 32, 64, 128)))
    rows = log_uniform(rng, *wants.get("rows", (100, 10000)))
    rows = min(rows, 2000 if source in ("digits", "optdigits", "photos") else 10000)
    rows = max(rows, 4 * batch_size, 100)
    test_rows = log_uniform(rng, *wants.get("test_rows", (300, 2000)))
    test_rows = min(test_rows, files.Optdigits.TEST) if source == "optdigits" else test_rows
    most = max(100, min(ROW_BUDGET[family] // wants.get("rows_a_step", batch_size), 4000))
    steps = log_uniform(rng, *[max(60, min(value, most)) for value in wants.get("steps", (150, 1500))])
    fresh_test = None
    if source in files.SOURCES:
        data, fresh_test = files.SOURCES[source](rng, rows, test_rows, folder, wants["optdigits"])
    else:
        data = draw_data(rng, source, rows, test_rows)
    outputs = 1 if source in NUMBER_SOURCES else data.get("classes", 2 if source == "imbalanced" else 10)
    config = {"name": f"case-{number}", "data": data, "network": draw_network(rng, family, source, outputs, wants),
              "norm": draw_norm(rng, steps), "train": draw_train(rng, batch_size, steps, wants.get("calm", False)),
              "seed": int(rng.integers(1, 10**6)),
              "compare": {"pairs": [["train", "eval"]], "budget": [], "splits": ["test"]}}
    return Patient(family, source, config, test_rows, fresh_test)


def fresh_data(patient, rows):
    """Where rows come from that neither training nor diagnosis has seen: data, seed, split, first row."""
    data, seed = copy.deepcopy(patient.config["data"]), patient.config["seed"]
    data.pop("batching", None)
    if patient.fresh_test:
        return {**data, "test": patient.fresh_test}, seed, "test", 0
    if patient.source == "imbalanced":
        share = data["minority"] / (data["majority"] + data["minority"])
        data.update(majority=rows - round(share * rows), minority=round(share * rows), test_fraction=0)
        for shift in data.get("shift", []):
            shift["split"] = {"train": "validation", "test": "train"}[shift["split"]]
        return data, seed + 10**7, "train", 0
    return {**data, "test_samples": patient.test_rows + rows}, seed, "test", patient.test_rows
