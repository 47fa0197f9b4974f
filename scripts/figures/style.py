"""Sets how the figures look: sizes, colours that colour-blind readers can tell apart, panels laid out in inches, direct labels."""
from math import log10

import matplotlib

matplotlib.use("Agg")
from matplotlib import pyplot  # noqa: E402  (the backend comes first)
from matplotlib.font_manager import FontProperties  # noqa: E402
from matplotlib.textpath import text_to_path  # noqa: E402
from matplotlib.ticker import FixedLocator, FuncFormatter, LogFormatterMathtext, LogLocator, MaxNLocator, NullLocator  # noqa: E402

# Okabe and Ito's palette, dark enough for text on white; lib/report/page/report.css has the same colours.
NORMS = {
    "batch": ("batch norm", "#0067a3", "o"),
    "layer": ("layer norm", "#b84e00", "s"),
    "none": ("no normalization layer", "#5f5f5f", "D"),
}
OTHERS = [("#00795a", "^"), ("#a0457a", "v"), ("#7f5a00", "P"), ("#2b6f86", "X"), ("#4b3f9e", ">")]
GREY, LIGHT = "#595959", "#dcdcdc"

HANDLE, SPACING = 2.2, 1.6  # of a legend, in font sizes

SETTINGS = {
    "font.family": "DejaVu Sans", "font.size": 8, "axes.titlesize": 8, "axes.labelsize": 8, "xtick.labelsize": 7.5,
    "ytick.labelsize": 7.5, "legend.fontsize": 8, "axes.spines.top": False, "axes.spines.right": False, "axes.linewidth": 0.7,
    "axes.edgecolor": "#333333", "xtick.major.width": 0.7, "ytick.major.width": 0.7, "xtick.color": "#333333",
    "ytick.color": "#333333", "axes.grid": True, "grid.color": LIGHT, "grid.linewidth": 0.5, "axes.axisbelow": True,
    "lines.linewidth": 1.4, "lines.markersize": 4.5, "savefig.dpi": 200, "figure.dpi": 200, "svg.hashsalt": "normrun",
    "svg.fonttype": "path", "mathtext.default": "regular",
}


def looks(norms):
    """Returns the label, colour and marker of each norm.  Names that the config gives take the rest of the palette."""
    rest = [name for name in norms if name not in NORMS]
    own = {name: (name, *OTHERS[i % len(OTHERS)]) for i, name in enumerate(rest)}
    return {name: NORMS.get(name) or own[name] for name in norms}


def sequence(count):
    """Returns colours from dark to light for an ordered quantity."""
    scale = pyplot.get_cmap("viridis")
    return [scale(0.88 * i / max(1, count - 1)) for i in range(count)]


class Page:
    """A figure of rows x columns panels, laid out in inches, under a title and a subtitle that says what the panels show."""

    MARGIN, LEFT, BOTTOM, GAP_X, GAP_Y, MIN_WIDTH = 0.12, 0.68, 0.82, 0.34, 0.46, 4.8

    def __init__(self, title, subtitle, rows=1, columns=1, panel=(4.0, 2.6), right=0.2, gap_x=GAP_X, strip=0.0, titles=True, legend=()):
        """panel: width and height; right: room for labels; strip: height of a second axes under each panel; titles: whether
        the panels have titles; legend: entries under the subtitle, each a label and its line style."""
        self.width = max(self.MIN_WIDTH, self.LEFT + columns * panel[0] + (columns - 1) * gap_x + right)
        lower = strip + 0.06 if strip else 0.0
        block = panel[1] + lower
        header = self._header(title, subtitle, legend)
        top = sum(height for height, _ in header) + (0.34 if titles else 0.17)
        self.height = top + rows * block + (rows - 1) * self.GAP_Y + self.BOTTOM
        self.figure = pyplot.figure(figsize=(self.width, self.height))
        self._draw_header(header)
        self.panels, self.strips = [], []
        for row in range(rows):
            for column in range(columns):
                left = self.LEFT + column * (panel[0] + gap_x)
                bottom = self.BOTTOM + (rows - 1 - row) * (block + self.GAP_Y)
                self.panels.append(self._axes(left, bottom + lower, *panel))
                if strip:
                    self.strips.append(self._axes(left, bottom, panel[0], strip))

    def _header(self, title, subtitle, legend):
        """Returns, from the top down, the height of each element and the function that draws it at a distance from the top."""
        room = self.width - 2 * self.MARGIN
        parts = [(0.1, None)]
        for line in wrapped(title, room, size=10, weight="bold"):
            parts.append((0.2, lambda top, line=line: self._text(top, line, size=10, weight="bold", va="top")))
        for line in wrapped(subtitle, room, size=8):
            parts.append((0.155, lambda top, line=line: self._text(top + 0.02, line, size=8, color=GREY, va="top")))
        for entries in legend_rows(legend, room):
            parts.append((0.2, lambda top, entries=entries: self._legend(top + 0.08, entries)))
        return parts + [(0.06, None)]

    def _draw_header(self, header):
        top = 0.0
        for height, draw in header:
            if draw:
                draw(top)
            top += height

    def _axes(self, left, bottom, width, height):
        return self.figure.add_axes([left / self.width, bottom / self.height, width / self.width, height / self.height])

    def _text(self, inches_from_top, text, **options):
        self.figure.text(self.MARGIN / self.width, 1 - inches_from_top / self.height, text, **options)

    def _legend(self, inches_from_top, entries):
        handles = [matplotlib.lines.Line2D([], [], label=label, **style) for label, style in entries]
        self.figure.legend(handles=handles, loc="upper left", ncol=len(handles), frameon=False, borderaxespad=0, borderpad=0,
                           handlelength=HANDLE, columnspacing=SPACING,
                           bbox_to_anchor=(self.MARGIN / self.width, 1 - inches_from_top / self.height))

    def keep(self, count):
        """Removes the panels after the first `count`, because the last row may have free places."""
        for axes in self.panels[count:] + self.strips[count:]:
            axes.remove()
        self.panels, self.strips = self.panels[:count], self.strips[:count]

    def note(self, *sentences):
        """Adds small print under the panels, which says how to read the marks."""
        lines = wrapped("  ".join(filter(None, sentences)), self.width - 2 * self.MARGIN, size=6.5)
        self._text(self.height - 0.1, "\n".join(lines), size=6.5, color=GREY, va="bottom", linespacing=1.35)


def legend_rows(entries, inches):
    """Divides the entries of a legend into rows that fit into the width."""
    rows, room = [], 0.0
    for label, style in entries:
        width = text_width(label, FontProperties(family=SETTINGS["font.family"], size=8)) + (HANDLE + 0.8 + SPACING) * 8 / 72
        if width > room:
            rows.append([])
            room = inches
        rows[-1].append((label, style))
        room -= width
    return rows


def text_width(text, font):
    return text_to_path.get_text_width_height_descent(text, font, ismath=False)[0] / 72


def wrapped(text, inches, size, weight="normal"):
    """Divides a text into lines that fit into the width."""
    font = FontProperties(family=SETTINGS["font.family"], size=size, weight=weight)
    lines, room = [], 0.0
    for word in text.split(" "):
        width = text_width(f" {word}", font)
        if not lines or (word and width > room):
            lines.append(word)
            room = inches
        else:
            lines[-1] += f" {word}"
        room -= width
    return lines


def batch_size_axis(axes, sizes, label):
    """Draws a logarithmic x axis with a tick at each size, or at every other one where labels would touch."""
    axes.set_xscale("log", base=2)
    shown = sizes if len(sizes) <= 9 else sizes[::2]
    axes.xaxis.set_major_locator(FixedLocator(shown))
    axes.xaxis.set_minor_locator(NullLocator())
    axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
    axes.set_xlabel(label)
    axes.set_xlim(min(sizes) / 1.25, max(sizes) * 1.25)


def log_axis(axis, low, high, write=None):
    """Draws round ticks, written by `write` or as plain numbers; a shorter range gets more of them."""
    ratio = high / low
    digits = range(1, 10) if ratio < 4 else (1, 2, 5) if ratio < 300 else (1,)
    axis.set_major_locator(LogLocator(10, subs=digits, numticks=20))
    axis.set_minor_locator(NullLocator())
    write = write or (lambda value: f"{value:g}")
    axis.set_major_formatter(FuncFormatter(lambda value, _: write(value)) if ratio < 1e5 else LogFormatterMathtext())


def linear_axis(axis, ticks=5, whole=False, write=None):
    axis.set_major_locator(MaxNLocator(ticks, steps=[1, 2, 5, 10], integer=whole))
    if write:
        axis.set_major_formatter(FuncFormatter(lambda value, _: write(value)))


def share_limits(panels, most=None):
    """Gives all panels the same y axis, which is wide enough for each and ends at `most` at the latest."""
    limits = [axes.get_ylim() for axes in panels]
    low, high = min(low for low, _ in limits), max(high for _, high in limits)
    if panels[0].get_yscale() == "log":
        decades = log10(high) - log10(low)
        margin = (high / low) ** 0.03 if decades < 300 else 10.0 ** (0.03 * decades)  # no double holds such a ratio
        low, high = low / margin, high * margin
    for axes in panels:
        axes.set_ylim(low, high if most is None else min(high, most))


def loss_axis(panels):
    """Makes the y axis logarithmic for losses that span more than a factor of 20."""
    limits = [axes.dataLim.intervaly for axes in panels]
    low, high = min(low for low, _ in limits), max(high for _, high in limits)
    if low > 0 and high > 20 * low:
        for axes in panels:
            axes.set_yscale("log")
            axes.autoscale(axis="y")
            log_axis(axes.yaxis, low, high)


def percent(share):
    """Writes a share as the report does: 112 %, 39 %, 7.1 %, and 0 for an exact zero."""
    value = 100.0 * share
    return "0" if value == 0 else f"{value:.0f} %" if 9.95 <= abs(value) < 1e6 else f"{value:.2g} %"


def percent_tick(share):
    """Writes the share at a tick, which needs no more digits than it has."""
    return "0" if share == 0 else f"{100.0 * share:g} %"


def direct_labels(axes, entries, spacing=9.5):
    """Writes each line's name at its right end: entries are (y in data, text, colour).  Neighbours are pushed apart, and a
    thin line leads from the end of the data to a name that had to move."""
    axes.figure.draw_without_rendering()
    points = 72.0 / axes.figure.dpi
    bottom, top, width = axes.bbox.y0 * points, axes.bbox.y1 * points, axes.bbox.width * points
    wanted = sorted((axes.transData.transform((1.0, y))[1] * points, text, colour) for y, text, colour in entries)
    heights = pushed_apart([min(max(height, bottom), top) for height, _, _ in wanted], spacing)
    for height, (true_height, text, colour) in zip(heights, wanted):
        ends = [(y - bottom) / (top - bottom) for y in (true_height, height)]
        axes.annotate(text, (1 + 12 / width, ends[1]), xycoords="axes fraction", color=colour, va="center", size=8,
                      annotation_clip=False)
        if abs(height - true_height) > 2:
            axes.plot([1 + 1 / width, 1 + 10 / width], ends, color=colour, linewidth=0.6, transform=axes.transAxes, clip_on=False)


def pushed_apart(heights, spacing):
    """Moves ascending heights as little as possible so that neighbours are at least `spacing` apart."""
    heights = list(heights)
    for _ in range(200):
        for i in range(len(heights) - 1):
            overlap = spacing - (heights[i + 1] - heights[i])
            if overlap > 0.01:
                heights[i] -= overlap / 2
                heights[i + 1] += overlap / 2
    return heights


def colour_list(axes, heading, entries):
    """Draws a legend to the right of the panel, with a dot and a text for each (text, colour)."""
    axes.text(1.06, 1.0, heading, transform=axes.transAxes, va="top", color=GREY)
    step = 0.17 / (axes.bbox.height / axes.figure.dpi)
    for i, (text, colour) in enumerate(entries, start=1):
        height = 1.0 - i * step
        axes.plot([1.075], [height - 0.36 * step], "o", color=colour, markersize=4, transform=axes.transAxes, clip_on=False)
        axes.text(1.11, height, text, transform=axes.transAxes, va="top")
