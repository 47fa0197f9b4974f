"""The presets in PyTorch, for scripts/compare_with_torch: networks written down from their papers, with the names of normrun's tensors."""

import torch
from torch.nn import functional

# Networks of each preset with small numbers: the shape of an example and the preset's options.
PRESETS = [
    ([8, 8, 3], {"type": "resnet20", "width": 4}),
    ([8, 8, 3], {"type": "resnet20", "width": 4, "depth": 2, "shortcut": "padding"}),
    ([8, 8, 3], {"type": "mobilenet", "width": 4, "depth": 5}),
    ([12, 3], {"type": "cnn1d", "width": 6, "depth": 3}),
]


class PresetLayers:
    """Adds the presets to a peer that computes batch normalization and knows its tensors by name; channels last."""

    def convolved(self, name, x, stride=1, pad=0):
        kernel = self.param(name, "kernel").permute(3, 2, 0, 1)
        return functional.conv2d(x.permute(0, 3, 1, 2), kernel, stride=stride, padding=pad).permute(0, 2, 3, 1)

    def depthwise(self, name, x, stride):
        kernel = self.param(name, "kernel").permute(2, 3, 0, 1)
        return functional.conv2d(x.permute(0, 3, 1, 2), kernel, stride=stride, padding=1, groups=x.shape[-1]).permute(0, 2, 3, 1)

    def normed(self, name, x):
        return self.batch({}, name, x)

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
