"""Shows what the gap does to accuracy (or, in regression, to the loss), by batch size and during training."""
from .style import GREY, Page, batch_size_axis, direct_labels, linear_axis, looks, loss_axis, share_limits
from .tables import MAX_PANELS, NotApplicable, in_order, left_out, over_seeds, preferred_split, seeds_note, sentence, spread

# The style of each mode's lines: filled and solid for eval mode, open and dashed for train mode.
MODES = {
    "eval": ("eval mode", {"linestyle": "-"}),
    "train": ("train mode", {"linestyle": (0, (3, 1.8)), "markerfacecolor": "white"}),
}
MAX_CURVE_COLUMNS = 3
MOST = {"accuracy": 1.02, "loss": None}  # an interval may reach beyond the largest possible accuracy
DRAWN_AS = ("Lines: means of {} seeds; bands: their 95 % t intervals.", "One seed.")


def accuracy_vs_batch_size(results):
    metric = "accuracy" if results.has_accuracy else "loss"
    frame = results.runs[results.runs["status"] == "ok"]
    columns = {mode: f"test_{metric}_{mode}" for mode in MODES}
    if frame[columns["eval"]].isna().all():
        raise NotApplicable(f"runs.csv has no {columns['eval']}")
    if frame["batch_size"].nunique() < 2:
        raise NotApplicable(f"one training batch size only ({frame['batch_size'].iloc[0]})")
    variants = in_order(frame["variant"])[:MAX_PANELS]
    same = results.norms_without_modes()
    alone, width = len(variants) == 1, min(3, len(variants))
    page = Page(f"Test {metric} in eval mode and in train mode", mode_findings(frame, columns, same),
                rows=-(-len(variants) // width), columns=width, panel=(4.0, 2.7) if alone else (2.1, 2.0),
                right=1.6 if alone else 0.2,
                titles=not alone, legend=[] if alone else legend_entries(in_order(frame["norm"])))
    page.keep(len(variants))
    labels = []
    for i, (axes, variant) in enumerate(zip(page.panels, variants)):
        batch_size_axis(axes, sorted(frame["batch_size"].unique()), "training batch size B (examples)")
        labels += draw_modes(axes, frame[frame["variant"] == variant], columns, same)
        axes.set_title(variant, loc="left")
        axes.set_ylabel(f"test {metric}" if i % width == 0 else "")
        axes.tick_params(labelleft=i % width == 0)
    share_y(page.panels, metric)
    if alone:
        direct_labels(page.panels[0], labels)
    page.note(seeds_note(frame, *DRAWN_AS), f"Test split of {results.name}; train mode normalizes each batch of B rows by its "
              "own statistics.", left_out(len(variants), frame["variant"].nunique(), "settings"))
    return page.figure


def draw_modes(axes, rows, columns, same):
    """Draws one line for each norm and mode, or one for both modes where they agree.  Returns the labels at the right end."""
    labels = []
    for name, (label, colour, marker) in looks(in_order(rows["norm"])).items():
        own = rows[rows["norm"] == name]
        agree = name in same
        for mode, (mode_label, style) in MODES.items():
            line = over_seeds(own, "batch_size", columns[mode])
            if line.empty or (agree and mode == "train"):
                continue
            axes.fill_between(line["batch_size"], line["low"], line["high"], color=colour, alpha=0.13, linewidth=0)
            axes.plot(line["batch_size"], line["mean"], color=colour, marker=marker, **style)
            labels.append((line["mean"].iloc[-1], f"{label}, {'both modes' if agree else mode_label}", colour))
    return labels


def share_y(panels, metric):
    if metric == "loss":
        loss_axis(panels)
    share_limits(panels, most=MOST[metric])


def legend_entries(norms):
    entries = [(label, {"color": colour, "marker": marker}) for label, colour, marker in looks(norms).values()]
    return entries + [(label, {"color": GREY, "marker": "o", **style}) for label, style in MODES.values()]


def mode_findings(frame, columns, same):
    """Says what the numbers are at the smallest batch size of the first variant."""
    size, variant = frame["batch_size"].min(), frame["variant"].iloc[0]
    rows = frame[(frame["batch_size"] == size) & (frame["variant"] == variant)]
    means = {name: rows[rows["norm"] == name][[columns["eval"], columns["train"]]].mean() for name in in_order(rows["norm"])}
    return sentence(variant, f"at B = {size}:  " + both_modes(means, columns["eval"], columns["train"], same))


def both_modes(means, in_eval, in_train, same):
    """Returns "batch norm 0.821 in eval mode, 0.464 in train mode;  layer norm 0.947 in both"."""
    parts = []
    for name, (label, _, _) in list(looks(list(means)).items())[:3]:
        own = means[name]
        parts.append(f"{label} {own[in_eval]:.3f} in " + ("both" if name in same else f"eval mode, {own[in_train]:.3f} in train mode"))
    return ";  ".join(parts)


def learning_curves(results):
    split, frame = preferred_split(results.history)
    frame = frame[frame["mode"].isin(MODES)]
    if frame["epoch"].nunique() < 2:
        raise NotApplicable("history.csv has a single epoch")
    same = results.norms_without_modes()
    metrics = ["accuracy", "loss"] if results.has_accuracy else ["loss"]
    sizes = spread(sorted(frame["batch_size"].unique()), MAX_CURVE_COLUMNS)
    variants = spread(in_order(frame["variant"]), MAX_CURVE_COLUMNS)
    rows, columns = curve_grid(metrics, variants, sizes)
    page = Page("Learning curves in both modes", curve_findings(frame, metrics[0], sizes[0], same), rows=len(rows),
                columns=len(columns), panel=(2.1, 1.7), legend=legend_entries(in_order(frame["norm"])))
    for i, axes in enumerate(page.panels):
        row, column = divmod(i, len(columns))
        metric, variant, size = (own or other for own, other in zip(rows[row], columns[column]))
        draw_curves(axes, frame[(frame["variant"] == (variant or "")) & (frame["batch_size"] == size)], metric, same)
        axes.set_title(f"B = {size}" + (f",  {variant}" if variant else ""), loc="left")
        linear_axis(axes.xaxis, whole=True)
        axes.set_xlabel("epoch" if row == len(rows) - 1 else "")
        axes.set_ylabel(f"{split} {metric}" if column == 0 else "")
        axes.tick_params(labelleft=column == 0)
        if column == len(columns) - 1:
            share_y(page.panels[i - column:i + 1], metric)
    page.note(seeds_note(frame, *DRAWN_AS), f"{split.capitalize()} split of {results.name} after each epoch; train mode normalizes each "
              "batch of B rows by its own statistics.", left_out(len(variants), frame["variant"].nunique(), "settings"))
    return page.figure


def curve_grid(metrics, variants, sizes):
    """Returns what the rows and columns of panels show, as (metric, variant, batch size) with None for what the other one shows."""
    if len(sizes) == 1:
        return [(metric, None, sizes[0]) for metric in metrics], [(None, variant, None) for variant in variants]
    if len(variants) == 1:
        return [(metric, variants[0], None) for metric in metrics], [(None, None, size) for size in sizes]
    return [(metrics[0], variant, None) for variant in variants], [(None, None, size) for size in sizes]


def draw_curves(axes, rows, metric, same):
    for name, (_, colour, marker) in looks(in_order(rows["norm"])).items():
        for mode, (_, style) in MODES.items():
            line = over_seeds(rows[(rows["norm"] == name) & (rows["mode"] == mode)], "epoch", metric)
            if line.empty or (name in same and mode == "train"):
                continue
            axes.fill_between(line["epoch"], line["low"], line["high"], color=colour, alpha=0.1, linewidth=0)
            axes.plot(line["epoch"], line["mean"], color=colour, marker=marker, markersize=3.5, **style)


def curve_findings(frame, metric, size, same):
    """Says what the last epoch's numbers are at one batch size of the first variant."""
    variant = frame["variant"].iloc[0]
    rows = frame[(frame["batch_size"] == size) & (frame["variant"] == variant)]
    rows = rows[rows["epoch"] == rows["epoch"].max()]
    means = rows.groupby(["norm", "mode"], sort=False)[metric].mean().unstack().reindex(columns=list(MODES))
    lines = {name: means.loc[name] for name in in_order(rows["norm"])}
    return sentence(variant, f"{metric} of the last epoch at B = {size}:  " + both_modes(lines, "eval", "train", same))
