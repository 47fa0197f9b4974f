"""Clopper-Pearson intervals of a proportion, by bisection on sums of binomial probabilities."""

import math


def tail(n, k, p):
    """P(X >= k) of a binomial X."""
    if k <= 0:
        return 1.0
    if p <= 0.0 or p >= 1.0:
        return 0.0 if p <= 0.0 else 1.0
    logs = [math.lgamma(n + 1) - math.lgamma(i + 1) - math.lgamma(n - i + 1) + i * math.log(p) + (n - i) * math.log1p(-p)
            for i in range(k, n + 1)]
    return min(1.0, math.fsum(math.exp(value) for value in logs))


def bisect(rises, level):
    """Where a rising function of p in [0, 1] reaches `level`."""
    low, high = 0.0, 1.0
    for _ in range(60):
        middle = (low + high) / 2
        low, high = (middle, high) if rises(middle) < level else (low, middle)
    return (low + high) / 2


def clopper_pearson(k, n, level=0.95):
    """The interval [low, high] for k of n."""
    if n == 0:
        return 0.0, 1.0
    alpha = (1 - level) / 2
    low = 0.0 if k == 0 else bisect(lambda p: tail(n, k, p), alpha)
    high = 1.0 if k == n else bisect(lambda p: tail(n, k + 1, p), 1 - alpha)
    return low, high
