"""Reads and writes safetensors files: what the clinic's mistakes in saving work on."""

import json
import struct

import numpy as np


def read(path):
    """The tensors by name, float32, and the metadata."""
    with open(path, "rb") as file:
        data = file.read()
    (size,) = struct.unpack("<Q", data[:8])
    header = json.loads(data[8:8 + size])
    metadata = header.pop("__metadata__", {})
    tensors = {}
    for name, entry in header.items():
        begin, end = entry["data_offsets"]
        numbers = np.frombuffer(data[8 + size + begin:8 + size + end], dtype="<f4")
        tensors[name] = numbers.reshape(entry["shape"]).copy()
    return tensors, metadata


def write(path, tensors, metadata):
    """Checksums are left out: they were those of other numbers."""
    kept = {key: value for key, value in metadata.items() if not key.startswith(("crc32c.", "normrun.format"))}
    header, offset = {"__metadata__": kept}, 0
    for name, numbers in tensors.items():
        header[name] = {"dtype": "F32", "shape": list(numbers.shape), "data_offsets": [offset, offset + 4 * numbers.size]}
        offset += 4 * numbers.size
    text = json.dumps(header).encode()
    text += b" " * (-len(text) % 8)
    with open(path, "wb") as file:
        file.write(struct.pack("<Q", len(text)) + text)
        for numbers in tensors.values():
            file.write(np.ascontiguousarray(numbers, dtype="<f4").tobytes())


def norms(tensors):
    """Names of the layers with moving statistics, in the file's order."""
    return [name[:-len(".moving_mean")] for name in tensors if name.endswith(".moving_mean")]


def is_statistic(name):
    return name.endswith((".moving_mean", ".moving_variance", ".updates"))
