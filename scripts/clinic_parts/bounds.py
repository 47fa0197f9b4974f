"""The short clinic: what some 60 networks and a sweep must show.

Its bounds leave room for chance; docs/clinic.md has the figures of the whole clinic.
"""

from clinic_parts import page

SHORT_CASES = 34
# Labels: of so few networks, at least so many.
LEAST_SICK = 5
LEAST_HEALTHY = 12
# Of the first cause with the training's history, and of false alarms: of so few networks, chance may take one or two.
LEAST_RIGHT = 0.8
MOST_ALARMS = 0.05


def report(records, seconds):
    """Prints the short clinic's figures; the exit code."""
    cases = page.Cases(records)
    print("\n".join(page.figures(cases)))
    sick, healthy = cases.sick(), cases.healthy()
    right = sum(page.is_right(record, "history") for record in sick)
    alarms = sum(page.is_alarm(record, "history") for record in healthy)
    missed = []
    if len(sick) < LEAST_SICK or len(healthy) < LEAST_HEALTHY:
        missed.append(f"{len(sick)} sick and {len(healthy)} healthy networks, expected {LEAST_SICK} and {LEAST_HEALTHY}")
    if cases.failed > 2:
        missed.append(f"{cases.failed} cases failed: " + next(record["error"] for record in records if "error" in record))
    if right < LEAST_RIGHT * len(sick):
        missed.append(f"the cause first in {right} of {len(sick)}, expected {LEAST_RIGHT:.0%}")
    if alarms > MOST_ALARMS * len(healthy):
        missed.append(f"{alarms} false alarms of {len(healthy)}, expected at most {MOST_ALARMS:.0%}")
    for record in records:
        is_wrong = record in sick and not page.is_right(record, "history")
        if is_wrong or (record in healthy and page.is_alarm(record, "history")):
            print(f"case {record['case']}, {record['kind']}: told {record.get('told')}, its twin {record.get('twin', {}).get('told')}")
    print(f"{len(records)} cases in {seconds:.0f} s")
    for line in missed:
        print(f"clinic: {line}")
    return 1 if missed else 0
