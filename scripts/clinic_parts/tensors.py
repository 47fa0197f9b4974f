"""Reads and writes safetensors files: what the clinic's mistakes in saving work on."""

import pathlib
import sys

import numpy as np

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "python"))
from normrun import _safetensors  # noqa: E402


def read(path):
    """The tensors by name, float32, and the metadata."""
    tensors, metadata = _safetensors.read(path)
    return {name: numbers.copy() for name, numbers in tensors.items()}, metadata


def write(path, tensors, metadata):
    """Checksums are left out: they were those of other numbers."""
    kept = {key: value for key, value in metadata.items() if not key.startswith(("crc32c.", "normrun.format"))}
    _safetensors.write(path, {name: np.asarray(numbers, dtype="<f4") for name, numbers in tensors.items()}, kept)


def norms(tensors):
    """Names of the layers with moving statistics, in the file's order."""
    return [name[:-len(".moving_mean")] for name in tensors if name.endswith(".moving_mean")]


def is_statistic(name):
    return name.endswith((".moving_mean", ".moving_variance", ".updates"))
