"""Asks the program what is wrong with a model, and shows the answer in a notebook."""

from __future__ import annotations

import json
import os
import pathlib
import shutil
import tempfile
import weakref
from html import escape
from typing import Any

from . import flax, keras, torch
from ._program import run
from ._rows import Rows, as_file, is_path

_FINDINGS = 4  # the exit code of an answer with findings


class Diagnosis:
    """What is wrong with a model's normalization.  A notebook shows it; print() writes it as text."""

    def __init__(self, answer: dict[str, Any], folder: pathlib.Path, temporary: pathlib.Path | None) -> None:
        self.answer = answer
        """All that the program answered, as `normrun diagnose --json` prints it."""
        self.folder = folder
        """The folder with the tables (normrun.read opens it) and the report.  A temporary one ends with this object."""
        if temporary is not None:
            weakref.finalize(self, shutil.rmtree, temporary, ignore_errors=True)

    @property
    def finding(self) -> str:
        """A word: "nothing-found", "statistics-wrong", "rows-shifted", "outputs-differ" …"""
        return self.answer["finding"]

    @property
    def is_sound(self) -> bool:
        """Whether nothing was found."""
        return self.finding == "nothing-found"

    @property
    def summary(self) -> str:
        """The finding in one sentence."""
        return self.answer["summary"]

    @property
    def scores(self) -> dict[str, Any] | None:
        """The loss and the accuracy of "stored", "train_mode" and "recomputed"; None if the rows have no labels."""
        return self.answer["scores"]

    @property
    def causes(self) -> list[dict[str, Any]]:
        """Each with "cause", "layer", "words", "certainty" and "interval"."""
        return self.answer["causes"]

    @property
    def remedies(self) -> list[dict[str, Any]]:
        """What was tried, each with its scores before and after, and whether that was "confirmed"."""
        return self.answer["remedies"]

    @property
    def report(self) -> pathlib.Path | None:
        """The page with the figures; None if the outputs were not the framework's, so that nothing was judged."""
        return self.folder / "report.html" if self.answer["report"] else None

    def _scores_rows(self) -> list[tuple[str, str, str]]:
        words = {"stored": "statistics as stored", "train_mode": f"train mode, batches of {self.answer['batch_size']}",
                 "recomputed": "statistics recomputed"}
        scores = self.scores or {}
        return [(words.get(way, way), _shown(one.get("loss")), _shown(one.get("accuracy"))) for way, one in scores.items() if one]

    def _cause_lines(self) -> list[str]:
        return [f"{one['words']} ({one['certainty']})" + (f", most of it in layer {one['layer']}" if one["layer"] else "")
                for one in self.causes]

    def __str__(self) -> str:
        lines = [self.summary]
        lines += [f"  {words:<34} loss {loss:<8} accuracy {accuracy}" for words, loss, accuracy in self._scores_rows()]
        lines += [f"Cause: {line}" for line in self._cause_lines()]
        if self.report:
            lines.append(f"Report: {self.report}")
        return "\n".join(lines)

    def __repr__(self) -> str:
        return f"<normrun.Diagnosis: {self.finding}>"

    def _repr_html_(self) -> str:
        rows = "".join(f"<tr><td style='text-align:left'>{escape(words)}</td><td>{loss}</td><td>{accuracy}</td></tr>"
                       for words, loss, accuracy in self._scores_rows())
        table = f"<table><tr><th></th><th>loss</th><th>accuracy</th></tr>{rows}</table>" if rows else ""
        causes = "".join(f"<li>{escape(line)}</li>" for line in self._cause_lines())
        causes = f"<p>Cause:</p><ul>{causes}</ul>" if causes else ""
        page = f"<p><a href='{escape(self.report.as_uri())}'>{escape(str(self.report))}</a></p>" if self.report else ""
        return f"<div><p><b>{escape(self.summary)}</b></p>{table}{causes}{page}</div>"


def diagnose(model: Any, data: Any, *, held_out: Any = None, test: Any = None, outputs: Any = None, batch_size: int | None = None,
             momentum: float | None = None, updates: int | None = None, ignore_label: int | None = None,
             network: str | os.PathLike[str] | None = None, folder: str | os.PathLike[str] | None = None) -> Diagnosis:
    """Tells which statistic of a trained model is wrong, why, and what repairs it.

    model: a module of PyTorch, a model of Keras, a module of flax, or the path of a file that `normrun diagnose` reads.
    data: the rows that the weights were trained on.  held_out: rows of the same source, never trained on.  test: those to be judged.
        Each is a loader or any iterable of batches (inputs, labels), a pair of arrays or paths, or inputs alone.
    outputs: the framework's outputs in eval mode for the judged rows, an array or a path; the program then shows first that it computes the
        same.
    ignore_label: with a label for each step or pixel, the label of those that count for nothing; None: -100.
    batch_size: that of the training; None: that of `data`, if it is a loader, else 32.  momentum: the weight of the old value; updates: how
        often the statistics moved.  What the model tells needs no argument.
    network: a config with the network, for a file that holds tensors alone.
    folder: keeps the model, the rows and, in folder/results, the tables and the report; None: they end with the returned object.

    Raises Error with the program's message and exit code, and TypeError or ValueError for data that are no rows.
    """
    place = pathlib.Path(tempfile.mkdtemp(prefix="normrun_") if folder is None else folder).absolute()
    temporary = place if folder is None else None
    try:
        words = _arguments(model, data, held_out, test, batch_size, place)
        if outputs is not None:
            words += ["--outputs", as_file(outputs, place / "outputs.npy")]
        options = {"--momentum": momentum, "--updates": updates, "--ignore-label": ignore_label,
                   "--network": None if network is None else os.path.abspath(network)}
        answer = json.loads(run("diagnose", *words, *_given(options), "--json", accept=(0, _FINDINGS), cwd=place))
    except BaseException:
        if temporary is not None:
            shutil.rmtree(temporary, ignore_errors=True)
        raise
    return Diagnosis(answer, place / "results" / f"diagnosis-{pathlib.Path(words[0]).stem}", temporary)


def repair(model: Any, data: Any, path: str | os.PathLike[str] | None = None, *, held_out: Any = None, test: Any = None,
           estimator: str | None = None, samples: int | None = None, batch_size: int | None = None, ignore_label: int | None = None,
           network: str | os.PathLike[str] | None = None) -> dict[str, Any]:
    """Recomputes a model's statistics on its training rows, unless that makes the loss worse.

    path: the file to write: a repaired model, or a name that ends in .safetensors for the statistics alone.  None: the model itself gets
        the statistics.
    model, data, held_out, test, batch_size, ignore_label, network: as in diagnose().
    estimator: "layer-by-layer", "pooled" or "batch-average".  samples: how many training rows are used.

    Returns what `normrun repair --json` prints: "before" and "after", "gain" and its "interval".
    Raises Error with exit code 4 if the loss would get worse; nothing is changed then.
    """
    kind = _kind_of(model)
    if path is None and kind is None:
        raise TypeError("path: needed, because a file is not repaired in place")
    with tempfile.TemporaryDirectory(prefix="normrun_") as temporary:
        place = pathlib.Path(temporary)
        words = _arguments(model, data, held_out, test, batch_size, place)
        written = place / "repaired.safetensors" if path is None else pathlib.Path(path).absolute()
        options = {"--estimator": estimator, "--samples": samples, "--ignore-label": ignore_label,
                   "--network": None if network is None else os.path.abspath(network)}
        answer = json.loads(run("repair", *words, *_given(options), "--json", "-o", written, cwd=place))
        if path is None:
            kind.load_statistics(model, written)
            answer["written"] = None
        return answer


def _shown(number: float | None) -> str:
    return "" if number is None else f"{number:.4g}"


def _given(options: dict[str, Any]) -> list[Any]:
    return [word for option, value in options.items() if value is not None for word in (option, value)]


def _arguments(model: Any, data: Any, held_out: Any, test: Any, batch_size: int | None, place: pathlib.Path) -> list[str]:
    """Writes model and rows into a folder, and returns the program's arguments that name them."""
    place.mkdir(parents=True, exist_ok=True)
    rows = Rows(data)
    words = rows.options("--data", "--labels", place)
    if batch_size is not None or rows.batch_size is not None:
        words += ["--batch-size", str(rows.batch_size if batch_size is None else batch_size)]
    if held_out is not None:
        words += Rows(held_out).options("--held-out", "--held-out-labels", place)
    if test is not None:
        words += Rows(test).options("--test", "--test-labels", place)
    return [_model_file(model, rows, place), *words]


def _kind_of(model: Any) -> Any:
    """Which of our modules writes models of this class.  Their frameworks are imported already, by whoever made the model."""
    for base in type(model).__mro__:
        package = base.__module__.partition(".")[0]
        if package == "torch" and base.__name__ == "Module":
            return torch
        if package in ("keras", "keras_core") and base.__name__ == "Model":
            return keras
        if base.__module__.startswith("flax.nnx") and base.__name__ == "Module":
            return flax
    return None


def _model_file(model: Any, rows: Rows, place: pathlib.Path) -> str:
    if is_path(model):
        return os.path.abspath(model)
    kind = _kind_of(model)
    if kind is keras:
        return keras.export(model, place / "model.safetensors").name
    if kind is torch:
        return torch.export(model, rows.first(2), place / "model.onnx").name
    if kind is flax:
        return flax.export(model, rows.first(1).shape[1:], place / "model.onnx").name
    raise TypeError(f"{type(model).__name__} is no module of PyTorch, no model of Keras, no module of flax, and no path")
