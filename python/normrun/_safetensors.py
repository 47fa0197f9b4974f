"""Reads and writes safetensors: a JSON header behind its length, then the numbers.  The format is small enough to need no package."""

from __future__ import annotations

import json
import os
import struct
from collections.abc import Mapping
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy

_TYPES = {"F64": "<f8", "F32": "<f4", "F16": "<f2", "I64": "<i8", "I32": "<i4", "I16": "<i2", "I8": "i1", "U64": "<u8", "U32": "<u4",
          "U16": "<u2", "U8": "u1", "BOOL": "?"}


def read(path: str | os.PathLike[str]) -> tuple[dict[str, numpy.ndarray], dict[str, str]]:
    """Returns the tensors by name, and the metadata.  Raises ValueError if the file is no safetensors file, or is cut off."""
    import numpy as np

    with open(path, "rb") as file:
        data = file.read()
    try:
        (size,) = struct.unpack("<Q", data[:8])
        header = json.loads(data[8:8 + size])
        metadata = header.pop("__metadata__", {})
        tensors = {}
        for name, entry in header.items():
            begin, end = entry["data_offsets"]
            numbers = np.frombuffer(data[8 + size + begin:8 + size + end], dtype=_TYPES[entry["dtype"]])
            tensors[name] = numbers.reshape(entry["shape"])
    except (KeyError, TypeError, ValueError, struct.error) as error:
        raise ValueError(f"{os.fspath(path)}: is no safetensors file of plain numbers, or is cut off") from error
    return tensors, metadata


def write(path: str | os.PathLike[str], tensors: Mapping[str, numpy.ndarray], metadata: Mapping[str, str]) -> None:
    """Writes tensors and metadata.  Raises ValueError for a tensor whose type the format does not have."""
    import numpy as np

    words = {np.dtype(code): word for word, code in _TYPES.items()}
    header: dict[str, object] = {"__metadata__": dict(metadata)}
    blocks, offset = [], 0
    for name, numbers in tensors.items():
        numbers = np.asarray(numbers)
        word = words.get(numbers.dtype)
        if word is None:
            raise ValueError(f"{name}: safetensors files have no numbers of type {numbers.dtype}")
        block = numbers.tobytes()  # in C order, whatever the order in memory
        header[name] = {"dtype": word, "shape": list(numbers.shape), "data_offsets": [offset, offset + len(block)]}
        offset += len(block)
        blocks.append(block)
    text = json.dumps(header).encode()
    text += b" " * (-len(text) % 8)
    with open(path, "wb") as file:
        file.write(struct.pack("<Q", len(text)) + text)
        file.writelines(blocks)
