"""Which statistic of a trained network's normalization is wrong, why, and what repairs it.

The work is done by the program `normrun`, which this package brings along:

    normrun.diagnose(model, loader)     a finding for a notebook, with the page that explains it
    normrun.repair(model, loader)       the statistics recomputed, unless that makes the model worse
    normrun.read("results/mine")        the tables of an experiment as pandas frames
    normrun.run("train", "--config", "mine.json")

`normrun.torch`, `normrun.keras` and `normrun.flax` write models for the program and load repaired statistics.  No framework is imported
before it is used.
"""

from . import flax, keras, torch
from ._diagnosis import Diagnosis, diagnose, repair
from ._program import Error, program, run, version
from ._results import Results, read

__all__ = ["Diagnosis", "Error", "Results", "diagnose", "flax", "keras", "program", "read", "repair", "run", "torch", "version"]
