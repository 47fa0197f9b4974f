"""Writes docs/verdicts.md and docs/statements.md from decided claims."""

import collections
import itertools
import json
import re

from .runs import OPPOSITE, ROOT

CHECK = "check of the program"
OTHERWISE = ("undecided", "opposite", "decided after all")  # how a claim may come out other than expected


def observed(row):
    """Returns what was measured with its interval.  A time differs between machines, and a page must not."""
    if row["metric"].startswith("timing."):
        return "a time, which differs between machines"
    value = f"{float(row['observed']):.3g}"
    if row["ci95_low"] == "":
        return value
    return f"{value} [{float(row['ci95_low']):.3g}, {float(row['ci95_high']):.3g}]"


def seeds(row):
    """Returns the number of seeds and, where the interval over them decides, how many the claim's margin needs."""
    power = row["power"]
    if row["metric"].startswith("timing.") or power["seeds"] in (None, ""):
        return row["n"]
    needed = int(power["seeds"])
    return f"{row['n']} ({needed if needed else 'more than 100000'})"


def link(config):
    return f"[{config.stem}](../configs/{config.parent.name}/{config.name})"


def outcome(row):
    """Returns how a verdict stands to the one that its config expects."""
    if row["verdict"] == row["expected"]:
        return "as expected"
    if row["verdict"] == "undecided":
        return "undecided"
    return "opposite" if row["expected"] in OPPOSITE else "decided after all"


def unseen_ranges(found):
    """Returns in how many of the ranges of unseen seeds a claim came out as expected, and how in the others."""
    if not found:
        return "-"
    return ", ".join([f"{found['as expected']} of {found.total()}", *(f"{found[name]} {name}" for name in OTHERWISE if found[name])])


def line(row, config, counts):
    cells = [f"`{row['id']}`", row["statement"], f"**{row['verdict']}**", observed(row), row["threshold"], seeds(row)]
    return f"| {' | '.join([*cells, unseen_ranges(counts[config, row['id']]), link(config)])} |"


def titles():
    """Maps the numbers of the articles to their titles, as docs/documents.md lists them."""
    listed = (ROOT / "docs" / "documents.md").read_text(encoding="utf-8")
    return dict(re.findall(r"^\| (\d{3}) \| \*(.+?)\* \|", listed, re.M))


def table(rows, counts):
    head = ["| claim | statement | verdict | observed | holds where | seeds (needed) | unseen | config |", "|---|---|---|---|---|---|---|---|"]
    return head + [line(row, config, counts) for row, config in rows] + [""]


def counts_of(unseen):
    """Maps a config and a claim to how often it came out as expected and otherwise."""
    counts = collections.defaultdict(collections.Counter)
    for config, rows in unseen:
        for row in rows:
            counts[config, row["id"]][outcome(row)] += 1
    return counts


def unseen_text(decided, counts):
    total = sum(counts.values(), collections.Counter())
    without = sum((config, row["id"]) not in counts for config, found in decided for row in found)
    otherwise = ", ".join(f"{total[name]} {name}" for name in OTHERWISE)
    return ["*Unseen* tells in how many ranges of as many seeds, which no config names, the claim came out as its config expects",
            f"(`scripts/decide_claims --unseen 5`).  In all, {total.total()} pairs of a claim and such a range were run:",
            f"{total['as expected']} as expected, {otherwise} (where the config expects it to stay undecided).",
            f"{without} claims have no such range."]


def verdicts_page(decided, unseen):
    """decided: pairs of a config and the rows of its claims.  unseen: the same of the ranges of seeds that no config names."""
    counts = counts_of(unseen)
    lines = ["# Verdicts", "",
             "This page lists every claim of the configs in `configs/documents` and `configs/claims` with the verdict that it got.", "",
             "`scripts/decide_claims --write` wrote it from a run of each config with the seeds that the config names.  *Observed* is the",
             "mean over the seeds with its 95 % interval.  In brackets behind the seeds stands how many of them the claim needs to see, 4",
             "times in 5, a value that lies the claim's own margin away from its bound (`normrun claims --power`).  [claims.md](claims.md)",
             "says what the tests and verdicts mean, and [statements.md](statements.md) goes through the five articles sentence by sentence.", "",
             *unseen_text(decided, counts), ""]
    rows = [(row, config) for config, found in decided for row in found]
    is_check = [row["source"].startswith(CHECK) for row, _ in rows]
    for title, name in (("Claims of the articles' examples", "documents"), ("Laws, and effects in trained networks", "claims")):
        lines += [f"## {title}", ""]
        lines += table([pair for pair, check in zip(rows, is_check) if not check and pair[1].parent.name == name], counts)
    lines += ["## Checks of the program", "",
              "These hold by construction: they say that the program does what its options promise, and nothing about normalization.", ""]
    lines += table([pair for pair, check in zip(rows, is_check) if check], counts)
    return "\n".join(lines)


def verdict_of(statement, by_id):
    """Returns the verdict of a statement: that of its first claim, turned round where the claim says the opposite."""
    if "claims" not in statement:
        return "not checkable here"
    first = statement["claims"][0]
    verdict = by_id[first.lstrip("!")][0]["verdict"]
    return OPPOSITE.get(verdict, verdict) if first.startswith("!") else verdict


def statement_line(statement, by_id):
    cells = [statement["place"], statement["statement"], f"**{verdict_of(statement, by_id)}**"]
    if "claims" not in statement:
        return f"| {' | '.join(cells)} | {statement['why']} | |"
    found = [by_id[claim.lstrip("!")] for claim in statement["claims"]]
    groups = itertools.groupby(found, key=lambda pair: pair[1])
    experiment = "; ".join(f"{link(config)}: " + ", ".join(f"`{row['id']}`" for row, _ in pairs) for config, pairs in groups)
    if "note" in statement:
        experiment += f"; {statement['note']}"
    intervals = "; ".join(observed(row) for row, _ in found)
    return f"| {' | '.join(cells)} | {experiment} | {intervals} |"


def statements():
    return json.loads((ROOT / "scripts" / "claim_parts" / "statements.json").read_text(encoding="utf-8"))


def statements_page(decided):
    by_id = {}
    for config, rows in decided:
        for row in rows:
            by_id.setdefault(row["id"], (row, config))  # of two claims with one id, that of the article's own example
    lines = ["# The articles' statements", "",
             "This page lists what the five articles ([documents.md](documents.md)) state and an experiment can check, the comments in their",
             "code too, each with its verdict.", "",
             "`scripts/decide_claims --write` wrote it.  A statement stands in short words.  Its verdict is that of the first claim in",
             "*experiment* (a claim may state the opposite); the others say more.  *Interval* has what each claim observed, as in",
             "[verdicts.md](verdicts.md).  A verdict holds for the networks, the data and the margin of its experiment, and for no others.", ""]
    for number, title in titles().items():
        lines += [f"## {title} (document {number})", "", "| where | statement | verdict | experiment | interval |", "|---|---|---|---|---|"]
        lines += [statement_line(one, by_id) for one in statements() if one["document"] == number] + [""]
    return "\n".join(lines)


def write(decided, unseen):
    (ROOT / "docs" / "verdicts.md").write_text(verdicts_page(decided, unseen), encoding="utf-8")
    (ROOT / "docs" / "statements.md").write_text(statements_page(decided), encoding="utf-8")
