"""The presets in PyTorch, for scripts/compare_with_torch: networks written down from their papers, with the names of normrun's tensors; and
the LSTM with batch normalization in its cell."""

import torch
from torch.nn import functional

ENCODER = {"type": "transformer_encoder", "d_model": 6, "num_heads": 2, "feed_forward": 10}

# Networks of each preset with small numbers: the shape of an example, the type of the norms and the preset's options.
PRESETS = [
    ([8, 8, 3], "batch", {"type": "resnet20", "width": 4}),
    ([8, 8, 3], "batch", {"type": "resnet20", "width": 4, "depth": 2, "shortcut": "padding"}),
    ([8, 8, 3], "batch", {"type": "mobilenet", "width": 4, "depth": 5}),
    ([12, 3], "batch", {"type": "cnn1d", "width": 6, "depth": 3}),
    ([7, 3], "layer", ENCODER),
    ([7, 3], "layer", {**ENCODER, "norm_first": False, "use_causal_mask": True, "positions": "learned"}),
    ([7, 3], "batch", {**ENCODER, "activation": "gelu", "pooling": "max", "num_heads": 3}),
    ([7, 3], "batch", {**ENCODER, "norm_first": False, "positions": "none", "depth": 1}),
    ([6, 3], "batch", {"type": "lstm", "units": 5, "normalization": "batch"}),
    ([6, 3], "batch", {"type": "lstm", "units": 4, "normalization": "batch", "momentum": 0.9, "epsilon": 1e-5, "initial_gamma": 0.5, "longest_step": 4}),
    ([7, 3], "rms", {**ENCODER, "use_causal_mask": True, "activation": "gelu", "depth": 3, "num_heads": 1}),
]


class PresetLayers:
    """Adds the presets to a peer that computes dense layers and normalizations and knows its tensors by name; channels last."""

    def convolved(self, name, x, stride=1, pad=0):
        kernel = self.param(name, "kernel").permute(3, 2, 0, 1)
        return functional.conv2d(x.permute(0, 3, 1, 2), kernel, stride=stride, padding=pad).permute(0, 2, 3, 1)

    def depthwise(self, name, x, stride):
        kernel = self.param(name, "kernel").permute(2, 3, 0, 1)
        return functional.conv2d(x.permute(0, 3, 1, 2), kernel, stride=stride, padding=1, groups=x.shape[-1]).permute(0, 2, 3, 1)

    def normed(self, name, x):
        return getattr(self, self.norm)({}, name, x)

    def resnet20(self, layer, name, x):
        x = torch.relu(self.normed(f"{name}/norm", self.convolved(f"{name}/conv", x, pad=1)))
        for stage in (1, 2, 3):
            for block in range(1, layer.get("depth", 3) + 1):
                x = torch.relu(self.block(layer, f"{name}/stage_{stage}_block_{block}", x, 2 if stage > 1 and block == 1 else 1))
        return x.mean((1, 2))

    def block(self, layer, name, x, stride):
        y = torch.relu(self.normed(f"{name}/body/norm_1", self.convolved(f"{name}/body/conv_1", x, stride, 1)))
        y = self.normed(f"{name}/body/norm_2", self.convolved(f"{name}/body/conv_2", y, 1, 1))
        if stride == 1:
            return y + x
        if layer.get("shortcut") == "padding":
            half = x.shape[-1] // 2
            return y + functional.pad(x[:, ::2, ::2], (half, half))
        return y + self.normed(f"{name}/shortcut/norm", self.convolved(f"{name}/shortcut/conv", x, 2))

    def mobilenet(self, layer, name, x):
        x = torch.relu(self.normed(f"{name}/conv_norm", self.convolved(f"{name}/conv", x, pad=1)))
        for block in range(1, layer["depth"] + 1):
            own = f"{name}/block_{block}"
            x = torch.relu(self.normed(f"{own}_depthwise_norm", self.depthwise(f"{own}_depthwise", x, 2 if block % 2 == 0 else 1)))
            x = torch.relu(self.normed(f"{own}_pointwise_norm", self.convolved(f"{own}_pointwise", x)))
        return x.mean((1, 2))

    def cnn1d(self, layer, name, x):
        for block in range(1, layer["depth"] + 1):
            kernel = self.param(f"{name}/conv_{block}", "kernel").permute(2, 1, 0)
            x = functional.conv1d(x.permute(0, 2, 1), kernel, padding="same").permute(0, 2, 1) + self.param(f"{name}/conv_{block}", "bias")
            x = torch.relu(self.normed(f"{name}/norm_{block}", x))
        return x.mean(1)

    def transformer_encoder(self, layer, name, x):
        x = self.dense(layer, f"{name}/embedding", x) + self.positions(layer, f"{name}/positions", x.shape[1])
        norm_first = layer.get("norm_first", True)
        for block in range(1, layer.get("depth", 2) + 1):
            for part, body in ((f"{name}/attention_{block}", self.attention), (f"{name}/feed_forward_{block}", self.feed_forward)):
                if norm_first:
                    x = x + body(layer, f"{part}/body", self.normed(f"{part}/body/norm", x))
                else:
                    x = self.normed(f"{part}_norm", x + body(layer, f"{part}/body", x))
        if norm_first:
            x = self.normed(f"{name}/norm", x)
        return x.amax(1) if layer.get("pooling") == "max" else x.mean(1)

    def positions(self, layer, name, steps):
        kind = layer.get("positions", "sinusoidal")
        if kind != "sinusoidal":
            return self.param(name, "position_embeddings")
        channel = torch.arange(layer["d_model"])
        angles = torch.arange(steps)[:, None] / 10000 ** (channel // 2 * 2 / layer["d_model"])
        return torch.where(channel % 2 == 0, angles.sin(), angles.cos())

    def attention(self, layer, path, x):
        x, name = x.transpose(0, 1), f"{path}/attention"
        hidden = torch.ones(len(x), len(x)).triu(1).bool() if layer.get("use_causal_mask") else None
        return functional.multi_head_attention_forward(
            x, x, x, layer["d_model"], layer["num_heads"], self.param(name, "kernel").T, self.param(name, "bias"), None, None, False, 0.0,
            self.param(name, "output_kernel").T, self.param(name, "output_bias"), attn_mask=hidden, need_weights=False)[0].transpose(0, 1)

    def feed_forward(self, layer, path, x):
        x = getattr(functional, layer.get("activation", "relu"))(self.dense(layer, f"{path}/dense_1", x))
        return self.dense(layer, f"{path}/dense_2", x)

    def lstm(self, layer, name, x):
        """Cooijmans et al. 2017, eq. 6 to 8, or an LSTM without normalization."""
        if "normalization" not in layer:
            return super().lstm(layer, name, x)
        h = c = torch.zeros(len(x), layer["units"])
        for step in range(x.shape[1]):
            a = self.cell_norm(layer, f"{name}.recurrent", h @ self.param(name, "recurrent_kernel"), step) + self.param(name, "bias")
            i, f, g, o = (a + self.cell_norm(layer, f"{name}.input", x[:, step] @ self.param(name, "kernel"), step)).chunk(4, -1)
            c = f.sigmoid() * c + i.sigmoid() * g.tanh()
            h = o.sigmoid() * (self.cell_norm(layer, f"{name}.state", c, step) + self.param(name, "state_beta")).tanh()
        with torch.no_grad():
            self.statistics[f"{name}.updates"] += 1
        return h

    def cell_norm(self, layer, path, z, step):
        mean, variance, momentum = z.mean(0), z.var(0, unbiased=False), layer.get("momentum", 0.99)
        with torch.no_grad():
            for role, fresh in (("moving_mean", mean), ("moving_variance", variance)):
                if step < layer.get("longest_step", step + 1):
                    old = self.statistics[f"{path}_{role}"]
                    old[step] = momentum * old[step] + (1 - momentum) * fresh
        return self.params[f"{path}_gamma"] * (z - mean) / torch.sqrt(variance + layer.get("epsilon", 1e-3))
