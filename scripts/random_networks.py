"""Random networks for scripts/compare_with_torch, as lists of layers of a config."""

import random

BLOCKS = ["residual", "concatenate", "add", "multiply"]
ACTIVATIONS = ["relu", "tanh", "sigmoid", "leaky_relu", "elu", "gelu", "silu", "relu6", "hard_sigmoid", "hard_swish", "softplus", "prelu"]


class RandomNetwork:
    """`layers`: those of a config, for inputs of `shape`.  Dense layers, convolutions, two norms, two activations and nested blocks."""

    SHAPES = [[5], [4, 4, 2]]
    CLASSES = 3

    def __init__(self, seed):
        self.chance = random.Random(seed)
        self.shape = self.chance.choice(self.SHAPES)
        self.layers, shape = self.some(list(self.shape), self.chance.randint(3, 6), depth=0)
        self.positions = []  # the shape of the labels, if each position has one
        self.layers += [*self.end(shape), {"type": "dense", "units": self.CLASSES}]

    def end(self, shape):
        return [{"type": "global_average_pooling2d"}] if len(shape) > 1 else []

    def some(self, shape, count, depth):
        layers = []
        for _ in range(count):
            layer, shape = self.one(list(shape), depth)
            layers.append(layer)
        return layers, shape

    def one(self, shape, depth):
        kind = self.chance.choice(["widen", "batch", "batch", "layer", "relu", "tanh"] + BLOCKS * (depth < 2))
        if kind == "widen":
            return self.widen(shape, self.chance.randint(2, 6))
        return self.block(kind, shape, depth) if kind in BLOCKS else ({"type": kind}, shape)

    def block(self, kind, shape, depth):
        body, wide = self.some(shape, self.chance.randint(1, 3), depth + 1)
        shortcut = self.widen(shape, wide[-1])[0]
        if kind == "residual":
            return {"type": kind, "body": body, **({} if wide == shape else {"shortcut": [shortcut]})}, wide
        if kind == "concatenate":
            return {"type": kind, "branches": [body, []]}, [*shape[:-1], shape[-1] + wide[-1]]
        if kind == "add":
            return {"type": kind, "branches": [body, [shortcut], [shortcut, "tanh"]]}, wide
        pooled = [f"global_average_pooling{len(shape) - 1}d"] if len(shape) > 1 else []
        return {"type": kind, "branches": [body, [*pooled, {"type": "dense", "units": wide[-1]}, "sigmoid"]]}, wide

    def widen(self, shape, channels):
        bias = self.chance.random() < 0.5
        if len(shape) == 1:
            return {"type": "dense", "units": channels, "use_bias": bias}, [channels]
        return {"type": "conv2d", "filters": channels, "kernel_size": self.chance.choice([1, 3]), "padding": "same", "use_bias": bias}, [*shape[:-1], channels]


class WideNetwork(RandomNetwork):
    """Layers of every kind: also sequences with recurrent layers, attention and positions, all activations, all norms, strides and pooling."""

    SHAPES = [[5], [6, 6, 2], [7, 3]]

    def one(self, shape, depth):
        kinds = ["widen", "norm", "norm", "activation"] + BLOCKS * (depth < 2)
        kinds += {1: [], 2: ["recurrent", "attention", "positions"], 3: ["depthwise"] + ["shrink"] * (depth == 0 and shape[0] > 2)}[len(shape)]
        kind = self.chance.choice(kinds)
        if kind in BLOCKS:
            return self.block(kind, shape, depth)
        return self.widen(shape, self.chance.randint(2, 6)) if kind == "widen" else getattr(self, kind)(shape)

    def end(self, shape):
        if len(shape) == 2 and self.chance.random() < 0.3:
            return [{"type": self.chance.choice(["lstm", "gru", "simple_rnn"]), "units": 4}]
        return [{"type": f"global_{self.chance.choice(['average', 'max'])}_pooling{len(shape) - 1}d"}] if len(shape) > 1 else []

    def widen(self, shape, channels):
        bias, dilation = self.chance.random() < 0.5, self.chance.choice([1, 2])
        if len(shape) == 1 or (len(shape) == 2 and self.chance.random() < 0.5):
            return {"type": "dense", "units": channels, "use_bias": bias}, [*shape[:-1], channels]
        layer = {"kernel_size": 3, "dilation_rate": dilation, "padding": "same", "use_bias": bias}
        if len(shape) == 2:
            layer["padding"] = self.chance.choice(["same", "causal"])
        if channels % shape[-1] == 0:
            layer["groups"] = self.chance.choice([1, shape[-1]])
        return {"type": f"conv{len(shape) - 1}d", "filters": channels, **layer}, [*shape[:-1], channels]

    def norm(self, shape):
        few = [number for number in (1, 2, 3) if shape[-1] % number == 0]
        norms = [{"type": "batch"}, {"type": "batch", "convention": "torch"}, {"type": "batch", "ghost_batch_size": 4, "momentum": 0.9},
                 {"type": "layer"}, {"type": "rms"}, {"type": "dyt"}]
        if len(shape) > 1:
            norms += [{"type": "group", "groups": self.chance.choice(few)}, {"type": "instance"}]
        return self.chance.choice(norms), shape

    def activation(self, shape):
        return {"type": self.chance.choice(ACTIVATIONS)}, shape

    def depthwise(self, shape):
        times = self.chance.choice([1, 1, 2])
        return {"type": "depthwise_conv2d", "kernel_size": 3, "padding": "same", "depth_multiplier": times}, [*shape[:-1], times * shape[-1]]

    def shrink(self, shape):
        kind = self.chance.choice(["conv2d", "max_pooling2d", "average_pooling2d"])
        if kind != "conv2d":
            return {"type": kind, "pool_size": 2, "strides": 2}, [shape[0] // 2, shape[1] // 2, shape[2]]
        channels = self.chance.randint(2, 6)
        return {"type": kind, "filters": channels, "kernel_size": 3, "strides": 2, "pads": 1}, [(shape[0] + 1) // 2, (shape[1] + 1) // 2, channels]

    def recurrent(self, shape):
        units = self.chance.randint(2, 4)
        layer = {"type": self.chance.choice(["lstm", "gru", "simple_rnn"]), "units": units, "return_sequences": True}
        if self.chance.random() < 0.3:
            return {"type": "bidirectional", "layer": layer}, [shape[0], 2 * units]
        return layer, [shape[0], units]

    def attention(self, shape):
        heads = self.chance.choice([number for number in (1, 2, 3) if shape[-1] % number == 0])
        return {"type": "multi_head_attention", "num_heads": heads, "use_causal_mask": self.chance.random() < 0.5}, shape

    def positions(self, shape):
        return {"type": self.chance.choice(["learned_positions", "sinusoidal_positions"])}, shape


class PaddedNetwork(RandomNetwork):
    """For sequences of several lengths, whose batches PyTorch pads to their own longest one."""

    SHAPES = [[8, 3]]

    def one(self, shape, depth):
        kind = self.chance.choice(["widen", "batch", "batch", "layer", "activation"] + BLOCKS * (depth < 2))
        if kind == "batch":
            return {"type": kind, "convention": "torch", "padded_steps": "to-longest"}, shape
        if kind == "activation":
            return {"type": self.chance.choice(ACTIVATIONS)}, shape
        if kind == "widen":
            return self.widen(shape, self.chance.randint(2, 6))
        return self.block(kind, shape, depth) if kind in BLOCKS else ({"type": kind}, shape)

    def widen(self, shape, channels):
        return {"type": "dense", "units": channels, "use_bias": self.chance.random() < 0.5}, [*shape[:-1], channels]

    def end(self, _shape):
        return [{"type": "global_average_pooling1d"}]


class TaggedNetwork(WideNetwork):
    """Layers of every kind, and a class for each step or pixel that they leave."""

    SHAPES = [[6, 6, 2], [7, 3]]

    def end(self, shape):
        self.positions = shape[:-1]
        return []


class PaddedTaggedNetwork(PaddedNetwork):
    """For sequences of several lengths, with a class for each step."""

    def __init__(self, seed):
        super().__init__(seed)
        self.positions = self.shape[:-1]

    def one(self, shape, depth):
        if self.chance.random() < 0.2:
            units = self.chance.randint(2, 4)
            return {"type": self.chance.choice(["lstm", "gru", "simple_rnn"]), "units": units, "return_sequences": True}, [shape[0], units]
        return super().one(shape, depth)

    def end(self, _shape):
        return []
