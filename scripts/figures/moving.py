"""Compares moving statistics, which eval mode uses, with the statistics of the whole population."""
import re

import numpy

from .style import GREY, NORMS, Page, colour_list, linear_axis, log_axis, looks, percent, percent_tick, sequence
from .tables import NotApplicable, final_state, in_order, left_out, over_seeds, seeds_note, spread

MAX_ROWS = 4
MAX_SIZES = 4
STATISTICS = ["moving_mean", "moving_variance", "population_mean", "population_variance"]


def moving_vs_population(results):
    frame = final_state(results.channels).dropna(subset=STATISTICS)
    frame = frame[(frame["population_variance"] > 0) & (frame["moving_variance"] > 0)]
    if frame.empty:
        raise NotApplicable("channels.csv has no moving statistics (no batch norm)")
    seed = frame["seed"].min()
    sizes = spread(sorted(frame["batch_size"].unique()), MAX_SIZES)
    frame = frame[(frame["seed"] == seed) & frame["batch_size"].isin(sizes)]
    found = rows_of_panels(frame)
    rows = spread(found, MAX_ROWS)
    page = Page("Moving statistics against population statistics, channel by channel", variance_findings(*rows[0], sizes),
                rows=len(rows), columns=2, panel=(2.2, 2.2), right=1.55, gap_x=0.72)
    for i, (label, own) in enumerate(rows):
        means, variances = page.panels[2 * i], page.panels[2 * i + 1]
        draw_means(means, own, sizes)
        draw_variances(variances, own, sizes)
        means.set_title(label, loc="left")
        means.set_ylabel("moving mean")
        variances.set_ylabel("moving variance")
    means.set_xlabel("population mean")
    variances.set_xlabel("population variance")
    page.note(f"Dots: channels, one run for each batch size ({results.name}, seed {seed}, final state); grey line: equal.",
              "Variance ratio: moving / population, geometric mean over the channels.",
              left_out(len(rows), len(found), "layers and settings"))
    return page.figure


def rows_of_panels(frame):
    """Returns (title, lines of the table) for each norm, variant and layer."""
    found, places = [], {}
    for (norm, variant, layer), own in frame.groupby(["norm", "variant", "layer"], sort=False):
        name = NORMS.get(norm, (norm,))[0]
        place = places[norm, variant] = places.get((norm, variant), 0) + 1
        # A layer that has its name from its place in the config is called by its place among the normalization layers.
        spoken = f"normalization layer {place}" if re.fullmatch(r"[a-z]+_\d+", layer) else f'layer "{layer}"'
        found.append((f"{name}, {spoken}" + (f",  {variant}" if variant else ""), own))
    return found


def equal_axes(axes, low, high):
    axes.plot([low, high], [low, high], color=GREY, linewidth=0.8, zorder=1)
    axes.set_xlim(low, high)
    axes.set_ylim(low, high)


def draw_dots(axes, rows, sizes, statistic):
    for size, colour in zip(sizes, sequence(len(sizes))):
        own = rows[rows["batch_size"] == size]
        axes.plot(own[f"population_{statistic}"], own[f"moving_{statistic}"], "o", color=colour, markersize=2.6, alpha=0.75,
                  markeredgewidth=0)


def draw_means(axes, rows, sizes):
    values = rows[["moving_mean", "population_mean"]].to_numpy()
    margin = 0.06 * (numpy.ptp(values) or 1.0)
    equal_axes(axes, values.min() - margin, values.max() + margin)
    linear_axis(axes.xaxis)
    linear_axis(axes.yaxis)
    draw_dots(axes, rows, sizes, "mean")


def draw_variances(axes, rows, sizes):
    values = rows[["moving_variance", "population_variance"]].to_numpy()
    low, high = values.min() / 1.3, values.max() * 1.3
    axes.set_xscale("log")
    axes.set_yscale("log")
    equal_axes(axes, low, high)
    log_axis(axes.xaxis, low, high)
    log_axis(axes.yaxis, low, high)
    draw_dots(axes, rows, sizes, "variance")
    entries = [(f"B = {size}:  {variance_ratio(rows, size):.2f}", colour) for size, colour in zip(sizes, sequence(len(sizes)))]
    colour_list(axes, "variance ratio", entries)


def variance_ratio(rows, size):
    own = rows[rows["batch_size"] == size]
    return numpy.exp(numpy.log(own["moving_variance"] / own["population_variance"]).mean())


def variance_findings(label, rows, sizes):
    parts = [f"{variance_ratio(rows, size):.2f} at B = {size}" for size in dict.fromkeys((sizes[0], sizes[-1]))]
    return f"Moving / population variance:  {', '.join(parts)}  ({label})."


def statistics_over_steps(results):
    frame = results.layers.dropna(subset=["mean_gap", "var_ratio"])
    if frame.empty:
        raise NotApplicable("layers.csv has no moving statistics (no batch norm)")
    if frame.groupby("run_id")["step"].nunique().max() < 3:
        raise NotApplicable("layers.csv has the final state only (see compare.every_steps)")
    found = rows_of_panels(frame)
    rows = spread(found, MAX_ROWS)
    page = Page("Moving statistics while training", step_findings(*rows[0]), rows=len(rows), columns=2, panel=(2.3, 1.7), right=0.95,
                gap_x=0.78)
    for i, (label, own) in enumerate(rows):
        left, right = page.panels[2 * i], page.panels[2 * i + 1]
        draw_steps(left, own, "mean_gap")
        right.axhline(1.0, color=GREY, linewidth=0.8, zorder=1)
        colour_list(right, "training at", draw_steps(right, own, "var_ratio"))
        left.set_title(label, loc="left")
        left.set_ylabel("error of the moving mean\n(population sd)")
        right.set_ylabel("moving / population\nvariance")
    left.set_xlabel("training step")
    right.set_xlabel("training step")
    page.note(seeds_note(frame, "Lines: geometric means of {} seeds, each over the layer's channels.",
                         "One seed; over the layer's channels."), f"Results of {results.name}.",
              left_out(len(rows), len(found), "layers and settings"))
    return page.figure


def draw_steps(axes, rows, column):
    """Returns (text, colour) of each batch size."""
    sizes = sorted(rows["batch_size"].unique())
    axes.set_yscale("log")
    if rows["step"].max() > 50 * rows["step"][rows["step"] > 0].min():
        axes.set_xscale("log")
        log_axis(axes.xaxis, 1, 1000)
    else:
        linear_axis(axes.xaxis, 4, whole=True)
    entries = []
    for size, colour in zip(sizes, sequence(len(sizes))):
        line = over_seeds(rows[(rows["batch_size"] == size) & (rows[column] > 0)], "step", column, logarithmic=True)
        axes.plot(line["step"], line["mean"], color=colour, linewidth=1.1)
        entries.append((f"B = {size}", colour))
    log_axis(axes.yaxis, *axes.get_ylim())
    return entries


def step_findings(label, rows):
    size = rows["batch_size"].min()
    own = rows[rows["batch_size"] == size]
    parts = [f"{own.loc[own['step'] == step, 'var_ratio'].mean():.2f} at step {step}" for step in (own["step"].min(), own["step"].max())]
    return f"Moving / population variance at B = {size}:  {', '.join(parts)}  ({label})."


# What is drawn along the depth: a column of layers.csv and the label of its axis.
ALONG_DEPTH = [("relative_gap", "gap of the layer's outputs"), ("mean_gap", "error of the moving mean\n(population sd)"),
               ("var_ratio", "moving / population\nvariance")]


def gap_along_depth(results):
    frame = final_state(results.layers)
    # A layer's place among the normalization layers of its run, from 1 at the input.
    frame = frame.assign(place=frame.groupby("run_id").cumcount() + 1).dropna(subset=["mean_gap", "var_ratio"])
    if frame.empty or frame["place"].max() < 2:
        raise NotApplicable("fewer than two normalization layers with moving statistics")
    drawn = [(column, label) for column, label in ALONG_DEPTH if column in frame and frame[column].notna().any()]
    first = drawn[0][0]  # results of version 0.1 have no gap of a layer's outputs
    found = [(own[first].max(), size, variant) for (variant, size), own in frame.groupby(["variant", "batch_size"], sort=False)]
    rows = [(size, variant) for _, size, variant in sorted(found, key=lambda one: -one[0])[:MAX_ROWS]]
    page = Page("Train mode against eval mode, and moving against population statistics, along the depth",
                depth_findings(frame, first, *rows[0]), rows=len(rows), columns=len(drawn), panel=(2.1, 1.7), right=0.2, gap_x=0.82,
                legend=[(label, {"color": colour, "marker": marker}) for label, colour, marker in looks(in_order(frame["norm"])).values()])
    for i, (size, variant) in enumerate(rows):
        own = frame[(frame["batch_size"] == size) & (frame["variant"] == variant)]
        panels = page.panels[len(drawn) * i:len(drawn) * (i + 1)]
        for axes, (column, label) in zip(panels, drawn):
            draw_depth(axes, own, column)
            axes.set_ylabel(label)
            if i == len(rows) - 1:
                axes.set_xlabel("normalization layer")
        panels[0].set_title(f"B = {size}" + (f",  {variant}" if variant else ""), loc="left")
    page.note(seeds_note(frame, "Lines: means of {} seeds; bands: their 95 % t intervals.", "One seed."),
              "Gap: rms(a − b) / sd(b), a in train mode and b in eval mode." if first == "relative_gap" else "",
              f"Final state of the runs of {results.name}; for the statistics, the layers below each one use the population's.",
              left_out(len(rows), len(found), "settings"))
    return page.figure


def draw_depth(axes, rows, column):
    for name, (_, colour, marker) in looks(in_order(rows["norm"])).items():
        line = over_seeds(rows[rows["norm"] == name], "place", column)
        axes.fill_between(line["place"], line["low"], line["high"], color=colour, alpha=0.13, linewidth=0)
        axes.plot(line["place"], line["mean"], color=colour, marker=marker)
    if column == "var_ratio":
        axes.axhline(1.0, color=GREY, linewidth=0.8, zorder=1)
    if column == "relative_gap":
        axes.set_ylim(bottom=0.0)
    linear_axis(axes.xaxis, whole=True)
    linear_axis(axes.yaxis, write=percent_tick if column == "relative_gap" else None)


def depth_findings(frame, column, size, variant):
    own = frame[(frame["batch_size"] == size) & (frame["variant"] == variant)].groupby("place")[column].mean()
    largest = f"gap at B = {size}:  {percent(own.max())}" if column == "relative_gap" else \
        f"error of a moving mean at B = {size}:  {own.max():.2g} population sd"
    return f"Largest {largest}, in normalization layer {own.idxmax()}" + (f"  ({variant})." if variant else ".")
