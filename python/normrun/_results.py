"""The tables of a results folder as pandas frames."""

from __future__ import annotations

import json
import os
import pathlib
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pandas


class Results(Mapping[str, "pandas.DataFrame"]):
    """The tables by name: results["runs"], or results.runs.  Each is read when it is first asked for.

    folder: where they are.  config: the resolved config of the experiment.
    """

    def __init__(self, folder: str | os.PathLike[str]) -> None:
        self.folder = pathlib.Path(folder)
        try:
            package = json.loads((self.folder / "datapackage.json").read_text(encoding="utf-8"))
        except FileNotFoundError:
            raise FileNotFoundError(f"{self.folder}: holds no results; `normrun train` writes them when all runs are done") from None
        self._resources = {resource["name"]: resource for resource in package["resources"]}
        self._tables: dict[str, pandas.DataFrame] = {}

    @property
    def config(self) -> dict[str, Any]:
        return json.loads((self.folder / "config.json").read_text(encoding="utf-8"))

    def __getitem__(self, name: str) -> pandas.DataFrame:
        if name not in self._tables:
            self._tables[name] = _table(self.folder, self._resources[name])
        return self._tables[name]

    def __getattr__(self, name: str) -> pandas.DataFrame:
        if not name.startswith("_") and name in self._resources:
            return self[name]
        raise AttributeError(f"these results have no table {name!r}")

    def __contains__(self, name: object) -> bool:
        return name in self._resources

    def __iter__(self) -> Iterator[str]:
        return iter(self._resources)

    def __len__(self) -> int:
        return len(self._resources)

    def __dir__(self) -> list[str]:
        return [*super().__dir__(), *self._resources]

    def __repr__(self) -> str:
        return f"Results({str(self.folder)!r}): {', '.join(self)}"


def read(results: str | os.PathLike[str]) -> Results:
    """Opens a folder that `normrun train`, `merge`, `compare --out` or `diagnose` wrote.

    runs = normrun.read("results/quickstart").runs

    Raises FileNotFoundError if the folder holds no results.  Tables need pandas.
    """
    return Results(results)


def _table(folder: pathlib.Path, resource: Mapping[str, Any]) -> pandas.DataFrame:
    """Words such as "NA" or "none" in a column of texts stay words; an empty cell is one that does not apply."""
    import pandas

    fields = resource["schema"]["fields"]
    texts = {field["name"] for field in fields if field["type"] == "string"}
    missing = {field["name"]: [""] if field["name"] in texts else ["", "nan"] for field in fields}
    return pandas.read_csv(folder / resource["path"], dtype=dict.fromkeys(texts, str), keep_default_na=False, na_values=missing)
