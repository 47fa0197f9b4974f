"""Models of PyTorch: on the way to the program, and back."""

from __future__ import annotations

import os
import pathlib
from typing import TYPE_CHECKING, Any

from . import _onnx, _safetensors, _statistics

if TYPE_CHECKING:
    import torch


def export(model: torch.nn.Module, example: Any, path: str | os.PathLike[str]) -> pathlib.Path:
    """Writes an ONNX file of the model in eval mode that keeps its batch normalization, and returns its path.

    example: some rows as the model takes them, such as the inputs of one batch, as a tensor or an array; their number is left open in the
        file.
    The metadata tell how often each normalization was updated, by which momentum, and that its variances are unbiased; the program then
    needs no --momentum and --updates.  The model itself stays as it is: its mode, its weights and its statistics.

    Raises ImportError without torch, onnx and onnxscript, and RuntimeError if exporting moved a number of the model, which is then taken
    back.
    """
    import torch

    _need_exporter()
    model = _unwrapped(model)
    rows = _on_model(model, example)
    if len(rows) == 1:  # the exporter would take a size of 1 for fixed
        rows = torch.cat([rows, rows])
    modes = [(module, module.training) for module in model.modules()]
    before = {name: buffer.clone() for name, buffer in model.named_buffers()}
    path = pathlib.Path(path)
    try:
        with torch.no_grad():
            torch.onnx.export(model.eval(), (rows,), str(path), dynamo=True, optimize=False, external_data=False, verbose=False,
                              dynamic_shapes=({0: "n"},))
    finally:
        for module, mode in modes:
            module.training = mode
    moved = _moved_back(model, before)
    if moved:
        path.unlink(missing_ok=True)
        raise RuntimeError(f"exporting the model in eval mode moved {', '.join(moved)}, which have been taken back; "
                           "a layer of the model moves its statistics whatever its mode")
    _onnx.append_metadata(path, _training_of(model))
    return path


def load_statistics(model: torch.nn.Module, path: str | os.PathLike[str], strict: bool = True) -> list[str]:
    """Loads the statistics that `normrun repair model.onnx -o statistics.safetensors` wrote, and returns their names.

    Nothing is loaded unless everything fits: raises ValueError, which lists the names, for a statistic that the model does not have or
    that has another shape, for numbers that are not finite and, if strict, for statistics of the model that the file does not have.
    """
    import torch

    model = _unwrapped(model)
    own = {name: buffer for name, buffer in model.named_buffers() if name.rpartition(".")[2] in ("running_mean", "running_var")}
    tensors, _ = _safetensors.read(path)
    given = {name: numbers for name, numbers in tensors.items() if not name.endswith("num_batches_tracked")}
    _statistics.check_fit(path, given, {name: tuple(buffer.shape) for name, buffer in own.items()}, strict)
    with torch.no_grad():
        for name, numbers in given.items():
            own[name].copy_(torch.from_numpy(numbers.copy()))
    return list(given)


def _need_exporter() -> None:
    try:
        import onnx  # noqa: F401
        import onnxscript  # noqa: F401
    except ImportError as error:
        raise ImportError(f"exporting needs onnx and onnxscript ({error}): pip install onnx onnxscript") from error


def _unwrapped(model: torch.nn.Module) -> torch.nn.Module:
    """The module that torch.compile wrapped, whose tensors have their own names."""
    return getattr(model, "_orig_mod", model)


def _on_model(model: torch.nn.Module, example: Any) -> torch.Tensor:
    """The rows where the model's parameters are, and in their precision."""
    import torch

    rows = torch.as_tensor(example)
    for parameter in model.parameters():
        return rows.to(parameter.device, parameter.dtype if rows.is_floating_point() else rows.dtype)
    return rows


def _moved_back(model: torch.nn.Module, before: dict[str, torch.Tensor]) -> list[str]:
    """Gives buffers their former numbers, and returns the names of those that had others."""
    import torch

    moved = []
    for name, buffer in model.named_buffers():
        # NaN counts as equal to itself: a damaged model can be exported.
        if not torch.equal(torch.nan_to_num(buffer), torch.nan_to_num(before[name])):
            buffer.copy_(before[name])
            moved.append(name)
    return moved


def _training_of(model: torch.nn.Module) -> dict[str, str]:
    """What the program reads about the training of each normalization (lib/models/told_training.hpp)."""
    told = {}
    for name, module in model.named_modules():
        if getattr(module, "running_var", None) is None or getattr(module, "num_batches_tracked", None) is None:
            continue
        told[f"normrun.{name}.updates"] = str(int(module.num_batches_tracked))
        told[f"normrun.{name}.moving_variance"] = "unbiased"
        momentum = getattr(module, "momentum", None)
        if momentum is not None:  # else all batches weigh the same, which the graph tells by a momentum of 1
            told[f"normrun.{name}.momentum"] = repr(round(1.0 - float(momentum), 12))
    return told
