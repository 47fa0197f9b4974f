"""Modules of flax (nnx): on the way to the program, and back."""

from __future__ import annotations

import os
import pathlib
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from . import _safetensors, _statistics

if TYPE_CHECKING:
    from flax import nnx


def export(model: nnx.Module, shape: Sequence[int], path: str | os.PathLike[str], updates: int | None = None) -> pathlib.Path:
    """Writes an ONNX file of the module in eval mode that keeps its batch normalization, and returns its path.

    shape: of one row, such as (8, 8, 1).  updates: how often training moved the statistics; None: unknown.
    The statistics have the names of their modules in the file, and the metadata say that their variances are biased.  The module itself
    stays as it is.  Raises ImportError without flax, jax2onnx and onnx, and TypeError for a call that jax2onnx cannot trace.
    """
    import numpy as np
    from flax import nnx

    try:
        import jax2onnx
        import onnx
    except ImportError as error:
        raise ImportError(f"exporting needs jax2onnx ({error}): pip install jax2onnx") from error

    copy = nnx.clone(model)
    copy.eval()
    # The exporter loses names.  Statistics that count the variables tell which tensor is which; then the real numbers take their place.
    numbers: dict[str, Any] = {}
    for name, variable in _statistics_of(copy).items():
        numbers[name] = np.asarray(variable[...])
        variable[...] = np.full_like(numbers[name], len(numbers))
    try:
        written = jax2onnx.to_onnx(copy, [("B", *shape)])
    except TypeError as error:
        raise TypeError(f"jax2onnx cannot trace the module: {error}.  It wants the options of flax's functions by name, as in nnx.max_pool(x, "
                        "window_shape=(2, 2), strides=(2, 2))") from error
    _name_statistics(written.graph, numbers)
    for name in numbers:
        module, _, role = name.rpartition(".")
        if role != "var":
            continue
        written.metadata_props.add(key=f"normrun.{module}.moving_variance", value="biased")
        if updates is not None:
            written.metadata_props.add(key=f"normrun.{module}.updates", value=str(int(updates)))
    onnx.save(written, os.fspath(path))
    return pathlib.Path(path)


def load_statistics(model: nnx.Module, path: str | os.PathLike[str], strict: bool = True) -> list[str]:
    """Loads the statistics that `normrun repair model.onnx -o statistics.safetensors` wrote, and returns their names.

    Nothing is loaded unless everything fits: raises ValueError, which lists the names, for a statistic that the module does not have or
    that has another shape, for numbers that are not finite and, if strict, for statistics of the module that the file does not have.
    """
    own = _statistics_of(model)
    tensors, _ = _safetensors.read(path)
    _statistics.check_fit(path, tensors, {name: tuple(variable.shape) for name, variable in own.items()}, strict)
    for name, numbers in tensors.items():
        own[name][...] = numbers.astype(own[name].dtype)
    return list(tensors)


def _statistics_of(model: nnx.Module) -> dict[str, Any]:
    """The variables of moving statistics by their paths, such as "bn1.mean"."""
    from flax import nnx

    return {".".join(map(str, path)): value for path, value in nnx.iter_graph(model) if isinstance(value, nnx.BatchStat)}


def _name_statistics(graph: Any, numbers: dict[str, Any]) -> None:
    """Gives the statistics of the graph their names and their real numbers.  numbers: in the order of the counts that stand for them."""
    import numpy as np
    from onnx import numpy_helper

    names = list(numbers)
    tensors = {tensor.name: tensor for tensor in graph.initializer}
    for node in graph.node:
        if node.op_type != "BatchNormalization":
            continue
        for place in (3, 4):
            tensor = tensors[node.input[place]]
            if tensor.name not in numbers:
                name = names[int(numpy_helper.to_array(tensor).flat[0]) - 1]
                tensor.CopyFrom(numpy_helper.from_array(np.ascontiguousarray(numbers[name]), name))
            node.input[place] = tensor.name
