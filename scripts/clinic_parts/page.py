"""docs/clinic.md: what the diagnosis told of networks whose mistake is known."""

from clinic_parts import faults, told
from clinic_parts.intervals import clopper_pearson

GROUPS = (("initial values", ("cold-start", "lost")), ("stale statistics", ("lag", "other-weights", "other-data", "frozen-statistics")),
          ("short memory", ("sampling-noise", "convention", "last-batch")),
          ("variance of small parts", ("biased-variance", "small-parts", "correlated-rows")), ("padding", ("counted-padding",)),
          ("dropout", ("dropout",)), ("batch contents", ("batch-contents",)), ("shifted rows", ("shifted-data",)),
          ("a damaged layer", ("damaged-layer",)))
WAYS = (("history", "with the training's history", 0.95), ("bare", "without it", 0.85))


def share(k, n):
    if n == 0:
        return "none drawn"
    low, high = clopper_pearson(k, n)
    return f"{k} of {n} ({100 * k / n:.1f} % [{100 * low:.1f}, {100 * high:.1f}])"


def table(head, rows):
    lines = ["| " + " | ".join(head) + " |", "|" + "---|" * len(head)]
    return lines + ["| " + " | ".join(str(cell) for cell in row) + " |" for row in rows] + [""]


class Cases:
    """The records of a clinic, or a part of them."""

    def __init__(self, records):
        records = [record for record in records if "skipped" not in record]
        self.records = [record for record in records if "error" not in record]
        self.failed = len(records) - len(self.records)

    def where(self, holds):
        return Cases([record for record in self.records if holds(record)])

    def sick(self, way="history"):
        """The sick ones that were asked in this way."""
        return [record for record in self.records if record["kind"] in faults.MECHANISMS and record["sick"] and way in record["told"]]

    def pairs(self):
        return [record for record in self.records if "pair" in record and record["sick"]]

    def healthy(self):
        return [record for record in self.records if record.get("healthy")]


def first(record, way):
    """The first cause that was told; "nothing" or "cannot tell"."""
    causes = record["told"][way]
    return "nothing" if not causes else "cannot tell" if causes[0] in told.CANNOT_TELL else causes[0]


def is_right(record, way):
    return told.is_right(first(record, way), faults.MECHANISMS[record["kind"]])


def group_of(cause, record):
    """The column of the confusion matrix.  The words of two groups count for the one that fits."""
    if record is not None and is_word_of(cause, record):
        cause = faults.MECHANISMS[record["kind"]].cause
    for name, words in GROUPS:
        if cause in words:
            return name
    return cause


def is_word_of(cause, record):
    return told.is_right(cause, faults.MECHANISMS[record["kind"]])


def confusion(cases, way):
    rows, names = [], [name for name, _ in GROUPS]
    columns = names + ["cannot tell", "nothing", "another word"]
    sick = cases.sick(way)
    for name, words in GROUPS:
        own = [record for record in sick if faults.MECHANISMS[record["kind"]].cause in words]
        told_groups = [group_of(first(record, way), record) for record in own]
        counts = [sum(group == column for group in told_groups) for column in columns[:-1]]
        rows.append([name, *counts, len(own) - sum(counts), share(sum(is_right(record, way) for record in own), len(own))])
    healthy = cases.healthy()
    groups = [group_of(first(record["twin"], way), None) for record in healthy]
    counts = [sum(group == column for group in groups) for column in columns[:-1]]
    rows.append(["**healthy**", *counts, len(healthy) - sum(counts), share(sum(group == "nothing" for group in groups), len(healthy))])
    return table(["made ↓, told first →", *columns, "right"], [[cell if cell != 0 else "·" for cell in row] for row in rows])


def is_alarm(record, way):
    """Whether a healthy network was told that something is wrong, be the cause "cannot tell"."""
    return bool(record["twin"]["told"][way])


def remedies(cases, way):
    """Each recommended remedy that was carried out on the fresh rows: [words, loss gained, accuracy gained, harms]."""
    asked = [record["remedies"] for record in cases.sick(way) + cases.pairs()] + [record["twin"]["remedies"] for record in cases.healthy()]
    return [remedy for answer in asked for remedy in answer[way]]


def gains(remedy):
    """Whether it gains in one score and harms in none."""
    return not remedy[3] and (remedy[1] > 0 or (remedy[2] or 0) > 0)


def figures(cases):
    """The aims beside what came out."""
    rows = []
    for way, words, aim in WAYS:
        sick, healthy, pairs, cures = cases.sick(way), cases.healthy(), cases.pairs(), remedies(cases, way)
        unsure = sum(first(record, way) == "cannot tell" for record in sick)
        both = sum(all(any(told.is_right(cause, faults.MECHANISMS[name]) for cause in record["told"][way][:3]) for name in record["pair"])
                   for record in pairs)
        rows += [[f"the cause first, {words}", f">= {100 * aim:.0f} %", share(sum(is_right(record, way) for record in sick), len(sick))],
                 [f"“cannot tell”, {words}", "<= 15 %" if way == "bare" else "counts as not right", share(unsure, len(sick))],
                 [f"false alarms, {words}", "<= 2 %", share(sum(is_alarm(record, way) for record in healthy), len(healthy))],
                 [f"two mistakes, both among the first three, {words}", "all", share(both, len(pairs))],
                 [f"recommended remedies that harm, {words}", "none", share(sum(remedy[3] for remedy in cures), len(cures))],
                 [f"recommended remedies that gain, {words}", ">= 90 %", share(sum(map(gains, cures)), len(cures))]]
    return table(["", "aim", "came out [95 % interval]"], rows)


def counts(cases):
    rows = []
    for name, mechanism in faults.MECHANISMS.items():
        own = [record for record in cases.records if record["kind"] == name]
        sick = [record for record in own if record["sick"]]
        asked = [[record for record in sick if way in record["told"]] for way, _, _ in WAYS]
        cells = [share(sum(is_right(record, way) for record in own), len(own)) for own, (way, _, _) in zip(asked, WAYS)]
        exact = sum(first(record, "history") == mechanism.cause for record in sick)
        rows.append([f"`{name}`", f"`{mechanism.cause}`", len(own), len(sick), *cells, exact])
    return table(["mistake", "its word", "drawn", "sick", "right, with history", "right, without", "the very word, with history"], rows)


def healthy_kinds(cases):
    kinds = sorted({record["kind"] for record in cases.records if "healthy" in record and record["kind"] not in faults.MECHANISMS})
    rows = []
    for name in [*kinds, "twins of sick ones"]:
        kinds_of_row = list(faults.MECHANISMS) if name == "twins of sick ones" else [name]
        own = [record for record in cases.records if "healthy" in record and record["kind"] in kinds_of_row]
        fine = [record for record in own if record["healthy"]]
        rows.append([name, len(own), len(fine), *[share(sum(is_alarm(record, way) for record in fine), len(fine)) for way, _, _ in WAYS]])
    return table(["networks without a mistake", "drawn", "healthy", "false alarms, with history", "without"], rows)


def sweeps(cases):
    """Whether training was harmed: sweeps of two norms, two batch sizes and some seeds."""
    found = [record["sweep"] for record in cases.records if "sweep" in record]
    rows = [[f"{words} ({len(own)} of {len(found)})", share(sum("harmed-training" in sweep["told"] for sweep in own), len(own))]
            for words, own in (("small batches harmed the training", [sweep for sweep in found if sweep["is_harmed"]]),
                               ("they did not", [sweep for sweep in found if sweep["is_fine"]]))]
    return table(["sweeps in which", "`harmed-training` was told"], rows)


PARTS = (("Even cases, the half that may be looked at while a diagnosis is made", lambda record: not record["unseen"]),
         ("Odd cases, the half that nobody looks at", lambda record: "seed" in record["unseen"]),
         ("The family of networks that nobody looks at (tanh, normalized behind it)", lambda record: "family" in record["unseen"]),
         ("The source of data that nobody looks at (spirals)", lambda record: "source" in record["unseen"]))

HEAD = """# The clinic

This page says how often the diagnosis names the right cause, measured on networks whose mistake is known.

`scripts/clinic --write` drew these networks at random, made a known mistake in the training or the saving of many of them, and asked
`normrun` for the cause. The mistakes are made where people make them, never by the formula that finds them; each sick network has a twin of
the same seed without the mistake.

- **Sick**: on {fresh} fresh rows (2000 of optdigits, which has no more) the mistake costs more than two margins (.01 accuracy, .02 nats,
  2 % of the targets' variance; the loss after one temperature) and four standard errors of as many rows as the diagnosis judged. The
  mistake has two thirds of all harm, and the network's own arms win two thirds of it back: what lies in the weights alone shows only where
  the diagnosis trains a control, which it does with `trained-by-class` and the history.
- **Healthy**: no arm (statistics recomputed on training rows or on the judged ones, train mode) beats eval mode by a margin on the fresh
  rows. Each finding of harm in one is a false alarm, also one whose cause is “cannot tell”.
- **Right**: the first cause is the mistake's word or one of those that look alike in the numbers. “Cannot tell” is not right.
- *Without the history* the diagnosis gets the stored network alone: its config's `train` trains no step.
- **Remedies**: what the diagnosis recommends is carried out on the fresh rows. It harms where it costs .005 of accuracy or a margin of loss.

{drawn} cases, {failed} of which diverged or failed; {sick} sick, {pairs} with two mistakes, {healthy} healthy (aims: 30 sick ones of each
mistake, 600 healthy ones). Seed {seed}{optdigits}.{judged}{half}
"""
JUDGED = "\nJudged: {version}, a file of SHA-256 {judged_by}…"
HALVES = {"unseen": "\nOnly cases were drawn that nobody looked at while the diagnosis was made.",
          "seen": "\nOnly cases were drawn that were looked at while the diagnosis was made.", "all": ""}


def page(records, header):
    cases = Cases(records)
    text = HEAD.format(fresh=header["fresh_rows"], drawn=len(cases.records) + cases.failed, failed=cases.failed, sick=len(cases.sick()),
                       pairs=len(cases.pairs()), healthy=len(cases.healthy()), seed=header["seed"],
                       judged=JUDGED.format(**header) if "version" in header else "",
                       optdigits="" if header["optdigits"] else "; optdigits was not there", half=HALVES[header["half"]])
    lines = [text, "## All cases", "", *figures(cases)]
    for way, words, _ in WAYS:
        lines += [f"### Told first, {words}", "", *confusion(cases, way)]
    lines += ["### By mistake", "", *counts(cases), "### Healthy ones", "", *healthy_kinds(cases), "### Sweeps", "", *sweeps(cases)]
    for title, holds in PARTS:
        part = cases.where(holds)
        lines += [f"## {title}", "", *figures(part)] if part.records else []
    seconds = sum(record["cpu"] for record in cases.records)
    lines += [f"All of it took {seconds / 60:.1f} minutes of processor time: {seconds / max(len(cases.records), 1):.2f} s a case.", ""]
    return "\n".join(lines)
