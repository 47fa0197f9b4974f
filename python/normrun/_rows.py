"""Turns what notebooks have (loaders, arrays, paths) into files of rows for the program."""

from __future__ import annotations

import os
import pathlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import numpy


def as_array(value: Any) -> numpy.ndarray:
    """Returns a tensor of any framework as an array of numbers that the program reads."""
    import numpy as np

    if hasattr(value, "detach"):  # of PyTorch, maybe on another device
        value = value.detach().cpu()
        if "bfloat16" in str(value.dtype):
            value = value.float()
    array = np.asarray(value)
    return array.astype(np.float32) if array.dtype.itemsize == 2 and array.dtype.kind not in "iub" else array


def is_path(value: Any) -> bool:
    return isinstance(value, (str, os.PathLike))


def as_file(value: Any, path: pathlib.Path) -> str:
    """Returns the absolute path that was given, or else writes an array to `path` and returns its name."""
    import numpy as np

    if is_path(value):
        # A label column of a table is no file.
        return os.path.abspath(value) if os.path.exists(str(value).partition(":")[0]) else os.fspath(value)
    np.save(path, as_array(value))
    return path.name


def _parts(batch: Any) -> tuple[Any, Any]:
    """The inputs and the labels of a batch, or None for labels that it does not have."""
    if isinstance(batch, (tuple, list)):
        if len(batch) > 2:
            raise TypeError(f"a batch of {len(batch)} parts: give an iterable of (inputs, labels) or of inputs")
        return batch[0], batch[1] if len(batch) == 2 else None
    if isinstance(batch, dict):
        raise TypeError("a batch that is a dict: give an iterable of (inputs, labels) or of inputs")
    return batch, None


class Rows:
    """Inputs and labels, each a path or an array; labels may be None.  `batch_size` is that of a loader, and None for other data."""

    def __init__(self, data: Any) -> None:
        """data: a path of inputs; an array of inputs; a tuple (inputs, labels) of paths or arrays; or an iterable of batches, each (inputs,
        labels) or inputs, such as a loader.  Raises TypeError for batches of other parts, and ValueError where there are none."""
        is_pair = isinstance(data, tuple) and not any(isinstance(part, (tuple, list)) for part in data)
        self.batch_size = None
        if is_path(data) or hasattr(data, "__array__") or is_pair:
            self.inputs, self.labels = _parts(data)
        else:
            self.inputs, self.labels, self.batch_size = _joined(data)
        self.inputs = self.inputs if is_path(self.inputs) else as_array(self.inputs)
        if self.labels is not None and not is_path(self.labels):
            self.labels = as_array(self.labels)

    def options(self, option: str, labels_option: str, folder: pathlib.Path) -> list[str]:
        """Writes arrays into the folder, and returns the options of the program that name the files."""
        words = [option, as_file(self.inputs, folder / f"{option[2:]}.npy")]
        if self.labels is not None:
            words += [labels_option, as_file(self.labels, folder / f"{labels_option[2:]}.npy")]
        return words

    def first(self, count: int) -> numpy.ndarray:
        """Returns the first rows, of an NPY file too.  Raises TypeError for another file."""
        import numpy as np

        if not is_path(self.inputs):
            return self.inputs[:count]
        if not str(self.inputs).endswith(".npy"):
            raise TypeError(f"{self.inputs}: exporting a model needs some rows, so give an .npy file, arrays or a loader")
        return np.load(self.inputs, mmap_mode="r")[:count].copy()


def _joined(loader: Any) -> tuple[numpy.ndarray, numpy.ndarray | None, int]:
    import numpy as np

    inputs, labels = [], []
    for batch in loader:
        x, y = _parts(batch)
        inputs.append(as_array(x))
        if y is not None:
            labels.append(as_array(y))
    if not inputs:
        raise ValueError("the loader gives no batches")
    if labels and len(labels) != len(inputs):
        raise ValueError("some batches have labels, and others have none")
    return np.concatenate(inputs), np.concatenate(labels) if labels else None, len(inputs[0])
