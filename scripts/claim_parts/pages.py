"""Writes docs/verdicts.md and docs/statements.md from decided claims."""

import itertools
import json
import re

from .runs import OPPOSITE, ROOT

CHECK = "check of the program"


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


def line(row, config):
    return f"| `{row['id']}` | {row['statement']} | **{row['verdict']}** | {observed(row)} | {row['threshold']} | {seeds(row)} | {link(config)} |"


def titles():
    """Maps the numbers of the articles to their titles, as docs/documents.md lists them."""
    listed = (ROOT / "docs" / "documents.md").read_text(encoding="utf-8")
    return dict(re.findall(r"^\| (\d{3}) \| \*(.+?)\* \|", listed, re.M))


def table(rows):
    head = ["| claim | statement | verdict | observed | holds where | seeds (needed) | config |", "|---|---|---|---|---|---|---|"]
    return head + [line(row, config) for row, config in rows] + [""]


def verdicts_page(decided):
    """decided: pairs of a config and the rows of its claims."""
    lines = ["# Verdicts", "",
             "This page lists every claim of the configs in `configs/documents` and `configs/claims` with the verdict that it got.", "",
             "`scripts/decide_claims --write` wrote it from a run of each config with the seeds that the config names.  *Observed* is the",
             "mean over the seeds with its 95 % interval.  In brackets behind the seeds stands how many of them the claim needs to see, 4",
             "times in 5, a value that lies the claim's own margin away from its bound (`normrun claims --power`).  [claims.md](claims.md)",
             "says what the tests and verdicts mean, and [statements.md](statements.md) goes through the five articles sentence by sentence.", ""]
    rows = [(row, config) for config, found in decided for row in found]
    is_check = [row["source"].startswith(CHECK) for row, _ in rows]
    for title, name in (("Claims of the articles' examples", "documents"), ("Laws, and effects in trained networks", "claims")):
        lines += [f"## {title}", ""]
        lines += table([pair for pair, check in zip(rows, is_check) if not check and pair[1].parent.name == name])
    lines += ["## Checks of the program", "",
              "These hold by construction: they say that the program does what its options promise, and nothing about normalization.", ""]
    lines += table([pair for pair, check in zip(rows, is_check) if check])
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


def write(decided):
    (ROOT / "docs" / "verdicts.md").write_text(verdicts_page(decided), encoding="utf-8")
    (ROOT / "docs" / "statements.md").write_text(statements_page(decided), encoding="utf-8")
