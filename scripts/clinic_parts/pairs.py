"""Two mistakes in one network."""

from clinic_parts import draw, faults
from clinic_parts.faults import changed

WANTS = {"families": ("dense", "dense", "tanh", "recurrent"), "batch_sizes": (8, 16, 32), "test_rows": (500, 2000), "depths": (2, 8)}
FIRST = ("few-steps", "lost-on-save", "forgetful", "older-statistics", "damaged-layer")


def shifted(rng):
    shift = {"split": "test", "scale": round(float(2 ** rng.uniform(-1.2, 1.2)), 2), "offset": round(float(rng.normal(0, 1.2)), 2)}
    return "shifted-rows", lambda config: changed(config, data={"shift": [shift]}), False


def dropped(rng):
    rate = round(float(rng.uniform(0.3, 0.6)), 2)
    return "dropout-before-norm", lambda config: faults.dropped(config, rate), True


def with_change(plan, change, everywhere):
    return faults.Plan(change(plan.config), [change(config) if everywhere else config for config in plan.before], plan.edit)


def draw_pair(rng, patient):
    """The two mechanisms' names, the plan with both, the plans with one each: all of `first` repaired, all of the second."""
    first = draw.pick(rng, FIRST)
    second, change, everywhere = draw.pick(rng, (shifted, shifted, shifted, dropped))(rng)
    sick, twin = faults.MECHANISMS[first].plans(rng, patient)
    return [first, second], with_change(sick, change, everywhere), [with_change(twin, change, everywhere), sick]
