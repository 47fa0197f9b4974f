#!/usr/bin/env python3
"""Trains workloads with PyTorch: peer_torch.py eager|fused THREADS SECONDS NAME..."""
import sys
from functools import partial

import torch
from torch import nn
from torch.nn import functional

from workloads import report_all, rows_of


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
    return nn.Sequential(NormalizedLstm(28, 64), nn.Linear(64, 10))


def trainer(kind, workload, rows, seed):
    network, norm, batch = workload
    torch.manual_seed(seed)
    features, labels = (torch.from_numpy(array) for array in rows_of(network, rows))
    if network == "W4":
        features = features.permute(0, 3, 1, 2).contiguous()
    model = build(network, norm)
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
