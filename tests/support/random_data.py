"""The data of a random experiment: a generator's options, or small files."""

import array
import gzip
import json
import math
import struct

SHAPES = {"rows": 1, "sequences": 2, "images": 3}
ODD_NUMBERS = [0.0, 1.0, -1.0, 1e-40, 1e-300, 1e30, 1e300, 3.0, math.nextafter(3.0, 4.0)]
BROKEN_NUMBERS = [math.nan, math.inf]


class RandomData:
    """`config`, `files` (name to bytes), `shape` of one example, and `outputs` and `is_class`: what the network has to give, for each position
    of an example if `has_positions`."""

    def __init__(self, draw):
        self.draw, self.chance = draw, draw.chance
        self.files = {}
        self.wants_numbers = self.has_positions = False
        kind = self.chance.choice(draw.types("data"))
        self.config = getattr(self, kind.replace("-", "_"))(kind)

    def option(self, name, node):
        return self.draw.value(name, node, f"data.{name}")

    def member(self, kind, always, /, **given):
        """Its options; those of `always` are given each time, since the defaults are too large for here."""
        options = self.draw.options("data", kind)
        for name in always:
            given.setdefault(name, self.option(name, options[name]))
        if "clip" in options and self.draw.maybe(0.1):
            given["clip"] = sorted(self.chance.gauss(0, 2) for _ in range(2))
        else:
            given.setdefault("clip", None)
        config = self.draw.member("data", kind, "data", 0.15, **given)
        if self.draw.maybe(0.5):
            config.setdefault("test_fraction", 0.3)
        return config

    def tabular(self, kind):
        target = self.chance.choice(["zeros", "linear", "teacher", "clusters", "prototypes", "random-labels"])
        self.is_class = target in ("clusters", "prototypes", "random-labels")
        form = self.chance.choice(list(SHAPES))
        given = {"features": None, "shape": None}
        if form == "rows":
            given["features"] = self.option("features", self.draw.options("data", kind)["features"])
            self.shape = [given["features"]]
        else:
            self.shape = given["shape"] = [self.chance.randint(2, 6) for _ in range(SHAPES[form])]
        config = self.member(kind, ["samples", "test_samples", "classes"], target=target, **given)
        self.outputs = config["classes"] if self.is_class else config.get("outputs", 1)
        if config.get("low", 0) >= config.get("high", 1) and not self.draw.maybe(self.draw.beyond):
            config["low"], config["high"] = config.get("high", 1), config.get("low", 0) + 0.5
        return config

    def gaussian(self, kind):
        return self.tabular(kind)

    def uniform(self, kind):
        return self.tabular(kind)

    def classified(self, kind, shape, classes, always=()):
        config = self.member(kind, always)
        self.is_class, self.shape, self.outputs = True, shape, classes or config["classes"]
        return config

    def imbalanced(self, kind):
        config = self.classified(kind, None, 2, ["majority", "minority", "features", "test_samples"])
        self.shape = [config["features"]]
        return config

    def spirals(self, kind):
        return self.classified(kind, [2], 0, ["samples", "test_samples", "classes"])

    def stroke_digits(self, kind):
        return self.classified(kind, [28, 28, 1], 0, ["samples", "test_samples", "classes"])

    def sequences(self, kind):
        config = self.classified(kind, None, 0, ["samples", "test_samples", "classes", "features", "min_length", "max_length"])
        if not self.draw.maybe(self.draw.beyond):  # as many steps as classes, and none cut off
            for longer, shorter in (("min_length", "classes"), ("max_length", "min_length"), ("pad_to", "max_length")):
                config[longer] = max(config.get(longer, 0), config[shorter])
            if "pad_to" in config:
                config["pad_to"] += config.get("test_longer_by", 0)
        self.shape = [config.get("pad_to", config["max_length"] + config.get("test_longer_by", 0)), config["features"]]
        self.has_positions = config.get("label_of") == "step"
        return config

    # Files.

    def numbers(self, count):
        """Usually some of a normal distribution; at the edge constants, neighbours, huge and tiny ones, and a few that are none."""
        if not self.draw.maybe(self.draw.edge):
            return [self.chance.gauss(0, 1) for _ in range(count)]
        some = self.chance.sample(ODD_NUMBERS, self.chance.randint(1, 3))
        if self.draw.maybe(self.draw.beyond):
            some.append(self.chance.choice(BROKEN_NUMBERS))
        return [self.chance.choice(some) for _ in range(count)]

    def labels(self, rows):
        self.is_class = self.draw.maybe(0.7)
        self.outputs = self.chance.randint(2, 4) if self.is_class else 1
        if not self.is_class:
            return self.numbers(rows)
        whole = [row % self.outputs for row in range(rows)]
        self.chance.shuffle(whole)
        return whole

    def example_shape(self):
        self.shape = [self.chance.randint(1, 5) for _ in range(self.chance.choice([1, 1, 2, 3]))]
        return self.shape

    def csv(self, kind):
        rows, width = self.chance.randint(4, 60), self.chance.randint(1, 5)
        columns = [self.numbers(rows) for _ in range(width)]
        labels = self.labels(rows)
        steps = self.chance.choice([1, 1, 1, 2, 3])
        given = {name: None for name in ("train", "test", "label", "sequence", "time", "ignore", "pad_to", "header", "label_of")}
        lines = [",".join([f"x{column}" for column in range(width)] + ["label"])]
        self.shape = [width]
        if steps > 1:
            given.update(sequence="id", time="t")
            lines[0] = "id,t," + lines[0]
            self.has_positions = self.is_class and self.draw.maybe(0.3)
            if self.has_positions:
                given["label_of"] = "step"
            else:
                labels = [labels[row // steps] for row in range(rows)]
            self.shape = [steps, width]
        for row in range(rows):
            cells = [repr(column[row]) for column in columns] + [str(labels[row])]
            lines.append(",".join(([f"s{row // steps}", str(row % steps)] if steps > 1 else []) + cells))
        self.files["data.csv"] = ("\n".join(lines) + "\n").encode()
        return self.member(kind, [], path="data.csv", target="class" if self.is_class else "number", **given)

    def npy(self, kind):
        def split(name, rows, shape):
            count = rows * math.prod(shape)
            self.files[f"{name}_x.npy"] = npy([rows, *shape], "d", self.numbers(count))
            each = shape[:-1] if self.draw.maybe(0.3) else []
            labels = self.labels(rows * math.prod(each))
            self.has_positions = self.is_class and math.prod(each) > 1
            if not self.is_class:
                each, labels = [], labels[:rows]
            self.files[f"{name}_y.npy"] = npy([rows, *each], "q" if self.is_class else "d", labels)
            return {"features": f"{name}_x.npy", "labels": f"{name}_y.npy"}

        train = split("train", self.chance.randint(3, 50), self.example_shape())
        return self.member(kind, [], train=train, test=None, classes=None)

    def idx(self, kind):
        shape = [self.chance.randint(2, 6), self.chance.randint(2, 6)]
        rows, self.is_class, self.outputs = self.chance.randint(3, 50), True, self.chance.randint(2, 4)
        pack = gzip.compress if self.draw.maybe(0.3) else bytes
        pixels = bytes(self.chance.choice([0, 0, 255, self.chance.randint(0, 255)]) for _ in range(rows * math.prod(shape)))
        self.files["images"] = pack(idx([rows, *shape], pixels))
        self.files["labels"] = pack(idx([rows], bytes(row % self.outputs for row in range(rows))))
        self.shape = [*shape, 1]
        return self.member(kind, [], train={"images": "images", "labels": "labels"}, test=None, classes=None)


def npy(shape, code, values):
    axes = ", ".join(map(str, shape)) + ("," if len(shape) == 1 else "")
    header = f"{{'descr': '<{'f8' if code == 'd' else 'i8'}', 'fortran_order': False, 'shape': ({axes}), }}"
    header += " " * ((64 - (len(header) + 11) % 64) % 64) + "\n"
    return b"\x93NUMPY\x01\x00" + struct.pack("<H", len(header)) + header.encode() + array.array(code, values).tobytes()


def idx(shape, payload):
    return struct.pack(">HBB", 0, 8, len(shape)) + b"".join(struct.pack(">I", size) for size in shape) + payload


def safetensors(name, shape, values):
    header = json.dumps({name: {"dtype": "F32", "shape": shape, "data_offsets": [0, 4 * len(values)]}}).encode()
    return struct.pack("<Q", len(header)) + header + array.array("f", values).tobytes()
