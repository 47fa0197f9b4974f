#!/usr/bin/env python3
"""Trains workloads with PyTorch: peer_torch.py eager|fused|channels_last|compiled THREADS SECONDS NAME..."""
import sys
from functools import partial

import torch
from torch import nn
from torch.nn import functional

from workloads import CONVOLUTIONS, EVALUATION_PASSES, IMAGES, report_all, rows_of


class NormalizedLstm(nn.Module):
    """Returns the last state of an LSTM with layer-normalized gates and cell (Ba, Kiros and Hinton 2016, eq. 20 to 22)."""

    def __init__(self, features, units):
        super().__init__()
        self.kernel = nn.Linear(features, 4 * units)
        self.recurrent = nn.Linear(units, 4 * units, bias=False)
        self.input_norm, self.recurrent_norm, self.state_norm = nn.LayerNorm(4 * units), nn.LayerNorm(4 * units), nn.LayerNorm(units)
        self.units = units

    def forward(self, x):
        projected = self.input_norm(self.kernel(x))
        h = c = x.new_zeros(x.shape[0], self.units)
        for t in range(x.shape[1]):
            i, f, g, o = (projected[:, t] + self.recurrent_norm(self.recurrent(h))).chunk(4, dim=1)
            c = torch.sigmoid(f) * c + torch.sigmoid(i) * torch.tanh(g)
            h = torch.sigmoid(o) * torch.tanh(self.state_norm(c))
        return h


class Residual(nn.Module):
    """Returns relu(body(x) + shortcut(x))."""

    def __init__(self, inputs, outputs, stride):
        super().__init__()
        self.body = nn.Sequential(nn.Conv2d(inputs, outputs, 3, stride, 1, bias=False), nn.BatchNorm2d(outputs), nn.ReLU(),
                                  nn.Conv2d(outputs, outputs, 3, 1, 1, bias=False), nn.BatchNorm2d(outputs))
        self.shortcut = nn.Identity()
        if stride > 1:
            self.shortcut = nn.Sequential(nn.Conv2d(inputs, outputs, 1, stride, bias=False), nn.BatchNorm2d(outputs))

    def forward(self, x):
        return functional.relu(self.body(x) + self.shortcut(x))


def pooled(layers, channels):
    """Returns the network that ends in the mean over height and width, or over time, and a dense layer."""
    pool = nn.AdaptiveAvgPool2d(1) if any(isinstance(layer, nn.Conv2d) for layer in layers) else nn.AdaptiveAvgPool1d(1)
    return nn.Sequential(*layers, pool, nn.Flatten(), nn.Linear(channels, 10))


def resnet20():
    blocks = [Residual(max(16, width // 2) if block == 0 else width, width, 2 if block == 0 and width > 16 else 1)
              for width in (16, 32, 64) for block in range(3)]
    return pooled([nn.Conv2d(3, 16, 3, 1, 1, bias=False), nn.BatchNorm2d(16), nn.ReLU(), *blocks], 64)


def mobilenet():
    layers, channels = [nn.Conv2d(3, 32, 3, 1, 1, bias=False), nn.BatchNorm2d(32), nn.ReLU()], 32
    for block in range(1, 6):
        stride = 2 if block % 2 == 0 else 1
        outputs = 2 * channels if block == 1 or stride == 2 else channels
        layers += [nn.Conv2d(channels, channels, 3, stride, 1, groups=channels, bias=False), nn.BatchNorm2d(channels), nn.ReLU(),
                   nn.Conv2d(channels, outputs, 1, bias=False), nn.BatchNorm2d(outputs), nn.ReLU()]
        channels = outputs
    return pooled(layers, channels)


def cnn1d():
    return pooled([layer for inputs in (128, 64, 64)
                   for layer in (nn.Conv1d(inputs, 64, 5, padding="same"), nn.BatchNorm1d(64), nn.ReLU())], 64)


class Encoder(nn.Module):
    """Returns the mean over time of a transformer's encoder, with sinusoidal positions and norms before attention and feed-forward."""

    def __init__(self, steps, features, width):
        super().__init__()
        self.embedding = nn.Linear(features, width)
        rates = 10000.0 ** (-torch.arange(0, width, 2) / width)
        angles = torch.arange(steps)[:, None] * rates
        self.register_buffer("positions", torch.cat([angles.sin(), angles.cos()], dim=1))
        layer = nn.TransformerEncoderLayer(width, 4, 256, dropout=0.0, norm_first=True, batch_first=True)
        self.encoder = nn.TransformerEncoder(layer, 2, nn.LayerNorm(width), enable_nested_tensor=False)

    def forward(self, x):
        return self.encoder(self.embedding(x) + self.positions).mean(1)


def build(network, norm):
    normalize = nn.BatchNorm1d if norm == "batch" else nn.LayerNorm
    if network == "W1":
        return nn.Sequential(nn.Linear(784, 64), normalize(64), nn.ReLU(), nn.Linear(64, 10))
    if network == "W2":
        return nn.Sequential(nn.Linear(100, 10, bias=False), nn.BatchNorm1d(10))
    if network == "W3":
        return nn.Sequential(nn.Linear(784, 1000), normalize(1000), nn.ReLU(), nn.Linear(1000, 1000), normalize(1000), nn.ReLU(),
                             nn.Linear(1000, 10))
    if network == "W4":
        return nn.Sequential(nn.Conv2d(3, 32, 3, padding=1), nn.ReLU(), nn.BatchNorm2d(32), nn.Flatten(), nn.Linear(25088, 10))
    if network in ("W7", "W9"):
        return resnet20()
    if network == "W8":
        return nn.Sequential(Encoder(32, 16, 64), nn.Linear(64, 10))
    if network == "W10":
        return mobilenet()
    if network == "W11":
        return cnn1d()
    return nn.Sequential(NormalizedLstm(28, 64), nn.Linear(64, 10))


def prepared(kind, network, features, model):
    """Returns the features and the model in the layout of the kind."""
    if network in CONVOLUTIONS:
        features = features.movedim(-1, 1).contiguous()
    if kind == "channels_last" and network in IMAGES:
        features, model = features.to(memory_format=torch.channels_last), model.to(memory_format=torch.channels_last)
    return features, torch.compile(model) if kind == "compiled" else model


def diagnosis(model, features):
    """Returns run(times), which computes the statistics of all rows and then evaluates them several times."""
    slices = features.split(125)
    norms = [module for module in model.modules() if isinstance(module, nn.BatchNorm2d)]

    @torch.no_grad()
    def run(times):
        for _ in range(times):
            for norm in norms:
                norm.reset_running_stats()
                norm.momentum = None
            model.train()
            for x in slices:
                model(x)
            model.eval()
            for _ in range(EVALUATION_PASSES):
                for x in slices:
                    model(x)
    return run


def trainer(kind, workload, rows, seed):
    network, norm, batch = workload
    torch.manual_seed(seed)
    features, labels = (torch.from_numpy(array) for array in rows_of(network, rows))
    features, model = prepared(kind, network, features, build(network, norm))
    if network == "W9":
        return diagnosis(model, features[:batch])
    optimizer = torch.optim.Adam(model.parameters(), lr=1e-3, fused=kind == "fused")
    state = {"order": torch.randperm(len(features)), "at": 0}

    def run(steps):
        for _ in range(steps):
            if state["at"] + batch > len(features):
                state.update(order=torch.randperm(len(features)), at=0)
            rows = state["order"][state["at"]:state["at"] + batch]
            state["at"] += batch
            y = model(features[rows])
            loss = y.square().mean() if network == "W2" else functional.cross_entropy(y, labels[rows])
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
    return run


def main():
    kind, threads, seconds, *names = sys.argv[1:]
    torch.set_num_threads(int(threads))
    torch.set_flush_denormal(True)
    report_all(partial(trainer, kind), names, float(seconds))


if __name__ == "__main__":
    main()
