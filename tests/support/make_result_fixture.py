#!/usr/bin/python3
"""Writes a results folder with plausible invented numbers, every table with its columns, for tests of what reads them.

usage: make_result_fixture.py FOLDER [--regression] [--every-steps] [--variants] [--eval-batch-sizes]
"""
import csv
import math
import random
import sys
from pathlib import Path

KEYS = ["run_id", "norm", "batch_size", "seed"]
COLUMNS = {
    "runs.csv": "status error precision parameters steps train_loss train_accuracy test_loss_eval test_accuracy_eval "
                "test_loss_train test_accuracy_train relative_gap test_samples",
    "history.csv": "epoch step split mode loss accuracy samples",
    "compare.csv": "epoch step split eval_batch_size mode_a mode_b samples max_abs mean_abs rms relative_gap rel_l2 cosine kl "
                   "disagreement loss_a loss_b loss_gap accuracy_a accuracy_b accuracy_gap",
    "classes.csv": "split mode eval_batch_size class samples recall precision",
    "layers.csv": "epoch step layer type features updates momentum init_share mean_gap var_ratio dead_channels worst_channel "
                  "worst_gap relative_gap",
    "channels.csv": "epoch step layer channel moving_mean moving_variance population_mean population_variance gamma beta",
    "outputs.csv": "split sample output mode eval_batch_size value",
    "timing.csv": "setup_seconds train_seconds compare_seconds steps_per_second samples_per_second predict_microseconds "
                  "peak_rss_bytes",
}
EPOCHS, ROWS, CHANNELS, MOMENTUM = 4, 2000, 24, 0.9


class Run:
    """One invented run: batch norm's gap falls as 1/sqrt(B), layer norm has none."""

    def __init__(self, norm, batch_size, seed, variant, options):
        self.norm, self.batch_size, self.seed, self.variant, self.options = norm, batch_size, seed, variant, options
        self.random = random.Random(f"{norm} {batch_size} {seed} {variant}")
        self.steps = EPOCHS * math.ceil(ROWS / batch_size)
        suffix = "" if variant is None else f"-{abs(hash_of(variant)):08x}"
        self.keys = [f"{norm}-b{batch_size}-s{seed}{suffix}", norm, batch_size, seed] + ([] if variant is None else [variant])

    def noise(self, size=0.05):
        return math.exp(self.random.gauss(0.0, size))

    def gap(self, eval_batch_size):
        if self.norm != "batch":
            return 0.0
        return (1.0 if self.variant is None else self.variant) * 1.25 / math.sqrt(eval_batch_size + 0.4) * self.noise()

    def accuracy(self, mode, epoch=EPOCHS):
        final = {"batch": 0.968, "layer": 0.952, "none": 0.935}[self.norm]
        if self.norm == "batch" and mode == "train":
            final -= 1.0 / self.batch_size
        elif self.norm == "batch":
            final -= 0.4 / self.batch_size**1.5
        seen = random.Random(f"{self.keys} {mode if self.norm == 'batch' else ''} {epoch}")
        return max(0.1, final - 0.35 * math.exp(-1.1 * epoch)) * math.exp(seen.gauss(0.0, 0.004))

    def loss(self, mode, epoch=EPOCHS):
        return 3.0 * (1.02 - min(1.0, self.accuracy(mode, epoch)))

    def shown_accuracy(self, mode, epoch=EPOCHS):
        return "" if self.options["regression"] else self.accuracy(mode, epoch)


def hash_of(value):
    return int(float(value) * 1e6) * 2654435761 % 2**32


def runs_rows(run):
    yield ["ok", "", "float32", 51018, run.steps, run.loss("train"), run.shown_accuracy("train"), run.loss("eval"),
           run.shown_accuracy("eval"), run.loss("train"), run.shown_accuracy("train"), run.gap(run.batch_size), 500]


def history_rows(run):
    for epoch in range(1, EPOCHS + 1):
        step = run.steps * epoch // EPOCHS
        for split, mode in (("train", "train"), ("test", "train"), ("test", "eval")):
            yield [epoch, step, split, mode, run.loss(mode, epoch), run.shown_accuracy(mode, epoch), ROWS]


def compare_rows(run):
    sizes = [1, 2, 4, 8, 16, 32, 64, 128, 256] if run.options["eval_batch_sizes"] else []
    for size in sorted({run.batch_size, *sizes}):
        for mode_a, mode_b in (("train", "eval"), ("train", "population"), ("eval", "population")):
            gap = run.gap(size) if mode_a == "train" else run.gap(run.batch_size) * 0.05
            accuracies = ["", "", ""] if run.options["regression"] else [run.accuracy("train"), run.accuracy("eval"), 0.01]
            yield [EPOCHS, run.steps, "test", size, mode_a, mode_b, 500, 9 * gap, 2 * gap, 3 * gap, gap, gap,
                   1 - gap / 2, gap**2, gap / 20, run.loss("train"), run.loss("eval"), 0.1 * gap, *accuracies]


def classes_rows(run):
    for label in range(0 if run.options["regression"] else 10):
        yield ["test", "eval", "", label, 50, 0.9, 0.9]


def statistics_steps(run):
    stride = max(1, run.steps // 12) if run.options["every_steps"] else run.steps
    return sorted({*range(stride, run.steps + 1, stride), run.steps})


def moving_share(step):
    return MOMENTUM**step


def layers_rows(run):
    for step in statistics_steps(run):
        epoch = EPOCHS * step // run.steps
        for place, layer in enumerate(("norm", "norm_1"), start=1):
            if run.norm == "layer":
                yield [epoch, step, layer, "layer", CHANNELS] + [""] * 8 + [0]
            elif run.norm == "batch":
                share = moving_share(step)
                ratio = ((1 - share) * (run.batch_size - 1) / run.batch_size + share) * run.noise(0.02)
                gap = (0.23 / math.sqrt(run.batch_size) + share) * run.noise(0.1)
                yield [epoch, step, layer, "batch", CHANNELS, step, MOMENTUM, share, gap, ratio, 0, 3, 2.5 * gap,
                       run.gap(run.batch_size) * place]


def channels_rows(run):
    if run.norm != "batch":
        return
    for layer in ("norm", "norm_1"):
        for channel in range(CHANNELS):
            mean = run.random.gauss(0.3, 0.8)
            variance = math.exp(run.random.gauss(0.0, 0.7))
            noise = run.random.gauss(0.0, 0.23 / math.sqrt(run.batch_size))
            bias = (run.batch_size - 1) / run.batch_size
            yield [EPOCHS, run.steps, layer, channel, mean + noise * math.sqrt(variance), variance * bias * run.noise(0.1), mean,
                   variance, run.noise(0.1), run.random.gauss(0.0, 0.1)]


def outputs_rows(run):
    for mode in ("train", "eval"):
        yield ["test", 0, 0, mode, "", run.random.gauss(0.0, 1.0)]


def timing_rows(run):
    yield [0.01, run.steps / 9000, 0.05, 9000.0, 9000.0 * run.batch_size, 12.5, 20000000]


def write_results(folder, **options):
    """Writes the tables; options: regression, every_steps, variants, eval_batch_sizes, seeds, batch_sizes, norms."""
    options = {"regression": False, "every_steps": False, "variants": False, "eval_batch_sizes": False, "seeds": 3,
               "batch_sizes": [2, 4, 8, 16, 32, 64, 128], "norms": ["batch", "layer"], **options}
    variants = [0.5, 1.5] if options["variants"] else [None]
    runs = [Run(norm, batch_size, seed, variant, options) for norm in options["norms"] for batch_size in options["batch_sizes"]
            for seed in range(options["seeds"]) for variant in variants]
    header = KEYS + (["norm.factor"] if options["variants"] else [])
    Path(folder).mkdir(parents=True, exist_ok=True)
    for name, columns in COLUMNS.items():
        rows_of = globals()[name.replace(".csv", "_rows")]
        with open(Path(folder) / name, "w", newline="", encoding="utf-8") as file:
            writer = csv.writer(file, lineterminator="\n")
            writer.writerow(header + columns.split())
            for run in runs:
                writer.writerows(run.keys + row for row in rows_of(run))


def main():
    if len(sys.argv) < 2 or sys.argv[1].startswith("-"):
        sys.exit(__doc__)
    write_results(sys.argv[1], **{flag.lstrip("-").replace("-", "_"): True for flag in sys.argv[2:]})


if __name__ == "__main__":
    main()
