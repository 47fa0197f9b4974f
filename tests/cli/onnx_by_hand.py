"""Writes small ONNX files without the onnx package: protobuf's wire format and the field numbers of onnx.proto."""

import struct

import numpy as np


def varint(number):
    number &= (1 << 64) - 1
    data = bytearray()
    while number >= 0x80:
        data.append(number & 0x7F | 0x80)
        number >>= 7
    return bytes(data) + bytes([number])


def number(field, value):
    return varint(field << 3) + varint(value)


def block(field, value):
    value = value.encode() if isinstance(value, str) else value
    return varint(field << 3 | 2) + varint(len(value)) + value


def tensor(name, array):
    array = np.ascontiguousarray(array, np.float32)
    return b"".join(number(1, size) for size in array.shape) + number(2, 1) + block(8, name) + block(9, array.tobytes())


def attribute(name, value):
    if isinstance(value, float):
        return block(1, name) + varint(2 << 3 | 5) + struct.pack("<f", value) + number(20, 1)
    return block(1, name) + number(3, value) + number(20, 2)


def node(kind, inputs, output, name, **attributes):
    words = b"".join(block(1, one) for one in inputs) + block(2, output) + block(3, name) + block(4, kind)
    return words + b"".join(block(5, attribute(key, value)) for key, value in attributes.items())


def value(name, sizes):
    dims = b"".join(block(1, block(2, size) if isinstance(size, str) else number(1, size)) for size in sizes)
    return block(1, name) + block(2, block(1, number(1, 1) + block(2, dims)))


def model(nodes, tensors, given, result):
    """given, result: names and sizes of the input and the output, a batch size being a word."""
    graph = b"".join(block(1, one) for one in nodes) + block(2, "graph")
    graph += b"".join(block(5, tensor(name, array)) for name, array in tensors.items())
    graph += block(11, value(*given)) + block(12, value(*result))
    return number(1, 8) + block(2, "pytorch") + block(7, graph) + block(8, number(2, 17))


def mlp(tensors, names=("first", "bn_1", "second", "bn_2", "out"), training_mode=0, inputs=None):
    """Dense layers with a batch normalization and a relu behind each but the last: PyTorch's names and orders of axes.  inputs: how many
    numbers a row has, where the first layer is no dense one."""
    nodes, x = [], "x"
    for name in names:
        if f"{name}.running_mean" in tensors:
            parts = [f"{name}.{word}" for word in ("weight", "bias", "running_mean", "running_var")]
            nodes.append(node("BatchNormalization", [x, *parts], f"y_{name}", f"/{name}/BatchNormalization", epsilon=1e-5, momentum=0.9,
                              training_mode=training_mode))
            nodes.append(node("Relu", [f"y_{name}"], f"relu_{name}", f"/{name}/Relu"))
            x = f"relu_{name}"
            continue
        nodes.append(node("Gemm", [x, f"{name}.weight", f"{name}.bias"], f"y_{name}", f"/{name}/Gemm", alpha=1.0, beta=1.0, transB=1))
        x = f"y_{name}"
    first, last = tensors[f"{names[0]}.weight"], tensors[f"{names[-1]}.weight"]
    return model(nodes, tensors, ("x", ["n", inputs or first.shape[1]]), (x, ["n", last.shape[0]]))
