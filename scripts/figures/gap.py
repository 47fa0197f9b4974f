"""Shows how far train-mode outputs are from eval-mode outputs, by training and by evaluation batch size."""
import numpy

from .style import GREY, Page, batch_size_axis, direct_labels, log_axis, looks, percent, percent_tick, share_limits
from .tables import MAX_PANELS, NotApplicable, final_state, in_order, left_out, over_seeds, preferred_split, seeds_note, sentence

Y_LABEL = "gap   rms(a − b) / sd(b)"
REFERENCE = {"color": GREY, "linewidth": 0.9, "linestyle": (0, (4, 2.5))}
DRAWN_AS = ("Lines: geometric means of {} seeds; bands: their 95 % t intervals; dots: seeds.", "One seed.")


def gap_vs_batch_size(results):
    split, frame = preferred_split(final_state(results.compare))
    frame = frame[(frame["mode_a"] == "train") & (frame["mode_b"] == "eval") & (frame["eval_batch_size"] == frame["batch_size"])]
    frame = frame.drop_duplicates(["run_id"]).dropna(subset=["relative_gap"])
    if frame.empty:
        raise NotApplicable('compare.csv has no train:eval comparison at the training batch size ("train" in '
                            "compare.eval_batch_sizes)")
    if frame["batch_size"].nunique() < 2:
        raise NotApplicable(f"one training batch size only ({frame['batch_size'].iloc[0]})")
    page = draw(frame, "batch_size", "training batch size B (examples)",
                "Outputs in train mode (a) against eval mode (b), by batch size")
    page.note(seeds_note(frame, *DRAWN_AS), f"Final state of each run of {results.name}, {split} split; batch statistics "
              "over B rows.", left_out(len(page.panels), frame["variant"].nunique(), "settings"))
    return page.figure


def gap_vs_eval_batch_size(results):
    split, frame = preferred_split(final_state(results.compare))
    mode = next((mode for mode in ("population", "eval") if varies(frame, mode)), None)
    if mode is None:
        raise NotApplicable("one evaluation batch size only (see compare.eval_batch_sizes)")
    frame = frame[(frame["mode_a"] == "train") & (frame["mode_b"] == mode)].dropna(subset=["relative_gap"])
    size = middle(frame["batch_size"].unique())
    frame = frame[frame["batch_size"] == size].drop_duplicates(["run_id", "eval_batch_size"])
    page = draw(frame, "eval_batch_size", "evaluation batch size E (examples)",
                f"Train mode (a) against {mode} mode (b) of networks trained at B = {size}")
    page.note(seeds_note(frame, *DRAWN_AS), f"Final state of the runs of {results.name} at B = {size}, {split} split; "
              "batch statistics over E rows.", left_out(len(page.panels), frame["variant"].nunique(), "settings"))
    return page.figure


def varies(frame, mode_b):
    """Returns whether every training batch size was compared at several evaluation batch sizes."""
    rows = frame[(frame["mode_a"] == "train") & (frame["mode_b"] == mode_b)]
    return len(rows) > 0 and rows.groupby("batch_size")["eval_batch_size"].nunique().min() > 2


def middle(sizes):
    """Returns 32 if it is among the sizes, as in most papers, else the size in the middle of a logarithmic axis."""
    ordered = sorted(sizes)
    return 32 if 32 in ordered else ordered[len(ordered) // 2]


def draw(frame, x, x_label, title):
    """Draws one panel for each variant.  Norms whose gap is exactly 0 lie in a strip below the logarithmic axis."""
    variants = in_order(frame["variant"])[:MAX_PANELS]
    norms = looks(in_order(frame["norm"]))
    zero = [name for name in norms if (frame.loc[frame["norm"] == name, "relative_gap"] == 0).all()]
    columns, alone = min(3, len(variants)), len(variants) == 1
    legend = [] if alone else legend_entries(norms, x)
    page = Page(title, findings(frame, x, norms, zero), rows=-(-len(variants) // columns), columns=columns,
                panel=(4.0, 2.6) if alone else (2.1, 2.0), right=1.45 if alone else 0.2, strip=0.17 * len(zero),
                titles=not alone, legend=legend)
    page.keep(len(variants))
    labels = []
    for i, variant in enumerate(variants):
        rows = frame[frame["variant"] == variant]
        panel, strip = page.panels[i], page.strips[i] if zero else None
        for axes in filter(None, (panel, strip)):
            batch_size_axis(axes, sorted(frame[x].unique()), x_label if axes is (strip or panel) else "")
        labels += draw_lines(panel, rows, x, {name: norms[name] for name in norms if name not in zero})
        if strip:
            draw_strip(strip, panel, rows, x, {name: norms[name] for name in zero}, label_ticks=i % columns == 0, label_lines=alone)
        panel.set_title(variant, loc="left")
        panel.set_ylabel(Y_LABEL if i % columns == 0 else "")
        panel.tick_params(labelleft=i % columns == 0)
    share_limits(page.panels)
    for panel in page.panels:
        log_axis(panel.yaxis, *panel.get_ylim(), write=percent_tick)
    if alone:
        direct_labels(page.panels[0], labels)
    return page


def legend_entries(norms, x):
    entries = [(label, {"color": colour, "marker": marker}) for label, colour, marker in norms.values()]
    return entries + [(f"1/√{letter_of(x)}", REFERENCE)]


def draw_lines(axes, rows, x, norms):
    """Draws the lines, and returns the labels of their right ends: (height, text, colour)."""
    axes.set_yscale("log")
    labels = []
    for name, (label, colour, marker) in norms.items():
        own = rows[(rows["norm"] == name) & (rows["relative_gap"] > 0)]
        line = over_seeds(own, x, "relative_gap", logarithmic=True)
        if line.empty:
            continue
        axes.fill_between(line[x], line["low"], line["high"], color=colour, alpha=0.18, linewidth=0)
        axes.plot(own[x], own["relative_gap"], ".", color=colour, markersize=2.2, alpha=0.55)
        axes.plot(line[x], line["mean"], color=colour, marker=marker)
        labels.append((line["mean"].iloc[-1], label, colour))
        if name == "batch" or (name == next(iter(norms)) and "batch" not in norms):
            labels += draw_reference(axes, line[line[x] > 1], x)
    return labels


def draw_reference(axes, line, x):
    """Draws the line 1/sqrt(B) through the middle point, because the error of a mean of B numbers falls that way."""
    if len(line) < 3:
        return []
    anchor = line.iloc[len(line) // 2]
    ends = numpy.array([line[x].min(), line[x].max()], dtype=float)
    heights = anchor["mean"] * numpy.sqrt(anchor[x] / ends)
    axes.plot(ends, heights, zorder=1.5, **REFERENCE)
    letter = letter_of(x)
    return [(heights[-1], f"1/√{letter} through {letter} = {anchor[x]:g}", GREY)]


def letter_of(x):
    return "B" if x == "batch_size" else "E"


def draw_strip(strip, panel, rows, x, norms, label_ticks, label_lines):
    """Draws a linear axis for exact zeros, which a logarithmic axis cannot show."""
    panel.spines["bottom"].set_visible(False)
    panel.tick_params(axis="x", length=0, labelbottom=False)
    strip.set_ylim(-0.5, len(norms) - 0.5)
    strip.set_yticks(range(len(norms)), ["0"] * len(norms))
    strip.tick_params(labelleft=label_ticks)
    strip.grid(axis="y", visible=False)
    for height, (name, (label, colour, marker)) in enumerate(norms.items()):
        sizes = sorted(rows.loc[rows["norm"] == name, x].unique())
        strip.plot(sizes, [height] * len(sizes), color=colour, marker=marker)
        if label_lines:
            strip.annotate(f"{label}: exactly 0", (1.0, height), xycoords=("axes fraction", "data"), xytext=(12, 0),
                           textcoords="offset points", color=colour, va="center", annotation_clip=False)
    for axes, height in ((panel, 0.0), (strip, 1.0)):  # the break between the two axes
        axes.plot([0], [height], transform=axes.transAxes, marker=[(-1, -0.5), (1, 0.5)], markersize=6, color="#333333",
                  markeredgewidth=0.7, linestyle="none", clip_on=False)


def findings(frame, x, norms, zero):
    """Says in words and numbers what the lines of the first panel show."""
    variant, letter, parts = frame["variant"].iloc[0], letter_of(x), []
    for name, (label, _, _) in list(norms.items())[:3]:
        line = over_seeds(frame[(frame["norm"] == name) & (frame["variant"] == variant)], x, "relative_gap", logarithmic=True)
        if name in zero:
            parts.append(f"{label} exactly 0")
        elif not line.empty:
            ends = [f"{percent(end['mean'])} at {letter} = {end[x]:g}" for end in (line.iloc[0], line.iloc[-1])]
            parts.append(f"{label} {', '.join(ends)}")
    return sentence(variant, ";  ".join(parts))
