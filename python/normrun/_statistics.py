"""Checks that statistics of a file are those of a model."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy


def check_fit(path: str | os.PathLike[str], tensors: Mapping[str, numpy.ndarray], shapes: Mapping[str, tuple[int, ...]], strict: bool) -> None:
    """shapes: of the model's statistics.  Raises ValueError, which lists by name all that does not fit.  Only if strict must the file have
    every statistic of the model."""
    import numpy as np

    problems = []
    for name, numbers in tensors.items():
        if name not in shapes:
            problems.append(f"{name} is no statistic of the model")
        elif numbers.shape != tuple(shapes[name]):
            problems.append(f"{name} has the shape {numbers.shape}, and the model's has {tuple(shapes[name])}")
        elif not np.isfinite(numbers).all():
            problems.append(f"{name} has numbers that are NaN or infinite")
    if strict:
        problems += [f"{name} of the model is missing in the file" for name in shapes if name not in tensors]
    if not tensors:
        problems.append("the file holds no statistics")
    if problems:
        raise ValueError(f"{os.fspath(path)}: nothing was loaded: " + "; ".join(problems))
