"""Adds metadata to an ONNX file: protobuf appends repeated fields, so that no byte before them changes."""

from __future__ import annotations

import os
from collections.abc import Mapping

_METADATA = 14  # the field of ModelProto; an entry has the key in field 1 and the value in field 2


def _varint(number: int) -> bytes:
    data = bytearray()
    while number >= 0x80:
        data.append(number & 0x7F | 0x80)
        number >>= 7
    return bytes(data) + bytes([number])


def _block(field: int, value: bytes) -> bytes:
    return _varint(field << 3 | 2) + _varint(len(value)) + value


def append_metadata(path: str | os.PathLike[str], metadata: Mapping[str, str]) -> None:
    """Appends entries to the metadata of the ONNX file."""
    with open(path, "ab") as file:
        for key, value in metadata.items():
            file.write(_block(_METADATA, _block(1, key.encode()) + _block(2, value.encode())))
