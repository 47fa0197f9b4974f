#!/usr/bin/env python3
"""Trains workloads with JAX, whose scan compiles many steps as one: peer_jax.py scan THREADS SECONDS NAME...

The runner restricts the process to THREADS cores before JAX starts."""
import os
import sys
from functools import cache

os.environ.setdefault("JAX_PLATFORMS", "cpu")
if sys.argv[2] == "1":
    os.environ["XLA_FLAGS"] = "--xla_cpu_multi_thread_eigen=false intra_op_parallelism_threads=1"

import jax  # noqa: E402
import numpy  # noqa: E402
from jax import lax, numpy as jnp  # noqa: E402

from workloads import STEPS_OF_A_CALL, report_all, rows_of  # noqa: E402


def dense(random, inputs, outputs):
    limit = (6 / (inputs + outputs)) ** 0.5
    return {"w": jnp.asarray(random.uniform(-limit, limit, (inputs, outputs)), jnp.float32), "b": jnp.zeros(outputs)}


def norm(features):
    return {"gamma": jnp.ones(features), "beta": jnp.zeros(features)}


def normalize(kind, p, x, moving):
    """Returns y and the moving statistics (only batch normalization has them)."""
    axes = tuple(range(x.ndim - 1)) if kind == "batch" else (-1,)
    mean = x.mean(axes, keepdims=True)
    variance = jnp.square(x - mean).mean(axes, keepdims=True)
    y = (x - mean) * lax.rsqrt(variance + 1e-3) * p["gamma"] + p["beta"]
    if kind != "batch":
        return y, moving
    return y, jax.tree.map(lambda old, new: 0.99 * old + 0.01 * new.reshape(old.shape), moving, (mean, variance))


def initial(network, random):
    if network == "W1":
        return [dense(random, 784, 64), norm(64), dense(random, 64, 10)], [64]
    if network == "W2":
        return [dense(random, 100, 10), norm(10)], [10]
    if network == "W3":
        return [dense(random, 784, 1000), norm(1000), dense(random, 1000, 1000), norm(1000), dense(random, 1000, 10)], [1000, 1000]
    if network == "W4":
        kernel = jnp.asarray(random.uniform(-0.1, 0.1, (3, 3, 3, 32)), jnp.float32)
        return [{"w": kernel, "b": jnp.zeros(32)}, norm(32), dense(random, 25088, 10)], [32]
    return [dense(random, 28, 256), {"w": dense(random, 64, 256)["w"]}, norm(256), norm(256), norm(64), dense(random, 64, 10)], []


def linear(p, x):
    return x @ p["w"] + p["b"]


def lstm(params, x):
    kernel, recurrent, input_norm, recurrent_norm, state_norm, last = params
    ln = lambda p, v: normalize("layer", p, v, None)[0]  # noqa: E731
    projected = ln(input_norm, linear(kernel, x))

    def step(carry, at):
        h, c = carry
        i, f, g, o = jnp.split(at + ln(recurrent_norm, h @ recurrent["w"]), 4, axis=1)
        c = jax.nn.sigmoid(f) * c + jax.nn.sigmoid(i) * jnp.tanh(g)
        return (jax.nn.sigmoid(o) * jnp.tanh(ln(state_norm, c)), c), None
    start = jnp.zeros((x.shape[0], 64))
    (h, _), _ = lax.scan(step, (start, start), projected.transpose(1, 0, 2))
    return linear(last, h)


def forward(network, kind, params, moving, x):
    if network == "W5":
        return lstm(params, x), moving
    if network == "W4":
        y = lax.conv_general_dilated(x, params[0]["w"], (1, 1), "SAME", dimension_numbers=("NHWC", "HWIO", "NHWC")) + params[0]["b"]
        y, first = normalize(kind, params[1], jax.nn.relu(y), moving[0])
        return linear(params[2], y.reshape(len(y), -1)), [first]
    if network == "W2":
        y, first = normalize(kind, params[1], x @ params[0]["w"], moving[0])
        return y, [first]
    kept = []
    for layer, p in enumerate(params[1:-1:2]):
        x, now = normalize(kind, p, linear(params[2 * layer], x), moving[layer])
        x = jax.nn.relu(x)
        kept.append(now)
    return linear(params[-1], x), kept


@cache
def compiled_steps(network, kind, rows):
    """The count of the data's rows, and steps of Adam, one for each row of the order, as one call; compiled for each shape of it."""
    features, labels = (jnp.asarray(array) for array in rows_of(network, rows))

    def loss_of(params, moving, x, y):
        z, moving = forward(network, kind, params, moving, x)
        if network == "W2":
            return jnp.square(z).mean(), moving
        return -jnp.take_along_axis(jax.nn.log_softmax(z), y[:, None], 1).mean(), moving

    def many(state, order):
        def step(state, rows):
            params, m, v, moving, t = state
            (loss, moving), g = jax.value_and_grad(loss_of, has_aux=True)(params, moving, features[rows], labels[rows])
            t = t + 1
            m = jax.tree.map(lambda a, b: 0.9 * a + 0.1 * b, m, g)
            v = jax.tree.map(lambda a, b: 0.999 * a + 0.001 * b * b, v, g)
            rate = 1e-3 * jnp.sqrt(1 - 0.999 ** t) / (1 - 0.9 ** t)
            params = jax.tree.map(lambda w, a, b: w - rate * a / (jnp.sqrt(b) + 1e-7), params, m, v)
            return (params, m, v, moving, t), loss
        return lax.scan(step, state, order)
    return len(features), jax.jit(many, donate_argnums=0)


def trainer(workload, rows, seed):
    network, kind, batch = workload
    count, many = compiled_steps(network, kind, rows)
    random = numpy.random.default_rng(seed)
    params, widths = initial(network, random)
    zeros = jax.tree.map(jnp.zeros_like, params)
    moving = [(jnp.zeros(width), jnp.ones(width)) for width in widths]
    kept = {"state": (params, zeros, jax.tree.map(jnp.copy, zeros), moving, jnp.float32(0))}

    def run(steps):
        left = steps
        while left > 0:
            order = random.integers(0, count, (min(left, STEPS_OF_A_CALL), batch))
            kept["state"], _ = many(kept["state"], order)
            left -= len(order)
        jax.block_until_ready(kept["state"])
    return run


def main():
    _, _, seconds, *names = sys.argv[1:]
    report_all(trainer, names, float(seconds))


if __name__ == "__main__":
    main()
