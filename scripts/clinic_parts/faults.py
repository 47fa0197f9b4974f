"""The mistakes: each is made where people make it, in training or in saving, and none by the formula that finds it.

A mechanism takes a healthy patient and answers with two plans, the sick one and its twin without the mistake.
"""

import copy

import numpy as np

from clinic_parts import draw, files, tensors


class Plan:
    """`before`: configs trained first; a later "train.init_from" of "@0" names the first one's checkpoint.  `config` is the one that is
    diagnosed.  With `edit`, a function of the earlier checkpoints' tensors, its result is the network: `config` then trains no step."""

    def __init__(self, config, before=(), edit=None):
        self.config, self.before, self.edit = copy.deepcopy(config), [copy.deepcopy(item) for item in before], edit


class Mechanism:
    """`cause`: its word; `alike`: the words that name the same group of reasons; `wants`: what the patient has to be.  With `harms_weights`
    the mistake lies in them, and only another training shows it, which takes the history."""

    def __init__(self, cause, alike, wants, plans, harms_weights=False):
        self.cause, self.alike, self.wants, self.plans, self.harms_weights = cause, alike, wants, plans, harms_weights


INITIAL = ("cold-start", "lost", "frozen-statistics")
STALE = ("lag", "other-weights", "other-data", "frozen-statistics")
MEMORY = ("sampling-noise", "convention", "last-batch")
PARTS = ("biased-variance", "small-parts", "correlated-rows")


def changed(config, **sections):
    """A copy with these keys of data, norm, train set."""
    config = copy.deepcopy(config)
    for section, keys in sections.items():
        config[section].update(keys)
    return config


def with_old_weight(config, weight, **sections):
    config = changed(config, **sections)
    draw.set_momentum(config["norm"], weight)
    return config


def as_saved(config):
    """The run that loads a stored network: it trains no step."""
    return changed(config, train={"steps": 0})


# Initial values.

def cold(rng, patient):
    steps = int(rng.integers(40, 150))
    config = changed(patient.config, train={"steps": steps})
    return Plan(with_old_weight(config, float(draw.pick(rng, (0.99, 0.995, 0.999))))), Plan(with_old_weight(config, 0.8))


def lost(rng, patient):
    forgets_updates = rng.random() < 0.5

    def edit(stored):
        result = dict(stored[-1])
        for layer in tensors.norms(result):
            result[layer + ".moving_mean"] = np.zeros_like(result[layer + ".moving_mean"])
            result[layer + ".moving_variance"] = np.ones_like(result[layer + ".moving_variance"])
            if forgets_updates:
                result[layer + ".updates"] = np.zeros_like(result[layer + ".updates"])
        return result

    return saved(patient.config, edit)


def saved(config, edit):
    """A mistake in saving: the twin is the same file without it."""
    return Plan(as_saved(config), [config], edit), Plan(as_saved(config), [config], lambda stored: stored[-1])


def never_moved(rng, patient):
    return Plan(changed(patient.config, train={"forward_mode": "frozen-statistics"})), Plan(patient.config)


# Statistics of other weights or rows.

def other_data(rng, config):
    """The first training of a fine-tuning: the same kind of data of another seed, a task of its own, at times as another camera sees it."""
    first = {**copy.deepcopy(config), "seed": config["seed"] + 1}
    if rng.random() < 0.5:
        shift = {"split": "train", "scale": round(float(rng.uniform(0.4, 0.8)), 2), "offset": round(float(rng.uniform(0.3, 1.0)), 2)}
        first["data"]["shift"] = [shift, {**shift, "split": "test"}]
    return first


def tuned(rng, config, low, high):
    """The second training of a fine-tuning, from the first one's network."""
    steps = int(rng.integers(low, high))
    return changed(config, train={"steps": steps, "init_from": "@0"})


def lagging(rng, patient):
    """A slow average behind fast weights: warm from a long first training, then left behind."""
    first = patient.config
    optimizer = first["train"]["optimizer"]
    rate = float(rng.uniform(*((5, 20) if optimizer["type"] == "adam" else (2, 5)))) * optimizer["learning_rate"]
    second = changed(tuned(rng, first, 60, 200), train={"optimizer": {**optimizer, "learning_rate": rate}})
    return Plan(with_old_weight(second, 0.999), [first]), Plan(with_old_weight(second, 0.9), [first])


def older_statistics(rng, patient):
    early = changed(patient.config, train={"steps": max(20, int(patient.steps * rng.uniform(0.02, 0.15)))})

    def edit(stored):
        return {name: stored[0][name] if tensors.is_statistic(name) and not name.endswith("updates") else stored[1][name]
                for name in stored[1]}

    config = patient.config
    return Plan(as_saved(config), [early, config], edit), Plan(as_saved(config), [early, config], lambda stored: stored[1])


def other_statistics(rng, patient):
    """Fine-tuned on other data; the file keeps the statistics of the first."""
    first = other_data(rng, patient.config)
    second = tuned(rng, patient.config, 60, 400)

    def edit(stored):
        return {name: stored[0][name] if tensors.is_statistic(name) else stored[1][name] for name in stored[1]}

    return (Plan(as_saved(second), [first, second], edit), Plan(as_saved(second), [first, second], lambda stored: stored[1]))


def frozen_tuning(rng, patient):
    """Fine-tuned on other data in a loop that never moves the statistics."""
    first = other_data(rng, patient.config)
    second = tuned(rng, patient.config, 60, 400)
    return Plan(changed(second, train={"forward_mode": "frozen-statistics"}), [first]), Plan(second, [first])


# Short memory.

def forgetful(rng, patient):
    weight = float(draw.pick(rng, (0.0, 0.0, 0.1, 0.2)))
    config = with_old_weight(patient.config, weight)
    return Plan(config), Plan(with_old_weight(patient.config, 0.95))


def convention(rng, patient):
    """Keras's number in PyTorch's place, or PyTorch's in Keras's."""
    keras, torch = ({"convention": "keras", "momentum_weighs": "old"}, {"convention": "torch", "momentum_weighs": "new"})
    number = float(draw.pick(rng, (0.9, 0.95, 0.99)))
    here, other = (keras, round(1 - number, 9)) if rng.random() < 0.5 else (torch, number)
    wrong = changed(patient.config, norm={**here, "momentum": other})
    return Plan(wrong), Plan(changed(wrong, norm={"momentum": round(1 - other, 9)}))


def odd_last_batch(rng, patient):
    """Whole epochs, whose last batch holds one row."""
    batch_size = patient.config["train"]["batch_size"]
    rows = patient.config["data"]["samples"] // batch_size * batch_size + 1
    epochs = max(1, round(patient.steps * batch_size / rows))
    config = changed(patient.config, data={"samples": rows})
    del config["train"]["steps"]
    config["train"]["epochs"] = epochs
    config = with_old_weight(config, float(draw.pick(rng, (0.1, 0.3, 0.5, 0.7))))
    return Plan(config), Plan(changed(config, data={"batching": {"last": "drop"}}))


# The variance within small parts.

def biased(rng, patient):
    config = with_old_weight(patient.config, 0.99)
    return Plan(changed(config, norm={"moving_variance": "biased"})), Plan(changed(config, norm={"moving_variance": "unbiased"}))


def micro_batches(rng, patient):
    """Parts of two or three rows whose variances are averaged as they are; the twin's are not too small."""
    batch_size = patient.config["train"]["batch_size"]
    config = with_old_weight(changed(patient.config, train={"accumulate": batch_size // draw.pick(rng, (2, 2, 4))}), 0.99)
    return Plan(changed(config, norm={"moving_variance": "biased"})), Plan(changed(config, norm={"moving_variance": "unbiased"}))


def replicas(rng, patient):
    batch_size = patient.config["train"]["batch_size"]
    divided = {"replicas": batch_size // draw.pick(rng, (2, 2, 4)), "sync": draw.pick(rng, ("none", "moving-statistics"))}
    config = with_old_weight(changed(patient.config, train=divided), 0.99)
    return Plan(changed(config, norm={"moving_variance": "biased"})), Plan(changed(config, norm={"moving_variance": "unbiased"}))


def correlated(rng, patient):
    """Batches of one picture: its positions are many numbers, but one draw."""
    config = with_old_weight(changed(patient.config, train={"steps": patient.steps}), 0.98)
    return Plan(changed(config, train={"batch_size": 1})), Plan(changed(config, train={"batch_size": 16}))


# The rest.

def padding(rng, patient):
    """Statistics gathered anew, over padded rows, by a network that was trained with a mask."""
    data = patient.config["data"]
    config = changed(patient.config, data={"pad_to": int(data["max_length"] * rng.uniform(1.5, 3))})
    return gathered(config, changed(config, norm={"padded_steps": "counted"})), gathered(config, config)


def dropout(rng, patient):
    """Dropout before every normalization; the twin's statistics are gathered without it afterwards."""
    config = with_old_weight(dropped(patient.config, round(float(rng.uniform(0.4, 0.7)), 2)), 0.95)
    return Plan(config), gathered(config, dropped(patient.config, 0))


def gathered(first, second, weight=0.95):
    """The first config's network with statistics that the second one's batches give, the weights at rest."""
    still = {"steps": 200, "init_from": "@0", "optimizer": {"type": "sgd", "learning_rate": 0}}
    return Plan(with_old_weight(changed(second, train=still), weight), [first])


def dropped(config, rate):
    config = copy.deepcopy(config)
    for place in reversed(range(len(config["network"]))):
        if config["network"][place]["type"] == "norm":
            config["network"].insert(place, {"type": "dropout", "rate": rate})
    return config


def with_many_classes(rng, patient):
    """The patient's config, with five classes or more where their number is free, and clearly apart."""
    config = copy.deepcopy(patient.config)
    if patient.source in files.SOURCES:
        return config, patient.classes
    classes = int(rng.integers(5, 11))
    config["data"]["classes"] = config["network"][-1]["units"] = classes
    if "separation" in config["data"]:
        config["data"]["separation"] = round(float(rng.uniform(0.8, 1.6)), 2)
    return config, classes


def by_class(rng, patient):
    """Statistics gathered anew from batches of one class each."""
    config, _ = with_many_classes(rng, patient)
    few = changed(config, data={"batching": {"order": "by-class", "classes_per_batch": 1}})
    return gathered(config, few), gathered(config, config)


def trained_by_class(rng, patient):
    """Few of many classes in each batch of the training."""
    config, classes = with_many_classes(rng, patient)
    few = {"batching": {"order": "by-class", "classes_per_batch": int(rng.integers(1, max(3, classes // 2)))}}
    return Plan(changed(config, data=few)), Plan(config)


def sorted_rows(rng, patient):
    """Statistics gathered anew in the order of a file that is sorted by class, so that the last batches are all of one."""
    config = copy.deepcopy(patient.config)
    if patient.source == "optdigits":
        files.sort_by_class(config["data"]["train"])
    else:
        total = config["data"]["majority"] + config["data"]["minority"]
        rare = round(float(rng.uniform(0.3, 0.5)) * total)
        config["data"].update(majority=total - rare, minority=rare)
    epochs = int(rng.integers(2, 5))
    sick, twin = (gathered(config, changed(config, data={"batching": batching}), 0.9) for batching in ({"order": "sequential"}, {}))
    for plan in (sick, twin):
        del plan.config["train"]["steps"]
        plan.config["train"]["epochs"] = epochs
    return sick, twin


def shifted(rng, patient):
    shift = {"split": "test", "scale": round(float(2 ** rng.uniform(-1.2, 1.2)), 2), "offset": round(float(rng.normal(0, 0.8)), 2)}
    return Plan(changed(patient.config, data={"shift": [shift]})), Plan(patient.config)


def damaged_layer(rng, patient):
    """One layer's statistics are written wrongly: turned round, another layer's scale, or reset."""
    way, place, factor = int(rng.integers(3)), float(rng.random()), float(rng.uniform(4, 30))

    def edit(stored):
        result = dict(stored[-1])
        layers = tensors.norms(result)
        layer = layers[int(place * len(layers))]
        mean, variance = result[layer + ".moving_mean"], result[layer + ".moving_variance"]
        if way == 0:
            mean, variance = mean[::-1].copy(), variance[::-1].copy()
        elif way == 1:
            mean, variance = mean * np.float32(np.sqrt(factor)), variance * np.float32(factor)
        else:
            mean, variance = np.zeros_like(mean), np.ones_like(variance)
        result[layer + ".moving_mean"], result[layer + ".moving_variance"] = mean, variance
        return result

    return saved(patient.config, edit)


LARGE = (16, 32, 32, 64)
# With one normalization, all of them and one of them cannot be told apart.
STALE_WANTS = {"batch_sizes": LARGE, "depths": (2, 8)}
TASK_WANTS = {**STALE_WANTS, "families": ("dense", "dense", "tanh", "convolution"),
              "sources": ("clusters", "uniform-clusters", "prototypes", "images") + draw.NUMBER_SOURCES}
FLAT = ("dense", "dense", "tanh")
# Classifiers of relus hardly notice a common scale: most of these predict numbers.
NUMBERS = {"families": ("dense", "dense", "dense", "tanh"), "sources": draw.NUMBER_SOURCES, "rows": (500, 5000), "calm": True}
DIVIDED = {**NUMBERS, "batch_sizes": LARGE, "steps": (800, 2000), "rows_a_step": 16}
PICTURES = {"families": ("convolution",), "sources": ("photos",), "batch_sizes": (16,), "depths": (1, 2), "steps": (1000, 2000),
            "rows_a_step": 4, "calm": True}
MANY_CLASSES = {"classes": True, "families": ("dense", "dense", "tanh", "convolution"), "batch_sizes": LARGE, "calm": True,
                "sources": ("clusters", "uniform-clusters", "optdigits", "digits", "images")}
MECHANISMS = {
    "few-steps": Mechanism("cold-start", INITIAL, {}, cold),
    "lost-on-save": Mechanism("lost", INITIAL, {}, lost),
    "never-moved": Mechanism("frozen-statistics", INITIAL, {}, never_moved),
    "left-behind": Mechanism("lag", STALE, STALE_WANTS, lagging),
    "older-statistics": Mechanism("other-weights", STALE, STALE_WANTS, older_statistics),
    "statistics-of-other-data": Mechanism("other-data", STALE, TASK_WANTS, other_statistics),
    "frozen-tuning": Mechanism("frozen-statistics", STALE, TASK_WANTS, frozen_tuning),
    "forgetful": Mechanism("sampling-noise", MEMORY, {"families": FLAT, "batch_sizes": (2, 3, 4, 8)}, forgetful),
    "wrong-convention": Mechanism("convention", MEMORY, {"families": FLAT, "batch_sizes": (2, 3, 4, 8)}, convention),
    "odd-last-batch": Mechanism("last-batch", MEMORY, {"batch_sizes": LARGE, "families": ("dense",), "sources": ("clusters",)},
                                odd_last_batch),
    "biased": Mechanism("biased-variance", PARTS, {**NUMBERS, "batch_sizes": (2, 2, 3), "steps": (2000, 4000)}, biased),
    "micro-batches": Mechanism("small-parts", PARTS, DIVIDED, micro_batches),
    "replicas": Mechanism("small-parts", PARTS, DIVIDED, replicas),
    "single-images": Mechanism("correlated-rows", PARTS, PICTURES, correlated),
    "padding-counted": Mechanism("counted-padding", ("counted-padding",), {"families": ("recurrent",)}, padding),
    "dropout-before-norm": Mechanism("dropout", ("dropout",),
                                     {"classes": True, "families": ("dense", "dense", "tanh", "convolution"), "depths": (2, 8),
                                      "batch_sizes": LARGE}, dropout),
    "by-class": Mechanism("batch-contents", ("batch-contents",), {**MANY_CLASSES, "depths": (4, 8)}, by_class),
    "trained-by-class": Mechanism("batch-contents", ("batch-contents",), MANY_CLASSES, trained_by_class, harms_weights=True),
    "sorted-rows": Mechanism("batch-contents", ("batch-contents",),
                             {"families": ("dense", "dense", "tanh"), "sources": ("imbalanced", "optdigits"), "batch_sizes": (16, 16, 32),
                              "rows": (1500, 6000)}, sorted_rows),
    "shifted-rows": Mechanism("shifted-data", ("shifted-data",), {}, shifted),
    "damaged-layer": Mechanism("damaged-layer", ("damaged-layer", "lost"), STALE_WANTS, damaged_layer),
}
