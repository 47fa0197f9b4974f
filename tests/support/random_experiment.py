"""One random experiment: a config with the files that it names, the same for the same seed."""

import math
import random

from random_data import RandomData, npy, safetensors
from schema_draw import SchemaDraw

# Experiments of each kind: options at the edge of what is allowed, and beyond it.
KINDS = {"usual": (0.0, 0.0), "edge": (0.25, 0.0), "beyond": (0.1, 0.1)}
CHANNELS_LAST = ["norm", "norm", "dropout", "relu", "tanh", "sigmoid", "leaky_relu", "prelu", "elu", "relu6", "hard_sigmoid", "hard_swish", "softplus",
                 "silu", "gelu", "batch", "layer", "batch_renorm", "group", "instance", "rms", "moving_layer", "power", "none", "affine", "rescaling", "clip",
                 "dyt"]
LAYERS = {1: ["dense", "dense", "softmax"],
          2: ["simple_rnn", "lstm", "gru", "dense", "flatten", "conv1d", "conv1d_transpose", "max_pooling1d", "average_pooling1d",
              "global_average_pooling1d", "global_max_pooling1d", "upsampling1d", "multi_head_attention", "learned_positions",
              "sinusoidal_positions", "reverse"],
          3: ["conv2d", "conv2d", "depthwise_conv2d", "conv2d_transpose", "max_pooling2d", "average_pooling2d", "global_average_pooling2d",
              "global_max_pooling2d", "upsampling2d", "flatten"]}
KEEPING_POSITIONS = {1: ["dense"], 2: ["simple_rnn", "lstm", "gru", "dense"], 3: ["dense"]}
RECURRENT = ("simple_rnn", "lstm", "gru")
# Options of training of which most pairs exclude each other: an experiment has one of them at most.
ALONE = ("average_weights", "class_weight", "clients", "clip", "early_stopping", "phases", "schedule")
SOFTLY = {"softmax": "softmax-cross-entropy", "sigmoid": "binary-cross-entropy"}


class RandomExperiment:
    """`config`, `files` (name to bytes) and `asks_for_too_much`: whether an option is larger than any memory."""

    def __init__(self, schema, probes, seed):
        self.chance = random.Random(f"campaign {seed}")
        self.draw = SchemaDraw(schema, self.chance, *KINDS[self.chance.choices(list(KINDS), [5, 4, 1])[0]])
        self.probes = probes
        self.properties = schema["properties"]
        data = RandomData(self.draw)
        self.files = data.files
        self.config = {"name": self.chance.choice(["campaign", "Ünd more", "a b"]), "data": data.config}
        self.config["network"] = self.network(list(data.shape), data.outputs, data.is_class, data.has_positions)
        self.config["norm"] = self.layer(self.chance.choice(self.draw.types("norm")), "norm", family="norm")
        self.config["train"] = self.train(data.outputs if data.is_class else 0)
        for name in ("compare", "population"):
            if self.draw.maybe(0.6):
                self.config[name] = self.draw.object(self.properties[name]["properties"], name, 0.35)
        for name in ("seed", "precision", "source", "description"):
            if self.draw.maybe(0.4):
                self.config[name] = self.draw.value(name, self.properties[name], name if name in ("seed", "precision") else None)
        if self.draw.maybe(0.3):
            self.config["probes"] = self.chance.sample(probes, self.chance.randint(0, 3))
        if self.draw.maybe(0.1):
            self.config["claims"] = [self.claim()]
        if self.draw.maybe(0.8):
            self.config["grid"] = self.grid()
        self.asks_for_too_much = self.draw.asks_for_too_much

    def network(self, shape, outputs, is_class, has_positions):
        layers = []
        for _ in range(self.chance.randint(1, 5)):
            kind = self.chance.choice((KEEPING_POSITIONS if has_positions else LAYERS)[len(shape)] + CHANNELS_LAST)
            in_block = kind in CHANNELS_LAST and self.draw.maybe(0.2)
            path = f"network.{len(layers)}" + ".body.0" * in_block
            layer = self.layer(kind, path, channels=shape[-1], has_steps=len(shape) == 2)
            if has_positions and kind in RECURRENT:
                layer["return_sequences"] = True
            layers.append(self.residual(layer, len(layers), shape) if in_block else layer)
            if kind == "flatten":
                shape = [0]
            elif kind.startswith("global_") or (kind in RECURRENT and not layer["return_sequences"]):
                shape = shape[-1:]
            shape[-1] = layer.get("units", layer.get("filters", shape[-1] * layer.get("depth_multiplier", 1)))
        if len(shape) > 1 and not has_positions:
            layers.append({"type": "flatten"})
        binary = is_class and outputs == 2 and self.draw.maybe(0.3)
        last = self.layer("dense", f"network.{len(layers)}", units=1 if binary else outputs)
        last["activation"] = "linear"
        if is_class and self.draw.maybe(0.3):
            last["activation"] = "sigmoid" if binary else "softmax"
        return [*layers, last]

    def residual(self, layer, place, shape):
        """A block with that layer in its body: one that keeps the shape."""
        path = f"network.{place}.body.1"
        if self.draw.maybe(0.3):
            return {"type": "residual", "body": [layer]}
        nested = self.draw.maybe(0.3)
        more = self.layer(self.chance.choice(CHANNELS_LAST), path + ".body.0" * nested, channels=shape[-1], has_steps=len(shape) == 2)
        return {"type": "residual", "body": [layer, {"type": "residual", "body": [more]} if nested else more]}

    def layer(self, kind, path, family="layer", channels=0, has_steps=False, **given):
        """Sizes are always given: a default of one unit would make most networks the same."""
        options = self.draw.options(family, kind)
        for name in ("units", "filters", "return_sequences", "groups"):
            if name in options and name not in given:
                given[name] = self.draw.value(name, options[name], f"{path}.{name}")
        if "groups" in options and channels and not self.draw.maybe(self.draw.beyond):
            divided = math.gcd(channels, given.get("filters", 0))
            given["groups"] = self.chance.choice([size for size in range(1, divided + 1) if divided % size == 0][:9])
        if "num_heads" in options and channels and not self.draw.maybe(self.draw.beyond):
            given |= {"num_heads": self.chance.choice([size for size in range(1, 9) if channels % size == 0]), "key_dim": None}
        if "pads" in options and not self.draw.maybe(self.draw.beyond):
            given |= {name: None for name in ("pads", "ceil_mode", "output_padding") if name in options}
        if "axes" in options and channels and not self.draw.maybe(self.draw.beyond):
            given["axes"] = [-1]
        if "time" in options and not has_steps and not self.draw.maybe(self.draw.beyond):
            given["time"] = "shared"
        if not self.draw.maybe(0.1):
            given["name"] = None
        given["inputs"] = None
        return self.draw.member(family, kind, path, 0.2, **given)

    def train(self, classes):
        options = self.properties["train"]["properties"]
        given = {name: None for name in ("epochs", "steps", "init_from", "batch_order", "loss", "accumulate", "replicas")}
        given["batch_size"] = self.draw.value("batch_size", options["batch_size"], "train.batch_size")
        length = self.chance.choice(["epochs", "steps"])
        given[length] = self.draw.value(length, options[length], f"train.{length}")
        if self.draw.maybe(0.15):
            given["loss"] = self.draw.value("loss", options["loss"])
        if self.draw.maybe(0.2):
            sizes = given["batch_size"]
            rows = math.gcd(*sizes) if isinstance(sizes, list) else sizes
            for name in ("accumulate", "replicas"):
                given[name] = self.chance.choice([size for size in (1, 2, 3) if rows % size == 0 or self.draw.maybe(0.1)])
                rows //= given[name]
        if self.draw.maybe(0.03):
            rows = self.config["data"].get("samples", 20) if self.config["data"].get("samples", 20) < 999 else 20
            order = [row for _ in range(2) for row in self.chance.sample(range(rows), rows)] if rows > 0 else []
            self.files["order.npy"], given["batch_order"] = npy([2, max(rows, 0)], "q", order), "order.npy"
        if self.draw.maybe(0.03):
            self.files["weights.safetensors"] = safetensors("dense_0.bias", [3], [0.5, -0.5, 1.0])
            given["init_from"] = "weights.safetensors"
        given |= dict.fromkeys(ALONE) | self.alone(options, classes)
        return self.draw.object(options, "train", 0.15, **given)

    def alone(self, options, classes):
        """One of those options, or none, with values that fit each other as a rule."""
        name = self.chance.choice([*ALONE, None, None])
        if name == "class_weight" and classes:
            return {name: [self.chance.choice([0, 0.5, 1, 3]) for _ in range(classes)]}
        if name in (None, "class_weight"):
            return {}
        value = self.draw.value(name, options[name], f"train.{name}")
        if self.draw.maybe(self.draw.beyond):
            return {name: value}
        if name == "early_stopping":
            value["split"] = "train"
        for phase in value if name == "phases" else []:
            phase.pop("from_step" if "from_epoch" in phase else "from_epoch", None)
            if "from_epoch" not in phase:
                phase.setdefault("from_step", 1)
            phase["freeze"] = self.chance.choice([["norms"], ["all"], []])
        return {name: value}

    def claim(self):
        """One with the keys that its test asks for, as a rule."""
        test = self.chance.choice(["greater", "less", "within", "equal"])
        given = {"within": sorted([self.chance.gauss(0, 1), 2.0])} if test == "within" else {"than": self.chance.gauss(0, 1)}
        given |= {"tolerance": 0.1} if test == "equal" else {}
        properties = self.properties["claims"]["items"]["properties"]
        claim = self.draw.object(properties, None, self.draw.beyond, id="drawn", where={}, versus=None, beside=None, test=test, reduce="mean",
                                 **given)
        return {**claim, "metric": self.chance.choice(["compare.rms", "runs.train_loss", "layers.mean_gap", "runs.test_accuracy_eval"])}

    def grid(self):
        """One to four runs, along options that were drawn."""
        axes, runs = {}, self.chance.randint(1, 4)
        paths = [path for path, (name, node) in self.draw.leaves.items() if "description" in node and name not in ("epochs", "steps", "shape")]
        for path in ["seed", *self.chance.sample(sorted(paths), min(2, len(paths)))]:
            if runs > 1 and self.draw.maybe(0.6):
                name, node = ("seed", {"type": "integer", "minimum": 0}) if path == "seed" else self.draw.leaves[path]
                values = []
                for _ in range(4):
                    value = self.draw.value(name, node)
                    if value not in values and len(values) < runs:
                        values.append(value)
                axes[path], runs = values, runs // len(values)
        if self.draw.maybe(0.3) and not any(path.startswith("norm.") for path in axes):
            axes["norm.type"] = self.chance.sample(self.draw.types("norm"), max(1, runs))
        return axes
