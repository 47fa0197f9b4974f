"""Models of Keras 3, whatever its backend: on the way to the program, and back."""

from __future__ import annotations

import os
import pathlib
from typing import TYPE_CHECKING

from . import _safetensors, _statistics

if TYPE_CHECKING:
    import keras

_ROLES = ("moving_mean", "moving_variance")


def export(model: keras.Model, path: str | os.PathLike[str], updates: int | None = None) -> pathlib.Path:
    """Writes the model's graph and weights into one safetensors file, and returns its path.

    No exporter from Keras to ONNX keeps batch normalization, so the graph is Keras's own description of the model.
    updates: how often training moved the statistics, such as int(model.optimizer.iterations) behind fit(); None: unknown.
    """
    import numpy as np

    tensors = {variable.path: np.asarray(variable.numpy()) for variable in model.weights}
    metadata = {"keras.config": model.to_json()}
    for name in tensors:
        layer, _, role = name.rpartition("/")
        if updates is not None and role == _ROLES[0]:
            metadata[f"normrun.{layer}.updates"] = str(int(updates))
    _safetensors.write(path, tensors, metadata)
    return pathlib.Path(path)


def load_statistics(model: keras.Model, path: str | os.PathLike[str], strict: bool = True) -> list[str]:
    """Loads the moving statistics of a file that `normrun repair` wrote, and returns their names.  Other tensors of the file are left alone.

    Nothing is loaded unless everything fits: raises ValueError, which lists the names, for a statistic that the model does not have or
    that has another shape, for numbers that are not finite and, if strict, for statistics of the model that the file does not have.
    """
    own = {variable.path: variable for variable in model.weights if variable.path.rpartition("/")[2] in _ROLES}
    tensors, _ = _safetensors.read(path)
    given = {name: numbers for name, numbers in tensors.items() if name.rpartition("/")[2] in _ROLES}
    _statistics.check_fit(path, given, {name: tuple(variable.shape) for name, variable in own.items()}, strict)
    for name, numbers in given.items():
        own[name].assign(numbers)
    return list(given)
