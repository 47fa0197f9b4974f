"""Draws values at random from the JSON Schema that `normrun schema` prints: an option that the program gains is drawn from then on."""

import math
import re

HUGE = [1e30, 1e300, 3.4e38, 1e15]
TINY = [1e-300, 1e-45, 1e-30, 5e-324]

# How large an option may be in an experiment that ends within seconds.  Beyond the largest one comes only what no machine holds.
LARGEST = {
    "samples": 120, "test_samples": 60, "majority": 60, "minority": 30, "features": 12, "shape": 6, "outputs": 4, "classes": 6, "teacher_units": 8,
    "min_length": 6, "max_length": 9, "pad_to": 12, "limit": 60, "units": 9, "filters": 4, "kernel_size": 3, "strides": 3, "pool_size": 3, "groups": 6,
    "batch_size": 40, "epochs": 3, "steps": 30, "accumulate": 3, "replicas": 3, "every_steps": 12, "eval_batch_sizes": 40, "checkpoint_every": 9,
    "classes_per_batch": 4, "warmup_updates": 20, "axes": 3, "num_heads": 4,
}
# Those of which so many as no memory holds are asked for, too: rows and widths, not lengths of training.
BEYOND_MEMORY = {"samples", "test_samples", "majority", "minority", "features", "units", "filters", "teacher_units", "max_length"}
# The words of lists of texts, and the texts, that the schema does not list.
WORDS = {
    "splits": ["train", "validation", "test"], "budget": ["loss", "outputs"], "history": ["train", "eval"],
    "name": ["first", "a b", "é", 'x"y', "a,b", "norm.type", "<b>&amp;", "0", "dense_0"],
    "statement": ["it is so", "“quoted” & <i>"], "source": ["document 001", ""], "description": ["", "two\nlines"],
}
DROPPED = {"type", "$schema"}


class SchemaDraw:
    """`edge` and `beyond`: the shares of numbers, lists and initial values at the edge of what is allowed, and beyond it."""

    def __init__(self, schema, chance, edge, beyond):
        self.schema, self.chance, self.edge, self.beyond = schema, chance, edge, beyond
        self.asks_for_too_much = False  # of memory
        self.leaves = {}  # dotted key of a drawn option: (its name, its node)

    def maybe(self, share):
        return self.chance.random() < share

    def resolved(self, node):
        if "$ref" in node:
            found = self.schema
            for part in node["$ref"].removeprefix("#/").split("/"):
                found = found[int(part)] if isinstance(found, list) else found[part]
            return self.resolved(found)
        if "allOf" in node and "if" not in node:
            return self.resolved(node["allOf"][0])
        return node

    def types(self, family):
        return self.schema["definitions"][family]["then"]["enum"]

    def options(self, family, kind):
        """The options of one member of a family: name to node."""
        for member in self.schema["definitions"][family]["else"]["allOf"]:
            if member["if"]["properties"]["type"]["const"] == kind:
                return {name: node for name, node in member["then"]["properties"].items() if name not in DROPPED}
        raise KeyError(kind)

    def member(self, family, kind, path, share=0.25, /, **given):
        """An object of a family: the given options, and a share of the others."""
        return {"type": kind, **self.object(self.options(family, kind), path, share, **given)}

    def object(self, properties, path, share, /, **given):
        drawn = {}
        for name, node in properties.items():
            if name in given:
                if given[name] is not None:
                    drawn[name] = given[name]
            elif name not in DROPPED and self.maybe(share):
                drawn[name] = self.value(name, node, None if path is None else f"{path}.{name}")
        return drawn

    def value(self, name, node, path=None):
        node = self.resolved(node)
        if path is not None:
            self.leaves[path] = (name, node)
        if "anyOf" in node:
            return self.value(name, self.chance.choice(node["anyOf"]))
        if "enum" in node:
            return self.chance.choice(node["enum"])
        if "else" in node:
            return self.of_family(node)
        if "pattern" in node:  # a word with a number in it
            return re.sub(r"\[0-9\].*\?", self.chance.choice(["0", "0.25", "1"]), node["pattern"].strip("^$"))
        draw = {"boolean": self.boolean, "integer": self.integer, "number": self.number, "string": self.text, "array": self.array,
                "object": lambda name, node: self.object(node.get("properties", {}), None, 0.5)}[node["type"]]
        return draw(name, node)

    def of_family(self, node):
        family = next(name for name, definition in self.schema["definitions"].items() if definition is node)
        kinds = self.types(family)
        kind = self.chance.choice(kinds[:3] if self.maybe(self.edge) else kinds)  # zeros, ones and constants come first
        return kind if self.maybe(0.5) else self.member(family, kind, None, 0.3)

    def boolean(self, _name, _node):
        return self.maybe(0.5)

    def integer(self, name, node):
        low, high = node.get("minimum", -3), node.get("maximum", 2**40)
        largest = LARGEST.get(name, 9)
        if self.maybe(self.beyond):
            drawn = self.chance.choice([low - 1, high + 1] + [high] * (name in BEYOND_MEMORY))
            self.asks_for_too_much |= drawn >= high
            return drawn
        if self.maybe(self.edge):
            return self.chance.choice([low, low + 1, max(low, 1), max(low, min(high, largest))])
        return self.chance.randint(max(low, -largest), max(low, min(high, largest)))

    def number(self, _name, node):
        low, above = node.get("minimum", -math.inf), node.get("exclusiveMinimum", -math.inf)
        high, below = node.get("maximum", math.inf), node.get("exclusiveMaximum", math.inf)
        if self.maybe(self.beyond):
            return self.chance.choice([max(low, above, -1e300) - 1, min(high, below, 1e300) + 1])
        default = node.get("default", 0.5)
        for _ in range(9):
            if self.maybe(self.edge):
                drawn = self.chance.choice([low, high, 0.0, 0.0, 1.0, -1.0, self.chance.choice(HUGE), self.chance.choice(TINY)])
            else:
                usual = [default, default * self.chance.uniform(0.1, 4), self.chance.uniform(0, 1), self.chance.gauss(0, 2)]
                drawn = float(f"{self.chance.choice(usual):.4g}")
            if low <= drawn <= high and above < drawn < below and math.isfinite(drawn):
                return drawn
        return default

    def text(self, name, _node):
        return self.chance.choice(WORDS.get(name, [""]))

    def array(self, name, node):
        if self.maybe(self.edge / 2):
            return []
        if name in WORDS:
            return self.chance.sample(WORDS[name], self.chance.randint(1, len(WORDS[name])))
        length = self.chance.randint(max(1, node.get("minItems", 1)), min(3, node.get("maxItems", 3)))
        return [self.value(name, node["items"]) for _ in range(length)]
