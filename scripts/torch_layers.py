"""The layers of scripts/compare_with_torch in PyTorch, by the names of normrun's tensors; channels last."""

import torch
from torch.nn import functional

CELLS = {"lstm": torch.nn.LSTM, "gru": torch.nn.GRU, "simple_rnn": torch.nn.RNN}
ACTIVATIONS = {
    "relu": torch.relu, "tanh": torch.tanh, "sigmoid": torch.sigmoid, "elu": functional.elu, "gelu": functional.gelu, "silu": functional.silu,
    "relu6": functional.relu6, "softplus": functional.softplus, "leaky_relu": lambda x: functional.leaky_relu(x, 0.3),
    "hard_sigmoid": lambda x: torch.clamp(x / 6 + 0.5, 0, 1),  # PyTorch's own ones multiply by a 1/6 of single precision
    "hard_swish": lambda x: x * torch.clamp(x / 6 + 0.5, 0, 1)}


def channels_first(function, x, *arguments, **options):
    return torch.movedim(function(torch.movedim(x, -1, 1), *arguments, **options), 1, -1)


class Layers:
    """Adds layers to a peer with param(name, role, default=0.0), the parameters, `statistics`, the moving ones by name, and `lengths`, those of the
    present batch's sequences (None: all steps are valid)."""

    def dense(self, _layer, name, x):
        return x @ self.param(name, "kernel") + self.param(name, "bias")

    def conv2d(self, layer, name, x):
        kernel = torch.movedim(self.param(name, "kernel"), (-1, -2), (0, 1))
        dilation = layer.get("dilation_rate", 1)
        options = {"stride": layer.get("strides", 1), "padding": layer.get("pads", 0), "dilation": dilation, "groups": layer.get("groups", 1)}
        if layer.get("padding") == "same":
            options["padding"] = dilation * (layer["kernel_size"] - 1) // 2
        if layer.get("padding") == "causal":
            x = functional.pad(x, (0, 0, dilation * (layer["kernel_size"] - 1), 0))
        return channels_first(functional.conv2d if x.dim() == 4 else functional.conv1d, x, kernel, **options) + self.param(name, "bias")

    conv1d = conv2d

    def depthwise_conv2d(self, _layer, name, x):
        kernel = self.param(name, "kernel")
        inputs = kernel.shape[2]
        kernel = kernel.permute(2, 3, 0, 1).reshape(-1, 1, *kernel.shape[:2])
        return channels_first(functional.conv2d, x, kernel, padding=1, groups=inputs) + self.param(name, "bias")

    def max_pooling2d(self, layer, _name, x):
        return channels_first(functional.max_pool2d, x, layer["pool_size"], layer["strides"])

    def average_pooling2d(self, layer, _name, x):
        return channels_first(functional.avg_pool2d, x, layer["pool_size"], layer["strides"])

    def global_average_pooling2d(self, _layer, _name, x):
        if self.lengths is None:
            return x.mean(tuple(range(1, x.dim() - 1)))
        is_valid = torch.arange(x.shape[1]) < self.lengths[:, None]
        return (x * is_valid[:, :, None]).sum(1) / self.lengths[:, None]

    def global_max_pooling2d(self, _layer, _name, x):
        return x.amax(tuple(range(1, x.dim() - 1)))

    global_average_pooling1d, global_max_pooling1d = global_average_pooling2d, global_max_pooling2d

    def prelu(self, _layer, name, x):
        return torch.where(x > 0, x, self.param(name, "alpha") * x)

    def layer(self, _layer, name, x):
        return functional.layer_norm(x, x.shape[-1:], self.param(name, "gamma"), self.param(name, "beta"), 1e-3)

    def rms(self, _layer, name, x):
        return functional.rms_norm(x, x.shape[-1:], self.param(name, "gamma"), 1e-6)

    def dyt(self, _layer, name, x):
        return self.param(name, "gamma") * torch.tanh(self.param(name, "alpha") * x) + self.param(name, "beta")

    def group(self, layer, name, x):
        groups = layer.get("groups", x.shape[-1])
        # Contiguous, because the backward pass of PyTorch 2.13 fails on channels-last inputs that need no gradient.
        normed = lambda image: functional.group_norm(image.contiguous(), groups, self.param(name, "gamma"), self.param(name, "beta"), 1e-3)
        return channels_first(normed, x)

    instance = group

    def batch(self, layer, name, x):
        is_torch = layer.get("convention") == "torch"
        momentum, epsilon = (0.9, 1e-5) if is_torch else (layer.get("momentum", 0.99), 1e-3)
        groups = -(-len(x) // layer.get("ghost_batch_size", len(x)))
        pieces = [self.batch_of(name, part, momentum, epsilon, is_torch) for part in torch.tensor_split(x, groups)]
        return torch.cat(pieces) * self.param(name, "gamma") + self.param(name, "beta")

    def batch_of(self, name, x, momentum, epsilon, is_unbiased):
        over = tuple(range(x.dim() - 1))
        mean, variance = x.mean(over), x.var(over, unbiased=False)
        with torch.no_grad():
            for role, fresh in (("moving_mean", mean), ("moving_variance", x.var(over, unbiased=is_unbiased))):
                old = self.statistics[f"{name}.{role}"]
                old.copy_(momentum * old + (1 - momentum) * fresh)
            self.statistics[f"{name}.updates"] += 1
        return (x - mean) / torch.sqrt(variance + epsilon)

    def recurrent(self, kind, names, x, is_sequence):
        """Runs one direction, or both for two names.  PyTorch's first two gates of a gru are ours in the other order."""
        def turned(columns):
            parts = columns.chunk(3, -1) if kind == "gru" else [columns]
            return torch.cat([parts[1], parts[0], parts[2]], -1) if kind == "gru" else columns

        weights = {}
        for name, end in zip(names, ("", "_reverse")):
            bias = self.param(name, "bias")
            of_input, of_state = bias if kind == "gru" else (bias, torch.zeros_like(bias))
            for role, values in (("weight_ih", self.param(name, "kernel")), ("weight_hh", self.param(name, "recurrent_kernel")),
                                 ("bias_ih", of_input), ("bias_hh", of_state)):
                weights[f"{role}_l0{end}"] = turned(values).T if values.dim() > 1 else turned(values)
        units = self.param(names[0], "recurrent_kernel").shape[0]
        cell = CELLS[kind](x.shape[-1], units, batch_first=True, bidirectional=len(names) == 2)
        y = torch.func.functional_call(cell, weights, (x,))[0]
        if self.lengths is not None:  # behind its last step a sequence repeats the output of that step, as in Keras
            y = y[torch.arange(len(y))[:, None], torch.minimum(torch.arange(y.shape[1]), self.lengths[:, None] - 1)]
        return y if is_sequence else y[:, -1]

    def lstm(self, layer, name, x):
        return self.recurrent(layer["type"], [name], x, layer.get("return_sequences", False))

    gru = simple_rnn = lstm

    def bidirectional(self, layer, name, x):
        kind = layer["layer"]["type"]
        return self.recurrent(kind, [f"{name}/{way}/{kind}_0" for way in ("forward", "backward")], x, True)

    def multi_head_attention(self, layer, name, x):
        x, heads = x.transpose(0, 1), layer["num_heads"]
        hidden = torch.ones(len(x), len(x)).triu(1).bool() if layer.get("use_causal_mask") else None
        return functional.multi_head_attention_forward(
            x, x, x, x.shape[-1], heads, self.param(name, "kernel").T, self.param(name, "bias"), None, None, False, 0.0,
            self.param(name, "output_kernel").T, self.param(name, "output_bias"), attn_mask=hidden, need_weights=False)[0].transpose(0, 1)

    def learned_positions(self, _layer, name, x):
        return x + self.param(name, "position_embeddings")

    def sinusoidal_positions(self, _layer, _name, x):
        channel = torch.arange(x.shape[-1])
        angles = torch.arange(x.shape[1])[:, None] / 10000 ** (channel // 2 * 2 / x.shape[-1])
        return x + torch.where(channel % 2 == 0, angles.sin(), angles.cos())
