"""Which numbers of which paper stand in docs/papers.md, and where the results have ours."""

import csv
import dataclasses
import math

# The 97.5 % points of Student's t with 1, 2, … degrees of freedom.
T = (12.706, 4.303, 3.182, 2.776, 2.571, 2.447, 2.365, 2.306, 2.262, 2.228, 2.201, 2.179, 2.160, 2.145, 2.131, 2.120, 2.110, 2.101, 2.093)

# What a cell shows of a column's value: a factor and an offset, and how many digits.
UNITS = {"%": (100, 0, 1), "error %": (-100, 100, 2), "": (1, 0, 3)}


@dataclasses.dataclass(frozen=True)
class Row:
    """One line of a table: a column's mean over the seeds where `where` holds, or minus the same where `minus` holds as well."""

    label: str
    paper: str
    column: str  # table.column
    where: dict
    minus: dict | None = None  # what changes `where` for the values that are subtracted, seed by seed
    unit: str = "%"


def values(out, column, where):
    """Returns seed -> value of the rows where every column of `where` has its value; the last such row of a run counts."""
    table, name = column.split(".", 1)
    found = {}
    with open(out / f"{table}.csv", newline="", encoding="utf-8") as file:
        for row in csv.DictReader(file):
            if all(row.get(key) == str(value) for key, value in where.items()) and row[name] != "":
                found[row["seed"]] = float(row[name])
    return found


def interval(numbers, digits):
    """Returns the mean with its 95 % t interval over the seeds."""
    n = len(numbers)
    mean = sum(numbers) / n
    text = f"{mean:.{digits}f}"
    if n == 1:
        return f"{text} (one seed)"
    half = T[n - 2] * math.sqrt(sum((x - mean) ** 2 for x in numbers) / (n - 1) / n)
    return f"{text} [{mean - half:.{digits}f}, {mean + half:.{digits}f}]"


def ours(row, out):
    """Returns the cell of our number; rows that the results do not have were not run."""
    factor, offset, digits = UNITS[row.unit]
    first = values(out, row.column, row.where)
    if row.minus is None:
        numbers = [factor * value + offset for value in first.values()]
    else:
        second = values(out, row.column, {**row.where, **row.minus})
        numbers = [factor * (first[seed] - second[seed]) for seed in first if seed in second]
    return interval(numbers, digits) if numbers else "not run"


def table_of(rows, out):
    lines = ["| what | paper | here |", "|---|---|---|"]
    return lines + [f"| {row.label} | {row.paper or '-'} | {ours(row, out)} |" for row in rows]


def ba_rows(arms):
    """The rows of one batch size: the test error after the last epoch, and how fast the training loss falls."""
    rows = [Row(f"{label}: test error %", "", "runs.test_accuracy_eval", where, unit="error %") for where, label in arms]
    return rows + [Row(f"{label}: training loss of epoch {epoch}", "", "history.loss", {**where, "split": "train", "mode": "train", "epoch": epoch},
                       unit="") for epoch in (1, 2) for where, label in arms]


def ioffe_2015_rows():
    rows = [Row(f"{label} after {step} steps: test accuracy", "", "history.accuracy",
                {"norm": norm, "split": "test", "mode": "eval", "step": step})
            for step in (1000, 10000, 50000) for norm, label in (("batch", "batch norm"), ("none", "none"))]
    for norm, label, layer in (("batch", "batch norm", "sigmoid_inputs"), ("none", "none", "dense_7")):
        rows += [Row(f"{label}, {step} steps: percentile {p} of the sigmoids' inputs", "", "probes.value",
                     {"norm": norm, "probe": f"activation_p{p}", "layer": layer, "step": step}, unit="")
                 for step in (5000, 50000) for p in (15, 50, 85)]
    return rows


def wu_he_rows():
    paper = {"batch": ("23.6", "23.7", "24.8", "27.3", "34.7"), "group": ("24.1", "24.2", "24.0", "24.2", "24.1")}
    rows = [Row(f"{norm} norm, batch {size}: error %", paper[norm][i], "runs.test_accuracy_eval",
                {"norm": norm, "batch_size": size}, unit="error %")
            for norm in ("batch", "group") for i, size in enumerate((32, 16, 8, 4, 2))]
    return rows + [Row("batch norm minus group norm at batch 32", "-0.5", "runs.test_accuracy_eval",
                       {"norm": "batch", "batch_size": 32}, {"norm": "group"}, "error %"),
                   Row("batch norm minus group norm at batch 2", "10.6", "runs.test_accuracy_eval",
                       {"norm": "batch", "batch_size": 2}, {"norm": "group"}, "error %"),
                   Row("batch norm at batch 2, in batches of 2 (train mode): error %", "", "runs.test_accuracy_train",
                       {"norm": "batch", "batch_size": 2}, unit="error %"),
                   Row("batch norm at batch 2, population statistics: error %", "", "compare.accuracy_b",
                       {"norm": "batch", "batch_size": 2, "mode_a": "eval", "mode_b": "population"}, unit="error %")]


def ioffe_2017_rows(axis, apart, names):
    accuracy = "runs.test_accuracy_eval"
    rows = [Row(f"{label}, {names[value]}", "", accuracy, {"norm": norm, axis: value})
            for norm, label in (("batch", "batch norm"), ("batch_renorm", "batch renorm")) for value in names]
    whole = next(iter(names))
    return rows + [Row(f"what {names[apart]} cost batch norm", "", accuracy, {"norm": "batch", axis: whole}, {axis: apart}),
                   Row(f"what {names[apart]} cost batch renorm", "", accuracy, {"norm": "batch_renorm", axis: whole}, {axis: apart})]


def momentum_rows():
    rows = []
    for step, when in ((8, "epoch 1"), (96, "epoch 12")):
        rows += [Row(f"momentum {momentum}, {when}: {label}", "", f"compare.accuracy_{side}", {"norm.momentum": momentum, "step": step})
                 for momentum in ("0", "0.5", "0.9", "0.99") for side, label in (("a", "population statistics"), ("b", "moving averages"))]
    return rows


def schneider_rows():
    rows = []
    for scale, offset, shift in (("0.8", "0.1", "mild"), ("0.5", "0.3", "severe")):
        where = {"data.shift": f'[{{"split":"test","scale":{scale},"offset":{offset}}}]'}
        rows.append(Row(f"{shift} shift, moving statistics (no adaptation)", "", "compare.accuracy_b", {**where, "mode_a": "train", "eval_batch_size": 1}))
        for mode, label in (("train", "statistics of"), ("mixed-4-rows", "N = 4,"), ("mixed-16-rows", "N = 16,"), ("mixed-64-rows", "N = 64,")):
            rows += [Row(f"{shift} shift, {label} {size} test rows", "", "compare.accuracy_a", {**where, "mode_a": mode, "eval_batch_size": size})
                     for size in (2, 8, 32, 512)]
    return rows


def izmailov_rows():
    last, average = ({"train.average_weights.statistics": name, "mode_b": "last-weights"} for name in ("last", "average"))
    paper = {"accuracy": ("72.55, 76.77, 78.49, 80.82", "73.91, 78.75, 79.77, 81.46"), "loss": ("", "")}
    rows = []
    for name, unit in (("accuracy", "%"), ("loss", "")):
        rows += [Row(f"weights of the last step: {name}", paper[name][0], f"compare.{name}_b", {**last, "mode_a": "eval"}, unit=unit),
                 Row(f"averaged weights, statistics of the last step: {name}", "", f"compare.{name}_a", {**last, "mode_a": "eval"}, unit=unit),
                 Row(f"averaged weights, averaged statistics: {name}", "", f"compare.{name}_a", {**average, "mode_a": "eval"}, unit=unit),
                 Row(f"averaged weights, recomputed statistics: {name}", paper[name][1], f"compare.{name}_a", {**last, "mode_a": "population"}, unit=unit)]
    return rows + [Row(f"{label} minus last step: accuracy in points", cell, "compare.accuracy_gap", {**last, "mode_a": mode})
                   for label, cell, mode in (("recomputed", "1.36, 1.98, 1.28, 0.64", "population"), ("statistics of the last step", "", "eval"))]


def huang_rows():
    rows = []
    for norm, label in (("batch", "all batch norm"), ("layer", "every second one layer norm")):
        rows += [Row(f"{label}, norm {layer}: distance of the moving mean", "", "layers.mean_gap", {"norm": norm, "layer": f"norm_{layer}"}, unit="")
                 for layer in (1, 3, 5, 7)]
        rows += [Row(f"{label}, norm {layer}: moving / population variance", "", "layers.var_ratio", {"norm": norm, "layer": f"norm_{layer}"}, unit="")
                 for layer in (1, 7)]
        rows += [Row(f"{label}: gap between eval and population outputs", "", "compare.relative_gap", {"norm": norm, "mode_a": "eval"}, unit=""),
                 Row(f"{label}: accuracy in eval mode", "", "compare.accuracy_a", {"norm": norm, "mode_a": "eval"}),
                 Row(f"{label}: accuracy by population statistics", "", "compare.accuracy_b", {"norm": norm, "mode_a": "eval"})]
    return rows


def ghost_rows():
    rows = [Row(f"ghost batches of {size}: test accuracy", "", "compare.accuracy_a", {"norm": f"ghost-{size}", "split": "test"}) for size in (128, 32, 16, 8, 4)]
    rows += [Row(f"ghost batches of {size}: {split} loss", "", "compare.loss_a", {"norm": f"ghost-{size}", "split": split}, unit="")
             for split in ("test", "train") for size in (128, 16, 4)]
    return rows + [Row("layer norm: test accuracy", "", "compare.accuracy_a", {"norm": "layer", "split": "test"}),
                   Row("ghost batches of 16 minus none: test accuracy", "", "compare.accuracy_a", {"norm": "ghost-16", "split": "test"}, {"norm": "ghost-128"}),
                   Row("ghost batches of 16 minus none: test loss", "", "compare.loss_a", {"norm": "ghost-16", "split": "test"}, {"norm": "ghost-128"}, "")]


def weighing_rows():
    return [Row(f"trained at batch {size}: alpha {alpha} minus eval, {name}", "", f"compare.{column}_gap", {"batch_size": size, "mode_a": f"mixed-{alpha}"}, unit=unit)
            for size in (32, 4) for column, name, unit in (("accuracy", "accuracy in points", "%"), ("loss", "loss", ""))
            for alpha in ("0.02", "0.05", "0.1", "0.2", "0.5")]


def evalnorm_rows():
    rows = []
    for size, weight in ((2, "0.5"), (4, "0.25"), (8, "0.125"), (32, "0.03125")):
        where = {"batch_size": size, "mode_a": f"mixed-{weight}"}
        rows += [Row(f"batch {size}, eval mode: accuracy", "", "compare.accuracy_b", where),
                 Row(f"batch {size}, own statistics weigh 1 / {size}: accuracy", "", "compare.accuracy_a", where),
                 Row(f"batch {size}, gain in points", "6.18" if size == 2 else "", "compare.accuracy_gap", where)]
    return rows


def zhong_rows():
    return [Row(f"{norm} norm, {label}, {steps} local step{'s' * (steps > 1)} a round", "", "runs.test_accuracy_eval",
                {"norm": norm, "train.clients.split": split, "train.clients.local_steps": steps})
            for split, label in (("random", "random rows"), ("by-class", "one class a client")) for steps in (1, 20) for norm in ("batch", "group")]


def dropout_rows():
    rows = []
    for rate in ("0", "0.1", "0.3", "0.5", "0.7"):
        where = {"network.5.rate": rate}
        rows += [Row(f"rate {rate}: moving / population variance behind dropout", "", "layers.var_ratio", {**where, "layer": "norm_behind_dropout"}, unit=""),
                 Row(f"rate {rate}: test error %, eval mode", "", "compare.accuracy_a", {**where, "mode_a": "eval"}, unit="error %"),
                 Row(f"rate {rate}: test error %, population statistics", "", "compare.accuracy_b", {**where, "mode_a": "eval"}, unit="error %")]
    return rows + [Row(f"rate {rate}: eval mode minus population statistics, accuracy in points", "", "compare.accuracy_gap",
                       {"network.5.rate": rate, "mode_a": "eval"}) for rate in ("0.5", "0.7")]


def transformer_rows():
    rows = []
    for first, place, ends in (("true", "before the blocks", ("attention_1/body/norm", "norm")),
                               ("false", "behind the sums", ("attention_1_norm", "feed_forward_2_norm"))):
        where = {"network.0.norm_first": first}
        rows += [Row(f"{norm}, {place}: accuracy in eval mode", "", "runs.test_accuracy_eval", {**where, "norm": norm})
                 for norm in ("layer", "rms", "batch", "batch-counted", "power", "none")]
        rows += [Row(f"{norm} minus {other}, {place}: in points", "", "runs.test_accuracy_eval", {**where, "norm": norm}, {"norm": other})
                 for norm, other in (("batch", "layer"), ("power", "batch"))]
        rows += [Row(f"batch, {place}: accuracy in train mode", "", "runs.test_accuracy_train", {**where, "norm": "batch"})]
        rows += [Row(f"batch, {place}: gap between the modes, {end} norm", "", "layers.relative_gap",
                     {**where, "norm": "batch", "layer": f"encoder/{layer}"}, unit="") for end, layer in zip(("first", "last"), ends)]
    return rows


def recurrent_rows():
    axis = "network.2"
    arms = (("none", "98.9, 90.2"), ("layer", ""), ("batch", "99.0, 95.4"))
    rows = [Row(f"{norm} in the cell: accuracy in eval mode", paper, "runs.test_accuracy_eval", {axis: norm}) for norm, paper in arms]
    rows += [Row(f"{norm} in the cell: accuracy after epoch 5", "", "history.accuracy", {axis: norm, "split": "test", "mode": "eval", "epoch": 5})
             for norm, _ in arms]
    return rows + [Row("batch minus none: in points", "0.1, 5.2", "runs.test_accuracy_eval", {axis: "batch"}, {axis: "none"}),
                   Row("batch minus layer: in points", "", "runs.test_accuracy_eval", {axis: "batch"}, {axis: "layer"}),
                   Row("batch in the cell: accuracy in train mode", "", "runs.test_accuracy_train", {axis: "batch"})]


def frozen_rows():
    frozen = '[{"from_epoch":8,"forward_mode":"frozen-norms"}]'
    rows = []
    for size in (2, 4):
        where = {"batch_size": size, "train.phases": "[]"}
        rows += [Row(f"batch {size}, batch statistics to the end: accuracy", "", "runs.test_accuracy_eval", where),
                 Row(f"batch {size}, moving statistics for the last two epochs: accuracy", "", "runs.test_accuracy_eval", {**where, "train.phases": frozen}),
                 Row(f"batch {size}, gain in points", "", "runs.test_accuracy_eval", {**where, "train.phases": frozen}, {"train.phases": "[]"})]
    return rows


BA_ARMS = (({"norm": "layer"}, "layer norm"), ({"norm": "batch"}, "batch norm, hidden layers"), ({"norm": "none"}, "none"))
BA_OUTPUT = (({"norm": "batch"}, "batch norm, before the softmax too"),)

PAPERS = {
    "ba-2016-figure-6": ba_rows(BA_ARMS),
    "ba-2016-figure-6-output": ba_rows(BA_OUTPUT),
    "ba-2016-figure-6-batch-4": ba_rows(BA_ARMS),
    "ba-2016-figure-6-output-batch-4": ba_rows(BA_OUTPUT),
    "ioffe-2015-figure-1": ioffe_2015_rows(),
    "wu-he-2018-batch-sizes": wu_he_rows(),
    "wu-he-2018-batch-sizes-dense": wu_he_rows(),
    "ioffe-2017-microbatches": ioffe_2017_rows("train.replicas", 8, {1: "32 rows together", 8: "micro-batches of 4"}),
    "ioffe-2017-non-iid": ioffe_2017_rows("data.batching", "two-classes", {"iid": "random batches", "two-classes": "batches of two classes"}),
    "wu-johnson-2021-momentum": momentum_rows(),
    "wu-johnson-2021-samples": [Row(f"population statistics of {n} rows: accuracy", "", "compare.accuracy_a", {"population.samples": n})
                                for n in (8, 32, 100, 320, 1000, 3200)],
    "wu-johnson-2021-frozen": frozen_rows(),
    "wu-johnson-2021-domain": [Row("moving statistics: accuracy", "", "compare.accuracy_b", {"population.split": "train"}),
                               Row("population statistics of the training rows: accuracy", "", "compare.accuracy_a", {"population.split": "train"}),
                               Row("population statistics of the test rows: accuracy", "", "compare.accuracy_a", {"population.split": "test"})],
    "izmailov-2018-swa": izmailov_rows(),
    "huang-2022-estimation-shift": huang_rows(),
    "schneider-2020-test-time": schneider_rows(),
    "zhong-2023-clients": zhong_rows(),
    "li-2018-dropout": dropout_rows(),
    "shen-2020-transformers": transformer_rows(),
    "cooijmans-2016-recurrent": recurrent_rows(),
    "zhu-2025-dyt": [Row(f"{norm}: accuracy", "", "runs.test_accuracy_eval", {"norm": norm}) for norm in ("layer", "rms", "dyt", "none")]
                    + [Row("dyt minus layer norm", "", "runs.test_accuracy_eval", {"norm": "dyt"}, {"norm": "layer"})],
    "summers-dinneen-2020-ghost": ghost_rows(),
    "summers-dinneen-2020-weighing": weighing_rows(),
    "singh-2019-evalnorm": evalnorm_rows(),
}

# What the page shows: the whole of most configs but for some seeds, and as much of the long ones as an hour on one core has room for.
ONE_SEED = ["--seeds", "0"]
TWO_SEEDS = ["--seeds", "0..1"]
THREE_SEEDS = ["--seeds", "0..2"]
WHOLE = ("shen-2020-transformers", "wu-johnson-2021-domain", "huang-2022-estimation-shift", "izmailov-2018-swa", "li-2018-dropout")
SHORT = {name: ["--seeds", "0..4"] for name in PAPERS} | {name: [] for name in WHOLE} | {
    "ba-2016-figure-6": ["--epochs", "5", *ONE_SEED],
    "ba-2016-figure-6-output": ["--epochs", "5", *ONE_SEED],
    "ba-2016-figure-6-batch-4": ["--epochs", "1", "--set", "data.limit=10000", *THREE_SEEDS],
    "ba-2016-figure-6-output-batch-4": ["--epochs", "1", "--set", "data.limit=10000", *THREE_SEEDS],
    "ioffe-2015-figure-1": TWO_SEEDS,
    "wu-he-2018-batch-sizes": TWO_SEEDS,
    "zhu-2025-dyt": THREE_SEEDS,
    "summers-dinneen-2020-weighing": TWO_SEEDS,
    "singh-2019-evalnorm": TWO_SEEDS,
}
