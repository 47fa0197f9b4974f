"""Scores answers on fresh rows, outside the diagnosis: the loss after one temperature, the accuracy, and what is sick or healthy."""

import numpy as np

LOSS_MARGIN = 0.02  # nats; of numbers: share of the target's variance
ACCURACY_MARGIN = 0.01
ACCURACY_SLACK = 0.005  # an accuracy may fall by so much where the loss gains


class Score:
    """One arm on the fresh rows: `losses` (of numbers in variances of the target) and `hits` (or None) by row, NaN without an answer."""

    def __init__(self, losses, hits):
        self.losses, self.hits = losses, hits


def row_losses(logits, targets, scale):
    scaled = logits * scale
    scaled = scaled - scaled.max(axis=1, keepdims=True)
    return np.log(np.exp(scaled).sum(axis=1)) - scaled[np.arange(len(targets)), targets]


def best_scale(logits, targets):
    """The factor of the standardized logits with the least mean loss, by Newton's method; the loss is convex in it."""
    logits = logits / max(logits.std(), 1e-9)
    scale = 1.0
    right = logits[np.arange(len(targets)), targets]
    for _ in range(30):
        scaled = logits * scale
        weights = np.exp(scaled - scaled.max(axis=1, keepdims=True))
        weights /= weights.sum(axis=1, keepdims=True)
        mean = (weights * logits).sum(axis=1)
        slope = (mean - right).mean()
        curve = ((weights * logits**2).sum(axis=1) - mean**2).mean()
        step = slope / max(curve, 1e-9)
        new = min(max(scale - step, scale / 4), scale * 4, 1e4)
        if abs(new - scale) < 1e-4 * scale:
            return new
        scale = max(new, 1e-4)
    return scale


def score(logits, targets, classes):
    complete = ~np.isnan(logits).any(axis=1)
    losses = np.full(len(logits), np.nan)
    if classes == 0:
        losses[complete] = ((logits[complete] - targets[complete])**2).mean(axis=1) / max(targets.var(axis=0).mean(), 1e-12)
        return Score(losses, None)
    known, labels = logits[complete].astype(np.float64), targets[complete]
    losses[complete] = row_losses(known / max(known.std(), 1e-9), labels, best_scale(known, labels))
    hits = np.full(len(logits), np.nan)
    hits[complete] = known.argmax(axis=1) == labels
    return Score(losses, hits)


class Gain:
    """What `better` gains on `worse` over the same rows: means and their rows' standard deviations."""

    def __init__(self, better, worse):
        difference = worse.losses - better.losses
        self.loss, self.loss_sd = float(np.nanmean(difference)), float(np.nanstd(difference))
        self.accuracy = self.accuracy_sd = None
        if better.hits is not None and worse.hits is not None:
            difference = better.hits - worse.hits
            self.accuracy, self.accuracy_sd = float(np.nanmean(difference)), float(np.nanstd(difference))

    def beats(self, margins=1.0, errors=0.0, rows=1):
        """Whether the gain exceeds so many margins, and so many standard errors of `rows` rows, in loss or accuracy."""
        root = rows**0.5
        by_loss = self.loss > max(margins * LOSS_MARGIN, errors * self.loss_sd / root)
        if self.accuracy is None:
            return by_loss
        by_accuracy = self.accuracy > max(margins * ACCURACY_MARGIN, errors * self.accuracy_sd / root)
        return (by_loss and self.accuracy > -ACCURACY_SLACK) or by_accuracy

    def harms(self):
        """Whether `better` is worse after all: a remedy that does harm."""
        return self.loss < -LOSS_MARGIN or (self.accuracy is not None and self.accuracy < -ACCURACY_SLACK)

    def numbers(self):
        return [round(self.loss, 4), None if self.accuracy is None else round(self.accuracy, 4)]


def is_healthy(own):
    """No arm of the network beats its eval mode by a margin, two standard errors of the fresh rows added.  Batches that the labels draw are
    no way to predict, and no arm here."""
    return not any(may_beat(arm, own["eval"]) for name, arm in own.items() if name != "eval" and not name.startswith("own:"))


def may_beat(arm, eval_mode):
    gain = Gain(arm, eval_mode)
    root = int((~np.isnan(arm.losses)).sum())**0.5
    if gain.accuracy is None:
        return gain.loss > LOSS_MARGIN - 2 * gain.loss_sd / root
    by_loss = gain.loss > LOSS_MARGIN - 2 * gain.loss_sd / root and gain.accuracy > -ACCURACY_SLACK
    return by_loss or gain.accuracy > ACCURACY_MARGIN - 2 * gain.accuracy_sd / root


def best_gain(own, reference, metric):
    """The largest mean gain of any arm on `reference`: of loss or of accuracy."""
    gains = [getattr(Gain(arm, reference), metric) for arm in own.values()]
    return max(gain for gain in gains if gain is not None)


def is_sick(sick, twin, test_rows, harms_weights=False):
    """Whether the mistake harms by one of the two scores: more than two margins and four standard errors of the judged rows, and the
    mistake has two thirds of all harm.  Unless it harms the weights, the network's own arms win two thirds of it back: what lies in the
    weights alone, no arm shows."""
    harm = Gain(twin["eval"], sick["eval"])
    return any(is_sick_by(metric, harm, sick, twin, test_rows, harms_weights) for metric in ("loss", "accuracy"))


def is_sick_by(metric, harm, sick, twin, test_rows, harms_weights):
    part, spread = getattr(harm, metric), getattr(harm, metric + "_sd")
    margin = LOSS_MARGIN if metric == "loss" else ACCURACY_MARGIN
    if part is None or part <= max(2 * margin, 4 * spread / test_rows**0.5):
        return False
    if metric == "loss" and harm.accuracy is not None and harm.accuracy <= -ACCURACY_SLACK:
        return False
    won_back = best_gain(sick, sick["eval"], metric)
    is_shown = harms_weights or won_back >= 2 / 3 * part
    return is_shown and part >= 2 / 3 * max(won_back, best_gain(twin, sick["eval"], metric))
