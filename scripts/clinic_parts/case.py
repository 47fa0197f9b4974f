"""One case of the clinic, from its draw to its record."""

import hashlib
import json
import pathlib
import resource
import shutil
import tempfile
import time

import numpy as np

from clinic_parts import cures, draw, faults, healthy, pairs, score, sweeps, told
from clinic_parts.program import Failed, Programs

# How often each kind is drawn, so that every cause has its sick networks: what seldom does harm is drawn more often.  The number is odd, so
# that seen and unseen cases take turns.
WEIGHTS = {"few-steps": 6, "lost-on-save": 4, "never-moved": 6, "left-behind": 6, "older-statistics": 6, "statistics-of-other-data": 6,
           "frozen-tuning": 6, "forgetful": 4, "wrong-convention": 7, "odd-last-batch": 6, "biased": 9, "micro-batches": 10, "replicas": 9,
           "single-images": 9, "padding-counted": 4, "dropout-before-norm": 12, "by-class": 14, "trained-by-class": 5, "sorted-rows": 5,
           "shifted-rows": 6, "damaged-layer": 8, **{name: 2 for name in healthy.KINDS}, "two-at-once": 8, "small-batch-training": 2}


def slots():
    """Kinds in turns, the ones of larger weight more often."""
    order = []
    for turn in range(max(WEIGHTS.values())):
        order += [name for name, weight in WEIGHTS.items() if weight > turn]
    return order if len(order) % 2 == 1 else order + ["plain"]


SLOTS = slots()
DRAWING = ("cures", "draw", "faults", "files", "healthy", "pairs", "score", "sweeps")


def kind_of(number):
    return SLOTS[number % len(SLOTS)]


def digest(data):
    return hashlib.sha256(data).hexdigest()[:12]


class Settings:
    """What all cases of a clinic share."""

    def __init__(self, seed, fresh_rows, optdigits, half="all", keep=None):
        self.seed, self.fresh_rows = seed, fresh_rows
        self.optdigits = optdigits  # the folder of that data, or None
        self.half = half  # "seen": the cases that may be looked at; "unseen": the others; "all"
        self.keep = keep  # where the cases' files stay, or None

    def folder(self, number):
        """Where a case works."""
        if self.keep is None:
            return pathlib.Path(tempfile.mkdtemp(prefix="clinic-"))
        (self.keep / f"case-{number}").mkdir(parents=True, exist_ok=True)
        return self.keep / f"case-{number}"

    def header(self):
        """What finished cases must have in common to be reported together."""
        texts = b"".join((pathlib.Path(__file__).parent / f"{name}.py").read_bytes() for name in ("case", *DRAWING))
        return {"seed": self.seed, "fresh_rows": self.fresh_rows, "optdigits": self.optdigits is not None, "half": self.half,
                "drawn_by": digest(texts), "judged_by": digest(pathlib.Path(Programs().normrun).read_bytes())}


class Ward:
    """Trains, scores and questions the networks of one case."""

    def __init__(self, settings, patient, folder):
        self.settings, self.patient, self.folder = settings, patient, folder
        self.programs = Programs()
        self.seconds = {"train": 0.0, "score": 0.0, "ask": 0.0}

    def timed(self, what, work):
        start = time.monotonic()
        try:
            return work()
        finally:
            self.seconds[what] += time.monotonic() - start

    def admit(self, plans):
        """Trains the plans' networks and scores them: a dictionary each."""
        networks = []
        for place, plan in enumerate(plans):
            name = f"network-{place}"
            checkpoint = self.timed("train", lambda: self.programs.carry_out(plan, self.folder / name))
            networks.append({"plan": plan, "name": name, "checkpoint": checkpoint, "fresh": self.fresh(plan)})
        for fresh in {json.dumps(network["fresh"]) for network in networks}:
            self.timed("score", lambda: self.score([network for network in networks if json.dumps(network["fresh"]) == fresh]))
        return networks

    def fresh(self, plan):
        patient = draw.Patient(self.patient.family, self.patient.source, plan.config, self.patient.test_rows, self.patient.fresh_test)
        return draw.fresh_data(patient, self.settings.fresh_rows)

    def score(self, networks):
        """Fills in the arms of networks that are judged by the same rows."""
        for arms in {tuple(arms_of(network["plan"])) for network in networks}:
            alike = [network for network in networks if tuple(arms_of(network["plan"])) == arms]
            answers = self.programs.logits(networks[0]["fresh"], arms, [network["checkpoint"] for network in alike], self.folder)
            for network, (targets, logits, classes) in zip(alike, answers):
                network["arms"] = {mode: score.score(logits[mode], targets, classes) for mode in arms}

    def ask(self, network, ways):
        """What the diagnosis tells with the training's history ("history") and without ("bare")."""
        folders = {"history": self.folder / network["name"], "bare": self.folder / (network["name"] + "-bare")}
        if "bare" in ways:
            config, checkpoint = network["plan"].config, network["checkpoint"]
            self.timed("ask", lambda: self.programs.judge_without_history(config, checkpoint, folders["bare"]))
        return {way: told.Answer(folders[way]) for way in ways}


def arms_of(plan):
    """Eval mode, what may beat it, and train mode with as many rows as the normalization saw at once in the last training: random ones, and
    where that drew other ones, such."""
    trained = plan.before[-1] if plan.edit is not None else plan.config
    rows = cures.rows_at_once(trained["train"])
    own = [f"own:{rows}"] if trained["data"].get("batching", {}).get("order", "shuffled") != "shuffled" else []
    own += ["unpadded"] if plan.config["norm"].get("padded_steps") == "counted" else []
    return ["eval", "population", "judged", f"train:{rows}", *own]


def cure(ward, network, arms):
    """Scores arms that the labels did not need."""
    missing = [arm for arm in arms if arm not in network["arms"]]
    if missing:
        (answer,) = ward.timed("score", lambda: ward.programs.logits(network["fresh"], missing, [network["checkpoint"]], ward.folder))
        targets, logits, classes = answer
        network["arms"].update({mode: score.score(logits[mode], targets, classes) for mode in missing})


def ask_about(ward, network, record, ways=("history", "bare")):
    """What the diagnosis tells, and what its remedies do on the fresh rows: [arm, loss gained, accuracy gained, harms]."""
    record["told"], record["findings"], record["remedies"], record["not_carried_out"] = {}, {}, {}, {}
    for way, answer in ward.ask(network, ways).items():
        record["told"][way], record["findings"][way] = answer.causes, answer.findings
        found = {remedy: cures.arm_of(remedy, way, network) for remedy in answer.remedies}
        record["not_carried_out"][way] = [remedy for remedy, arm in found.items() if arm is None]
        arms = list(dict.fromkeys(arm for arm in found.values() if arm is not None))
        cure(ward, network, arms)
        gains = {arm: score.Gain(network["arms"][arm], network["arms"]["eval"]) for arm in arms}
        record["remedies"][way] = [[arm, *gain.numbers(), gain.harms()] for arm, gain in gains.items()]


def examine_twin(ward, twin, record):
    is_healthy = score.is_healthy(twin["arms"])
    record["healthy"] = is_healthy
    record["twin"] = {}
    if is_healthy:
        ask_about(ward, twin, record["twin"])


def sick_case(ward, rng, mechanism, record):
    sick_plan, twin_plan = mechanism.plans(rng, ward.patient)
    sick, twin = ward.admit([sick_plan, twin_plan])
    test_rows = ward.patient.test_rows
    record["harm"] = score.Gain(twin["arms"]["eval"], sick["arms"]["eval"]).numbers()
    record["own_gains"] = {name: score.Gain(arm, sick["arms"]["eval"]).numbers() for name, arm in sick["arms"].items() if name != "eval"}
    record["sick"] = score.is_sick(sick["arms"], twin["arms"], test_rows, mechanism.harms_weights)
    sick["arms"]["retrained"] = twin["arms"]["eval"]
    sick["is_of_variance_rule"] = sick_plan.config["norm"].get("moving_variance") != twin_plan.config["norm"].get("moving_variance")
    if record["sick"]:
        ask_about(ward, sick, record, ("history",) if mechanism.harms_weights else ("history", "bare"))
    examine_twin(ward, twin, record)


def pair_case(ward, rng, record):
    names, both, singles = pairs.draw_pair(rng, ward.patient)
    networks = ward.admit([both, *singles])
    gains = [score.Gain(single["arms"]["eval"], networks[0]["arms"]["eval"]) for single in networks[1:]]
    record["pair"] = names
    record["sick"] = all(gain.beats(margins=2, errors=4, rows=ward.patient.test_rows) for gain in gains)
    record["harm"] = [gain.numbers() for gain in gains]
    if record["sick"]:
        ask_about(ward, networks[0], record)


def healthy_case(ward, rng, kind, record):
    (network,) = ward.admit([healthy.KINDS[kind].plan(rng, ward.patient)])
    examine_twin(ward, network, record)


def wants_of(kind):
    if kind in faults.MECHANISMS:
        return faults.MECHANISMS[kind].wants
    return healthy.KINDS[kind].wants if kind in healthy.KINDS else pairs.WANTS if kind == "two-at-once" else sweeps.WANTS


def examine(arguments):
    """One case; its record."""
    settings, number = arguments
    kind = kind_of(number)
    rng = np.random.default_rng([settings.seed, number])
    start, used = time.monotonic(), cpu_seconds()
    folder = settings.folder(number)
    record = {"case": number, "kind": kind}
    try:
        patient = draw.draw(rng, number, {**wants_of(kind), "optdigits": settings.optdigits}, folder)
        record.update(family=patient.family, source=patient.source, test_rows=patient.test_rows,
                      batch=patient.config["train"]["batch_size"], unseen=unseen(number, patient))
        if settings.half not in ("all", "unseen" if record["unseen"] else "seen"):
            return {**record, "skipped": True}
        ward = Ward(settings, patient, folder)
        if kind in faults.MECHANISMS:
            sick_case(ward, rng, faults.MECHANISMS[kind], record)
        elif kind in healthy.KINDS:
            healthy_case(ward, rng, kind, record)
        elif kind == "two-at-once":
            pair_case(ward, rng, record)
        else:
            sweeps.examine(ward, rng, record)
        record["seconds"] = {key: round(value, 3) for key, value in ward.seconds.items()}
    except Failed as error:
        record["error"] = str(error)
    finally:
        if settings.keep is None:
            shutil.rmtree(folder, ignore_errors=True)
    record["time"] = round(time.monotonic() - start, 3)
    record["cpu"] = round(cpu_seconds() - used, 3)
    return record


def cpu_seconds():
    """Of this process and the programs that it has run."""
    return sum(usage.ru_utime + usage.ru_stime for usage in map(resource.getrusage, (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)))


def unseen(number, patient):
    """Why a case is reported apart, which nobody looks at while the diagnosis is made."""
    reasons = ["seed"] if number % 2 == 1 else []
    reasons += ["family"] if patient.family == draw.UNSEEN_FAMILY else []
    return reasons + (["source"] if patient.source == draw.UNSEEN_SOURCE else [])
