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

from workloads import EVALUATION_PASSES, report_all, rows_of, steps_of_a_call  # noqa: E402


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


def filters(random, *shape):
    """Returns a convolution's kernel, (window, inputs, filters)."""
    return jnp.asarray(random.normal(0, (2 / numpy.prod(shape[:-1])) ** 0.5, shape), jnp.float32)


# The convolutional networks: a list of (kind, window, inputs, filters, stride); a residual block has two convolutions, and a third one as
# its shortcut where the stride is 2.  "depthwise" has a 1x1 convolution behind it.
RESNET = [("conv", 3, 3, 16, 1), *[("residual", 3, 16, 16, 1)] * 3,
          ("residual", 3, 16, 32, 2), *[("residual", 3, 32, 32, 1)] * 2,
          ("residual", 3, 32, 64, 2), *[("residual", 3, 64, 64, 1)] * 2]
MOBILENET = [("conv", 3, 3, 32, 1), ("depthwise", 3, 32, 64, 1), ("depthwise", 3, 64, 128, 2), ("depthwise", 3, 128, 128, 1),
             ("depthwise", 3, 128, 256, 2), ("depthwise", 3, 256, 256, 1)]
CNN1D = [("conv1d", 5, inputs, 64, 1) for inputs in (128, 64, 64)]
BLOCKS = {"W7": RESNET, "W9": RESNET, "W10": MOBILENET, "W11": CNN1D}


def convolutions_of(block):
    """Returns (kernel shape, stride, groups) of each convolution of a block, which a normalization follows."""
    kind, window, inputs, outputs, stride = block
    if kind == "conv1d":
        return [((window, inputs, outputs), stride, 1)]
    if kind == "conv":
        return [((window, window, inputs, outputs), stride, 1)]
    if kind == "depthwise":
        return [((window, window, 1, inputs), stride, inputs), ((1, 1, inputs, outputs), 1, 1)]
    both = [((window, window, inputs, outputs), stride, 1), ((window, window, outputs, outputs), 1, 1)]
    return both + ([((1, 1, inputs, outputs), stride, 1)] if stride > 1 else [])


def convolve(x, kernel, stride, groups):
    """Convolves with half a window of zeros on every side."""
    layout = ("NHWC", "HWIO", "NHWC") if x.ndim == 4 else ("NWC", "WIO", "NWC")
    directions = x.ndim - 2
    return lax.conv_general_dilated(x, kernel, (stride,) * directions, [(size // 2, size // 2) for size in kernel.shape[:directions]],
                                    dimension_numbers=layout, feature_group_count=groups)


def through_blocks(network, normalized, last, x):
    """Returns the logits.  normalized(x, shape, stride, groups) is the next convolution and its normalization."""
    for block in BLOCKS[network]:
        first, *others = convolutions_of(block)
        y = jax.nn.relu(normalized(x, *first))
        if block[0] == "residual":
            y = normalized(y, *others[0])
            y = jax.nn.relu(y + (normalized(x, *others[1]) if len(others) > 1 else x))
        elif others:
            y = jax.nn.relu(normalized(y, *others[0]))
        x = y
    return linear(last, x.mean(tuple(range(1, x.ndim - 1))))


def convolutional(network, params, moving, x):
    """Returns the logits and the moving statistics."""
    left, kept = iter(zip(params, moving)), []

    def normalized(x, shape, stride, groups):
        p, statistics = next(left)
        y, now = normalize("batch", p, convolve(x, p["w"], stride, groups), statistics)
        kept.append(now)
        return y
    return through_blocks(network, normalized, params[-1], x), kept


WIDTH, HEADS, STEPS = 64, 4, 32  # of the encoder, W8


def encoder_block(random):
    return {"norms": [norm(WIDTH), norm(WIDTH)], "attention": [dense(random, WIDTH, WIDTH) for _ in range(4)],
            "feed_forward": [dense(random, WIDTH, 256), dense(random, 256, WIDTH)]}


def encode(params, x):
    """Returns the logits of a transformer's encoder with norms before attention and feed-forward."""
    embedding, *blocks, last_norm, last = params
    angles = numpy.arange(STEPS)[:, None] * 10000.0 ** (-numpy.arange(0, WIDTH, 2) / WIDTH)
    x = linear(embedding, x) + jnp.asarray(numpy.concatenate([numpy.sin(angles), numpy.cos(angles)], 1), jnp.float32)
    ln = lambda p, v: normalize("layer", p, v, None)[0]  # noqa: E731
    for block in blocks:
        y = ln(block["norms"][0], x)
        q, k, v = (linear(p, y).reshape(*y.shape[:2], HEADS, -1) for p in block["attention"][:3])
        weights = jax.nn.softmax(jnp.einsum("bqhd,bkhd->bhqk", q, k) / (WIDTH / HEADS) ** 0.5)
        x = x + linear(block["attention"][3], jnp.einsum("bhqk,bkhd->bqhd", weights, v).reshape(y.shape))
        y = ln(block["norms"][1], x)
        x = x + linear(block["feed_forward"][1], jax.nn.relu(linear(block["feed_forward"][0], y)))
    return linear(last, ln(last_norm, x).mean(1))


def initial(network, random):
    if network in BLOCKS:
        shapes = [shape for block in BLOCKS[network] for shape, _, _ in convolutions_of(block)]
        layers = [{"w": filters(random, *shape), **norm(shape[-1])} for shape in shapes]
        return [*layers, dense(random, shapes[-1][-1], 10)], [shape[-1] for shape in shapes]
    if network == "W8":
        return [dense(random, 16, WIDTH), encoder_block(random), encoder_block(random), norm(WIDTH), dense(random, WIDTH, 10)], []
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
    if network in BLOCKS:
        return convolutional(network, params, moving, x)
    if network == "W8":
        return encode(params, x), moving
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


def evaluate(params, moving, x):
    """Returns W9's logits by the moving statistics."""
    left = iter(zip(params, moving))

    def normalized(x, shape, stride, groups):
        p, (mean, variance) = next(left)
        return (convolve(x, p["w"], stride, groups) - mean) * (p["gamma"] * lax.rsqrt(variance + 1e-3)) + p["beta"]
    return through_blocks("W9", normalized, params[-1], x)


def diagnosis(rows, seed):
    """Returns run(times) for W9: the statistics of all rows, then evaluation passes."""
    params, widths = initial("W9", numpy.random.default_rng(seed))
    features = jnp.asarray(rows_of("W9", rows)[0][:1000]).reshape(8, 125, 32, 32, 3)
    moving = [(jnp.zeros(width), jnp.ones(width)) for width in widths]
    statistics = jax.jit(lambda x: forward("W9", "batch", params, moving, x)[1])
    outputs = jax.jit(lambda kept, x: evaluate(params, kept, x))

    def run(times):
        for _ in range(times):
            kept = jax.tree.map(lambda *slices: sum(slices) / len(slices), *[statistics(x) for x in features])
            for _ in range(EVALUATION_PASSES):
                for x in features:
                    outputs(kept, x).block_until_ready()
    return run


def trainer(workload, rows, seed):
    network, kind, batch = workload
    if network == "W9":
        return diagnosis(rows, seed)
    count, many = compiled_steps(network, kind, rows)
    random = numpy.random.default_rng(seed)
    params, widths = initial(network, random)
    zeros = jax.tree.map(jnp.zeros_like, params)
    moving = [(jnp.zeros(width), jnp.ones(width)) for width in widths]
    kept = {"state": (params, zeros, jax.tree.map(jnp.copy, zeros), moving, jnp.float32(0))}

    def run(steps):
        left = steps
        while left > 0:
            order = random.integers(0, count, (min(left, steps_of_a_call(network)), batch))
            kept["state"], _ = many(kept["state"], order)
            left -= len(order)
        jax.block_until_ready(kept["state"])
    return run


def main():
    _, _, seconds, *names = sys.argv[1:]
    report_all(trainer, names, float(seconds))


if __name__ == "__main__":
    main()
