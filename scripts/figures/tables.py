"""Reads the tables of a results folder, and turns seeds into means with intervals."""
from pathlib import Path

import numpy
import pandas

KEYS = ["run_id", "norm", "batch_size", "seed"]

# The columns that each table must have.  Those between `seed` and the first of them are the other swept keys.
COLUMNS = {
    "runs.csv": ["status", "test_loss_eval", "test_accuracy_eval", "test_loss_train", "test_accuracy_train"],
    "history.csv": ["epoch", "step", "split", "mode", "loss", "accuracy"],
    "compare.csv": ["epoch", "step", "split", "eval_batch_size", "mode_a", "mode_b", "relative_gap"],
    "layers.csv": ["epoch", "step", "layer", "mean_gap", "var_ratio"],
    "channels.csv": ["epoch", "step", "layer", "channel", "moving_mean", "moving_variance", "population_mean",
                     "population_variance"],
}

MAX_PANELS = 6  # the most panels of a figure; variants beyond them are left out

# Quantile 0.975 of Student's t for 1 to 30 degrees of freedom.
T_QUANTILES = [12.706, 4.303, 3.182, 2.776, 2.571, 2.447, 2.365, 2.306, 2.262, 2.228, 2.201, 2.179, 2.160, 2.145, 2.131, 2.120,
               2.110, 2.101, 2.093, 2.086, 2.080, 2.074, 2.069, 2.064, 2.060, 2.056, 2.052, 2.048, 2.045, 2.042]


class PlotError(Exception):
    """The results cannot be read; each problem is one line."""


class NotApplicable(Exception):
    """The results have nothing that this figure shows; the message says why."""


class Results:
    """The tables of a finished experiment.  Every frame has a column `variant`: the other swept keys' values as text."""

    def __init__(self, folder):
        self.folder = Path(folder)
        self.name = self.folder.resolve().name
        if not self.folder.is_dir():
            raise PlotError(f"{folder}: no such results folder")
        problems = []
        for file, columns in COLUMNS.items():
            try:
                setattr(self, file.removesuffix(".csv"), read_table(self.folder / file, columns))
            except PlotError as error:
                problems.append(str(error))
        if problems:
            raise PlotError("\n".join(problems))

    @property
    def has_accuracy(self):
        return self.runs["test_accuracy_eval"].notna().any()

    def norms_without_modes(self):
        """Returns the norms whose outputs are the same in train and eval mode, wherever they were compared."""
        rows = self.compare[(self.compare["mode_a"] == "train") & (self.compare["mode_b"] == "eval")]
        largest = rows.groupby("norm")["relative_gap"].max()
        return set(largest[largest == 0].index)

    def lost_runs(self):
        """Returns how many runs failed or diverged, and so are missing from the figures."""
        return int((self.runs["status"] != "ok").sum())


def read_table(path, columns):
    try:
        frame = pandas.read_csv(path, keep_default_na=False, na_values=["", "nan"], float_precision="round_trip",
                                dtype={"run_id": str, "norm": str})
    except FileNotFoundError:
        raise PlotError(f"{path}: no such table; is this the results folder of `normrun train`?") from None
    except (OSError, ValueError) as error:  # pandas' parser errors are ValueErrors
        raise PlotError(f"{path}: cannot be read: {error}") from None
    missing = [column for column in KEYS + columns if column not in frame.columns]
    if missing:
        raise PlotError(f"{path}: no column {', '.join(missing)}")
    return frame.assign(variant=variants_of(frame, columns[0]))


def variants_of(frame, first_own_column):
    """Returns "momentum = 0.9, offset = 5" for each row: keys without their paths, or "" where nothing else was swept."""
    names = list(frame.columns)
    swept = [name for name in names[len(KEYS):names.index(first_own_column)] if frame[name].nunique(dropna=False) > 1]
    text = pandas.Series("", index=frame.index)
    last_words = [name.rsplit(".", 1)[-1] for name in swept]
    for name, last_word in zip(swept, last_words):
        key = last_word if last_words.count(last_word) == 1 else name
        text = text + (", " if name != swept[0] else "") + key + " = " + frame[name].map(value_text)
    return text


def value_text(value):
    return f"{value:g}" if isinstance(value, float) else str(value)


def final_state(frame):
    """Returns the rows of each run's last step."""
    return frame[frame["step"] == frame.groupby("run_id")["step"].transform("max")]


def in_order(values):
    """Returns the distinct values in the order of the table, which is the plan's."""
    return list(dict.fromkeys(values))


def preferred_split(frame):
    """Returns the rows of the test split, or of another split where there is no test split."""
    for split in ("test", "validation", "train"):
        rows = frame[frame["split"] == split]
        if len(rows):
            return split, rows
    return "test", frame


def t_quantile(degrees_of_freedom):
    if degrees_of_freedom <= len(T_QUANTILES):
        return T_QUANTILES[degrees_of_freedom - 1]
    return 1.95996 + 2.3723 / degrees_of_freedom + 2.8225 / degrees_of_freedom**2  # the expansion of Cornish and Fisher


def over_seeds(frame, x, y, logarithmic=False):
    """Returns the mean and 95 % t interval of y over the seeds at each x, as columns x, mean, low, high.

    With `logarithmic`, and if every value is positive, they are the geometric mean and its interval."""
    rows = []
    for position, group in frame.dropna(subset=[y]).groupby(x):
        values = group[y].to_numpy(dtype=float)
        on_logs = logarithmic and (values > 0).all()
        values = numpy.log(values) if on_logs else values
        mean, half = values.mean(), 0.0
        if len(values) > 1:
            half = t_quantile(len(values) - 1) * values.std(ddof=1) / numpy.sqrt(len(values))
        row = numpy.array([mean, mean - half, mean + half])
        rows.append([position, *(numpy.exp(row) if on_logs else row)])
    return pandas.DataFrame(rows, columns=[x, "mean", "low", "high"])


def seeds_note(frame, of_seeds, of_one):
    """Says how the lines were made, where {} is the number of seeds."""
    seeds = frame["seed"].nunique()
    return of_seeds.format(seeds) if seeds > 1 else of_one


def left_out(shown, found, what):
    """Says how much is drawn, unless everything is."""
    return f"{shown} of {found} {what} are drawn." if shown < found else ""


def sentence(variant, text):
    """Returns a finding with the variant in which it holds."""
    text = f"{variant}:  {text}" if variant else text[0].upper() + text[1:]
    return text + "."


def spread(values, count):
    """Returns at most `count` of the values: both ends, and evenly spaced ones in between."""
    if len(values) <= count:
        return values
    return [values[round(i * (len(values) - 1) / (count - 1))] for i in range(count)]
